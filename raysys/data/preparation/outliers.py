"""A few values far outside all others (hot and dead pixels, marks of a scanner) do not decide what the others mean."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Tails", "few", "plain_range"]

SHARE = 1e-4  # of the pixels, that may be outliers on either side
COUNT = 8  # that may be in a small image
LEAST = 100  # pixels, of which one may be an outlier; a smaller image has none
REACH = 1.0  # of the others' own range, beyond which a value lies far outside


def few(pixels: int) -> int:
    """Pixels that may be outliers on either side of an image's values."""
    return max(int(SHARE * pixels), min(COUNT, pixels // LEAST))


class Tails:
    """The smallest and the largest values of an array that is seen band by band.

    Parameters
    ----------
    pixels
        Of the whole array.
    """

    def __init__(self, pixels: int) -> None:
        self._kept = few(pixels) + 1
        self._low = self._high = np.empty(0)

    def see(self, band: np.ndarray) -> None:
        """Take account of a band of any shape and dtype."""
        values, kept = band.ravel(), self._kept
        below = above = values
        if self._low.size == kept:  # most of a band lies between what is kept already, and a look is no sort
            below, above = values[values < self._low[-1]], values[values > self._high[0]]
        self._low = _smallest(np.concatenate([self._low.astype(band.dtype), below]), kept)
        self._high = _largest(np.concatenate([self._high.astype(band.dtype), above]), kept)

    @property
    def plain(self) -> tuple[Any, Any]:
        """The smallest and the largest value that is no outlier, of the array's own type."""
        low, high = self._low, self._high
        wide = REACH * (float(high[0]) - float(low[-1]))
        if not wide > 0:  # all but a few values are one: there is no range to lie outside of
            return low[0], high[-1]
        return low[low >= float(low[-1]) - wide][0], high[high <= float(high[0]) + wide][-1]


def plain_range(array: np.ndarray) -> tuple[Any, Any]:
    """The smallest and the largest value of an array that is no outlier.

    Outliers are up to one pixel in ten thousand on either side (up to eight in a small image) that lie farther outside
    the range of all others than this range is wide.
    """
    tails = Tails(array.size)
    tails.see(array)
    return tails.plain


def _smallest(values: np.ndarray, count: int) -> np.ndarray:
    """The smallest values, ascending."""
    if values.size > count:
        values = np.partition(values, count - 1)[:count]
    return np.sort(values)


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """The largest values, ascending."""
    if values.size > count:
        values = np.partition(values, values.size - count)[-count:]
    return np.sort(values)
