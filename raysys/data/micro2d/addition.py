"""Sequential addition of shapes on a torus, compiled: shapes are given as runs of pixels, row by row.

A set of shapes is `first` (S + 1,), the number of the first run of each, and `runs` (R, 3): the row relative to the
centre, the first column, and the column after the last; all int64. Whatever is convex is one run a row.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _paint(image: np.ndarray, y: int, x: int, runs: np.ndarray, begin: int, end: int) -> None:
    height, width = image.shape
    for run in range(begin, end):
        row = image[(y + runs[run, 0]) % height]
        for column in range(x + runs[run, 1], x + runs[run, 2]):
            row[column % width] = 1


@njit(cache=True, nogil=True)
def _pixels(runs: np.ndarray, begin: int, end: int) -> int:
    return (runs[begin:end, 2] - runs[begin:end, 1]).sum()


@njit(cache=True, nogil=True)
def _sum_rows(sums: np.ndarray, image: np.ndarray, y: int, runs: np.ndarray, begin: int, end: int) -> None:
    """Bring the running sums of the rows that a shape has changed up to date; two periods wide, so that none wraps."""
    height, width = image.shape
    for run in range(begin, end):
        row = (y + runs[run, 0]) % height
        total = 0
        for column in range(2 * width):
            total += image[row, column % width]
            sums[row, column + 1] = total


@njit(cache=True, nogil=True)
def _overlap(sums: np.ndarray, y: int, x: int, runs: np.ndarray, begin: int, end: int, most: int) -> int:
    """Pixels of a shape that are taken; counting ends beyond `most`."""
    height, width = sums.shape[0], (sums.shape[1] - 1) // 2
    taken = 0
    for run in range(begin, end):
        row, left = (y + runs[run, 0]) % height, (x + runs[run, 1]) % width
        taken += sums[row, left + runs[run, 2] - runs[run, 1]] - sums[row, left]
        if taken > most:
            break
    return taken


@njit(cache=True, nogil=True)
def add_shapes(
    size: int,
    order: np.ndarray,
    first: np.ndarray,
    runs: np.ndarray,
    probe_first: np.ndarray,
    probe_runs: np.ndarray,
    tolerance: float,
    wanted: int,
) -> tuple[np.ndarray, int]:
    """Put shapes where they overlap little, each at the next pixel of the order that suits it.

    Parameters
    ----------
    size
        Side of the image in pixels.
    order
        (P,) int64, flat indices of pixels; each is tried once.
    first, runs
        The shapes, in the order in which they are put; after the last comes the first.
    probe_first, probe_runs
        A shape for each that must overlap at most `tolerance` of its pixels with those that are there: the shape
        itself, or a larger one that keeps a distance.
    wanted
        Pixels; the addition ends when one more shape would lead away from it.

    Returns
    -------
    uint8 (size, size), and the number of shapes put; at least one
    """
    image = np.zeros((size, size), np.uint8)
    sums = np.zeros((size, 2 * size + 1), np.int32)
    filled, put = 0, 0
    for pixel in order:
        y, x, shape = pixel // size, pixel % size, put % (first.size - 1)
        begin, end = first[shape], first[shape + 1]
        area = _pixels(runs, begin, end)
        if put > 0 and 2 * filled + area > 2 * wanted:
            break
        most = int(tolerance * area)
        taken = _overlap(sums, y, x, probe_runs, probe_first[shape], probe_first[shape + 1], most)
        if taken > most:
            continue
        _paint(image, y, x, runs, begin, end)
        _sum_rows(sums, image, y, runs, begin, end)
        put += 1
        filled += area - taken
    return image, put


@njit(cache=True, nogil=True)
def add_at_distance(
    size: int,
    order: np.ndarray,
    kinds: np.ndarray,
    first: np.ndarray,
    runs: np.ndarray,
    near_first: np.ndarray,
    near_runs: np.ndarray,
    wanted: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Put shapes of several kinds so that no centre lies in the neighbourhood of another.

    Parameters
    ----------
    size, wanted
        As for `add_shapes`.
    order
        (K, P) int64: for each kind, flat indices of pixels; each is tried once.
    kinds
        (M,) int64: kinds of the shapes, in the order in which they are put.
    first, runs
        One shape a kind.
    near_first, near_runs
        K * K shapes: number `K * i + j` is where no centre of kind j may lie around one of kind i.

    Returns
    -------
    uint8 (size, size), and (K,) int64: how many of each kind were put; at least one in all
    """
    image = np.zeros((size, size), np.uint8)
    count = order.shape[0]
    barred = np.zeros((count, size, size), np.uint8)
    flat = barred.reshape(count, size * size)
    step, put = np.zeros(count, np.int64), np.zeros(count, np.int64)
    filled = 0
    for kind in kinds:
        area = _pixels(runs, first[kind], first[kind + 1])
        if filled > 0 and 2 * filled + area > 2 * wanted:
            break
        while step[kind] < order.shape[1] and flat[kind, order[kind, step[kind]]]:
            step[kind] += 1
        if step[kind] == order.shape[1]:
            break
        y, x = order[kind, step[kind]] // size, order[kind, step[kind]] % size
        _paint(image, y, x, runs, first[kind], first[kind + 1])
        for other in range(count):
            near = count * kind + other
            _paint(barred[other], y, x, near_runs, near_first[near], near_first[near + 1])
        put[kind] += 1
        filled += area
    return image, put
