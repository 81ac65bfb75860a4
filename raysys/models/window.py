"""Windows of an endless image in pixels, and of the lattice of noise under it in points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Point = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """Pixels [origin, origin + size) of an image without end, or of one that repeats after `period` pixels."""

    origin: Point
    size: Point
    period: Point | None = None

    def blocks(self, block: Point) -> Iterator[Point]:
        """First pixel of every block that the window touches."""
        axes = zip(self.origin, self.size, block, strict=True)
        yield from product(*(range(first // side * side, first + size, side) for first, size, side in axes))


@dataclass(frozen=True)
class Points:
    """Lattice points [origin, origin + shape), without end or repeating after `period` points."""

    origin: Point
    shape: Point
    period: Point | None = None

    def axes(self) -> list[NDArray[np.int64]]:
        """Absolute coordinates along each axis, from 0 to below the period where there is one."""
        lines = [np.arange(first, first + length) for first, length in zip(self.origin, self.shape, strict=True)]
        return lines if self.period is None else [line % wrap for line, wrap in zip(lines, self.period, strict=True)]

    def grid(self) -> list[NDArray[np.int64]]:
        """The same for arithmetic: every axis has its coordinates along itself and length 1 along the others."""
        return [np.asarray(line) for line in np.ix_(*self.axes())]
