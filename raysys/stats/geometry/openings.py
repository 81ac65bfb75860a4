"""Openings by balls of whole radii, of packed images: for each pixel the largest ball inside the phase that covers it.

A pixel is a bit, and a ball rows of them: in a slice its rows are as wide as what is left of its radius, so that all of
its slices are made of a slice's rows, widened and moved, each united once. The time goes with the cube of the largest
radius, whatever the image holds, and with no distance. Functions that call each other stand in this one file, since
numba's cache on disk only notices changes of the caller's file.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.stats.packed import ONE, WORD, trailing_zeros

LAST = np.uint64(WORD - 1)
TOGETHER = 4  # radii whose centres are looked for at once, until there is none


class Spread(NamedTuple):
    """How slices of bits are widened to balls, or to several of them.

    Attributes
    ----------
    rows
        int64 (P, 2): how far a row is moved, up and down, and by how many pixels it is widened before.
    until
        int64 (K,): how many of them make up a disc, which grows.
    uses
        int64 (K, 2): which of the balls that disc is a slice of, and how far from its middle.
    reach
        Largest width and move.
    """

    rows: np.ndarray
    until: np.ndarray
    uses: np.ndarray
    reach: int


@cache
def spread(radii: tuple[int, ...], solid: bool) -> Spread:
    """What balls of these radii are made of: pixels that are nearer than the radius, in volumes or in flat images."""
    reach = max(radii) - 1
    # The disc at a height z above the middle holds what is nearer than the radius, thus z^2 + d^2 < r^2.
    slices = sorted(
        (radius**2 - 1 - z * z, ball, z) for ball, radius in enumerate(radii) for z in range(radius if solid else 1)
    )
    widths, rows, until = [-1] * (reach + 1), [], []
    for largest, _, _ in slices:
        for y in range(math.isqrt(largest) + 1):
            width = math.isqrt(largest - y * y)
            if width > widths[y]:
                widths[y] = width
                rows.append((y, width))
        until.append(len(rows))
    return Spread(np.array(rows), np.array(until), np.array(slices)[:, 1:], reach)


def largest_openings(inside: np.ndarray, other: np.ndarray, width: int, periodic: bool, most: int) -> np.ndarray | None:
    """Whole radius of the largest ball inside the phase that covers each pixel.

    Parameters
    ----------
    inside, other
        uint64 (words, D, H): columns of packed words of one image, of the phase and of what its balls must not reach;
        what is neither is unknown.
    width
        Pixels of a row.
    periodic
        Whether the image goes on as it begins.
    most
        Radius at which it is given up: the time grows with its cube.

    Returns
    -------
    uint8 (D, H, width), 0 outside the phase; None if there are balls that are larger
    """
    solid, centres = inside.shape[1] > 1, list[np.ndarray]()
    while not centres or centres[-1].any():
        if len(centres) > most:
            return None
        radii = tuple(range(len(centres) + 1, len(centres) + 1 + TOGETHER))
        near = np.zeros((TOGETHER, *inside.shape), np.uint64)
        _unite(other, width, periodic, spread(radii, solid), near)
        centres.extend(inside & ~near)
    found = np.zeros((*inside.shape[1:], width), np.uint8)
    bare, laid = inside.copy(), np.empty((1, *inside.shape), np.uint64)
    for radius in range(len(centres), 0, -1):
        if centres[radius - 1].any():
            laid[:] = 0
            _unite(centres[radius - 1], width, periodic, spread((radius,), solid), laid)
            _take(bare, laid[0], np.uint8(radius), found)
    return found


def _unite(source: np.ndarray, width: int, periodic: bool, how: Spread, found: np.ndarray) -> None:
    _spread(source, width, periodic, how.rows, how.until, how.uses, how.reach, found)


@njit(cache=True, nogil=True)
def _or(target: np.ndarray, at: np.uint64, source: np.ndarray, start: np.uint64, count: np.uint64) -> None:
    for k in range(count):
        target[at + k] |= source[start + k]


@njit(cache=True, nogil=True)
def _widen(before: np.ndarray, wider: np.ndarray, width: int, periodic: bool, first: int, last: int) -> None:
    """Rows (words, H) of a slice widened by a pixel on either side."""
    words, end = before.shape[0], np.uint64((width - 1) % 64)
    within = ~np.uint64(0) >> (LAST - end)
    for c in range(words):
        for y in range(np.uint64(first), np.uint64(last + 1)):
            word = before[c, y]
            wider[c, y] = word | (word << ONE) | (word >> ONE)
        if c > 0:
            for y in range(np.uint64(first), np.uint64(last + 1)):
                wider[c, y] |= before[c - 1, y] >> LAST
        if c < words - 1:
            for y in range(np.uint64(first), np.uint64(last + 1)):
                wider[c, y] |= before[c + 1, y] << LAST
    for y in range(np.uint64(first), np.uint64(last + 1)):
        if periodic:
            wider[0, y] |= (before[words - 1, y] >> end) & ONE
            wider[words - 1, y] |= (before[0, y] & ONE) << end
        wider[words - 1, y] &= within


@njit(cache=True, nogil=True)
def _spread(
    source: np.ndarray,
    width: int,
    periodic: bool,
    rows: np.ndarray,
    until: np.ndarray,
    uses: np.ndarray,
    reach: int,
    found: np.ndarray,
) -> None:
    """Add to images (balls, words, D, H) the balls around every bit that is set in the source (words, D, H)."""
    words, depth, height = source.shape
    wide = np.empty((reach + 1, words, height), np.uint64)
    high = height + 2 * reach
    disc, flat, shown = np.zeros(words * high, np.uint64), found.reshape(-1), wide.reshape(-1)
    for z in range(depth):
        first, last = height, -1
        for c in range(words):
            for y in range(height):
                wide[0, c, y] = source[c, z, y]
                if source[c, z, y]:
                    first, last = min(first, y), max(last, y)
        if last < 0:
            continue
        for h in range(reach):
            _widen(wide[h], wide[h + 1], width, periodic, first, last)
        disc[:] = 0
        done, count = 0, np.uint64(last + 1 - first)
        for k in range(len(until)):
            while done < until[k]:
                y, h = rows[done]
                for c in range(words):
                    at, start = c * high + reach + first, np.uint64((h * words + c) * height + first)
                    _or(disc, np.uint64(at - y), shown, start, count)
                    if y:
                        _or(disc, np.uint64(at + y), shown, start, count)
                done += 1
            ball, away = uses[k]
            for side in range(2 if away else 1):
                other = z + (away if side else -away)
                if periodic:
                    other %= depth
                elif not 0 <= other < depth:
                    continue
                for c in range(words):
                    base = ((ball * words + c) * depth + other) * height
                    row, stop = first, last + 1 + 2 * reach  # in the disc, whose margins are what lies beyond
                    if not periodic:
                        row, stop = max(row, reach), min(stop, height + reach)
                    while row < stop:
                        y = (row - reach) % height
                        some = min(stop - row, height - y)
                        _or(flat, np.uint64(base + y), disc, np.uint64(c * high + row), np.uint64(some))
                        row += some


@njit(cache=True, nogil=True)
def _take(bare: np.ndarray, laid: np.ndarray, radius: np.uint8, found: np.ndarray) -> None:
    """Give the bare pixels (words, D, H) that are laid upon their radius."""
    left, upon, radii = bare.reshape(-1), laid.reshape(-1), found.reshape(-1)
    rows, width = np.uint64(bare.shape[1] * bare.shape[2]), np.uint64(found.shape[2])
    for place in range(np.uint64(left.size)):
        hits = upon[place] & left[place]
        if hits:
            left[place] ^= hits
            start = place % rows * width + place // rows * np.uint64(WORD)
            while hits:
                radii[start + np.uint64(trailing_zeros(hits))] = radius
                hits &= hits - ONE
