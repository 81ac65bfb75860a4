"""Where patches lie in feature maps, and their inner products, without unfolding a map into patches.

A patch is a square of taps. All patches at a stride take their taps from few strided phases of the map, each of which
is a small map itself: one matrix product per phase, summed along its diagonals, is the product of all patches with all
others, at a fifth of the multiplications that 7x7 patches at stride 3 need when each is a row of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from raysys.errors import RaysysError

__all__ = ["Grid", "Phase", "gathered", "patch_products"]


class Phase(NamedTuple):
    """Cells (row + stride k, column + stride k) of a map, of which a patch takes `rows` x `columns` neighbours."""

    row: int
    column: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Grid:
    """Patches of a map of `height` x `width` cells.

    Attributes
    ----------
    stride
        Cells between the corners of neighbouring patches.
    offsets
        Row and column offsets of a patch's taps from its corner, ascending; a patch has all pairs of them.
    origin
        Corner of the first patch.
    """

    height: int
    width: int
    stride: int
    offsets: tuple[int, ...]
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            raise RaysysError(
                f"a map of {self.height} x {self.width} features has no patch of {self.offsets[-1] + 1} x "
                f"{self.offsets[-1] + 1}; allowed: a larger image, a smaller patch, or fewer layers"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        sides = zip((self.height, self.width), self.origin, strict=True)
        rows, columns = ((side - origin - self.offsets[-1] - 1) // self.stride + 1 for side, origin in sides)
        return rows, columns

    @property
    def count(self) -> int:
        """Patches."""
        return self.shape[0] * self.shape[1]

    @property
    def phases(self) -> list[Phase]:
        """The phases that taps lie in; all taps of one are neighbours in it."""
        taps: dict[int, int] = {}
        for offset in self.offsets:
            taps[offset % self.stride] = taps.get(offset % self.stride, 0) + 1
        top, left = self.origin
        return [Phase(top + y, left + x, taps[y], taps[x]) for y in taps for x in taps]

    def corners(self) -> Tensor:
        """Row and column of every patch's corner, int64 (patches, 2)."""
        rows, columns = (
            origin + self.stride * torch.arange(count) for origin, count in zip(self.origin, self.shape, strict=True)
        )
        return torch.cartesian_prod(rows, columns).view(-1, 2)

    def of_phase(self, values: Tensor, phase: Phase) -> Tensor:
        """The cells of a map (C, H, W) that patches take in a phase: (C, rows, columns)."""
        rows, columns = self.shape
        strided = values[:, phase.row :: self.stride, phase.column :: self.stride]
        return strided[:, : rows + phase.rows - 1, : columns + phase.columns - 1]


def patch_products(lefts: Sequence[Tensor], rights: Sequence[Tensor], phases: Sequence[Phase]) -> Tensor:
    """Products of patches with all their taps, phase by phase: (C, H, W) and (C, h, w) of each -> (patches, patches).

    Differentiable in `lefts`; nothing flows back to `rights`.
    """
    products: Tensor = _Products.apply(rights, phases, *lefts)  # type: ignore[no-untyped-call]
    return products


class _Products(torch.autograd.Function):
    """Sum over phases and taps (a, b) of cells[y + a, x + b, v + a, u + b], one axis after the other.

    Written out since autograd would fill an array of all cells for every tap on its way back.
    """

    @staticmethod
    def forward(ctx: Any, rights: Sequence[Tensor], phases: Sequence[Phase], *lefts: Tensor) -> Tensor:
        ctx.lefts, ctx.rights, ctx.phases = [one.shape for one in lefts], rights, phases
        ours, theirs = (_patches(both[0], phases[0]) for both in (lefts, rights))
        total = lefts[0].new_zeros(*ours, *theirs)
        for left, right, (_, _, rows, columns) in zip(lefts, rights, phases, strict=True):
            cells = (left.flatten(1).T @ right.flatten(1)).view(*left.shape[1:], *right.shape[1:])
            across = cells[:, : ours[1], :, : theirs[1]]
            if columns > 1:
                across = across + cells[:, 1 : 1 + ours[1], :, 1 : 1 + theirs[1]]
            for b in range(2, columns):
                across += cells[:, b : b + ours[1], :, b : b + theirs[1]]
            for a in range(rows):
                total += across[a : a + ours[0], :, a : a + theirs[0]]
        return total.view(ours[0] * ours[1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        found = []
        for shape, right, phase in zip(ctx.lefts, ctx.rights, ctx.phases, strict=True):
            (_, height, width), (_, high, wide) = shape, right.shape
            rows, columns = phase.rows - 1, phase.columns - 1
            whole = gradient.reshape(height - rows, width - columns, high - rows, wide - columns)
            cells = _spread(_spread(whole, phase.columns, 1), phase.rows, 0).view(height * width, -1)
            found.append((right.flatten(1) @ cells.T).view(shape))
        return None, None, *found


def _patches(cells: Tensor, phase: Phase) -> tuple[int, int]:
    """Rows and columns of patches whose cells in a phase these are."""
    return cells.shape[1] - phase.rows + 1, cells.shape[2] - phase.columns + 1


def _spread(gradient: Tensor, taps: int, axis: int) -> Tensor:
    """Along an axis and the second one behind it each cell goes to as many as there are taps: sums of what arrives."""
    if taps == 1:
        return gradient
    shape = list(gradient.shape)
    heights = shape[axis], shape[axis + 2]
    shape[axis], shape[axis + 2] = (one + taps - 1 for one in heights)
    total = gradient.new_zeros(shape)
    for tap in range(taps):
        total.narrow(axis, tap, heights[0]).narrow(axis + 2, tap, heights[1]).add_(gradient)
    return total


def gathered(values: Tensor, corners: Tensor, offsets: tuple[int, ...]) -> Tensor:
    """Patches at any corners of a map: (C, H, W), (n, 2) -> (n, taps, C)."""
    steps = torch.tensor(offsets, device=corners.device)
    rows = corners[:, 0, None] + steps.repeat_interleave(len(offsets))
    columns = corners[:, 1, None] + steps.repeat(len(offsets))
    return values.flatten(1).T[rows * values.shape[2] + columns]
