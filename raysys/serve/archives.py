"""Many images in one answer: a zip with a file for each, a zarr array in a zip; and what a TIFF says of its own."""

import io
import itertools
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tifffile

from raysys.data import encode_images
from raysys.form import Form
from raysys.spacing import Spacing

# The same for all files: the same images are the same bytes, whenever they are asked for.
NO_DATE = (1980, 1, 1, 0, 0, 0)
CHUNK = 2**20  # numbers at most in a piece of a zarr array that is read at once
DESCRIPTION = 270  # TIFF's tag

Facts = Mapping[str, Any]


def as_zip(images: np.ndarray, form: Form, *, spacing: Spacing | None, facts: Facts) -> bytes:
    """A file for each image, flat ones as PNG and volumes as TIFF, and `samples.json` with the facts.

    Parameters
    ----------
    images : (N, *spatial), or (N, *spatial, 3) for colour
        As `form` says.
    form, spacing
        What the values mean, and how far apart pixels are.
    facts
        `seeds` name the files; the others are written as they are.
    """
    kind = "tif" if form.dims == 3 else "png"
    seeds = facts.get("seeds") or range(len(images))
    files = [f"{seed}.{kind}" for seed in seeds]
    told = {**facts, **_sized(spacing), "files": files}
    content = {"samples.json": json.dumps(told, indent=1).encode()}
    for name, image in zip(files, images, strict=True):
        content[name] = encode_images(image[None], kind, kind=form.kind, spacing=spacing)
    # Both are compressed already.
    return _zipped(content.items(), zipfile.ZIP_STORED)


def as_zarr(images: np.ndarray, *, spacing: Spacing | None, facts: Facts) -> bytes:
    """A zip that is a zarr group (format 2) with the array `images` (N, ...), whose attributes are the facts."""
    chunks = _chunks(images.shape)
    array = {
        "zarr_format": 2,
        "shape": list(images.shape),
        "chunks": list(chunks),
        "dtype": images.dtype.str,
        "compressor": None,
        "fill_value": 0,
        "order": "C",
        "filters": None,
    }
    head = {".zgroup": {"zarr_format": 2}, "images/.zarray": array, "images/.zattrs": {**facts, **_sized(spacing)}}
    told = ((name, json.dumps(value).encode()) for name, value in head.items())
    # Compressed by the zip, so that a reader needs no codec.
    return _zipped(itertools.chain(told, _pieces(images, chunks)), zipfile.ZIP_DEFLATED)


def with_facts(content: bytes, facts: Facts) -> bytes:
    """A TIFF whose description, which is JSON, says more than its writer had to say."""
    stream = io.BytesIO(content)
    with tifffile.TiffFile(stream, mode="r+") as tiff:
        tag = tiff.pages.first.tags.get(DESCRIPTION)
        said = json.loads(tag.value)
        tag.overwrite(json.dumps({**said, "raysys": dict(facts)}))
    return stream.getvalue()


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """One image at a time, or as many slices of it as `CHUNK` allows."""
    rest = math.prod(shape[2:])
    return (1, max(1, min(shape[1], CHUNK // rest)), *shape[2:])


def _pieces(images: np.ndarray, chunks: tuple[int, ...]) -> Iterator[tuple[str, bytes]]:
    for image, start in itertools.product(range(len(images)), range(0, images.shape[1], chunks[1])):
        piece = images[image : image + 1, start : start + chunks[1]]
        # A last piece is as long as the others, whatever is in it beyond the array.
        full = np.pad(piece, [(0, wanted - there) for wanted, there in zip(chunks, piece.shape, strict=True)])
        place = (image, start // chunks[1], *(0 for _ in chunks[2:]))
        yield f"images/{'.'.join(map(str, place))}", full.tobytes()


def _sized(spacing: Spacing | None) -> dict[str, Any]:
    return {} if spacing is None else {name: np.asarray(value).tolist() for name, value in spacing.fields.items()}


def _zipped(files: Any, how: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, NO_DATE), content, compress_type=how, compresslevel=1)
    return stream.getvalue()
