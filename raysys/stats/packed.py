"""Bit-packed counting: 64 pixels to a word, shift, AND, popcount.

An image becomes planes of words, `planes[word, row]`: the words of one column of 64 pixels lie one after the other, so
that moving an image by rows is an offset into contiguous memory, moving it by columns is a rotation of two neighbouring
planes, and both are vector instructions. A periodic image is extended by itself, so that no index ever wraps; in an
open one the positions of a figure are those at which all its vertices are inside.

All functions that call each other stand in this one file, since numba's cache on disk only notices changes of the
caller's file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

from raysys.stats.curve import Boundary

ONE = np.uint64(1)
Vertex = tuple[np.uint64, np.uint64]
WORD = 64
CHUNK = 1 << 22  # pixels compared at a time


@dataclass(frozen=True)
class Packed:
    """Binary images as words: uint64 (N, H, ceil(W / 64)), lowest bit first, zeros behind the last pixel."""

    words: np.ndarray
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels (H, W) of one image."""
        return self.words.shape[1], self.width

    def planes(self, boundary: Boundary) -> np.ndarray:
        """Word planes uint64 (N, words, rows): twice the image's if periodic, else the image and a word of zeros."""
        n, height, words = self.words.shape
        periodic = boundary == "periodic"
        planes = np.empty((n, 2 * words if periodic else words + 1, 2 * height if periodic else height), np.uint64)
        _lay_out(self.words, self.width, periodic, planes)
        return planes

    def transposed(self) -> Packed:
        """The images with rows and columns exchanged."""
        n, height, _ = self.words.shape
        turned = np.empty((n, self.width, -(-height // WORD)), np.uint64)
        _transpose(self.words, turned)
        return Packed(turned, height)


def pack(images: np.ndarray, value: int = 1) -> Packed:
    """Pack where images (N, H, W) of whole numbers or bools have a value."""
    n, height, width = images.shape
    octets = np.zeros((n, height, -(-width // WORD) * 8), np.uint8)
    # A few images at a time: a comparison of all of them at once would take as much memory as they do.
    step = max(1, CHUNK // (height * width))
    for first in range(0, n, step):
        some = images[first : first + step]
        held = some if value == 1 and some.dtype == np.bool_ else some == value
        octets[first : first + step, :, : -(-width // 8)] = np.packbits(held, axis=-1, bitorder="little")
    return Packed(octets.view(np.dtype("<u8")).astype(np.uint64, copy=False), width)


def count_coincidences(planes: np.ndarray, offsets: np.ndarray, extents: np.ndarray) -> np.ndarray:
    """Positions at which all vertices of a figure lie in the phase.

    Parameters
    ----------
    planes
        From `Packed.planes`.
    offsets
        (K, V, 2) whole numbers >= 0: row and column of the V >= 2 vertices of each of K figures, within the planes.
    extents
        (K, 2): positions that each figure takes along rows and columns, from 0 on.

    Returns
    -------
    np.ndarray
        (N, K) int64.
    """
    counts = np.zeros((len(planes), len(offsets)), np.int64)
    _count(planes, np.ascontiguousarray(offsets, np.int64), np.ascontiguousarray(extents, np.int64), counts)
    return counts


def _build_popcount(typing_context: Any, word: Any) -> Any:
    """The processor's population count; LLVM makes it a vector instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _build_funnel(typing_context: Any, low: Any, high: Any, bits: Any) -> Any:
    """64 bits of two words from bit `bits` (0 to 63) of the lower one on; one instruction where there is one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        low, high, bits = arguments
        kind = ir.FunctionType(low.type, [low.type] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fshr", [low.type], kind), [high, low, bits])

    return types.uint64(types.uint64, types.uint64, types.uint64), generate


_funnel: Any = intrinsic(_build_funnel)
_popcount: Any = intrinsic(_build_popcount)


@njit(cache=True, nogil=True)
def _window(words: np.ndarray, width: int, start: int) -> np.uint64:
    """64 pixels of a row from `start` on, around its end as often as needed."""
    window, taken, place = np.uint64(0), 0, start % width
    while taken < 64:
        part = words[place // 64] >> np.uint64(place % 64)
        run = min(64 - place % 64, width - place, 64 - taken)
        if run < 64:
            part &= (ONE << np.uint64(run)) - ONE
        window |= part << np.uint64(taken)
        taken += run
        place = (place + run) % width
    return window


@njit(cache=True, nogil=True)
def _lay_out(words: np.ndarray, width: int, periodic: bool, planes: np.ndarray) -> None:
    n, height, across = words.shape
    for image in range(n):
        for row in range(height):
            line = words[image, row]
            for j in range(planes.shape[1]):
                if j < across and (not periodic or 64 * (j + 1) <= width):
                    word = line[j]
                elif periodic:
                    word = _window(line, width, 64 * j)
                else:
                    word = np.uint64(0)
                planes[image, j, row] = word
                if periodic:
                    planes[image, j, row + height] = word


@njit(cache=True, nogil=True)
def _transpose_block(block: np.ndarray) -> None:
    """Transpose 64 x 64 bits in place, by halves (Warren, Hacker's Delight, 7-3)."""
    half, mask = 32, np.uint64(0xFFFFFFFF)
    while half:
        shift = np.uint64(half)
        for start in range(0, 64, 2 * half):
            for k in range(start, start + half):
                swap = ((block[k] >> shift) ^ block[k + half]) & mask
                block[k + half] ^= swap
                block[k] ^= swap << shift
        half //= 2
        mask ^= mask << np.uint64(half)


@njit(cache=True, nogil=True)
def _transpose(words: np.ndarray, turned: np.ndarray) -> None:
    n, height, across = words.shape
    width, block = turned.shape[1], np.empty(64, np.uint64)
    for image in range(n):
        for j in range(across):
            for k in range(turned.shape[2]):
                rows = min(64, height - 64 * k)
                block[rows:] = 0
                for i in range(rows):
                    block[i] = words[image, 64 * k + i, j]
                _transpose_block(block)
                for i in range(min(64, width - 64 * j)):
                    turned[image, 64 * j + i, k] = block[i]


@njit(cache=True, nogil=True)
def _vertex(offset: np.ndarray, base: int, first: int, height: int) -> tuple[np.uint64, np.uint64]:
    """Where a vertex reads: place of its first word and, within that, its first bit."""
    column = first + offset[1]
    return np.uint64(base + column // 64 * height + offset[0]), np.uint64(column % 64)


@njit(cache=True, nogil=True)
def _keep(flat: np.ndarray, step: np.uint64, one: Vertex, two: Vertex, rows: np.uint64, hits: np.ndarray) -> None:
    """Keep of `hits` what two vertices see."""
    (a, left), (b, right) = one, two
    for i in range(rows):
        seen = _funnel(flat[a + i], flat[a + step + i], left) & _funnel(flat[b + i], flat[b + step + i], right)
        hits[i] &= seen


@njit(cache=True, nogil=True)
def _keep_and_count(flat: np.ndarray, step: np.uint64, vertex: Vertex, rows: np.uint64, hits: np.ndarray) -> np.uint64:
    """Count what of `hits` the last vertex sees."""
    (a, left), total = vertex, np.uint64(0)
    for i in range(rows):
        total += _popcount(hits[i] & _funnel(flat[a + i], flat[a + step + i], left))
    return total


@njit(cache=True, nogil=True)
def _count(planes: np.ndarray, offsets: np.ndarray, extents: np.ndarray, counts: np.ndarray) -> None:
    figures, vertices, _ = offsets.shape
    images, words, height = planes.shape
    # Unsigned indices into flat memory: slices, and looking out for negative indices, would cost more than the work.
    flat, hits, step = planes.reshape(-1), np.empty(height, np.uint64), np.uint64(height)
    for image in range(images):
        base = image * words * height
        for k in range(figures):
            rows, columns, total = np.uint64(extents[k, 0]), extents[k, 1], np.uint64(0)
            for first in range(0, columns, 64):
                mask = ~np.uint64(0) if columns - first >= 64 else (ONE << np.uint64(columns - first)) - ONE
                place, bits = _vertex(offsets[k, 0], base, first, height)
                for i in range(rows):
                    hits[i] = mask & _funnel(flat[place + i], flat[place + step + i], bits)
                for v in range(1, vertices - 1, 2):
                    one = _vertex(offsets[k, v], base, first, height)
                    two = _vertex(offsets[k, min(v + 1, vertices - 2)], base, first, height)
                    _keep(flat, step, one, two, rows, hits)
                total += _keep_and_count(flat, step, _vertex(offsets[k, vertices - 1], base, first, height), rows, hits)
            counts[image, k] = total
