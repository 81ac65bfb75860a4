"""Writing one picture that lies on disk, some rows at a time; it appears under its name when it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from raysys.data.large.writing import CLASSIC_BYTES, TILE
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.form import RED_GREEN_BLUE, Kind
from raysys.spacing import Spacing, tiff_options

__all__ = ["PICTURE_FORMATS", "check_picture_name", "write_picture"]

PICTURE_FORMATS = (".png", ".tif", ".tiff", ".npy")


def check_picture_name(path: Path) -> None:
    """Raise a RaysysError if large pictures are not written under such a name."""
    if path.suffix.lower() not in PICTURE_FORMATS:
        allowed = ", ".join(PICTURE_FORMATS)
        raise RaysysError(f'{path}: a large picture is written as {allowed}, and not as "{path.suffix or path.name}"')


def write_picture(
    path: Path, bands: Iterator[np.ndarray], size: tuple[int, int], *, kind: Kind, spacing: Spacing | None = None
) -> None:
    """Write a picture as `raysys.data.write_images` writes one of its kind.

    Parameters
    ----------
    bands
        (rows, W) or (rows, W, 3), from the first row on: uint8 of kind "binary", float32 in [0, 1] else.
    size
        Rows and columns.
    """
    check_picture_name(path)
    colour = kind == "colour"
    shape = (*size, RED_GREEN_BLUE) if colour else size
    stored = np.dtype(np.uint8 if kind == "binary" else np.float32)
    with written_aside(path) as aside:
        if path.suffix.lower() == ".npy":
            _write_npy(aside, bands, (1, *shape), stored)
        elif path.suffix.lower() == ".png":
            # Nothing writes PNG in parts; a byte a value is a quarter of what is worked with.
            Image.fromarray(np.concatenate([_visible(band) for band in bands])).save(aside)
        else:
            seen = bands if kind != "binary" else (_visible(band) for band in bands)
            tifffile.imwrite(
                aside,
                _tiles(_regrouped(seen), size[1]),
                shape=shape,
                dtype=stored,
                tile=(TILE, TILE),
                compression="zlib",
                photometric="rgb" if colour else "minisblack",
                bigtiff=int(np.prod(shape)) * stored.itemsize > CLASSIC_BYTES,
                **tiff_options(spacing),
            )


def _visible(band: np.ndarray) -> np.ndarray:
    """uint8: phase 1 white, values in 256 steps."""
    values: np.ndarray = 255 * band if band.dtype == np.uint8 else np.rint(np.clip(band, 0, 1) * 255)
    return values.astype(np.uint8)


def _write_npy(path: Path, bands: Iterator[np.ndarray], shape: tuple[int, ...], stored: np.dtype[np.generic]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(stored), "fortran_order": False, "shape": shape}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for band in bands:
            stream.write(np.ascontiguousarray(band, stored).data)


def _regrouped(bands: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The same rows, `TILE` at a time."""
    held: list[np.ndarray] = []
    for band in bands:
        held.append(band)
        while sum(map(len, held)) >= TILE:
            whole = np.concatenate(held)
            yield whole[:TILE]
            held = [whole[TILE:]]
    if left := sum(map(len, held)):
        yield np.concatenate(held)[:left]


def _tiles(bands: Iterator[np.ndarray], columns: int) -> Iterator[np.ndarray]:
    for band in bands:
        for left in range(0, columns, TILE):
            yield band[:, left : left + TILE]
