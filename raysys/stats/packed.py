"""Bit-packed counting: 64 pixels to a word, shift, AND, popcount.

Two pixels some rows apart are two words at some distance in memory, so that pairs along an axis need no more than AND
and popcount; pairs along rows are those of the transposed image. Figures of more vertices are counted in planes of
words, `planes[word, row]`: the words of one column of 64 pixels lie one after the other, so that moving an image by
rows is an offset and moving it by columns a rotation of two neighbouring planes, and both are vector instructions. A
periodic image is extended by itself, so that no index ever wraps; in an open one the positions of a figure are those
at which all its vertices are inside.

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
from raysys.stats.threads import over_threads, thread_count

ONE = np.uint64(1)
WORD = 64
CHUNK = 1 << 22  # pixels compared at a time
SHARES = 16  # of one image's words, that threads count
FEW = 64  # images, below which threads share the words of each
BLOCK = 1 << 11  # words whose pairs are counted at a time: twice as many fit the first cache


@dataclass(frozen=True)
class Packed:
    """Binary images as words: uint64 (N, H, ceil(W / 64)), lowest bit first, zeros behind the last pixel."""

    words: np.ndarray
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels (H, W) of one image."""
        return self.words.shape[1], self.width

    def transposed(self) -> Packed:
        """The images with rows and columns exchanged."""
        n, height, _ = self.words.shape
        turned = np.empty((n, self.width, -(-height // WORD)), np.uint64)
        over_threads(lambda first, last: _transpose(self.words[first:last], turned[first:last]), n, turned.size * WORD)
        return Packed(turned, height)


def pack(images: np.ndarray, value: int = 1) -> Packed:
    """Pack where images (N, H, W) of whole numbers or bools have a value."""
    n, height, width = images.shape
    words = np.empty((n, height, -(-width // WORD)), np.uint64)
    octets = images.dtype in (np.bool_, np.uint8) and 0 <= value <= 255
    # A few images at a time: a comparison of all of them at once would take as much memory as they do.
    step = max(1, CHUNK // (height * width))

    def packed(start: int, stop: int) -> None:
        for first in range(start, stop, step):
            some = images[first : min(first + step, stop)]
            some = some if octets else some == value
            found = words[first : first + len(some)]
            _pack(np.ascontiguousarray(some).view(np.uint8), np.uint8(value if octets else 1), found)

    over_threads(packed, n, images.size)
    return Packed(words, width)


def count_pairs(words: np.ndarray, lags: int, boundary: Boundary) -> np.ndarray:
    """Pairs of set bits along the middle axis of words.

    Parameters
    ----------
    words
        uint64 (N, length, inner), contiguous.
    lags
        R: 0, 1, ..., R - 1 are counted.
    boundary
        Whether pairs go around the end.

    Returns
    -------
    np.ndarray
        (N, R) int64.
    """
    counts, periodic = np.zeros((len(words), lags), np.int64), boundary == "periodic"
    inner, work = words.shape[2], words.size * lags
    if len(words) >= FEW or thread_count(work) == 1:
        over_threads(lambda i, j: _count_pairs(words[i:j], periodic, 0, inner, counts[i:j]), len(words), work)
        return counts
    shares = np.zeros((SHARES, *counts.shape), np.int64)  # of one image's columns, which are added up in the end

    def counted(first: int, last: int) -> None:
        for k in range(first, last):
            _count_pairs(words, periodic, inner * k // SHARES, inner * (k + 1) // SHARES, shares[k])

    over_threads(counted, SHARES, work, parts=SHARES)
    return shares.sum(axis=0)


def count_coincidences(packed: Packed, offsets: np.ndarray, extents: np.ndarray, boundary: Boundary) -> np.ndarray:
    """Positions at which all vertices of a figure lie in the phase.

    Parameters
    ----------
    packed
        N images.
    offsets
        (K, V, 2) int64: row and column of the V >= 2 vertices of each of K figures, within the image; the first one at
        column 0, where it needs no rotation.
    extents
        (K, 2) int64: positions that each figure takes along rows and columns, from 0 on.
    boundary
        Whether figures go around the border.

    Returns
    -------
    np.ndarray
        (N, K) int64.
    """
    counts = np.zeros((len(packed.words), len(offsets)), np.int64)
    vertices, periodic = (0,) * offsets.shape[1], boundary == "periodic"

    def counted(first: int, last: int) -> None:
        _count(packed.words[first:last], packed.width, periodic, offsets, extents, vertices, counts[first:last])

    over_threads(counted, len(packed.words), packed.words.size * len(offsets))
    return counts


def _build_popcount(typing_context: Any, word: Any) -> Any:
    """The processor's population count; LLVM makes it a vector instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _build_trailing_zeros(typing_context: Any, word: Any) -> Any:
    """Position of the lowest set bit of a word that has one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(types.boolean, True))

    return types.int64(types.uint64), generate


def _build_funnel(typing_context: Any, low: Any, high: Any, bits: Any) -> Any:
    """64 bits of two words from bit `bits` (0 to 63) of the lower one on; one instruction where there is one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        low, high, bits = arguments
        kind = ir.FunctionType(low.type, [low.type] * 3)
        return builder.call(builder.module.declare_intrinsic("llvm.fshr", [low.type], kind), [high, low, bits])

    return types.uint64(types.uint64, types.uint64, types.uint64), generate


def _build_equal(typing_context: Any, octets: Any, place: Any, value: Any) -> Any:
    """Which of 64 octets from a place on equal a value, as the bits of a word: one vector comparison."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        octets, place, value = arguments
        vector, word = ir.VectorType(value.type, 64), ir.IntType(64)
        first = builder.gep(context.make_array(signature.args[0])(context, builder, octets).data, [place])
        loaded = builder.load(builder.bitcast(first, vector.as_pointer()), align=1)
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        all_alike = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        sought = builder.shuffle_vector(single, single, all_alike)
        return builder.bitcast(builder.icmp_unsigned("==", loaded, sought), word)

    return types.uint64(octets, types.uint64, types.uint8), generate


def _build_widest(typing_context: Any) -> Any:
    """Let the loops of the calling function take the widest vectors: LLVM stays with 256 bits where 512 are there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # Past llvmlite's own check, which knows no attributes that have a value.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


popcount: Any = intrinsic(_build_popcount)
trailing_zeros: Any = intrinsic(_build_trailing_zeros)
_funnel: Any = intrinsic(_build_funnel)
_equal: Any = intrinsic(_build_equal)
_use_widest_vectors: Any = intrinsic(_build_widest)


@njit(cache=True, nogil=True)
def _pack(images: np.ndarray, value: np.uint8, words: np.ndarray) -> None:
    n, height, width = images.shape
    octets = images.reshape(-1)
    for image in range(n):
        for row in range(height):
            start = (image * height + row) * width
            for j in range(words.shape[2]):
                place, left = start + 64 * j, width - 64 * j
                word = np.uint64(0)
                if place + 64 <= octets.size:
                    word = _equal(octets, np.uint64(place), value)
                    if left < 64:
                        word &= (ONE << np.uint64(left)) - ONE
                else:
                    for k in range(left):
                        word |= np.uint64(octets[place + k] == value) << np.uint64(k)
                words[image, row, j] = word


@njit(cache=True, nogil=True)
def _count_pairs(words: np.ndarray, periodic: bool, start: int, stop: int, counts: np.ndarray) -> None:
    """Add up the pairs of the words from `start` to before `stop` of the inner axis."""
    _use_widest_vectors()
    images, length = words.shape[:2]
    block = max(1, min(stop - start, BLOCK // length))
    held = np.empty(2 * length * block, np.uint64)
    for image in range(images):
        for first in range(start, stop, block):
            across = min(block, stop - first)
            end = length * across
            for row in range(length):
                for j in range(across):
                    held[row * across + j] = words[image, row, first + j]
            if periodic:
                held[end : 2 * end] = held[:end]
            for r in range(counts.shape[1]):
                far, total = np.uint64(r * across), np.uint64(0)
                # Unsigned indices: looking out for negative ones would cost more than the work.
                for i in range(np.uint64(end if periodic else end - r * across)):
                    total += popcount(held[i] & held[i + far])
                counts[image, r] += total


@njit(cache=True, nogil=True)
def _count(
    words: np.ndarray,
    width: int,
    periodic: bool,
    offsets: np.ndarray,
    extents: np.ndarray,
    vertices: tuple[int, ...],
    counts: np.ndarray,
) -> None:
    """Count figures of as many vertices as the tuple is long, which the compiler knows and unrolls."""
    _use_widest_vectors()
    height = words.shape[1] * (2 if periodic else 1)
    planes = np.empty((words.shape[2] * 2 if periodic else words.shape[2] + 1, height), np.uint64)
    places, bits = np.empty(len(vertices), np.uint64), np.empty(len(vertices), np.uint64)
    flat, step = planes.reshape(-1), np.uint64(height)
    for image in range(len(words)):
        _lay_out(words[image], width, periodic, planes)
        for k in range(len(offsets)):
            rows, columns, total = np.uint64(extents[k, 0]), extents[k, 1], np.uint64(0)
            for first in range(0, columns, 64):
                for v in range(len(vertices)):
                    column = first + offsets[k, v, 1]
                    places[v], bits[v] = column // 64 * height + offsets[k, v, 0], column % 64
                start, mask = places[0], ~np.uint64(0)
                if columns - first < 64:
                    mask = (ONE << np.uint64(columns - first)) - ONE
                for i in range(rows):
                    hits = mask & flat[start + i]
                    for v in range(1, len(vertices)):
                        hits &= _funnel(flat[places[v] + i], flat[places[v] + step + i], bits[v])
                    total += popcount(hits)
            counts[image, k] = total


@njit(cache=True, nogil=True)
def _lay_out(words: np.ndarray, width: int, periodic: bool, planes: np.ndarray) -> None:
    """Planes of one image: twice as many columns and rows if periodic, else a word of zeros behind it."""
    height, across = words.shape
    for j in range(len(planes)):
        if j < across and not (periodic and 64 * (j + 1) > width):
            planes[j, :height] = words[:, j]
        elif not periodic:
            planes[j] = 0
        elif width % 64 == 0:
            planes[j, :height] = words[:, j % across]
        else:
            for row in range(height):
                planes[j, row] = _window(words[row], width, 64 * j)
        if periodic:
            planes[j, height:] = planes[j, :height]


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
