"""Grey values: one float scale for whatever a file holds."""

from typing import Any

import numpy as np

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
    from its minimum to its maximum.

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
    require_finite(array, "the image")
    low, high = array.min(), array.max()
    if low == high:
        raise RaysysError(
            f"the image has one grey level only (every pixel is {low}), so it shows no phases; "
            "check that the right file, channel or data set was read"
        )
    return rescaled(array, low, high, binary=is_binary(array))


def rescaled(array: np.ndarray, low: Any, high: Any, *, binary: bool) -> np.ndarray:
    """`to_grey` of an array, or of a window of a larger one whose extremes are `low` and `high`."""
    if binary:
        return (array == high).astype(np.float32)
    if array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(np.float32)
    stretched = (array.astype(np.float64) - float(low)) / (float(high) - float(low))
    return stretched.astype(np.float32)


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
