"""How often each place of a source is used, and what its overuse costs.

Copies of a source (flips, rotations) share one budget: a patch's place is that of its centre in the source as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["PatchUse", "places_of"]


def places_of(
    corners: Sequence[Tensor], coordinates: Sequence[Tensor] | None, *, shape: tuple[int, int], stride: int, reach: int
) -> Tensor:
    """The place in the source, one number each, of all patches of all of its copies: int64 (M,).

    Parameters
    ----------
    corners
        int64 (M_k, 2) of each copy's patches.
    coordinates
        Row and column (2, h, w), in features of the source as it was, of each copy's cells; None: every copy is another
        source, with places of its own.
    shape
        Features (H, W) of the source as it was.
    stride
        Cells from place to place.
    reach
        Cells from a patch's corner to its last tap.
    """
    rows, columns = (-(-side // stride) for side in shape)
    numbers, half = [], reach // 2
    for copy, at in enumerate(corners):
        if coordinates is None:
            places = at // stride
            numbers.append(copy * rows * columns + places[:, 0] * columns + places[:, 1])
            continue
        centres = coordinates[copy][:, at[:, 0] + half, at[:, 1] + half]
        place = ((centres.round() - half).long() // stride).clamp(min=0)
        numbers.append(place[0].clamp(max=rows - 1) * columns + place[1].clamp(max=columns - 1))
    return torch.cat(numbers)


class PatchUse:
    """Use of a source's places, 1 where it is uniform.

    Parameters
    ----------
    memory
        How much of the use so far stays when a target is counted: 0 counts each target by itself.
    """

    def __init__(self, memory: float = 0.0) -> None:
        self.memory = memory
        self.table: Tensor | None = None

    def count(self, places: Tensor, nearest: Tensor) -> Tensor:
        """Counts of each column's place (M,), from the columns (N,) that are nearest to the target's patches.

        Summed over the distinct places they are N.
        """
        table = torch.bincount(places[nearest], minlength=int(places.max()) + 1)
        return table[places]

    def omega(self, places: Tensor, nearest: Tensor) -> Tensor:
        """Use (M,) in float64, 1 on the average over the distinct places; remembered if there is a memory."""
        distinct = torch.unique(places).numel()
        now = self.count(places, nearest).double() * distinct / len(nearest)
        if not self.memory:
            return now
        table = self._remembered(places)
        table[places] = self.memory * table[places] + (1 - self.memory) * now
        self.table = table
        return table[places]

    def so_far(self, places: Tensor) -> Tensor:
        """Use (M,) that is remembered; uniform before any target was counted."""
        return self._remembered(places)[places]

    def _remembered(self, places: Tensor) -> Tensor:
        size = int(places.max()) + 1
        before = torch.ones(0, dtype=torch.float64, device=places.device) if self.table is None else self.table
        return torch.cat([before, before.new_ones(max(0, size - len(before)))])
