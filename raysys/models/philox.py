"""Random numbers with coordinates: every value is a function of (seed, channel, lattice coordinate), of no stream."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from raysys.errors import RaysysError

# Constants of Philox 4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
FURTHEST = 2**31  # coordinates fill one signed 32-bit word of the counter each
# The counter's last word numbers groups of four channels; its upper bits set apart what is drawn for another purpose.
PURPOSE_BITS = 24

Words = NDArray[np.uint64]
Distribution = Literal["normal", "uniform"]


def philox(counter: Sequence[Words], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Philox 4x32-10 of many counters under one key.

    Parameters
    ----------
    counter
        Four arrays of one shape, uint64 that hold 32-bit words.
    key
        Two 32-bit words.

    Returns
    -------
    tuple of four uint64 arrays of that shape, each holding a uniformly distributed 32-bit word.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> HALF) ^ c1 ^ np.uint64(k0), p1 & WORD, (p0 >> HALF) ^ c3 ^ np.uint64(k1), p0 & WORD
        k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def lattice_noise(
    seed: int,
    channels: int,
    shape: Sequence[int],
    *,
    origin: Sequence[int] | None = None,
    period: int | Sequence[int] | None = None,
    distribution: Distribution = "normal",
    purpose: int = 0,
) -> NDArray[np.float32]:
    """Noise on a window of an endless lattice.

    A window cut out of a larger one has the same values bit for bit, whatever else is drawn, on whatever machine.

    Parameters
    ----------
    seed
        Any integer; its lowest 64 bits are used.
    channels
        Number of independent values at each lattice point; the first ones do not depend on how many follow.
    shape
        Lattice points along 1, 2 or 3 axes.
    origin
        Coordinates of the first point, zero by default; negative ones are allowed.
    period
        Wrap the lattice after that many points (one number, or one per axis).
    distribution
        "normal" (mean 0, variance 1, by Box-Muller) or "uniform" on [0, 1).
    purpose
        Values of one seed for different purposes, 0 to 255, are independent of each other.

    Returns
    -------
    float32 array (channels, *shape)

    Raises
    ------
    RaysysError
        For an empty window, more than three axes, a period below 1, or a coordinate outside ±2**31.
    """
    axes = _coordinates(shape, origin, period)
    groups = -(-channels // 4)  # one Philox block serves four channels
    grid = np.ix_(np.arange(groups, dtype=np.uint64), *axes)
    full = np.broadcast_shapes(*(axis.shape for axis in grid))
    words = [np.broadcast_to(axis, full).reshape(-1) for axis in grid[1:]]
    words += [np.zeros_like(words[0])] * (3 - len(words))
    words.append(np.broadcast_to(grid[0] + np.uint64(purpose << PURPOSE_BITS), full).reshape(-1))
    blocks = philox(words, (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF))
    values = _normal(blocks) if distribution == "normal" else _uniform(blocks)
    # (4, groups, points) -> channel 4g + j
    return np.ascontiguousarray(values.reshape(4, groups, -1).swapaxes(0, 1)).reshape(-1, *full[1:])[:channels]


def _coordinates(
    shape: Sequence[int], origin: Sequence[int] | None, period: int | Sequence[int] | None
) -> list[NDArray[np.uint64]]:
    """The counter word of each coordinate along each axis: two's complement in 32 bits."""
    if not 1 <= len(shape) <= 3 or min(shape) < 1:
        raise RaysysError(f"noise was asked on a lattice of {tuple(shape)} points; allowed: 1 to 3 axes of 1 or more")
    origin = (0,) * len(shape) if origin is None else origin
    periods = [period] * len(shape) if period is None or isinstance(period, int) else list(period)
    axes = []
    for length, first, wrap in zip(shape, origin, periods, strict=True):
        if wrap is not None and wrap < 1:
            raise RaysysError(f"the lattice was asked to repeat after {wrap} points; allowed: 1 or more")
        if not -FURTHEST <= first <= FURTHEST - length:
            raise RaysysError(f"lattice coordinate {first} lies outside the allowed range ±2**31")
        points = np.arange(first, first + length, dtype=np.int64)
        axes.append((points if wrap is None else points % wrap).astype(np.uint64) & WORD)
    return axes


def _uniform(blocks: Sequence[Words]) -> NDArray[np.float32]:
    # 24 bits fill float32's significand exactly, so that 1 is never reached by rounding.
    return np.stack([(word >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24) for word in blocks])


def _normal(blocks: Sequence[Words]) -> NDArray[np.float32]:
    """Box-Muller in float64: two normal values of each pair of words."""
    out = np.empty((4, *blocks[0].shape), np.float32)
    for first in (0, 2):
        # Shifted by one, so that the logarithm's argument lies in (0, 1].
        radius = np.sqrt(-2.0 * np.log((blocks[first].astype(np.float64) + 1.0) * 2.0**-32))
        angle = blocks[first + 1].astype(np.float64) * (2.0 * np.pi * 2.0**-32)
        out[first], out[first + 1] = radius * np.cos(angle), radius * np.sin(angle)
    return out
