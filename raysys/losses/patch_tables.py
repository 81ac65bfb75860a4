"""Distances of target patches from source patches, all of them or a few candidates each: features and guidance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from raysys.losses.patch_context import duplicates
from raysys.losses.patch_guidance import GuidanceDistance
from raysys.losses.patch_pairs import TINY, PatchPairs, PhasedPairs
from raysys.losses.patches import Grid, gathered

__all__ = ["AllPairs", "CandidatePairs", "PatchTable"]

FAR = 1e3  # of a candidate that stands there twice: its share of a row is exactly 0, and no number becomes infinite


class PatchTable(Protocol):
    """A row for each of N target patches, some at a time; columns are source patches, or a row's own candidates."""

    count: int

    def chunks(self, elements: int) -> Iterator[tuple[int, int]]:
        """First and last + 1 of consecutive rows, as many as need about so many numbers."""

    def band(self, first: int, last: int) -> slice:
        """Rows of the target's features that these patches lie in."""

    def distances(self, band: Tensor, first: int, last: int) -> Tensor:
        """Of features (C, rows, W) of `band`, differentiable in them, with guidance, which is not."""

    def of_columns(self, values: Tensor, first: int, last: int) -> Tensor:
        """Values (M,) of all source patches, at the columns."""

    def nearest(self, d: Tensor, first: int, last: int) -> Tensor:
        """Of each row the number of the source patch that is nearest, (n,)."""


class AllPairs:
    """Every target patch with every source patch."""

    def __init__(self, pairs: PatchPairs, maps: GuidanceDistance) -> None:
        self.pairs, self.maps, self.count = pairs, maps, pairs.count
        self.chunks, self.band = pairs.chunks, pairs.band

    def distances(self, band: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchTable`: (n, M)."""
        d = self.pairs.distances(band, first, last)
        if not self.maps:
            return d
        return d + self.maps(self.pairs.target_corners[first:last], self.pairs.source_corners, self.pairs.offsets)

    def of_columns(self, values: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchTable`: the same for all rows."""
        return values

    def nearest(self, d: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchTable`."""
        return d.detach().argmin(1)


class CandidatePairs:
    """Every target patch with K candidates of its own, gathered when their turn comes.

    Parameters
    ----------
    pairs
        Of whole grids, whose means and norms are theirs.
    sources, grids
        Features (C, h, w) of each source, and its patches.
    candidates
        Columns of the table of all pairs, int64 (N, K); one that occurs more than once in a row counts once.
    """

    def __init__(
        self,
        pairs: PhasedPairs,
        maps: GuidanceDistance,
        sources: Sequence[Tensor],
        grids: Sequence[Grid],
        candidates: Tensor,
    ) -> None:
        self.pairs, self.maps, self.count = pairs, maps, pairs.count
        self.candidates = candidates.sort(dim=1).values
        self.twice = duplicates(self.candidates)
        self.flat = torch.cat([(one - pairs.centre).flatten(1) for one in sources], dim=1).T.contiguous()
        cells = torch.tensor([one.shape[1] * one.shape[2] for one in sources])
        widths = [torch.full((grid.count,), one.shape[2]) for one, grid in zip(sources, grids, strict=True)]
        firsts = cells.cumsum(0) - cells
        each = zip(pairs.source_corners, widths, firsts, strict=True)
        # Of every source patch its corner in the list of all sources' cells, and how far the next row is there.
        self.corners = torch.cat([first + at[:, 0] * width + at[:, 1] for at, width, first in each])
        self.widths = torch.cat(widths)
        self.mean = self._mean()

    def _mean(self) -> Tensor:
        """The mean source patch, tap after tap: (taps * C,)."""
        grid = self.pairs.grid
        starts = [(phase.row - grid.origin[0], phase.column - grid.origin[1]) for phase in self.pairs.phases]
        of_phase = dict(zip(starts, self.pairs.mean, strict=True))
        stride = grid.stride
        return torch.cat(
            [of_phase[a % stride, b % stride][:, a // stride, b // stride] for a in grid.offsets for b in grid.offsets]
        )

    def _patches(self, columns: Tensor) -> Tensor:
        """Source patches (..., taps * C) of columns of the table of all pairs."""
        steps = torch.tensor(self.pairs.offsets)
        down, right = steps.repeat_interleave(len(steps)), steps.repeat(len(steps))
        places = self.corners[columns][..., None] + down * self.widths[columns][..., None] + right
        return self.flat[places].flatten(-2)

    def chunks(self, elements: int) -> Iterator[tuple[int, int]]:
        """As in `PatchTable`, within rows of patches; the gathered patches are what takes memory."""
        columns = self.pairs.grid.shape[1]
        step = max(1, min(columns, 4 * elements // (self.candidates.shape[1] * len(self.mean))))
        for row in range(0, self.count, columns):
            for first in range(row, row + columns, step):
                yield first, min(first + step, row + columns)

    def band(self, first: int, last: int) -> slice:
        """As in `PatchTable`."""
        grid = self.pairs.grid
        top = grid.origin[0] + first // grid.shape[1] * grid.stride
        return slice(top, top + self.pairs.offsets[-1] + 1)

    def distances(self, band: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchTable`: (n, K)."""
        columns, corners = self.candidates[first:last], self.pairs.target_corners[first:last]
        at = torch.stack([torch.zeros_like(corners[:, 0]), corners[:, 1]], dim=1)
        ours = gathered(band - self.pairs.centre, at, self.pairs.offsets).flatten(1) - self.mean
        dots = (self._patches(columns) @ ours[..., None])[..., 0] - (ours @ self.mean)[:, None]
        norms = ours.square().sum(1).clamp(min=TINY).sqrt()[:, None] * self.pairs.norms[columns]
        d = ((1 - dots / norms) / 2).clamp(min=0)
        if self.maps:
            d = d + self.maps.among(corners, columns, self.pairs.source_corners, self.pairs.offsets)
        return d.masked_fill(self.twice[first:last], FAR)

    def of_columns(self, values: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchTable`."""
        return values[self.candidates[first:last]]

    def nearest(self, d: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchTable`."""
        return self.candidates[first:last].gather(1, d.detach().argmin(1, keepdim=True))[:, 0]
