"""What every descriptor asks of its images."""

from __future__ import annotations

import numpy as np

from raysys.errors import RaysysError


def indicator(images: np.ndarray, phase: int, *, dims: tuple[int, ...] = (2, 3)) -> np.ndarray:
    """Where the images are of the phase: bool (N, *spatial).

    Raises
    ------
    RaysysError
        If the images have no sample axis, are not whole numbers, or are empty.
    """
    images = np.asarray(images)
    allowed = " or ".join({2: "(N, H, W)", 3: "(N, D, H, W)"}[d] for d in dims)
    if images.ndim - 1 not in dims:
        raise RaysysError(
            f"images have {images.ndim} axes {images.shape}; allowed: {allowed} with a leading sample axis "
            "(for a single image: image[None])"
        )
    if images.size == 0:
        raise RaysysError(f"images are empty, shape {images.shape}; at least one image of at least one pixel is needed")
    if images.dtype.kind not in "bui":
        raise RaysysError(
            f"images are of type {images.dtype}; allowed: whole numbers, one value per phase (segment first)"
        )
    return np.asarray(images == phase)


def largest_lag(shape: tuple[int, ...], r_max: int | None) -> int:
    """The largest lag: half the shortest axis less one by default.

    Raises
    ------
    RaysysError
        If it does not fit the images.
    """
    shortest = min(shape)
    if r_max is None:
        return max(0, shortest // 2 - 1)
    if not 0 <= r_max < shortest:
        raise RaysysError(f"r_max is {r_max}; allowed for images of {shape} pixels: 0 to {shortest - 1}")
    return r_max
