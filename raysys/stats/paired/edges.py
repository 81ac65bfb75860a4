"""How binary images are, and how steep where their originals have edges."""

from __future__ import annotations

import numpy as np

from raysys.stats.paired.checks import checked, finite

# What is grey: neither phase to the eye.
GREY = (0.1, 0.9)


def sharpness(images: np.ndarray, originals: np.ndarray) -> dict[str, np.ndarray]:
    """Grey pixels, and the steepness of edges where the original has them.

    Parameters
    ----------
    images
        (N, H, W) in [0, 1], clipped; periodic.
    originals
        Integers (N, H, W), 0 and 1; periodic.

    Returns
    -------
    {name: (N,) float64}
        "mid_grey": share of pixels in (0.1, 0.9). "binarity": 1 - 4 mean x (1 - x), 1 for binary images and 0 for 0.5
        everywhere. "edge_gradient": mean magnitude of the gradient, per pixel, on those pixels of the original's phase
        that share a side with the other; "edge_gradient_original": of the original itself. NaN without an edge.

    Raises
    ------
    RaysysError
        If the images are not as said.
    """
    grey, binary = checked(images, originals)
    return sharpness_of(finite(grey), binary)


def sharpness_of(grey: np.ndarray, binary: np.ndarray) -> dict[str, np.ndarray]:
    """`sharpness` of images that are checked."""
    edge = inner_boundary(binary)
    low, high = (np.float32(level) for level in GREY)
    return {
        "mid_grey": ((grey > low) & (grey < high)).mean(axis=(1, 2)),
        "binarity": 1 - 4 * (grey * (1 - grey)).mean(axis=(1, 2), dtype=np.float64),
        "edge_gradient": _mean_on(edge, steepness(grey)),
        "edge_gradient_original": _mean_on(edge, steepness(binary)),
    }


def inner_boundary(binary: np.ndarray) -> np.ndarray:
    """Pixels of the phase that share a side with the other, bool (N, H, W): the phase less its erosion, periodic."""
    inside = binary.astype(bool)
    within = inside.copy()
    for axis in (1, 2):
        within &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    return inside & ~within


def gradient(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central differences down the rows and along them, float32 (N, H, W) per pixel; periodic."""
    values = images.astype(np.float32, copy=False)
    down, right = ((np.roll(values, -1, axis) - np.roll(values, 1, axis)) / 2 for axis in (1, 2))
    return down, right


def steepness(images: np.ndarray) -> np.ndarray:
    """Magnitude of the gradient, float32 (N, H, W)."""
    return np.hypot(*gradient(images))


def _mean_on(where: np.ndarray, values: np.ndarray) -> np.ndarray:
    pixels, total = where.sum(axis=(1, 2)), (values * where).sum(axis=(1, 2), dtype=np.float64)
    return np.divide(total, pixels, out=np.full(len(pixels), np.nan), where=pixels > 0)
