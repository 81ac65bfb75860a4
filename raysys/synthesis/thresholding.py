"""The threshold at which a picture that lies on disk has a given phase fraction, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Cut", "cut_of"]

BINS = 1 << 16
Bands = Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Cut:
    """Pixels above `level` are 1, and so are the first `ties` of those that have it."""

    level: float
    ties: int

    def bands(self, values: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Parts of a picture as uint8 of 0 and 1, from its first on."""
        left = self.ties
        for band in values:
            ones = band > self.level
            equal = np.flatnonzero(band.ravel() == np.float32(self.level))[:left]
            left -= len(equal)
            ones.ravel()[equal] = True
            yield ones.astype(np.uint8)


def cut_of(bands: Bands, ones: int) -> Cut:
    """The cut of a picture of float32 in [0, 1] that leaves so many ones.

    Parameters
    ----------
    bands
        Gives all parts of the picture, each time that it is called: it is read twice.
    """
    counts = np.zeros(BINS, np.int64)
    for band in bands():
        counts += np.bincount(_bins(band), minlength=BINS)
    at_least = counts[::-1].cumsum()[::-1]
    place = int(np.searchsorted(-at_least, -ones, side="right")) - 1  # the last bin from which on there are enough
    if place < 0:
        return Cut(-1.0, 0)
    wanted = ones - int(at_least[place] - counts[place])
    held: dict[float, int] = {}
    for band in bands():
        flat = band.ravel()
        for value, count in zip(*np.unique(flat[_bins(band) == place], return_counts=True), strict=True):
            held[float(value)] = held.get(float(value), 0) + int(count)
    for value in sorted(held, reverse=True):
        if wanted <= held[value]:
            return Cut(value, wanted)
        wanted -= held[value]
    return Cut(min(held, default=0.0), 0)


def _bins(band: np.ndarray) -> np.ndarray:
    found: np.ndarray = (band.ravel() * np.float32(BINS - 1)).astype(np.int64)
    return found
