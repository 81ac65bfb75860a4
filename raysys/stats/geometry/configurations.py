"""Local configurations: how often each pattern of 2 x 2 pixels or 2 x 2 x 2 voxels occurs.

What a Minkowski functional takes from an image is a sum over these cells, so that the histogram of their patterns holds
all of them; `raysys.stats.geometry.figures` counts only what they need, in a third of the time. The images are words of
64 pixels: the sixteen patterns of four pixels are sixteen ANDs of rows, moved rows and their complements, those of
eight voxels the ANDs of the sixteen below with the sixteen above; each is counted by popcount. The time is the same
whatever the images hold.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.stats.curve import Boundary
from raysys.stats.geometry.cells import LAST, Cells, Edges
from raysys.stats.packed import ONE, popcount
from raysys.stats.phases import Phase

# Words of each of 32 patterns that are looked at together: 24 KB, within the first cache.
BLOCK = 96


def local_configurations(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "open",
    edges: Edges = "closed",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Count the patterns of 2 x 2 pixels, or 2 x 2 x 2 voxels.

    Bit k of a pattern's number is its pixel at row k // 2 and column k % 2, or its voxel at slice k // 4, row
    k // 2 % 2 and column k % 2: 0 is all background and 15, or 255, all phase.

    Parameters
    ----------
    images, phase
        As for `two_point`.
    boundary
        "periodic": the cells wrap around, one for each pixel.
    edges
        Of open images: "closed" puts a border of background one pixel wide around them, so that a pixel lies in 4 (8)
        cells wherever it is; "window" takes the cells that lie within, one fewer along every axis.
    mask
        As for `minkowski`.

    Returns
    -------
    np.ndarray
        (N, 16) or (N, 256) int64.

    Raises
    ------
    RaysysError
        If the images are not as said, or the edges are unknown.

    References
    ----------
    Lang, Ohser & Hilfer, J. Microscopy 203 (2001) 303; Ohser & Muecklich, Statistical Analysis of Microstructures in
    Materials Science, 2000, chapter 4.
    """
    return local_configurations_of(Phase.of(images, phase, boundary, mask=mask), edges)


def local_configurations_of(phase: Phase, edges: Edges) -> np.ndarray:
    """`local_configurations` of images that are checked."""
    cells = Cells.of(phase, edges)
    counts = np.zeros((phase.n, 1 << (1 << phase.dims)), np.int64)
    if cells.solid:
        _count_voxels(cells.words, cells.layers, cells.step, cells.across, cells.inside, counts)
    else:
        _count_pixels(cells.words, cells.step, cells.across, cells.inside, counts)
    return counts


@njit(cache=True, nogil=True)
def _patterns(flat: np.ndarray, start: int, across: int, inside: np.ndarray, patterns: np.ndarray) -> None:
    """Where each pattern of four pixels is, in the words of `inside`: patterns[BLOCK * pattern + word]."""
    here, below, size = np.uint64(start), np.uint64(start + across), np.uint64(len(inside))
    upper, lower = np.empty(4 * BLOCK, np.uint64), np.empty(4 * BLOCK, np.uint64)
    one, two, three = np.uint64(BLOCK), np.uint64(2 * BLOCK), np.uint64(3 * BLOCK)
    for t in range(size):
        a, held = flat[here + t], inside[t]
        b = (a >> ONE) | (flat[here + t + ONE] << LAST)
        upper[t], upper[one + t], upper[two + t], upper[three + t] = (
            held & ~(a | b),
            held & a & ~b,
            held & b & ~a,
            held & a & b,
        )
    for t in range(size):
        c = flat[below + t]
        d = (c >> ONE) | (flat[below + t + ONE] << LAST)
        lower[t], lower[one + t], lower[two + t], lower[three + t] = ~(c | d), c & ~d, d & ~c, c & d
    for k in range(16):
        place, p, q = np.uint64(BLOCK * k), np.uint64(BLOCK * (k % 4)), np.uint64(BLOCK * (k // 4))
        for t in range(size):
            patterns[place + t] = upper[p + t] & lower[q + t]


@njit(cache=True, nogil=True)
def _count_pixels(flat: np.ndarray, step: int, across: int, inside: np.ndarray, counts: np.ndarray) -> None:
    patterns = np.empty(16 * BLOCK, np.uint64)
    for image in range(len(counts)):
        held = inside[image % len(inside)]
        for first in range(0, len(held), BLOCK):
            some = held[first : first + BLOCK]
            _patterns(flat, image * step + first, across, some, patterns)
            for k in range(16):
                place, total = np.uint64(BLOCK * k), np.uint64(0)
                for t in range(np.uint64(len(some))):
                    total += popcount(patterns[place + t])
                counts[image, k] += total


@njit(cache=True, nogil=True)
def _count_voxels(
    flat: np.ndarray, layers: int, step: int, across: int, inside: np.ndarray, counts: np.ndarray
) -> None:
    low, high = np.empty(16 * BLOCK, np.uint64), np.empty(16 * BLOCK, np.uint64)
    for image in range(len(counts)):
        for layer in range(layers - 1):
            start, held = (image * layers + layer) * step, inside[(image * (layers - 1) + layer) % len(inside)]
            for first in range(0, len(held), BLOCK):
                some = held[first : first + BLOCK]
                _patterns(flat, start + first, across, some, low)
                _patterns(flat, start + step + first, across, some, high)
                _count_pairs(low, high, len(some), counts[image])


@njit(cache=True, nogil=True)
def _count_pairs(low: np.ndarray, high: np.ndarray, size: int, counts: np.ndarray) -> None:
    """Add up where each of 16 patterns lies below each of 16; four at a time, to load less."""
    block = np.uint64(BLOCK)
    for below in range(16):
        place = np.uint64(BLOCK * below)
        for above in range(0, 16, 4):
            p = np.uint64(BLOCK * above)
            q, r, s = p + block, p + block + block, p + block + block + block
            one = two = three = four = np.uint64(0)
            for t in range(np.uint64(size)):
                word = low[place + t]
                one += popcount(word & high[p + t])
                two += popcount(word & high[q + t])
                three += popcount(word & high[r + t])
                four += popcount(word & high[s + t])
            counts[below + 16 * above] += one
            counts[below + 16 * (above + 1)] += two
            counts[below + 16 * (above + 2)] += three
            counts[below + 16 * (above + 3)] += four
