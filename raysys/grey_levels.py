"""One grey scale for images of many exposures: what a network is trained on, and what it is shown later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np

GreyScale = Literal["percentiles", "stored"]
# A hot or a dead pixel, and a bright grain or a hole here and there, should not decide what the rest looks like.
PERCENTILES = (0.5, 99.5)


def grey_limits(image: np.ndarray, scale: GreyScale = "percentiles") -> tuple[float, float]:
    """Stored values that become 0 and 1.

    Parameters
    ----------
    image
        (H, W), bool, integer or float.
    scale
        "percentiles" of this image: brightness and contrast of the microscope no longer matter. "stored": the whole
        range of an integer type, and 0 to 1 of floats.
    """
    if scale == "percentiles":
        low, high = np.percentile(image.astype(np.float32, copy=False), PERCENTILES)
        return float(low), float(high)
    return 0.0, float(np.iinfo(image.dtype).max) if image.dtype.kind in "ui" else 1.0


def grey_limits_of_bands(
    bands: Callable[[], Iterable[np.ndarray]], scale: GreyScale = "percentiles"
) -> tuple[float, float]:
    """`grey_limits` of an image larger than memory, to the last bit.

    Parameters
    ----------
    bands
        Gives bands of rows that together are the image, anew at every call; percentiles go through it twice.
    scale
        As for `grey_limits`.
    """
    if scale == "stored":
        return grey_limits(next(iter(bands())), scale)
    upper = np.zeros(1 << 16, np.int64)
    for band in bands():
        upper += np.bincount(_ordered(band) >> 16, minlength=1 << 16)
    count = int(upper.sum())
    exact = [(count - 1) * (share / 100) for share in PERCENTILES]
    ranks = [min(int(one) + step, count - 1) for one in exact for step in (0, 1)]
    places = np.searchsorted(upper.cumsum(), ranks, side="right")
    lower = {place: np.zeros(1 << 16, np.int64) for place in places.tolist()}
    for band in bands():
        keys = _ordered(band)
        for place, found in lower.items():
            found += np.bincount(keys[keys >> 16 == place] & 0xFFFF, minlength=1 << 16)
    values = []
    for rank, place in zip(ranks, places.tolist(), strict=True):
        within = rank - int(upper[:place].sum())
        values.append(_value(place << 16 | int(np.searchsorted(lower[place].cumsum(), within, side="right"))))
    # NumPy itself interpolates, so that nothing is rounded otherwise; of an array of shares, as in `grey_limits`.
    low, high = (
        np.quantile(np.array(values[2 * k : 2 * k + 2], np.float32), np.array([exact[k] - int(exact[k])]))[0]
        for k in (0, 1)
    )
    return float(low), float(high)


def _ordered(band: np.ndarray) -> np.ndarray:
    """Whole numbers (pixels,) in the order of the pixels' values as float32."""
    bits = np.ascontiguousarray(band, np.float32).ravel().view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def _value(key: int) -> np.float32:
    bits = key & 0x7FFFFFFF if key >> 31 else ~key & 0xFFFFFFFF
    return np.uint32(bits).view(np.float32)


def on_grey_scale(image: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Stored values to float32 in [0, 1]; those beyond the limits are cut, and where both are one all is 0."""
    low, high = limits
    if high <= low:
        return np.zeros(image.shape, np.float32)
    scaled: np.ndarray = np.clip((image.astype(np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)
    return scaled
