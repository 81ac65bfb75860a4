"""Samples as bytes: one function per format of `SampleRequest`."""

import base64
import io
import math

import numpy as np

from raysys.data import encode_images
from raysys.serve.problems import RefusedError

MEDIA_TYPES = {
    "png": "image/png",
    "npy": "application/octet-stream",
    "npz": "application/octet-stream",
    "tif": "image/tiff",
}
GAP = 2  # pixels between the images of a contact sheet
GAP_GREY = 0.5


def contact_sheet(images: np.ndarray) -> np.ndarray:
    """Lay images out row by row on a nearly square sheet.

    Parameters
    ----------
    images : (N, H, W)
        uint8 in {0, 1} or float32 in [0, 1].

    Returns
    -------
    ndarray
        float32 in [0, 1]; gaps and unused places are `GAP_GREY`.
    """
    n, height, width = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP), GAP_GREY, dtype=np.float32)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def encode(images: np.ndarray, format_: str, **arrays: np.ndarray) -> bytes:
    """Encode samples.

    Parameters
    ----------
    images : (N, H, W) or (N, D, H, W)
        uint8 in {0, 1} or float32 in [0, 1].
    format_
        "png", "npy", "npz" or "tif".
    arrays
        What an npz holds beside `images`.

    Raises
    ------
    RefusedError
        For a PNG of volumes.
    """
    if format_ == "png":
        _require_2d(images)
        return encode_images(images if len(images) == 1 else contact_sheet(images)[None], "png")
    if format_ == "npz":
        return as_npz(images=images, **arrays)
    return encode_images(images, format_)


def as_npz(**arrays: np.ndarray) -> bytes:
    """Named arrays as one npz."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def as_base64_png(images: np.ndarray) -> list[str]:
    """Every image as a base64 PNG, for JSON."""
    _require_2d(images)
    return [base64.b64encode(encode_images(image[None], "png")).decode() for image in images]


def _require_2d(images: np.ndarray) -> None:
    if images.ndim != 3:
        raise RefusedError("this model makes volumes, which a PNG cannot hold; allowed formats: npy, npz, tif, json")
