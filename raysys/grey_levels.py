"""One grey scale for images of many exposures: what a network is trained on, and what it is shown later."""

from __future__ import annotations

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


def on_grey_scale(image: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Stored values to float32 in [0, 1]; those beyond the limits are cut, and where both are one all is 0."""
    low, high = limits
    if high <= low:
        return np.zeros(image.shape, np.float32)
    scaled: np.ndarray = np.clip((image.astype(np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)
    return scaled
