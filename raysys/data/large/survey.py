"""What must be known of a whole image before its first window can be treated: extremes, two levels or more, spread."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from raysys.data.large.image import LargeImage, bands
from raysys.data.preparation.grey import require_finite, rescaled
from raysys.errors import RaysysError

Show = Callable[[int, int, str], None]  # rows done, all rows, what is being done


class Survey:
    """Extremes of an array that is seen band by band, and whether it has two values only.

    Attributes
    ----------
    low, high : smallest and largest value
    binary : whether there are exactly two values
    """

    def __init__(self, low: np.generic | None = None, high: np.generic | None = None, *, binary: bool = True) -> None:
        self.low, self.high = low, high
        self._few = binary  # as far as is known
        self._levels: set[float] = set()

    def see(self, band: np.ndarray) -> None:
        """Take account of a band."""
        low, high = band.min(), band.max()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        self._levels |= {float(low), float(high)}
        self._few = self._few and len(self._levels) <= 2 and bool(((band == low) | (band == high)).all())

    @property
    def binary(self) -> bool:
        """Whether there are exactly two values."""
        return self._few and len(self._levels) == 2

    @property
    def extremes(self) -> tuple[Any, Any]:
        """The smallest and the largest value, numbers of the array's own type."""
        return self.low, self.high

    def grey(self, window: np.ndarray) -> np.ndarray:
        """`to_grey` of the whole array, in a window of it: float32 in [0, 1]."""
        assert self.low is not None
        assert self.high is not None
        return rescaled(window, self.low, self.high, binary=self.binary)


def surveyed(image: LargeImage, show: Show | None = None) -> Survey:
    """Read an image once.

    Raises
    ------
    RaysysError
        If it holds NaN or infinite values, or one grey level only.
    """
    found = Survey()
    for start, stop in bands(image.shape):
        band = image[start:stop]
        require_finite(band, f"rows {start} to {stop - 1} of {image.path}")
        found.see(band)
        if show is not None:
            show(stop, image.shape[0], "reading")
    if found.low == found.high:
        raise RaysysError(
            f"{image.path}: the image has one grey level only (every pixel is {found.low}), so it shows no phases; "
            "check that the right file, channel or data set was read"
        )
    return found


def spread(image: LargeImage, survey: Survey, show: Show | None = None) -> float:
    """Standard deviation of the grey values, joined from bands (Chan, Golub & LeVeque, Am. Stat. 37, 1983)."""
    count, mean, squares = 0, 0.0, 0.0
    for start, stop in bands(image.shape):
        grey = survey.grey(image[start:stop]).astype(np.float64)
        size, away = grey.size, float(grey.mean()) - mean
        squares += float(((grey - grey.mean()) ** 2).sum()) + away**2 * count * size / (count + size)
        mean += away * size / (count + size)
        count += size
        if show is not None:
            show(stop, image.shape[0], "measuring the spread of grey values")
    return math.sqrt(squares / count)
