"""Textures of a folder that are one picture twice: resized, stored again, brighter or darker."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from skimage.transform import resize

SIDE = 24  # pixels to which pictures are shrunk before they are compared
ALIKE = 0.97  # correlation from which on two pictures are taken for one
FLAT = 1e-6  # length of a picture in which nothing varies


def near_duplicates(images: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """Pairs of names whose pictures, shrunk to 24 pixels a side, have a correlation of 0.97 or more.

    Parameters
    ----------
    images
        Grey pictures or volumes by name, of any sizes.
    """
    marks = np.array([_mark(image) for image in images.values()])
    names, alike = list(images), marks @ marks.T
    return [(names[i], names[j]) for i, j in np.argwhere(np.triu(alike, 1) >= ALIKE).tolist()]


def _mark(image: np.ndarray) -> np.ndarray:
    """The picture, or the middle slice of a volume, shrunk and of mean 0 and length 1; 0 if nothing varies."""
    flat = image if image.ndim == 2 else image[len(image) // 2]
    small = resize(flat.astype(np.float64), (SIDE, SIDE), anti_aliasing=True)
    centred = (small - small.mean()).ravel()
    length = np.linalg.norm(centred)
    return centred / length if length > FLAT else np.zeros(centred.size)
