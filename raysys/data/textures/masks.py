"""Masks that say where an object is, where it is wanted, or where a hole is to be filled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raysys.errors import RaysysError
from raysys.shapes import by

__all__ = ["checked_mask", "nearest", "transformed"]


def checked_mask(name: str, mask: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """A mask as bool (H, W): of numbers what is more than half of the largest.

    Parameters
    ----------
    name
        What a sentence calls it, such as "the source mask".
    size
        Rows and columns of the image that it is of.

    Raises
    ------
    RaysysError
        If it is no flat array of numbers >= 0, is of another size, is empty, or covers the image.
    """
    mask = np.asarray(mask)
    if mask.ndim != 2 or mask.dtype.kind not in "buif":
        raise RaysysError(f"{name} has shape {mask.shape} of {mask.dtype}; allowed: (H, W) of 0 and 1, one flat mask")
    if mask.shape != tuple(size):
        raise RaysysError(f"{name} has {by(mask.shape)} pixels, and the image {by(tuple(size))}; allowed: the same")
    if not np.isfinite(mask).all() or mask.min() < 0:
        raise RaysysError(f"{name} has values such as {mask.min():g}; allowed: 0 and 1, or black and white")
    found: np.ndarray = mask > mask.max() / 2
    if not found.any():
        raise RaysysError(f"{name} is empty: it is 0 everywhere; allowed: other pixels somewhere")
    if found.all():
        raise RaysysError(f"{name} covers the whole image; allowed: some pixels of 0, which edits are drawn from")
    return found


def transformed(mask: np.ndarray, shift: tuple[float, float], scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Where an object comes to lie, and from where each of its pixels comes.

    Parameters
    ----------
    mask
        Where it is, bool (H, W).
    shift
        Pixels to the right and downwards.
    scale
        About the middle of its bounding box; 2 is twice as high and wide.

    Returns
    -------
    bool (H, W), and int64 (H, W, 2): row and column of the nearest pixel before; -1 outside the object

    Raises
    ------
    RaysysError
        If nothing of it is left in the image, the scale is not above 0, or nothing would change.
    """
    if not (np.isfinite(scale) and scale > 0):
        raise RaysysError(f"scale {scale:g}; allowed: numbers above 0, such as 1.5")
    if not np.isfinite(shift).all() or (tuple(shift) == (0, 0) and scale == 1):
        raise RaysysError(f"shift {shift[0]:g} {shift[1]:g} and scale {scale:g} change nothing; allowed: other numbers")
    ends = [(one.min(), one.max()) for one in np.nonzero(mask)]
    middle = np.array([(first + last) / 2 for first, last in ends])
    places = np.moveaxis(np.indices(mask.shape), 0, -1) - np.array([shift[1], shift[0]])
    before = np.rint((places - middle) / scale + middle).astype(np.int64)
    inside = ((before >= 0) & (before < mask.shape)).all(-1)
    found = np.zeros(mask.shape, bool)
    found[inside] = mask[before[inside][:, 0], before[inside][:, 1]]
    if not found.any():
        raise RaysysError(f"shift {shift[0]:g} {shift[1]:g} moves the object out of the image; allowed: smaller shifts")
    return found, np.where(found[..., None], before, -1)


def nearest(values: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """A map (H, W) at another size, each pixel the nearest."""
    rows, columns = ((np.arange(new) + 0.5) * old / new for old, new in zip(values.shape, size, strict=True))
    return values[np.ix_(rows.astype(np.int64), columns.astype(np.int64))]
