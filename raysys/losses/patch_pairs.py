"""Cosine distances of the patches of a target from all patches of its sources, some rows at a time.

Both classes give the same numbers for the same patches: `PhasedPairs` for whole grids of patches, `SampledPairs` for
patches at any places. Both subtract the mean source patch from either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from raysys.losses.patches import Grid, Phase, gathered, patch_products

__all__ = ["PatchPairs", "PhasedPairs", "SampledPairs"]

TINY = 1e-12  # squared norms stay above it: a patch that is the mean has no direction, and the cosine 0 to all others


class PatchPairs(Protocol):
    """Pairs of N target patches and M source patches, in chunks of target patches."""

    count: int
    target_corners: Tensor  # int64 (N, 2)
    source_corners: list[Tensor]  # int64 (M_k, 2) of each source; M is the sum of the M_k
    offsets: tuple[int, ...]

    def chunks(self, elements: int) -> Iterator[tuple[int, int]]:
        """First and last + 1 of consecutive patches, as many as make about `elements` pairs."""

    def band(self, first: int, last: int) -> slice:
        """Rows of the target's features that these patches lie in."""

    def distances(self, band: Tensor, first: int, last: int) -> Tensor:
        """(1 - cosine) / 2, in [0, 1]: (last - first, M) of features (C, rows, W) of `band`, differentiable."""


class PhasedPairs:
    """All patches of a grid on the target with all of a grid on each source.

    Parameters
    ----------
    sources
        Features (C, h, w) of each source.
    target_grid, grids
        With the same stride and offsets; origins may differ.
    """

    def __init__(self, sources: Sequence[Tensor], target_grid: Grid, grids: Sequence[Grid]) -> None:
        self.grid, self.grids, self.offsets = target_grid, grids, target_grid.offsets
        self.count = target_grid.count
        self.target_corners, self.source_corners = target_grid.corners(), [grid.corners() for grid in grids]
        # Away from the mean of each channel little cancels when the mean patch is subtracted by its products.
        self.centre = torch.cat([source.flatten(1) for source in sources], dim=1).mean(1)[:, None, None]
        centred = [source - self.centre for source in sources]
        self.parts = [[grid.of_phase(one, p) for p in grid.phases] for one, grid in zip(centred, grids, strict=True)]
        self.phases = target_grid.phases
        self.mean = [self._mean_patch(place, phase) for place, phase in enumerate(self.phases)]
        self.mean_square = torch.stack([one.square().sum() for one in self.mean]).sum()
        sides = [self._beside_mean(parts) for parts in self.parts]
        self.on_mean = torch.cat([product for product, _ in sides])
        self.norms = torch.cat([norm for _, norm in sides])

    def _mean_patch(self, place: int, phase: Phase) -> Tensor:
        """The mean source patch's taps in a phase: (C, rows, columns)."""
        counts = [parts[place].shape for parts in self.parts]
        shapes = [(height - phase.rows + 1, width - phase.columns + 1) for _, height, width in counts]
        total = torch.zeros((), device=self.centre.device)
        for parts, (height, width) in zip(self.parts, shapes, strict=True):
            total = total + parts[place].unfold(1, height, 1).unfold(2, width, 1).sum((3, 4))
        return total / sum(height * width for height, width in shapes)

    def _beside_mean(self, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Products with the mean patch, and norms after it was subtracted, of all patches: (n,) and (n,)."""
        products, squares = [], []
        for part, phase, mean in zip(parts, self.phases, self.mean, strict=True):
            products.append(functional.conv2d(part[None], mean[None]).flatten())
            ones = torch.ones(1, 1, phase.rows, phase.columns, dtype=part.dtype, device=part.device)
            squares.append(functional.conv2d(part.square().sum(0)[None, None], ones).flatten())
        product = torch.stack(products).sum(0)
        square = torch.stack(squares).sum(0) - 2 * product + self.mean_square
        return product, square.clamp(min=TINY).sqrt()

    def chunks(self, elements: int) -> Iterator[tuple[int, int]]:
        """Whole rows of patches."""
        rows, columns = self.grid.shape
        step = max(1, elements // (columns * len(self.norms)))
        for first in range(0, rows, step):
            yield first * columns, min(first + step, rows) * columns

    def band(self, first: int, last: int) -> slice:
        """As in `PatchPairs`; first and last as `chunks` gives them."""
        columns, stride = self.grid.shape[1], self.grid.stride
        top = self.grid.origin[0] + first // columns * stride
        return slice(top, top + (last - first - 1) // columns * stride + self.offsets[-1] + 1)

    def distances(self, band: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchPairs`."""
        grid = Grid(band.shape[1], band.shape[2], self.grid.stride, self.offsets, (0, self.grid.origin[1]))
        centred = band - self.centre
        parts = [grid.of_phase(centred, phase) for phase in grid.phases]
        on_mean, norms = self._beside_mean(parts)
        products = [patch_products(parts, source, self.phases) for source in self.parts]
        dots = products[0] if len(products) == 1 else torch.cat(products, dim=1)
        beside = on_mean - self.mean_square
        found: Tensor = _Distances.apply(dots, beside, 1 / norms, self.on_mean, 1 / self.norms)  # type: ignore[no-untyped-call]
        return found


class _Distances(torch.autograd.Function):
    """(1 - (dots - a_i - b_j) u_i v_j) / 2, clamped at 0, in few passes over the table: (n, M), (n,), (n,), (M,), (M,).

    What is below 0 is so by rounding, and keeps its gradient.
    """

    @staticmethod
    def forward(ctx: Any, dots: Tensor, a: Tensor, u: Tensor, b: Tensor, v: Tensor) -> Tensor:
        d = (dots - b).sub_(a[:, None]).mul_(v).mul_(-u[:, None] / 2).add_(0.5).clamp_(min=0)
        ctx.save_for_backward(d, u, v)
        return d

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        d, u, v = ctx.saved_tensors
        on_u = (torch.linalg.vecdot(above, d) - above.sum(1) / 2) / u
        on_dots = (above * v).mul_(-u[:, None] / 2)
        return on_dots, -on_dots.sum(1), on_u, None, None


class SampledPairs:
    """Patches at drawn corners: gathered when their turn comes, never all of a target's at once.

    Parameters
    ----------
    sources
        Features (C, h, w) of each source.
    target_corners, source_corners
        int64 (n, 2), and one such for each source.
    offsets
        See `Grid`.
    """

    def __init__(
        self, sources: Sequence[Tensor], target_corners: Tensor, source_corners: list[Tensor], offsets: tuple[int, ...]
    ) -> None:
        self.count, self.offsets = len(target_corners), offsets
        self.target_corners, self.source_corners = target_corners, source_corners
        both = zip(sources, source_corners, strict=True)
        patches = torch.cat([gathered(source, corners, offsets).flatten(1) for source, corners in both])
        self.mean = patches.mean(0)
        self.patches = _directions(patches - self.mean)

    def chunks(self, elements: int) -> Iterator[tuple[int, int]]:
        """As in `PatchPairs`; the gathered patches themselves count like pairs."""
        step = max(1, elements // max(self.patches.shape))
        for first in range(0, self.count, step):
            yield first, min(first + step, self.count)

    def band(self, first: int, last: int) -> slice:
        """All rows: the patches lie anywhere."""
        return slice(None)

    def distances(self, band: Tensor, first: int, last: int) -> Tensor:
        """As in `PatchPairs`."""
        patches = gathered(band, self.target_corners[first:last], self.offsets).flatten(1)
        return ((1 - _directions(patches - self.mean) @ self.patches.T) / 2).clamp(min=0)


def _directions(vectors: Tensor) -> Tensor:
    return vectors / vectors.square().sum(1, keepdim=True).clamp(min=TINY).sqrt()
