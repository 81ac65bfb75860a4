"""What an exchange changes along the lines of one phase: pairs of pixels, and runs of them.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.anneal.engines.bits import seen, tally, trailing_ones

__all__ = ["count_pairs", "count_runs", "line_through", "see_lines", "slots_from_lags"]

Place = tuple[int, int, int]  # layer, row and column
ONE = np.uint64(1)


@njit(cache=True)
def line_through(shape: Place, axis: int, at: Place) -> tuple[int, int]:
    """Number of the line of an axis through a pixel, and the place on it."""
    if axis == 0:
        return at[1] * shape[2] + at[2], at[0]
    if axis == 1:
        return at[0] * shape[2] + at[2], at[1]
    return at[0] * shape[1] + at[1], at[2]


@njit(cache=True)
def see_lines(
    words: np.ndarray,
    starts: np.ndarray,
    long: np.ndarray,
    first: int,
    reach: int,
    shape: Place,
    lost: Place,
    gained: Place,
    view: np.ndarray,
) -> None:
    """What a phase gains, ahead and behind, and what it loses, of each axis and word: (3 reach 4,) uint64.

    `first` is the first word of the phase's lines.
    """
    for axis in range(0 if shape[0] > 1 else 1, 3):
        line_p, p = line_through(shape, axis, lost)
        line_q, q = line_through(shape, axis, gained)
        ahead, behind, n = first + starts[axis, 0], first + starts[axis, 1], shape[axis]
        for k in range(reach):
            at = (axis * reach + k) * 4
            view[at] = seen(words, ahead + line_q * long[axis], q + 1 + 64 * k)
            view[at + 1] = seen(words, behind + line_q * long[axis], n - q + 64 * k)
            view[at + 2] = seen(words, ahead + line_p * long[axis], p + 1 + 64 * k)
            view[at + 3] = seen(words, behind + line_p * long[axis], n - p + 64 * k)
        if line_p == line_q:  # the pixel that is gained sees the one that is lost no more
            r = p - q if p > q else p - q + n
            if r <= 64 * reach:
                view[(axis * reach + ((r - 1) >> 6)) * 4] &= ~(ONE << np.uint64((r - 1) & 63))
            if n - r <= 64 * reach:
                view[(axis * reach + ((n - r - 1) >> 6)) * 4 + 1] &= ~(ONE << np.uint64((n - r - 1) & 63))


# The changes at lags 1, 2, ... come first, since those make vectors; then those of the slots are taken from them.
@njit(cache=True)
def count_pairs(view: np.ndarray, reach: int, axes: int, small: np.ndarray) -> None:
    """Changes of pairs along the axes whose bits are set."""
    # A mask of all ones for an axis that belongs to the term, else zero.
    z, y, x = np.uint64(-(axes & 1)), np.uint64(-(axes >> 1 & 1)), np.uint64(-(axes >> 2))
    for k in range(reach):
        i, j, h = 4 * k, 4 * (reach + k), 4 * (2 * reach + k)
        gained = (
            view[i] & z,
            view[i + 1] & z,
            view[j] & y,
            view[j + 1] & y,
            view[h] & x,
            view[h + 1] & x,
        )
        lost = (
            view[i + 2] & z,
            view[i + 3] & z,
            view[j + 2] & y,
            view[j + 3] & y,
            view[h + 2] & x,
            view[h + 3] & x,
        )
        tally(small, np.uint64(64 * k), gained, lost)


@njit(cache=True)
def count_runs(view: np.ndarray, reach: int, axes: int, ramp: np.ndarray, far: int, wide: np.ndarray) -> None:
    """Changes of runs along the axes whose bits are set, at lags up to `far`; ramp[k] is max(middle - k, 0).

    With a in a row ahead of a pixel and b behind, a + b + 1 - r runs of r + 1 pixels lie in these and the pixel, but
    a - r and b - r of them beside it, as far as these are above 0. What lies further away than r changes nothing.
    """
    start = ramp.size // 3 + 1
    for k in range(np.uint64(far)):
        wide[k] = 0
    for axis in range(3):
        counted = axes >> axis & 1
        come, come_too, gone, gone_too = 0, 0, 0, 0
        a, b, c, d = counted, counted, counted, counted  # whether a row goes on into the next word
        for k in range(reach):
            at = 4 * (axis * reach + k)
            ones = trailing_ones(view[at])
            come, a = come + a * ones, a & ones >> 6
            ones = trailing_ones(view[at + 1])
            come_too, b = come_too + b * ones, b & ones >> 6
            ones = trailing_ones(view[at + 2])
            gone, c = gone + c * ones, c & ones >> 6
            ones = trailing_ones(view[at + 3])
            gone_too, d = gone_too + d * ones, d & ones >> 6
        c0, c1, c2 = np.uint64(start - come - come_too - counted), np.uint64(start - come), np.uint64(start - come_too)
        g0, g1, g2 = np.uint64(start - gone - gone_too - counted), np.uint64(start - gone), np.uint64(start - gone_too)
        for k in range(np.uint64(far)):
            wide[k] += ramp[c0 + k] - ramp[c1 + k] - ramp[c2 + k] - ramp[g0 + k] + ramp[g1 + k] + ramp[g2 + k]


@njit(cache=True)
def slots_from_lags(by_lag: np.ndarray, lags: np.ndarray, first: int, n: int, gapless: int, d: np.ndarray) -> None:
    """Changes of the slots of a term from those at lags 1, 2, ...; they are these if it is gapless."""
    start = np.uint64(first)
    for k in range(np.uint64(n * gapless)):
        d[start + k] = by_lag[k]
    for k in range(first + n * gapless, first + n):
        d[k] = by_lag[lags[k] - 1]
