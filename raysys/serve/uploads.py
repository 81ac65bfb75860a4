"""Turns uploaded bytes into images; sizes are read from headers and checked before any pixel is decoded."""

import io
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image, UnidentifiedImageError

from raysys.form import RED_GREEN_BLUE, Kind
from raysys.serve.limits import Limits
from raysys.serve.problems import RefusedError

ALLOWED = {
    2: "PNG, JPEG, BMP or TIFF images (a TIFF may hold several pages), or a .npy array of (N, H, W) or (H, W)",
    3: "a TIFF whose pages are the slices of one volume, or a .npy array of (D, H, W) or (N, D, H, W)",
}
KINDS = {"colour": ", with colours or a last axis of three", "labels": ", whose values are the numbers of the phases"}
FORMATS = ("PNG", "JPEG", "BMP", "TIFF")
MAGIC_NPY = b"\x93NUMPY"

Check = Callable[[int, tuple[int, ...]], int]  # of the number of images and their shape, against the limits


def decode_upload(data: bytes, limits: Limits, dims: int = 2, kind: Kind = "grey", channels: int = 1) -> np.ndarray:
    """Decode an upload; no file name or declared type is trusted, and nothing is unpickled.

    Parameters
    ----------
    data
        The bytes of one image file.
    limits
        Bounds on the number of images, their sides and their pixels.
    dims
        Axes of one image; with 3 the pages of a picture are the slices of one volume.
    kind
        What is wanted of pictures: their colours, the indices of their palette as labels, or shades of grey.
    channels
        In which a network will see a pixel, see `Limits.check`.

    Returns
    -------
    ndarray, (N, H, W) or (N, D, H, W), with a last axis of three for colour
        Values as stored; for other kinds than colour, colours become grey.

    Raises
    ------
    RefusedError
        If the bytes are no image of an allowed kind, or it is over a limit.
    """
    decode = _from_npy if data.startswith(MAGIC_NPY) else _from_picture
    try:
        return decode(data, partial(limits.check, channels=channels), dims, kind)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        allowed = ALLOWED[dims] + KINDS.get(kind, "")
        raise RefusedError(f"the upload cannot be read ({reason}); allowed: {allowed}") from error


def _from_npy(data: bytes, check: Check, dims: int, kind: Kind) -> np.ndarray:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    # Colour is no axis of the image: what is left of the shape is counted as for other kinds.
    pixels = shape[:-1] if kind == "colour" and shape[-1:] == (RED_GREEN_BLUE,) else shape
    coloured = len(pixels) < len(shape)
    if len(pixels) not in (dims, dims + 1) or 0 in shape or dtype.kind not in "buif" or coloured != (kind == "colour"):
        raise ValueError(f"an array of shape {shape} and type {dtype}")
    count = pixels[0] if len(pixels) > dims else 1
    check(count, pixels[-dims:])
    array = np.load(io.BytesIO(data), allow_pickle=False)
    return array.reshape(count, *pixels[-dims:], *((RED_GREEN_BLUE,) if coloured else ()))


def _from_picture(data: bytes, check: Check, dims: int, kind: Kind) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        count, size = getattr(picture, "n_frames", 1), picture.size[::-1]
        images, shape = (count, size) if dims == 2 else (1, (count, *size))
        check(images, shape)
        pages = np.stack(list(_pages(picture, kind)))
    return pages if dims == 2 else pages[None]


def _pages(picture: Image.Image, kind: Kind) -> Iterator[np.ndarray]:
    size = picture.size
    for index in range(getattr(picture, "n_frames", 1)):
        picture.seek(index)
        if picture.size != size:
            raise ValueError("its pages have different sizes")
        yield _page(picture, kind)


def _page(picture: Image.Image, kind: Kind) -> np.ndarray:
    # Modes with 16 bits or floats stay as they are; "L" would clip them to 8 bits.
    deep = picture.mode.startswith("I") or picture.mode == "F"
    if kind == "colour":
        if deep:
            raise ValueError(f"a picture of mode {picture.mode}, which has no colours")
        return np.asarray(picture.convert("RGB"))
    if kind == "labels" and not deep:
        if picture.mode not in ("1", "L", "P"):
            raise ValueError(f"a picture of mode {picture.mode}, whose colours name no phase")
        return np.asarray(picture).astype(np.uint8)
    return np.asarray(picture if deep else picture.convert("L"))
