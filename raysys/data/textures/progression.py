"""How far a texture has gone on its way, such as from clean to rusty: one number a pixel."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import ndimage

from raysys.errors import RaysysError

__all__ = ["progression_of", "surroundings"]

BANDS = (0.0, 1.0, 2.0, 4.0, 8.0)  # pixels: of how much there is between neighbouring ones a feature is made
APART = 3.0  # standard deviations between surroundings that hardly overlap
OUTER = 1.0  # per cent of pixels that become 0, and as many 1


def progression_of(image: np.ndarray, *, coarse: float | None = None) -> np.ndarray:
    """A progression that an image shows by itself: the way in which distant surroundings differ most.

    Around every pixel the mean colours and the contrast at four sizes are taken, in units of the image's values. What
    neighbouring surroundings share beyond their overlap is their covariance at a distance; its first principal
    component is the progression, from 0 to 1, and it is bright where the image is. A hundredth of the pixels at either
    end is cut off.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), of any number type.
    coarse
        Standard deviation in pixels of the surroundings; a 24th of the shorter side by default, 3 at least.

    Returns
    -------
    float32 (H, W) in [0, 1]

    Raises
    ------
    RaysysError
        If all surroundings are alike.
    """
    features = surroundings(image, coarse)
    coarse = _coarse(image, coarse)
    values = image.reshape(*image.shape[:2], -1).astype(np.float64)
    if not (features.std((0, 1)) > 1e-9 * max(1.0, float(np.abs(values).max()))).any():
        raise RaysysError("all surroundings in the image are alike, so it shows no progression; give a map of it")
    features -= features.mean((0, 1))
    along = features @ np.linalg.eigh(_covariance(features, round(APART * coarse)))[1][:, -1]
    bright = float((along * ndimage.gaussian_filter(values.mean(-1) - values.mean(), coarse)).sum())
    along = along if bright >= 0 else -along
    low, high = np.percentile(along, (OUTER, 100 - OUTER))
    return np.clip((along - low) / (high - low), 0, 1).astype(np.float32)


def surroundings(image: np.ndarray, coarse: float | None = None) -> np.ndarray:
    """Mean colours and contrasts at four sizes around every pixel: (H, W, C + 4), see `progression_of`."""
    if image.ndim not in (2, 3) or min(image.shape[:2]) < 8:
        raise RaysysError(
            f"an image of shape {image.shape} shows no progression; allowed: (H, W) or (H, W, C) from 8 x 8"
        )
    values, wide = image.reshape(*image.shape[:2], -1).astype(np.float64), _coarse(image, coarse)
    return np.stack([*_means(values, wide), *_contrasts(values.mean(-1), wide)], axis=-1)


def _coarse(image: np.ndarray, coarse: float | None) -> float:
    return max(3.0, min(image.shape[:2]) / 24) if coarse is None else coarse


def _covariance(features: np.ndarray, lag: int) -> np.ndarray:
    """Of features at places that are so far apart, down and across: chance is not the same there, and averages out."""
    rows, columns, count = features.shape
    total = np.zeros((count, count))
    for down, right in ((lag, 0), (0, lag)):
        if down < rows and right < columns:
            both = features[: rows - down, : columns - right], features[down:, right:]
            one, other = (part.reshape(-1, count) for part in both)
            total += (one.T @ other + other.T @ one) / len(one)
    return total


def _means(values: np.ndarray, coarse: float) -> list[np.ndarray]:
    return [ndimage.gaussian_filter(channel, coarse) for channel in np.moveaxis(values, -1, 0)]


def _contrasts(grey: np.ndarray, coarse: float) -> list[np.ndarray]:
    """Roots of the mean squares of what lies between two sizes of smoothing."""
    smoothed = [ndimage.gaussian_filter(grey, size) for size in BANDS]
    bands = [(fine - rough) ** 2 for fine, rough in pairwise(smoothed)]
    return [np.sqrt(ndimage.gaussian_filter(band, coarse).clip(min=0)) for band in bands]
