"""What annealing by a two-point map keeps of an image: lag vectors, doubled copies, sums over all vectors.

See `raysys.anneal.engines.maps` for what the letters mean.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from raysys.anneal.engines.counts import all_pairs, convolved

__all__ = ["Fields", "Vectors", "fields_of", "slopes_of", "turned_copies", "vectors_of"]

GRID = 1024  # wanted counts are whole multiples of 1 / GRID
FEW = 1 / 4  # of the vectors that are wanted: if the exceptions are fewer than that, it is all vectors but for them

Place = tuple[int, int, int]  # layer, row and column


class Vectors(NamedTuple):
    """The lag vectors that a trial goes through one by one, as runs of neighbours along the last axis."""

    runs: np.ndarray  # (runs, 3) int64: step to its first vector in the doubled copies, its first place, its length
    shares: np.ndarray  # (runs,) float64: how often the squared residuals of its vectors are counted
    place: np.ndarray  # (pixels,) int32: place of a flat vector in the runs; -1: none
    of_place: np.ndarray  # (places,) int64: flat vector at each place
    of_slot: np.ndarray  # (slots,) int64: flat vector of each slot, or its opposite
    whole: bool  # whether all vectors are wanted, and the runs are exceptions


class Fields(NamedTuple):
    """Sums over all vectors, flat; empty if the vectors are not whole. Rows of (2 pixels,) stand twice side by side."""

    joint: np.ndarray  # (2 pixels,) int64: GRID (R + C)
    mirrored: np.ndarray  # (2 pixels,) int32: B
    pull: np.ndarray  # (pixels,) int64: GRID F
    d: np.ndarray  # (2 pixels,) int8: room for the changes of C


# --- before the first stage -------------------------------------------------------------------------------------------
def vectors_of(r: np.ndarray, shape: tuple[int, ...]) -> Vectors:
    """Lag vectors (slots, dims) in an image (D, H, W)."""
    steps, pixels = np.pad(r, ((0, 0), (3 - r.shape[1], 0))), math.prod(shape)
    flat, opposite = (np.ravel_multi_index(tuple((way * steps % shape).T), shape) for way in (1, -1))
    of_slot = np.minimum(flat, opposite)
    wanted = np.bincount(of_slot, minlength=pixels)
    wanted[0] = 0  # a pixel makes no pair with itself
    once = _once(shape)
    exceptions = np.flatnonzero(wanted != once)
    whole = bool(len(exceptions) < FEW * np.count_nonzero(wanted))
    of_place = exceptions if whole else np.flatnonzero(wanted)
    shares = (wanted - once if whole else wanted.astype(float))[of_place]
    place = np.full(pixels, -1, np.int32)
    place[of_place] = np.arange(len(of_place))
    runs = _runs(of_place, shares, shape)
    return Vectors(runs, shares[runs[:, 1]], place, of_place, of_slot, whole)


def _once(shape: tuple[int, ...]) -> np.ndarray:
    """How often half the sum over all vectors counts the first of a flat vector and its opposite, (pixels,) float64."""
    every = np.arange(math.prod(shape)).reshape(shape)
    turned = np.roll(every[::-1, ::-1, ::-1], 1, axis=(0, 1, 2))
    once = np.where(every == turned, 0.5, np.where(every < turned, 1.0, 0.0)).ravel()
    once[0] = 0.0
    return once


def _runs(vectors: np.ndarray, shares: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Vectors that follow each other along the last axis and have the same share."""
    new = (np.diff(vectors) != 1) | (vectors[1:] % shape[2] == 0) | (np.diff(shares) != 0)
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(vectors)), bool), new]))
    z, y, x = np.unravel_index(vectors[first], shape)
    _, tall, wide = _doubled(shape)
    return np.stack([(z * tall + y) * wide + x, first, np.diff(np.append(first, len(vectors)))], axis=1)


def _doubled(shape: tuple[int, ...]) -> list[int]:
    return [2 * n if n > 1 else 1 for n in shape]


def turned_copies(inside: np.ndarray) -> np.ndarray:
    """A bool image (D, H, W), and the image at -x, doubled along each axis longer than one: (2, pixels) int8."""
    turned = np.roll(inside[::-1, ::-1, ::-1], 1, axis=(0, 1, 2))
    repeats = [2 if n > 1 else 1 for n in inside.shape]
    return np.stack([np.tile(one, repeats).ravel() for one in (inside, turned)]).astype(np.int8)


def slopes_of(counts: np.ndarray, wanted: np.ndarray, inside: np.ndarray, v: Vectors) -> np.ndarray:
    """Twice the residuals at each place, added up over its slots, without what the fields have: (places,) float64."""
    slopes = np.bincount(v.of_slot, 2 * (counts - wanted), minlength=inside.size)[v.of_place]
    if v.whole:
        once, residuals = _once(inside.shape), _residuals(counts, wanted, inside, v).ravel() / GRID
        slopes -= 2 * (once * residuals)[v.of_place]
    return slopes


def _residuals(counts: np.ndarray, wanted: np.ndarray, inside: np.ndarray, v: Vectors) -> np.ndarray:
    """GRID R of one slot of each vector, and of the vectors without a slot something: int64 (D, H, W)."""
    residuals = np.zeros(inside.shape, np.int64)
    z, y, x = np.unravel_index(v.of_slot, inside.shape)
    residuals[z, y, x] = residuals[-z, -y, -x] = np.rint((counts - wanted) * GRID)
    residuals[0, 0, 0] = 0
    return residuals


def fields_of(counts: np.ndarray, wanted: np.ndarray, inside: np.ndarray, v: Vectors) -> Fields:
    """The fields of a bool image (D, H, W); counts and wanted counts (slots,)."""
    if not v.whole:
        return Fields(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int8))
    residuals = _residuals(counts, wanted, inside, v)
    # In two parts, each small enough for a Fourier transform to be exact once it is rounded.
    pull = (convolved(residuals >> 16, inside) << 16) + convolved(residuals & 0xFFFF, inside)
    joint, mirrored = residuals + GRID * all_pairs(inside), convolved(inside, inside).astype(np.int32)
    joint, mirrored = (np.concatenate([field, field], axis=2).ravel() for field in (joint, mirrored))
    return Fields(joint, mirrored, pull.ravel(), np.zeros(2 * inside.size, np.int8))
