"""Turns uploaded bytes into images; sizes are read from headers and checked before any pixel is decoded."""

import io
from collections.abc import Iterator
from typing import Literal

import numpy as np
from PIL import Image, UnidentifiedImageError
from skimage.filters import threshold_otsu

from raysys.data import is_binary, segment, to_grey
from raysys.serve.limits import Limits
from raysys.serve.problems import RefusedError
from raysys.stats import Characterisation, characterise

ALLOWED = {
    2: "PNG, JPEG, BMP or TIFF images (a TIFF may hold several pages), or a .npy array of (H, W) or (N, H, W)",
    3: "a TIFF whose pages are the slices of one volume, or a .npy array of (D, H, W) or (N, D, H, W)",
}
FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
MAGIC_NPY = b"\x93NUMPY"


def decode_upload(data: bytes, limits: Limits, dims: int = 2) -> np.ndarray:
    """Decode an upload; no file name or declared type is trusted, and nothing is unpickled.

    Parameters
    ----------
    data
        The bytes of one image file.
    limits
        Bounds on the number of images, their sides and their pixels.
    dims
        Axes of one image; with 3 the pages of a picture are the slices of one volume.

    Returns
    -------
    ndarray, (N, H, W) or (N, D, H, W)
        Grey or binary values as stored; colours become grey.

    Raises
    ------
    RefusedError
        If the bytes are no image of an allowed kind, or it is over a limit.
    """
    try:
        return (_from_npy if data.startswith(MAGIC_NPY) else _from_picture)(data, limits, dims)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RefusedError(f"the upload cannot be read ({reason}); allowed: {ALLOWED[dims]}") from error


def _from_npy(data: bytes, limits: Limits, dims: int) -> np.ndarray:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if len(shape) not in (dims, dims + 1) or 0 in shape or dtype.kind not in "buif":
        raise ValueError(f"an array of shape {shape} and type {dtype}")
    limits.check(shape[0] if len(shape) > dims else 1, shape[-dims:])
    array = np.load(io.BytesIO(data), allow_pickle=False)
    return array if array.ndim > dims else array[None]


def _from_picture(data: bytes, limits: Limits, dims: int) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        count, size = getattr(picture, "n_frames", 1), picture.size[::-1]
        limits.check(*((count, size) if dims == 2 else (1, (count, *size))))
        pages = np.stack(list(_pages(picture)))
    return pages if dims == 2 else pages[None]


def _pages(picture: Image.Image) -> Iterator[np.ndarray]:
    size = picture.size
    for index in range(getattr(picture, "n_frames", 1)):
        picture.seek(index)
        if picture.size != size:
            raise ValueError("its pages have different sizes")
        # Modes with 16 bits or floats stay as they are; "L" would clip them to 8 bits.
        deep = picture.mode.startswith("I") or picture.mode == "F"
        yield np.asarray(picture if deep else picture.convert("L"))


def measure_upload(
    images: np.ndarray,
    descriptors: tuple[str, ...],
    phase: Literal["bright", "dark"],
    threshold: float | None,
    boundary: Literal["open", "periodic"],
    r_max: int | None,
) -> tuple[Characterisation, float | None]:
    """Segment grey images, and characterise the phase of interest.

    Parameters
    ----------
    images : (N, H, W)
        As `decode_upload` returns them.
    descriptors, boundary, r_max
        As for `raysys.stats.characterise`.
    phase
        "bright": the larger value (or what lies above the threshold) is the phase of interest.
    threshold
        Grey level in [0, 1]; None takes Otsu's. Not used for images of two values.

    Returns
    -------
    Characterisation, threshold or None if the images were binary already
    """
    binary, used = binarised(images, phase, threshold)
    return characterise(binary, descriptors, r_max=r_max, boundary=boundary), used


def binarised(
    images: np.ndarray, phase: Literal["bright", "dark"], threshold: float | None
) -> tuple[np.ndarray, float | None]:
    """Images (n, *spatial) of any values as uint8 in {0, 1}, and the grey level used; None if they had two values."""
    grey = to_grey(images)
    if is_binary(images):
        return segment(grey, phase=phase), None
    level = float(threshold_otsu(grey)) if threshold is None else threshold
    return segment(grey, method="threshold", threshold=level, phase=phase), level
