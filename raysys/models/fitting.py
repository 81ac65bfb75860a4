"""Sizes that a fully convolutional network can take: every side a multiple of its cell."""

from collections.abc import Sequence

import numpy as np

from raysys.errors import RaysysError


def fitting_size(size: Sequence[int], cell: int, *, crop: bool = False, how: str = "fit=crop") -> tuple[int, ...]:
    """Pixels per axis that a network of this cell can take of an image.

    Parameters
    ----------
    size
        Pixels of the image per axis.
    cell
        Pixels of which every side must be a multiple.
    crop
        Return the largest multiples within the image; otherwise only `size` itself will do.
    how
        What a sentence says to ask for cropping.

    Raises
    ------
    RaysysError
        If a side is no multiple and is not to be cropped, or shorter than a cell; it names the nearest size.
    """
    largest = tuple(side // cell * cell for side in size)
    if largest == tuple(size) or (crop and min(largest) > 0):
        return largest
    nearest = _by([max(cell, (side + cell // 2) // cell * cell) for side in size])
    advice = f"resize it, or take its central {_by(largest)} with {how}" if min(largest) > 0 else "resize it"
    raise RaysysError(
        f"the image has {_by(size)} pixels, and this model's sides are multiples of {cell}; the nearest size is "
        f"{nearest}: {advice}"
    )


def central(images: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """The central `size` pixels per axis of images (N, *spatial); an odd rest is cut at the end."""
    starts = [(side - kept) // 2 for side, kept in zip(images.shape[1:], size, strict=True)]
    return images[(slice(None), *(slice(start, start + kept) for start, kept in zip(starts, size, strict=True)))]


def _by(size: Sequence[int]) -> str:
    return " x ".join(map(str, size))
