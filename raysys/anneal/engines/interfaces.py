"""Which pixels of a binary image are at an interface, told from its lines of bits.

While most pixels are at one, it is quicker to draw among all and to pass over the others than to keep groups of them
(`raysys.anneal.engines.selection`): what is drawn has the same chances.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.anneal.engines.bits import Lines, ones_in, seen
from raysys.anneal.engines.selection import wrapped

__all__ = ["Grid", "at_interface", "at_interface_deep", "draws_needed"]

Grid = tuple[int, int, int, int, int]  # first word of the rows, words in a row, depth, height, width
Both = tuple[np.uint64, np.uint64]
Place = tuple[int, int, int]  # layer, row and column of a pixel
SEVEN, ALL = np.uint64(7), ~np.uint64(0)


# No branch where arrays are handed over: with one, numba counts references at every call.
@njit(cache=True)
def _around(words: np.ndarray, grid: Grid, z: int, y: int, before: int) -> Both:
    """What is a 1 anywhere, and what everywhere, in the three rows about y of a layer, from the bit `before` on."""
    first, long, _, height, _ = grid
    start = first + z * height * long
    a = seen(words, start + wrapped(y - 1, height) * long, before)
    b = seen(words, start + y * long, before)
    c = seen(words, start + wrapped(y + 1, height) * long, before)
    return a | b | c, a & b & c


@njit(cache=True)
def _all_around(words: np.ndarray, grid: Grid, z: int, y: int, before: int) -> Both:
    """The same in the nine rows of three layers."""
    depth = grid[2]
    a = _around(words, grid, wrapped(z - 1, depth), y, before)
    b = _around(words, grid, z, y, before)
    c = _around(words, grid, wrapped(z + 1, depth), y, before)
    return a[0] | b[0] | c[0], a[1] & b[1] & c[1]


@njit(cache=True)
def _differs(found: Both) -> bool:
    return (found[0] & SEVEN) != 0 and (found[1] & SEVEN) != SEVEN


@njit(cache=True)
def at_interface(words: np.ndarray, grid: Grid, at: Place) -> bool:
    """Whether one of the 8 neighbours of a pixel is of the other phase; rows are of two pixels or more."""
    return _differs(_around(words, grid, at[0], at[1], wrapped(at[2] - 1, grid[4])))


@njit(cache=True)
def at_interface_deep(words: np.ndarray, grid: Grid, at: Place) -> bool:
    """Whether one of the 26 neighbours of a voxel is of the other phase; rows are of two voxels or more."""
    return _differs(_all_around(words, grid, at[0], at[1], wrapped(at[2] - 1, grid[4])))


@njit(cache=True)
def draws_needed(lines: Lines) -> float:
    """Pixels of phase 0 and of phase 1 that must be drawn, on average, until each has given one at an interface."""
    depth, height, width = lines.shape
    grid = (lines.starts[2, 0], lines.long[2], depth, height, width)
    words, ones, at_ones, at_all = lines.words, 0, 0, 0
    for z in range(depth):
        for y in range(height):
            for first in range(0, width, 64):
                anywhere, everywhere = np.uint64(0), ALL
                for step in range(-1, 2):
                    before = first + step if first + step >= 0 else width - 1  # rows run on past their end
                    some, every = _all_around(words, grid, z, y, before)
                    anywhere, everywhere = anywhere | some, everywhere & every
                own = seen(words, grid[0] + (z * height + y) * grid[1], first)
                if width - first < 64:  # what lies behind belongs to the row's beginning
                    within = (np.uint64(1) << np.uint64(width - first)) - np.uint64(1)
                    anywhere, own = anywhere & within, own & within
                mixed = anywhere & ~everywhere
                ones, at_ones, at_all = ones + ones_in(own), at_ones + ones_in(mixed & own), at_all + ones_in(mixed)
    if at_ones == 0 or at_all == at_ones:
        return np.inf
    return ones / at_ones + (depth * height * width - ones) / (at_all - at_ones)
