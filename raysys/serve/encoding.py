"""Images of every kind as bytes: one function per format of `SampleRequest`."""

import base64
import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from raysys.data import encode_images
from raysys.data.files.palette import BETWEEN
from raysys.form import Form
from raysys.serve.archives import as_zarr, as_zip, with_facts
from raysys.serve.schemas import SliceRequest
from raysys.serve.slices import flat
from raysys.spacing import Spacing

MEDIA_TYPES = {
    "png": "image/png",
    "json": "application/json",
    "npy": "application/octet-stream",
    "npz": "application/octet-stream",
    "tif": "image/tiff",
    "zip": "application/zip",
    "zarr": "application/zip",
}
# Of a route's OpenAPI description: an answer of whatever format is some bytes.
BYTES = {
    media: {"schema": {"type": "string", "format": "binary"}} for name, media in MEDIA_TYPES.items() if name != "json"
}
GAP = 2  # pixels between the images of a contact sheet
GAP_GREY = 0.5


def contact_sheet(images: np.ndarray, gap: float = GAP_GREY) -> np.ndarray:
    """Lay images out row by row on a nearly square sheet.

    Parameters
    ----------
    images : (N, H, W), or (N, H, W, 3) for colour
        uint8 in {0, 1}, float32 in [0, 1], or numbers of phases.
    gap
        Value of gaps and unused places; an integer makes a sheet of the images' own type.

    Returns
    -------
    ndarray, (rows * (H + GAP) - GAP, columns * (W + GAP) - GAP), with a last axis of three for colour
        float32 in [0, 1], or uint8.
    """
    n, height, width, *colours = images.shape
    # Wider than high, as screens are.
    columns = math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, *colours)
    sheet = np.full(shape, gap, dtype=images.dtype if isinstance(gap, int) else np.float32)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def encode(
    images: np.ndarray,
    form: Form,
    format_: str,
    slice_: SliceRequest | None = None,
    *,
    spacing: Spacing | None = None,
    facts: Mapping[str, Any] | None = None,
    **arrays: np.ndarray,
) -> bytes:
    """Encode images; equal images give equal bytes.

    Parameters
    ----------
    images : (N, *spatial), or (N, *spatial, 3) for colour
        As `form` says.
    form
        What the values mean.
    format_
        "png": one image or a contact sheet, of volumes the slice that `slice_` names; label images with a palette whose
        indices are the numbers of the phases. "npy" and "npz" keep all numbers as they are. "tif": one page per image
        or slice, as `raysys.data.encode_images` writes them. "zip" and "zarr": as of `raysys.serve.archives`.
    slice_
        Which slice of volumes a PNG shows; the middle one by default.
    spacing
        How far apart pixels are, which tif and npz keep.
    facts
        What tif, zip and zarr say of the images beside their spacing, as JSON.
    arrays
        What an npz holds beside `images`.

    Raises
    ------
    RefusedError
        If these images have no such slice.
    """
    if format_ == "png":
        shown = flat(images, form, slice_)
        return as_png(shown[0] if len(shown) == 1 else _sheet(shown, form), form)
    if format_ == "npz":
        sized = {} if spacing is None else {name: np.array(value) for name, value in spacing.fields.items()}
        return as_npz(images=images, **sized, **arrays)
    if format_ == "zip":
        return as_zip(images, form, spacing=spacing, facts=facts or {})
    if format_ == "zarr":
        return as_zarr(images, spacing=spacing, facts=facts or {})
    content = encode_images(images, format_, kind=form.kind, spacing=spacing)
    return with_facts(content, facts) if format_ == "tif" and facts else content


def as_npz(**arrays: np.ndarray) -> bytes:
    """Named arrays as one npz."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def as_base64_png(images: np.ndarray, form: Form, slice_: SliceRequest | None = None) -> list[str]:
    """Every image, or slice of a volume, as a base64 PNG, for JSON."""
    return [base64.b64encode(as_png(image, form)).decode() for image in flat(images, form, slice_)]


def as_png(image: np.ndarray, form: Form) -> bytes:
    """One flat image (H, W), or (H, W, 3) for colour, as a PNG of 8 bits."""
    return encode_images(image[None], "png", kind=form.kind)


def _sheet(images: np.ndarray, form: Form) -> np.ndarray:
    # The gaps of label images have a number that is no phase, and which their palette shows grey.
    return contact_sheet(images, BETWEEN) if form.kind == "labels" else contact_sheet(images)
