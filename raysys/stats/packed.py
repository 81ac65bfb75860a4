"""Bit-packed counting: 64 pixels to a word, shift, AND, popcount.

An image is packed with a copy of itself (periodic) or zeros (open) behind every row and below the last one, so that
one kernel serves both: a vertex beyond an open border meets zeros and never counts.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from raysys.stats.curve import Boundary


def pack(indicator: np.ndarray, boundary: Boundary) -> np.ndarray:
    """Pack bool images (N, H, W) into words uint64 (N, 2 H, ceil(2 W / 64) + 1), lowest bit first."""
    n, height, width = indicator.shape
    words = (2 * width + 63) // 64 + 1
    padded = np.zeros((n, 2 * height, words * 64), dtype=bool)
    padded[:, :height, :width] = indicator
    if boundary == "periodic":
        padded[:, :height, width : 2 * width] = indicator
        padded[:, height:, : 2 * width] = padded[:, :height, : 2 * width]
    return np.packbits(padded, axis=-1, bitorder="little").view(np.uint64)


@njit(cache=True, nogil=True)
def _popcount(x: int) -> int:
    # The textbook form, which LLVM turns into its vector popcount.
    x = x - ((x >> uint64(1)) & uint64(0x5555555555555555))
    x = (x & uint64(0x3333333333333333)) + ((x >> uint64(2)) & uint64(0x3333333333333333))
    x = (x + (x >> uint64(4))) & uint64(0x0F0F0F0F0F0F0F0F)
    return (x * uint64(0x0101010101010101)) >> uint64(56)


@njit(cache=True, nogil=True)
def _and_row(row: np.ndarray, shift: int, acc: np.ndarray, first: bool) -> None:
    """AND the row, moved left by `shift` pixels, into `acc` (or copy it there)."""
    start, bits = shift // 64, uint64(shift % 64)
    words = acc.shape[0]
    if bits == uint64(0):
        for i in range(words):
            word = row[start + i]
            acc[i] = word if first else acc[i] & word
    else:
        rest = uint64(64) - bits
        for i in range(words):
            word = (row[start + i] >> bits) | (row[start + i + 1] << rest)
            acc[i] = word if first else acc[i] & word


@njit(cache=True, nogil=True)
def count_coincidences(
    packed: np.ndarray, rows: np.ndarray, columns: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Positions at which all vertices of a figure lie in the phase.

    Parameters
    ----------
    packed
        From `pack`.
    rows, columns
        Offsets (K, V) int64 >= 0 of the V vertices of K figures: rows <= height, columns <= width.
    height, width
        Of the images, pixels.

    Returns
    -------
    np.ndarray
        (N, K) int64.
    """
    n, figures, vertices = packed.shape[0], rows.shape[0], rows.shape[1]
    words = (width + 63) // 64
    last = uint64(0xFFFFFFFFFFFFFFFF)
    if width % 64:
        last = (uint64(1) << uint64(width % 64)) - uint64(1)
    counts = np.zeros((n, figures), dtype=np.int64)
    acc = np.empty(words, dtype=np.uint64)
    for image in range(n):
        for k in range(figures):
            total = uint64(0)
            for r in range(height):
                for v in range(vertices):
                    _and_row(packed[image, r + rows[k, v]], columns[k, v], acc, v == 0)
                acc[words - 1] &= last
                for i in range(words):
                    total += _popcount(acc[i])
            counts[image, k] = total
    return counts
