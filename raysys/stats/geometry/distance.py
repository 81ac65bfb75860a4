"""Squared Euclidean distances to the other phase, exact, in open and in periodic images.

Separable: distances along the rows first, then along each other axis the smallest of a neighbour's squared distance and
the step's square, for 64 columns at a time as vector instructions, until no step can bring less. Pores are small beside
the image, so this takes few steps. Functions that call each other stand in this one file, since numba's cache on disk
only notices changes of the caller's file.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.stats.curve import Boundary
from raysys.stats.threads import over_threads

COLUMNS = 64
FAR = 1 << 15  # of distances: squares of up to twice as much still fit 32 bits
UNREACHED = FAR * FAR


def squared_distances(inside: np.ndarray, boundary: Boundary) -> np.ndarray:
    """Squared distance from the centre of every pixel of the phase to that of the nearest pixel outside it.

    Parameters
    ----------
    inside
        bool (N, H, W) or (N, D, H, W).
    boundary
        "open": what is beyond the border is unknown and taken for no other phase; "periodic": distances wrap around.

    Returns
    -------
    np.ndarray
        int32 of the same shape: 0 outside the phase; UNREACHED and more where there is no other phase, or none within
        2^15 pixels.

    References
    ----------
    Saito & Toriwaki, Pattern Recognition 27 (1994) 1551: one axis after the other.
    """
    periodic, shape = boundary == "periodic", inside.shape
    squared = np.empty(shape, np.int32)
    rows, found = np.ascontiguousarray(inside).reshape(-1, shape[-1]), squared.reshape(-1, shape[-1])
    over_threads(lambda i, j: _along_rows(rows[i:j], periodic, found[i:j]), len(rows), 4 * rows.size)
    for axis in range(inside.ndim - 2, 0, -1):
        lines = squared.reshape(int(np.prod(shape[:axis])), shape[axis], -1)
        nearer = np.empty_like(lines)
        _across_all(lines, periodic, nearer)
        squared = nearer.reshape(shape)
    return squared


def _across_all(lines: np.ndarray, periodic: bool, nearer: np.ndarray) -> None:
    """`_across`, by blocks or by rows of them, whichever there are more of, over threads."""
    blocks, length, _ = lines.shape
    if blocks >= length:
        over_threads(lambda i, j: _across(lines[i:j], periodic, 0, length, nearer[i:j]), blocks, 4 * lines.size)
    else:
        over_threads(lambda i, j: _across(lines, periodic, i, j, nearer), length, 4 * lines.size)


@njit(cache=True, nogil=True)
def _along_rows(inside: np.ndarray, periodic: bool, squared: np.ndarray) -> None:
    width = inside.shape[1]
    for row in range(inside.shape[0]):
        here, found = inside[row], squared[row]
        behind = FAR
        if periodic:
            # As far as the row's first pixel is from the last one outside, around the border.
            behind = 0
            while behind < width and here[width - 1 - behind]:
                behind += 1
            behind = FAR if behind == width else behind
        ahead = FAR
        if periodic and behind < FAR:
            ahead = 0
            while here[ahead]:
                ahead += 1
        for x in range(width):
            behind = min(behind + 1, FAR) if here[x] else 0
            found[x] = behind
        for x in range(width - 1, -1, -1):
            ahead = min(ahead + 1, FAR) if here[x] else 0
            nearest = min(found[x], ahead)
            found[x] = nearest * nearest


@njit(cache=True, nogil=True)
def _take_nearer(
    flat: np.ndarray, place: np.uint64, square: np.int32, best: np.ndarray, columns: np.uint64
) -> np.int32:
    """Lower the best squared distances to those by way of a neighbouring row; the largest that remains."""
    largest = np.int32(0)
    for x in range(columns):
        best[x] = min(best[x], flat[place + x] + square)
        largest = max(largest, best[x])
    return largest


@njit(cache=True, nogil=True)
def _across(lines: np.ndarray, periodic: bool, start: int, stop: int, nearer: np.ndarray) -> None:
    """Squared distances (B, L, M) along the rows and the axes done before, now also along the middle axis.

    Of its rows from `start` to before `stop`.
    """
    blocks, length, width = lines.shape
    flat, best = lines.reshape(-1), np.empty(COLUMNS, np.int32)
    farthest = length // 2 if periodic else length - 1
    for block in range(blocks):
        for row in range(start, stop):
            for first in range(0, width, COLUMNS):
                columns = np.uint64(min(COLUMNS, width - first))
                base = block * length * width + first
                largest = np.int32(0)
                for x in range(columns):
                    best[x] = flat[np.uint64(base + row * width) + x]
                    largest = max(largest, best[x])
                step = 1
                while step <= farthest and step * step < largest:
                    lower, upper, square = row - step, row + step, np.int32(step * step)
                    if periodic:
                        lower += length if lower < 0 else 0
                        upper -= length if upper >= length else 0
                    if lower >= 0:
                        largest = _take_nearer(flat, np.uint64(base + lower * width), square, best, columns)
                    if upper < length:
                        largest = _take_nearer(flat, np.uint64(base + upper * width), square, best, columns)
                    step += 1
                nearer[block, row, first : first + COLUMNS] = best[:columns]


def shares_within(squared: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Share of each image's phase whose squared distance is within limits.

    Parameters
    ----------
    squared
        int32 (N, *spatial), from `squared_distances`.
    limits
        (R,) whole numbers >= 0.

    Returns
    -------
    np.ndarray
        (N, R) float64; NaN for an image without the phase, or without another one.
    """
    shares = np.full((len(squared), len(limits)), np.nan)
    for share, counts in zip(shares, map(_tallied, squared), strict=True):
        if len(counts):
            share[:] = counts.cumsum()[np.minimum(limits, len(counts) - 1)] / counts.sum()
    return shares


def mean_distances(squared: np.ndarray) -> np.ndarray:
    """Mean distance (N,) within each image's phase, pixels; NaN for an image without the phase or without another."""
    tallies = map(_tallied, squared)
    return np.array(
        [counts @ np.sqrt(np.arange(len(counts))) / counts.sum() if len(counts) else np.nan for counts in tallies]
    )


def _tallied(squared: np.ndarray) -> np.ndarray:
    """Pixels of the phase of one image by squared distance; empty where none has one."""
    largest = int(squared.max())
    if not 0 < largest < UNREACHED:
        return np.zeros(0, np.int64)
    counts = np.zeros(largest + 1, np.int64)
    _tally(squared.reshape(-1), counts)
    counts[0] = 0
    return counts


@njit(cache=True, nogil=True)
def _tally(squared: np.ndarray, counts: np.ndarray) -> None:
    for one in squared:
        counts[one] += 1
