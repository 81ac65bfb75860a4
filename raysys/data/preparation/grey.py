"""Grey values: one float scale for whatever a file holds."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.data.preparation.outliers import plain_range
from raysys.errors import RaysysError


def is_binary(array: np.ndarray) -> bool:
    """Whether `array` holds exactly two distinct values, whichever they are (0/1, 0/255, False/True, ...).

    Parameters
    ----------
    array : numeric or bool array of any shape
    """
    low, high = array.min(), array.max()
    return bool(low != high and ((array == low) | (array == high)).all())


def to_grey(array: np.ndarray) -> np.ndarray:
    """Bring stored values to float32 in [0, 1].

    Two-level arrays become exactly 0 and 1. uint8 is divided by 255 and floats within [0, 1] stay as they are, so that
    several images keep a common scale. Everything else (16-bit detectors rarely use their whole range) is stretched
    from its smallest to its largest value; the few that lie far outside the range of all others, such as hot pixels,
    do not count for it and become 0 or 1 (`raysys.data.preparation.outliers`).

    Parameters
    ----------
    array : bool, integer or float array of any shape

    Returns
    -------
    float32 array of the same shape, values in [0, 1]

    Raises
    ------
    RaysysError
        If the array holds NaN or infinite values, or one grey level only.
    """
    return scale_of(array)(array)


@dataclass(frozen=True)
class Scale:
    """From the stored values of one image to grey values, and of any window of it.

    Attributes
    ----------
    low, high
        The smallest and the largest stored value that is no outlier; of two-level images the two.
    binary
        Whether the image has two levels.
    """

    low: Any
    high: Any
    binary: bool = False

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        """Grey values float32 in [0, 1] of stored ones, in the same shape."""
        if self.binary:
            return (stored == self.high).astype(np.float32)
        if stored.dtype == np.uint8:
            return stored.astype(np.float32) / np.float32(255)
        if stored.dtype.kind == "f" and self.low >= 0 and self.high <= 1:
            return np.clip(stored, 0, 1).astype(np.float32)
        low, high = float(self.low), float(self.high)
        return np.clip((stored.astype(np.float64) - low) / (high - low), 0, 1).astype(np.float32)

    def limit(self, threshold: float, dtype: np.dtype) -> float:
        """Where a threshold of stored values of a type lies on the grey scale, or beyond it, rounded as values are."""
        low, wide = self._line(dtype)
        if dtype == np.uint8:
            return float(np.float32(threshold) / np.float32(255))
        return float(np.float32((threshold - low) / wide))

    def stored(self, grey: float, dtype: np.dtype) -> float:
        """The stored value of a type that a grey value stands for."""
        low, wide = self._line(dtype)
        return low + grey * wide

    def _line(self, dtype: np.dtype) -> tuple[float, float]:
        """The stored value that is 0, and how many more are 1."""
        if dtype == np.uint8:
            return 0.0, 255.0
        if dtype.kind == "f" and self.low >= 0 and self.high <= 1:
            return 0.0, 1.0
        return float(self.low), float(self.high) - float(self.low)


def scale_of(array: np.ndarray) -> Scale:
    """The scale of one whole image; RaysysError as for `to_grey`."""
    require_finite(array, "the image")
    low, high = array.min(), array.max()
    if low == high:
        raise RaysysError(
            f"the image has one grey level only (every pixel is {low}), so it shows no phases; "
            "check that the right file, channel or data set was read"
        )
    if is_binary(array):
        return Scale(low, high, binary=True)
    return Scale(*plain_range(array))


def require_finite(array: np.ndarray, what: str) -> None:
    """Raise a RaysysError that counts the NaN and infinite values of a float array."""
    if array.dtype.kind != "f":
        return
    bad = array.size - int(np.isfinite(array).sum())
    if bad:
        raise RaysysError(
            f"{what} holds {bad:,} NaN or infinite values among {array.size:,}; "
            "replace them or crop them away before reading"
        )
