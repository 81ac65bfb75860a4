"""Patches as vectors whose squared distances are the patches' distances: colours, and what a network sees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from skimage.color import rgb2lab

from raysys.features.perceptual import PatchDistance

__all__ = ["COLOUR_SPACE", "as_colour", "colours", "seen_by"]

COLOUR_SPACE = "mean squared difference of the pixels of two patches in CIELAB (1976; D65, 2 degrees)"


def as_colour(image: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, 3) in [0, 1] as float32 (H, W, 3); grey is shown three times."""
    values = np.asarray(image, np.float32)
    return values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=-1)


def colours(patches: np.ndarray) -> np.ndarray:
    """Vectors (N, 3 pixels) of patches (N, side, side, 3): squared distances are mean squared colour differences."""
    pixels = patches.shape[1] * patches.shape[2]
    return (rgb2lab(patches) / pixels**0.5).reshape(len(patches), -1).astype(np.float32)


def seen_by(distance: PatchDistance) -> Callable[[np.ndarray], np.ndarray]:
    """Makes vectors of patches (N, side, side, 3) as a network sees them."""
    return lambda patches: distance.vectors(torch.from_numpy(np.moveaxis(patches, -1, 1).copy())).numpy()
