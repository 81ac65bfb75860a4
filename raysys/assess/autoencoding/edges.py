"""How sharp and how binary a reconstruction is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.detail import interface
from raysys.assess.autoencoding.pairs import Found, Pairs, checked, finite

MEASURES = (
    Measure("mid_grey", "Grey pixels", "", "image (almost entirely) binary", "low"),
    Measure("mid_grey_per_edge", "Grey pixels by interface", "px", "blurring near edges", "low"),
    Measure("binarity", "Binarity", "", "image is not binary", "original"),
    Measure("edge_gradient", "Gradient at edges", "1/px", "blurry; sharper", "original"),
    Measure("blur_difference", "Blur effect above the original's", "", "blurry; sharper", "low"),
)

# What is grey: neither phase to the eye.
GREY = (0.1, 0.9)
# Pixels of the filter by which an image is blurred again, to see how little that changes it.
FILTER = 11


def sharpness(reconstructions: np.ndarray, originals: np.ndarray) -> dict[str, np.ndarray]:
    """Grey pixels, and the steepness of edges where the original has them.

    Parameters
    ----------
    reconstructions
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
    grey, binary = checked(reconstructions, originals)
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


def sharp(pairs: Pairs) -> Found:
    """Values of `MEASURES`."""
    ours, theirs = sharpness_of(pairs.grey, pairs.binary), sharpness_of(pairs.binary, pairs.binary)
    for of, images in ((ours, pairs.phase), (theirs, pairs.binary)):
        length = interface(images)
        of["mid_grey_per_edge"] = np.divide(of["mid_grey"], length, out=pairs.none, where=length > 0)
    difference = {"blur_difference": (blur(pairs.grey) - blur(pairs.binary), pairs.none)}
    return difference | {name: (ours[name], theirs[name]) for name in ours if name != "edge_gradient_original"}


def blur(images: np.ndarray) -> np.ndarray:
    """Blur effect (N,) of images (N, H, W), 0 to 1: how little blurring them again changes them; 1 of constant ones.

    It differs between classes for clean images, so that only its difference to the original's says something.

    References
    ----------
    Crete, Dolmiere, Ladret & Nicolas, Proc. SPIE 6492 (2007) 64920I.
    """
    from skimage.measure import blur_effect

    take: Callable[..., float] = blur_effect
    varied = images.max(axis=(1, 2)) > images.min(axis=(1, 2))
    values = images.astype(np.float32, copy=False)
    return np.array([take(one, h_size=FILTER) if any_ else 1.0 for one, any_ in zip(values, varied, strict=True)])


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
    held, total = where.sum(axis=(1, 2)), (values * where).sum(axis=(1, 2), dtype=np.float64)
    return np.divide(total, held, out=np.full(len(held), np.nan), where=held > 0)
