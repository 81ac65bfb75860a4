"""Images beside their originals, checked once for all errors."""

from __future__ import annotations

import numpy as np

from raysys.errors import RaysysError

# Above it a pixel of an image is of the phase. The precursor's 0.05 makes every blurred grain larger.
THRESHOLD = 0.5


def checked(images: np.ndarray, originals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images and originals as all errors take them.

    Parameters
    ----------
    images
        Numbers (N, H, W); clipped to [0, 1].
    originals
        Integers or bool (N, H, W), 0 and 1 only.

    Returns
    -------
    float32 (N, H, W) in [0, 1], or NaN where they were; uint8 (N, H, W)

    Raises
    ------
    RaysysError
        If there is no image, shapes differ, or originals are not binary.
    """
    grey, binary = np.asarray(images), np.asarray(originals)
    if grey.ndim != 3 or 0 in grey.shape or grey.shape != binary.shape:
        raise RaysysError(
            f"images have shape {grey.shape} and originals {binary.shape}; allowed: both (N, H, W), N >= 1"
        )
    if binary.dtype.kind not in "bui" or binary.min() < 0 or binary.max() > 1:
        raise RaysysError(f"originals are {binary.dtype} up to {binary.max()}; allowed: whole numbers 0 and 1")
    return np.clip(grey.astype(np.float32, copy=False), 0, 1), binary.astype(np.uint8, copy=False)


def finite(images: np.ndarray) -> np.ndarray:
    """The same images (N, H, W), if each pixel of them is a number.

    Raises
    ------
    RaysysError
        If one is not.
    """
    bad = np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))
    if len(bad):
        raise RaysysError(f"image {bad[0]} holds pixels that are no numbers; allowed: numbers in [0, 1]")
    return images
