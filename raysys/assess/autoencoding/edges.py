"""How sharp and how binary an autoencoding is, as measures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.detail import interface
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.stats.paired.edges import sharpness_of

MEASURES = (
    Measure("mid_grey", "Grey pixels", "", "image (almost entirely) binary", "low"),
    Measure("mid_grey_per_edge", "Grey pixels by interface", "px", "blurring near edges", "low"),
    Measure("binarity", "Binarity", "", "image is not binary", "original"),
    Measure("edge_gradient", "Gradient at edges", "1/px", "blurry; sharper", "original"),
    Measure("blur_difference", "Blur effect above the original's", "", "blurry; sharper", "low"),
)

# Pixels of the filter by which an image is blurred again, to see how little that changes it.
FILTER = 11


def sharp(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    ours, theirs = sharpness_of(both.grey, both.binary), sharpness_of(both.binary, both.binary)
    for of, images in ((ours, both.phase), (theirs, both.binary)):
        length = interface(images)
        of["mid_grey_per_edge"] = np.divide(of["mid_grey"], length, out=both.none, where=length > 0)
    difference = {"blur_difference": (blur(both.grey) - blur(both.binary), both.none)}
    return difference | {name: (ours[name], theirs[name]) for name in ours if name != "edge_gradient_original"}


def blur(images: np.ndarray) -> np.ndarray:
    """Blur effect (N,) of images (N, H, W), 0 to 1: how little blurring them again changes them; 1 of constant ones.

    It differs between classes for clean images, so that only its difference to the original's says something.

    References
    ----------
    Crete, Dolmiere, Ladret & Nicolas, Proc. SPIE 6492 (2007) 64920I.
    """
    from skimage.measure import blur_effect

    effect: Callable[..., float] = blur_effect
    varied = images.max(axis=(1, 2)) > images.min(axis=(1, 2))
    values = images.astype(np.float32, copy=False)
    return np.array([effect(image, h_size=FILTER) if any_ else 1.0 for image, any_ in zip(values, varied, strict=True)])
