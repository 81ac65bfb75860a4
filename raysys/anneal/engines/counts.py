"""The counts of an image from scratch, straight from what each descriptor is: what the engines must agree with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from raysys.anneal.terms import Term

__all__ = ["all_pairs", "convolved", "counts_of", "recount", "surface_of"]


def counts_of(labels: np.ndarray, terms: Sequence[Term]) -> np.ndarray:
    """Counts of all terms in a label image, periodic: (slots,) int64, one term after the other."""
    return np.concatenate([_counts(labels == term.phase, term) for term in terms]).astype(np.int64)


def _counts(inside: np.ndarray, term: Term) -> np.ndarray:
    axes = term.axes(inside.ndim)
    if term.name == "map":
        return all_pairs(inside)[tuple((term.r % inside.shape).T)]
    if term.name.startswith("L"):
        return np.sum([_runs(inside, axis, term.r) for axis in axes], axis=0)
    if axes:
        pixels = surface_of(inside) if term.name == "surface" else inside
        return np.sum([_pairs(pixels, axis, term.r) for axis in axes], axis=0)
    figures = term.figures(inside.ndim)
    return np.array([sum(_whole(inside, figure(int(r))) for figure in figures) for r in term.r])


def recount(image: np.ndarray, r_max: int) -> np.ndarray:
    """Periodic pair counts C(r), r = 1..r_max, of a binary (H, W) or (D, H, W), summed over axes: (r_max,) int64."""
    lags = np.arange(1, r_max + 1)
    return np.asarray(np.sum([_pairs(image, axis, lags) for axis in range(image.ndim)], axis=0))


def surface_of(inside: np.ndarray) -> np.ndarray:
    """Pixels of a periodic bool image that touch one outside with a face."""
    touching = np.zeros(inside.shape, bool)
    for axis, length in enumerate(inside.shape):
        for step in (-1, 1) if length > 1 else ():
            touching |= ~np.roll(inside, step, axis)
    return inside & touching


def all_pairs(inside: np.ndarray) -> np.ndarray:
    """Pairs at every lag vector of a periodic bool image, int64 of its shape."""
    return convolved(inside, inside, turned=True)


def convolved(one: np.ndarray, other: np.ndarray, turned: bool = False) -> np.ndarray:
    """Sum over x of one(x) other(s - x), or of one(x) other(x + s) if turned, of whole numbers, int64.

    By Fourier transforms, rounded: exact below 2^45 or so.
    """
    axes = tuple(range(one.ndim))
    first, second = np.fft.rfftn(one, axes=axes), np.fft.rfftn(other, axes=axes)
    product = (first.conj() if turned else first) * second
    return np.rint(np.fft.irfftn(product, one.shape, axes=axes)).astype(np.int64)


def _runs(inside: np.ndarray, axis: int, lags: np.ndarray) -> np.ndarray:
    """Places from which r + 1 pixels along an axis are all inside, at each lag r."""
    whole, found = inside.copy(), np.zeros(int(lags.max()) + 1, np.int64)
    for r in range(1, len(found)):
        whole &= np.roll(inside, -r, axis)
        found[r] = np.count_nonzero(whole)
    return found[lags]


def _whole(inside: np.ndarray, points: Sequence[Sequence[int]] | None) -> int:
    """Places at which all vertices of a figure are inside."""
    if points is None:
        return 0
    axes = tuple(range(inside.ndim))
    shifted = (np.roll(inside, tuple(-step for step in point), axes) for point in points)
    return int(np.count_nonzero(np.logical_and.reduce(list(shifted))))


def _pairs(inside: np.ndarray, axis: int, lags: np.ndarray) -> np.ndarray:
    outer, period = math.prod(inside.shape[:axis]), inside.shape[axis]
    lines = inside.reshape(outer, period, -1).astype(np.uint8)
    if lines.shape[2] == 1:  # the last axis: turned so that neighbours belong to different lines, for vectors
        lines = np.ascontiguousarray(lines.reshape(outer, period).T)[None]
    return np.asarray(_count_pairs(lines, lags))


@njit(cache=True)
def _count_pairs(lines: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Pairs along the second axis of three."""
    counts = np.zeros(lags.size, np.int64)
    for o in range(lines.shape[0]):
        for k in range(lags.size):
            for i in range(lines.shape[1]):
                one, other = lines[o, i], lines[o, (i + lags[k]) % lines.shape[1]]
                for j in range(one.size):
                    counts[k] += one[j] & other[j]
    return counts
