"""Search where the neighbours' matches point, instead of everywhere; matches turned to the direction that is asked for.

Both are remedies that the paper names for its memory and for exemplars whose patches all have one direction (Zhou et
al. 2023, supplement, appendix F), which gives no more of them; the rest is said here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from raysys.losses.patches import Grid

__all__ = ["ContextSearch", "Fields", "duplicates"]

NEIGHBOURS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass(frozen=True)
class Fields:
    """Angles of lines, anticlockwise from the horizontal, in radians: of the picture's cells and the exemplar's."""

    target: Tensor
    source: Tensor


class ContextSearch:
    """Which patches of the sources may be the nearest of each of the target's.

    Parameters
    ----------
    radius
        Cells between a candidate and where a neighbour's match points.
    coordinates
        (2, h, w) of each copy: rows and columns of the exemplar.
    turned
        Whether candidates are taken from the copy in which they have the direction that the target asks for.

    Attributes
    ----------
    matches
        int64 (rows, columns, 3): copy, row and column of the patch that each target patch was nearest to, of a grid
        whose first corner was `origin`; None before the first search, which is everywhere.
    """

    def __init__(self, radius: int, coordinates: Sequence[Tensor], *, turned: bool = False) -> None:
        self.radius, self.turned = radius, turned
        self.matches: Tensor | None = None
        self.origin = (0, 0)
        self.corner = torch.stack([one[:, 0, 0] for one in coordinates])
        down, right = (torch.stack([one[:, y, x] for one in coordinates]) for y, x in ((1, 0), (0, 1)))
        self.steps = torch.stack([down, right], dim=2) - self.corner[:, :, None]  # (copies, 2, 2)
        self.back = torch.linalg.inv(self.steps)
        self.angles = torch.atan2(right[:, 0] - self.corner[:, 0], right[:, 1] - self.corner[:, 1])

    def note(self, grid: Grid, grids: Sequence[Grid], nearest: Tensor) -> None:
        """Keep the columns (N,) of the table that the target patches of a grid were nearest to."""
        ends = torch.tensor([one.count for one in grids]).cumsum(0)
        copy = torch.searchsorted(ends, nearest, right=True)
        columns, stride = torch.tensor([one.shape[1] for one in grids])[copy], grid.stride
        place = nearest - ends[copy] + torch.tensor([one.count for one in grids])[copy]
        origins = torch.tensor([one.origin for one in grids])[copy]
        row, column = origins[:, 0] + stride * (place // columns), origins[:, 1] + stride * (place % columns)
        self.matches, self.origin = torch.stack([copy, row, column], dim=1).view(*grid.shape, 3), grid.origin

    def candidates(
        self, grid: Grid, grids: Sequence[Grid], *, fields: Fields | None = None, periodic: bool = False
    ) -> Tensor:
        """Columns of the table of all pairs, int64 (N, K), some of them more than once; see `duplicates`."""
        assert self.matches is not None
        copies, corners = self._pointed(grid, periodic)
        if self.turned and fields is not None:
            copies, corners = self._turned(copies, corners, grid, grids, fields)
        return self._columns(copies, corners, grids)

    def _pointed(self, grid: Grid, periodic: bool) -> tuple[Tensor, Tensor]:
        """Copies (N, 5) and corners (N, 5, 2) that the neighbours' matches point to."""
        assert self.matches is not None
        rows, columns = (torch.arange(side) for side in grid.shape)
        found = []
        for down, right in NEIGHBOURS:
            ends = [
                one % side if periodic else one.clamp(0, side - 1)
                for one, side in zip((rows + down, columns + right), self.matches.shape[:2], strict=True)
            ]
            held = self.matches[ends[0]][:, ends[1]]
            if periodic:
                moved = [torch.full_like(at, -grid.stride * step) for at, step in zip(ends, (down, right), strict=True)]
            else:  # beyond the edge the neighbour is the patch itself
                moved = [grid.stride * (at - end) for at, end in zip((rows, columns), ends, strict=True)]
            shift = [new - old for new, old in zip(grid.origin, self.origin, strict=True)]
            corner = held[..., 1:] + torch.stack(
                torch.meshgrid(moved[0] + shift[0], moved[1] + shift[1], indexing="ij"), -1
            )
            found.append(torch.cat([held[..., :1], corner], dim=-1).view(-1, 3))
        all_ = torch.stack(found, dim=1)
        return all_[..., 0], all_[..., 1:].float()

    def _turned(
        self, copies: Tensor, corners: Tensor, grid: Grid, grids: Sequence[Grid], fields: Fields
    ) -> tuple[Tensor, Tensor]:
        """The same places of the exemplar in the copies that turn them to the target's direction."""
        half = (grid.offsets[-1] + 1) // 2
        places = (self.steps[copies] @ (corners + half)[..., None])[..., 0] + self.corner[copies]
        middles = grid.corners() + half
        asked = _at(fields.target, middles % torch.tensor(fields.target.shape))[:, None]  # a periodic picture goes on
        turn = asked - _at(fields.source, places.round().long())
        # A line has two directions; the copy that is nearer to the present one goes on best.
        present = self.angles[copies]
        turn = turn + math.pi * torch.round((present - turn) / math.pi)
        apart = torch.remainder(turn[..., None] - self.angles + math.pi, 2 * math.pi) - math.pi
        better = apart.abs().argmin(-1)
        there = (self.back[better] @ (places - self.corner[better])[..., None])[..., 0] - half
        last = torch.tensor([[side - one.offsets[-1] - 1 for side in (one.height, one.width)] for one in grids])[better]
        inside = ((there >= 0) & (there <= last)).all(-1)  # copies are cut to rectangles
        return torch.where(inside, better, copies), torch.where(inside[..., None], there, corners)

    def _columns(self, copies: Tensor, corners: Tensor, grids: Sequence[Grid]) -> Tensor:
        """Patches of the grids within the radius of corners."""
        stride = grids[0].stride
        shapes, origins = (
            torch.tensor([one.shape for one in grids])[copies],
            torch.tensor([one.origin for one in grids])[copies],
        )
        firsts = (torch.tensor([one.count for one in grids]).cumsum(0) - torch.tensor([one.count for one in grids]))[
            copies
        ]
        middle = ((corners - origins) / stride).round().long()
        reach = torch.arange(-(self.radius // stride), self.radius // stride + 1)
        window = torch.cartesian_prod(reach, reach).view(-1, 2)
        at = (middle[:, :, None] + window).clamp(min=0)
        at = torch.minimum(at, shapes[:, :, None] - 1)
        found = firsts[..., None] + at[..., 0] * shapes[:, :, None, 1] + at[..., 1]
        return found.flatten(1)


def duplicates(candidates: Tensor) -> Tensor:
    """Which of the sorted candidates of a row (N, K) are the one before them."""
    same = torch.zeros_like(candidates, dtype=torch.bool)
    same[:, 1:] = candidates[:, 1:] == candidates[:, :-1]
    return same


def _at(values: Tensor, places: Tensor) -> Tensor:
    """Of (H, W) the values at places (..., 2), those beyond the edge at the edge."""
    rows, columns = (places[..., k].clamp(0, values.shape[k] - 1) for k in (0, 1))
    return values[rows, columns]
