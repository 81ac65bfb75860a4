"""Images kept as bits along their lines, so that what lies at r = 1..64 beside a pixel is one word.

Every line of every axis is kept twice, forwards and backwards, and runs on past its end as far as the longest lag. Bits
take an eighth of the room of bytes: the lines of 128^2 pixels fit into 12 KiB, those of 128^3 voxels into 3 MiB.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["Lines", "flip", "lines_of", "ones_in", "packed", "seen", "tally", "tally_further", "trailing_ones"]

ONE, SIX, LAST = np.uint64(1), np.uint64(6), np.uint64(63)


class Lines(NamedTuple):
    """Lines of several images of one shape (D, H, W), D = 1 in 2D."""

    words: np.ndarray  # (images * size,) uint64
    starts: np.ndarray  # (3, 2) int64: first word of the lines of each axis, forwards and backwards
    long: np.ndarray  # (3,) int64: words in a line of each axis
    shape: np.ndarray  # (3,) int64
    reach: int  # words seen from a pixel: the longest lag / 64, rounded up
    size: int  # words of one image


def lines_of(images: np.ndarray, longest: int) -> Lines:
    """Lines of bool images (N, D, H, W) along every axis longer than one pixel, for lags up to `longest`."""
    reach = -(-longest // 64)
    starts, long, parts, size = np.zeros((3, 2), np.int64), np.zeros(3, np.int64), [], 0
    for axis, period in enumerate(images.shape[1:]):
        if period == 1:
            continue
        lines = np.moveaxis(images, axis + 1, -1).reshape(len(images), -1, period)
        long[axis] = -(-period // 64) + reach
        for way, one in enumerate((lines, lines[..., ::-1])):
            starts[axis, way] = size
            parts.append(_in_words(one, 64 * int(long[axis])))
            size += parts[-1].shape[1]
    parts.append(np.zeros((len(images), 1), np.uint64))  # the last window reads one word more, of which it needs no bit
    words = np.concatenate(parts, axis=1).ravel()
    return Lines(words, starts, long, np.array(images.shape[1:]), reach, size + 1)


def _in_words(lines: np.ndarray, bits: int) -> np.ndarray:
    """Lines (N, lines, n) continued periodically: (N, words)."""
    whole = np.take(lines, np.arange(bits) % lines.shape[2], axis=2)
    return np.packbits(whole, axis=2, bitorder="little").view("<u8").astype(np.uint64).reshape(len(lines), -1)


@njit(cache=True)
def seen(words: np.ndarray, first: int, bit: int) -> np.uint64:
    """The 64 bits from number `bit` on of the line that begins at word `first`."""
    at = np.uint64(bit)
    word, shift = np.uint64(first) + (at >> SIX), at & LAST
    return (words[word] >> shift) | ((words[word + ONE] << ONE) << (LAST - shift))


@njit(cache=True)
def _flip_line(words: np.ndarray, first: int, place: int, period: int, bits: int) -> None:
    while place < bits:
        words[first + (place >> 6)] ^= ONE << (np.uint64(place) & LAST)
        place += period


@njit(cache=True)
def flip(lines: Lines, image: int, z: int, y: int, x: int) -> None:
    """Turn a pixel of an image over in all its lines."""
    words, starts, long, shape, _, size = lines
    height, width = shape[1], shape[2]
    for axis in range(3):
        if shape[axis] == 1:
            continue
        line, place = (y * width + x, z) if axis == 0 else ((z * width + x, y) if axis == 1 else (z * height + y, x))
        first, bits = image * size + line * long[axis], 64 * long[axis]
        _flip_line(words, first + starts[axis, 0], place, shape[axis], bits)
        _flip_line(words, first + starts[axis, 1], shape[axis] - 1 - place, shape[axis], bits)


def _tallying(*, further: bool) -> Any:
    """counts[at : at + 64] = or, if further, += the bits of the words gained - those of the words lost.

    `counts` is int8, gained and lost are tuples of uint64. A word is taken for 64 booleans at once, which processors do
    in one instruction or a few; written as a loop over the bits it is one instruction or more for each of them.
    """

    def tally(typingctx, counts, at, gained, lost):  # type: ignore[no-untyped-def]
        return types.void(counts, types.uint64, gained, lost), codegen

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        bits, numbers = ir.VectorType(ir.IntType(1), 64), ir.VectorType(ir.IntType(8), 64)
        place = builder.bitcast(builder.gep(array.data, [arguments[1]]), numbers.as_pointer())
        total = ir.Constant(numbers, [0] * 64)
        if further:
            total = builder.load(place)
            total.align = 1
        # True is -1 when its sign is extended: what is gained is subtracted.
        for words, join in ((arguments[2], builder.sub), (arguments[3], builder.add)):
            for k in range(words.type.count):
                total = join(total, builder.sext(builder.bitcast(builder.extract_value(words, k), bits), numbers))
        builder.store(total, place).align = 1
        return context.get_dummy_value()

    return intrinsic(tally)


tally, tally_further = _tallying(further=False), _tallying(further=True)


def _trailing_ones(typingctx, word):  # type: ignore[no-untyped-def]
    """How many bits of a word are 1, from bit 0 on, before one is 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(builder.not_(arguments[0]), ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), codegen


trailing_ones: Any = intrinsic(_trailing_ones)


def _ones_in(typingctx, word):  # type: ignore[no-untyped-def]
    """How many bits of a word are 1."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), codegen


ones_in: Any = intrinsic(_ones_in)


def _packed(typingctx, values, at):  # type: ignore[no-untyped-def]
    """A word whose bits say which of the 64 bytes of `values`, uint8, from number `at` on are not 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        numbers = ir.VectorType(ir.IntType(8), 64)
        whole = builder.load(builder.bitcast(builder.gep(array.data, [arguments[1]]), numbers.as_pointer()))
        whole.align = 1
        return builder.bitcast(builder.icmp_signed("!=", whole, ir.Constant(numbers, [0] * 64)), ir.IntType(64))

    return types.uint64(values, types.uint64), codegen


packed: Any = intrinsic(_packed)
