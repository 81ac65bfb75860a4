"""Where patches lie in feature maps, and their inner products, without unfolding a map into patches.

A patch is a square of taps. All patches at a stride take their taps from few strided phases of the map, each of which
is a small map itself: one matrix product per phase, summed along its diagonals, is the product of all patches with all
others, at a fifth of the multiplications that 7x7 patches at stride 3 need when each is a row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from raysys.errors import RaysysError

__all__ = ["Grid", "Phase", "gathered", "phase_products"]


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


def phase_products(left: Tensor, right: Tensor, phase: Phase) -> Tensor:
    """Products of patches with all taps in one phase: (C, H, W) and (C, h, w) -> (patches of left, patches of right).

    Differentiable in `left`; nothing flows back to `right`.
    """
    cells = left.flatten(1).T @ right.flatten(1)
    whole = cells.view(*left.shape[1:], *right.shape[1:])
    summed: Tensor = _DiagonalSum.apply(whole, phase.rows, phase.columns)  # type: ignore[no-untyped-call]
    return summed.flatten(2).flatten(0, 1)


class _DiagonalSum(torch.autograd.Function):
    """Sum over taps (a, b) of products[y + a, x + b, v + a, u + b], one axis after the other.

    Written out since autograd would fill an array of the products' size for every tap on its way back.
    """

    @staticmethod
    def forward(ctx: Any, products: Tensor, rows: int, columns: int) -> Tensor:
        ctx.shape, ctx.taps = products.shape, (rows, columns)
        across = _summed(products.movedim((1, 3), (0, 2)), columns) if columns > 1 else products.movedim((1, 3), (0, 2))
        down = across.movedim((0, 2), (1, 3))
        return (_summed(down, rows) if rows > 1 else down).contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        rows, columns = ctx.taps
        down = _spread(gradient, rows)
        across = _spread(down.movedim((1, 3), (0, 2)), columns)
        return across.movedim((0, 2), (1, 3)).contiguous(), None, None


def _summed(products: Tensor, taps: int) -> Tensor:
    """Sum over a < taps of products[y + a, :, v + a, :]."""
    height, width = products.shape[0] - taps + 1, products.shape[2] - taps + 1
    total = products[:height, :, :width] + products[1 : height + 1, :, 1 : width + 1]
    for tap in range(2, taps):
        total += products[tap : tap + height, :, tap : tap + width]
    return total


def _spread(gradient: Tensor, taps: int) -> Tensor:
    """What `_summed` takes, from what it gives."""
    if taps == 1:
        return gradient
    height, width = gradient.shape[0], gradient.shape[2]
    shape = (height + taps - 1, gradient.shape[1], width + taps - 1, gradient.shape[3])
    total = gradient.new_zeros(shape)
    for tap in range(taps):
        total[tap : tap + height, :, tap : tap + width] += gradient
    return total


def gathered(values: Tensor, corners: Tensor, offsets: tuple[int, ...]) -> Tensor:
    """Patches at any corners of a map: (C, H, W), (n, 2) -> (n, taps, C)."""
    steps = torch.tensor(offsets, device=corners.device)
    rows = corners[:, 0, None] + steps.repeat_interleave(len(offsets))
    columns = corners[:, 1, None] + steps.repeat(len(offsets))
    return values.flatten(1).T[rows * values.shape[2] + columns]
