"""Random numbers of compiled loops: xoroshiro128++ (Blackman and Vigna, 2019), state (2,) uint64.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

HIGH, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)  # one 64-bit draw serves as two 32-bit ones


@njit(cache=True)
def _rotated(word: np.uint64, by: np.uint64) -> np.uint64:
    return (word << by) | (word >> (np.uint64(64) - by))


@njit(cache=True)
def next_word(state: np.ndarray) -> np.uint64:
    """64 random bits; the state moves on."""
    s0, s1 = state[0], state[1]
    result = _rotated(s0 + s1, np.uint64(17)) + s0
    s1 ^= s0
    state[0] = _rotated(s0, np.uint64(49)) ^ s1 ^ (s1 << np.uint64(21))
    state[1] = _rotated(s1, np.uint64(28))
    return result


@njit(cache=True)
def below(random32: np.uint64, n: int) -> np.int64:
    """A whole number in [0, n) from 32 random bits (bias below n / 2^32)."""
    return np.int64((random32 * np.uint64(n)) >> HIGH)


@njit(cache=True)
def fraction(random32: np.uint64) -> float:
    """A number in (0, 1) from 32 random bits."""
    return (np.float64(np.int64(random32)) + 0.5) * 2.0**-32


@njit(cache=True)
def random_labels(state: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Flat labels uint8 with `pixels[k]` of each phase k, at places drawn without replacement; `state` moves on."""
    n = pixels.sum()
    order = np.arange(n)
    labels = np.zeros(n, np.uint8)
    k = 0
    for phase in range(1, pixels.size):
        for _ in range(pixels[phase]):
            other = k + below(next_word(state) >> HIGH, n - k)
            order[k], order[other] = order[other], order[k]
            labels[order[k]] = phase
            k += 1
    return labels
