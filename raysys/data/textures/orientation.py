"""Which way the lines of an image run at every pixel: fields of unit vectors, in which v and -v are one line.

Angles are as one sees them: anticlockwise from the horizontal, in radians; a field (H, W, 2) has their (cos, sin).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from raysys.errors import RaysysError

__all__ = ["angles_of", "doubled", "halved", "orientation_of", "vectors_of"]

FLAT = 1e-12  # squared gradients below it have no direction


def orientation_of(image: np.ndarray, *, fine: float = 1.0, coarse: float | None = None) -> np.ndarray:
    """The direction along the stripes around every pixel of an image.

    The structure tensor's: squares and products of the colours' gradients, summed over a neighbourhood. Which side of
    an edge is the brighter one does not matter.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), of any number type.
    fine
        Standard deviation in pixels that the image is smoothed by before its gradients are taken.
    coarse
        Standard deviation in pixels of the neighbourhood; a 32nd of the shorter side by default, 4 at least.

    Returns
    -------
    float32 (H, W, 2)

    Raises
    ------
    RaysysError
        If no pixel of the image differs from its neighbours.

    References
    ----------
    Bigun and Granlund 1987 (ICCV); of several channels the sum of the tensors, Di Zenzo 1986.
    """
    if image.ndim not in (2, 3) or min(image.shape[:2]) < 8:
        raise RaysysError(
            f"an image of shape {image.shape} has no orientation; allowed: (H, W) or (H, W, C) from 8 x 8"
        )
    coarse = max(4.0, min(image.shape[:2]) / 32) if coarse is None else coarse
    values = image.reshape(*image.shape[:2], -1).astype(np.float64)
    # (horizontal + i vertical)^2 of the gradient, summed: twice the angle across the stripes.
    squares = np.zeros(image.shape[:2], np.complex128)
    for channel in np.moveaxis(values, -1, 0):
        right, down = (ndimage.gaussian_filter(channel, fine, order=order) for order in ((0, 1), (1, 0)))
        squares += (right - 1j * down) ** 2
    if np.abs(squares).max() <= FLAT * max(1.0, float(np.abs(values).max()) ** 2):
        raise RaysysError("the image has one value only, and so no orientation; allowed: an image with lines in it")
    summed = _smoothed(squares, coarse, margin=min(int(np.ceil(2 * fine)), min(image.shape[:2]) // 4))
    return vectors_of(np.angle(-summed) / 2)  # across is along turned by 90 degrees, doubled: by 180


def _smoothed(squares: np.ndarray, coarse: float, margin: int) -> np.ndarray:
    """Weighted sums; a margin is replaced, where gradients are those of an image continued beyond its edge."""
    inside = squares[margin : squares.shape[0] - margin, margin : squares.shape[1] - margin]
    padded = np.pad(inside, margin, mode="edge")
    return ndimage.gaussian_filter(padded.real, coarse, mode="nearest") + 1j * ndimage.gaussian_filter(
        padded.imag, coarse, mode="nearest"
    )


def vectors_of(angles: np.ndarray) -> np.ndarray:
    """Unit vectors (H, W, 2) of angles (H, W) in radians."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1).astype(np.float32)


def angles_of(vectors: np.ndarray) -> np.ndarray:
    """Angles (H, W) of vectors (H, W, 2) in radians, from 0 to below pi: those of lines."""
    angles = np.arctan2(vectors[..., 1], vectors[..., 0]) % np.pi
    return np.where(angles >= np.pi, 0, angles).astype(np.float32)


def doubled(vectors: np.ndarray) -> np.ndarray:
    """(cos 2t, sin 2t) of vectors: the same of v and -v, so that they may be averaged and interpolated."""
    c, s = vectors[..., 0], vectors[..., 1]
    return np.stack([c * c - s * s, 2 * c * s], axis=-1)


def halved(values: np.ndarray) -> np.ndarray:
    """Unit vectors of averaged or interpolated doubled ones; where these cancelled out, the horizontal."""
    return vectors_of(np.arctan2(values[..., 1], values[..., 0]) / 2)
