"""Slices of volumes, for pictures: the one that is named, or the middle one."""

from collections.abc import Sequence

import numpy as np

from raysys.form import Form
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import SliceRequest


def slice_place(asked: SliceRequest | None, shape: Sequence[int]) -> tuple[int, int]:
    """Axis and number of the slice of volumes of `shape`; the middle one across the first axis where none is named.

    Raises
    ------
    RefusedError
        If there is no such slice, or the images are flat.
    """
    axis, index = (0, None) if asked is None else (asked.axis, asked.index)
    if len(shape) != 3:
        raise RefusedError("`slice` is of volumes, and these images are flat; leave it out")
    length = shape[axis]
    if index is None:
        return axis, length // 2
    if index >= length:
        raise RefusedError(
            f"slice {index} across axis {axis} was asked for; allowed: 0 to {length - 1}, as there are {length} slices"
        )
    return axis, index


def flat(images: np.ndarray, form: Form, asked: SliceRequest | None) -> np.ndarray:
    """What a picture shows of images (N, *spatial): flat ones themselves, and one slice of each volume.

    Parameters
    ----------
    images
        Of the form, (N, *spatial), or (N, *spatial, 3) for colour.
    form
        Says which axes are pixels.
    asked
        Which slice; None is the middle one.

    Returns
    -------
    ndarray, (N, H, W), or (N, H, W, 3) for colour

    Raises
    ------
    RefusedError
        As `slice_place` does.
    """
    shape = form.spatial(images)
    if len(shape) == 2 and asked is None:
        return images
    axis, index = slice_place(asked, shape)
    return images.take(index, axis=axis + 1)
