"""What must be known of a whole image before its first window can be treated: extremes, two levels or more, spread."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.data.large.image import LargeImage, bands
from raysys.data.phases import FEW
from raysys.data.preparation.grey import Scale, require_finite
from raysys.data.preparation.outliers import Tails
from raysys.errors import RaysysError

Show = Callable[[int, int, str], None]  # rows done, all rows, what is being done


@dataclass(frozen=True)
class Extremes:
    """The smallest and the largest value of an image, those of them that are no outliers, and whether it has two."""

    low: Any
    high: Any
    plain: tuple[Any, Any]
    binary: bool = False


class Survey:
    """Extremes of an array that is seen band by band, and whether it has two values only.

    Parameters
    ----------
    pixels : of the whole array

    Attributes
    ----------
    low, high : smallest and largest value, numbers of the array's own type
    binary : whether there are exactly two values
    """

    def __init__(self, pixels: int) -> None:
        self.low: Any = None
        self.high: Any = None
        self._few = True  # as far as is known
        self._levels: set[float] = set()
        self._seen: set[float] = set()  # values of bands from the first on that has more than the two
        self._tails = Tails(pixels)

    def see(self, band: np.ndarray) -> None:
        """Take account of a band."""
        low, high = band.min(), band.max()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        self._tails.see(band)
        self._levels |= {float(low), float(high)}
        self._few = self._few and len(self._levels) <= 2 and bool(((band == low) | (band == high)).all())
        if not self._few and len(self._seen) <= FEW:  # a grey image has more after its first band
            self._seen |= {float(level) for level in np.unique(band)}

    @property
    def binary(self) -> bool:
        """Whether there are exactly two values."""
        return self._few and len(self._levels) == 2

    @property
    def levels(self) -> list[float]:
        """The values that occur, ascending; more than `FEW` of them where there are more."""
        return sorted(self._levels | self._seen)

    @property
    def plain(self) -> tuple[Any, Any]:
        """The smallest and the largest value that is no outlier."""
        return self._tails.plain

    @property
    def extremes(self) -> Extremes:
        """What is known when all has been seen."""
        return Extremes(self.low, self.high, self.plain, self.binary)

    @property
    def grey(self) -> Scale:
        """`scale_of` the whole array, for windows of it."""
        return Scale(self.low, self.high, binary=True) if self.binary else Scale(*self.plain)


def surveyed(image: LargeImage, show: Show | None = None) -> Survey:
    """Read an image once.

    Raises
    ------
    RaysysError
        If it holds NaN or infinite values, or one grey level only.
    """
    found = Survey(math.prod(image.shape))
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
    count, mean, squares, scale = 0, 0.0, 0.0, survey.grey
    for start, stop in bands(image.shape):
        grey = scale(image[start:stop]).astype(np.float64)
        size, away = grey.size, float(grey.mean()) - mean
        squares += float(((grey - grey.mean()) ** 2).sum()) + away**2 * count * size / (count + size)
        mean += away * size / (count + size)
        count += size
        if show is not None:
            show(stop, image.shape[0], "measuring the spread of grey values")
    return math.sqrt(squares / count)
