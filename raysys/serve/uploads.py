"""Turns uploaded bytes into images; sizes are read from headers and checked before any pixel is decoded."""

import math
import struct

import numpy as np

from raysys.data.files.axes import check_flat
from raysys.data.files.formats import UPLOADS
from raysys.data.files.image_file import ImageFile
from raysys.data.files.source import Choice
from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE, Kind
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError
from raysys.shapes import by

ALLOWED = {
    2: "one flat image (H, W), or a stack of them (N, H, W), such as the pages of a TIFF file",
    3: "one volume (D, H, W), such as the pages of a TIFF file, or several (N, D, H, W)",
}


def decode_upload(
    data: bytes,
    limits: Limits,
    dims: int = 2,
    kind: Kind = "grey",
    channels: int = 1,
    choice: Choice = Choice(),
) -> np.ndarray:
    """Decode an upload as the command line reads a file; no name or declared type is trusted, and nothing is unpickled.

    Parameters
    ----------
    data
        The bytes of one image file; what it says of other files is not followed.
    limits
        Bounds on the number of images, their sides and their pixels.
    dims
        Axes of one image; with 3 the pages of a picture are the slices of one volume.
    kind
        What is wanted of pictures: their colours, the indices of their palette as labels, or shades of grey.
    channels
        In which a network will see a pixel, see `Limits.check`.
    choice
        Which of several images in the file is meant.

    Returns
    -------
    ndarray, (N, H, W) or (N, D, H, W), with a last axis of three for colour
        Values as stored, colours float32 in [0, 1]; for other kinds than colour, colours become grey.

    Raises
    ------
    RefusedError
        If the bytes are no image of an allowed kind, or it is over a limit.
    """
    _check_pages(data, limits)
    try:
        with ImageFile(data, choice, "grey" if kind == "binary" else kind) as image:
            shape = image.shape
            if len(shape) not in (dims, dims + 1):
                raise RaysysError(f"{image.name} holds an array of {by(shape)}")
            if dims == 2:
                check_flat(image.name, shape)
            count = math.prod(shape[:-dims])
            limits.check(count, shape[-dims:], channels=channels)
            decoded = image.read()
    except RefusedError:
        raise
    except RaysysError as error:
        raise RefusedError(f"{error}; what can be uploaded: {ALLOWED[dims]}, in {UPLOADS}") from error
    # Whatever else a reader makes of bytes that somebody has thought up: a name of a thousand brackets overflows the
    # stack, a length of 2**60 the memory. None is a fault of the endpoint.
    except (Exception, MemoryError, RecursionError) as error:
        raise RefusedError(
            f"the upload cannot be read ({type(error).__name__}: {error!s:.200}); what can be uploaded: "
            f"{ALLOWED[dims]}, in {UPLOADS}"
        ) from error
    return decoded.reshape(count, *shape[-dims:], *((RED_GREEN_BLUE,) if kind == "colour" else ()))


def _check_pages(data: bytes, limits: Limits) -> None:
    """Refuse a TIFF file of too many pages by following them from one to the next: a reader makes an object of each."""
    if data[:4] in (b"II*\0", b"MM\0*"):
        order, entry, head = "<" if data[:2] == b"II" else ">", 12, ("H", "I", 4)
    elif data[:4] in (b"II+\0", b"MM\0+"):
        order, entry, head = "<" if data[:2] == b"II" else ">", 20, ("Q", "Q", 8)
    else:
        return
    count, offset, place = head
    for _ in range(limits.max_upload_pages):
        try:
            (page,) = struct.unpack_from(order + offset, data, place)
            (entries,) = struct.unpack_from(order + count, data, page)
        except struct.error:
            return  # it ends too early, which its reader says
        if page == 0:
            return
        place = page + struct.calcsize(count) + entries * entry
    raise RefusedError(
        f"the upload is a TIFF file of more than {limits.max_upload_pages} pages, or of pages in a circle; allowed "
        f"here: up to {limits.max_upload_pages}"
    )
