"""Writing a segmented image row by row; it appears under its name when it is complete."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from raysys.data.large.image import BAND_ROWS
from raysys.data.large.smoothing import Rows
from raysys.data.large.survey import Show
from raysys.data.large.tiles import LazyTiles
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.spacing import Spacing, tiff_options

TILE = 512  # pixels a side of a TIFF tile
CLASSIC_BYTES = 2**32 - 2**25  # a TIFF file that might become larger is written as BigTIFF
FORMATS = (".tif", ".tiff", ".npy")


def check_name(path: Path) -> None:
    """Raise a RaysysError if segmented large images are not written under such a name."""
    if path.suffix.lower() not in FORMATS:
        raise RaysysError(
            f"{path}: a large image is written as {', '.join(FORMATS)}, window by window, and not as "
            f'"{path.suffix or path.name}"'
        )


def write_phases(
    path: Path,
    rows: Rows,
    shape: tuple[int, int],
    *,
    one_phase: str,
    workers: int = 1,
    show: Show | None = None,
) -> float:
    """Write a binary image: .tif in tiles with Deflate compression, phase 1 as 255; .npy with phase 1 as 1.

    Parameters
    ----------
    rows, shape : of the image, uint8 {0, 1}
    one_phase : what is wrong if one phase is left only

    Returns
    -------
    The phase fraction.

    Raises
    ------
    RaysysError
        If one phase is left only; then there is no file.
    """
    ones = 0

    def counted() -> Iterator[np.ndarray]:
        nonlocal ones
        for start in range(0, shape[0], BAND_ROWS):
            band = rows(start, min(start + BAND_ROWS, shape[0]))
            ones += int(np.count_nonzero(band))
            if show is not None:
                show(start + len(band), shape[0], "writing")
            yield band

    with written_aside(path) as aside:
        if path.suffix.lower() == ".npy":
            _write_npy(aside, counted(), shape)
        else:
            _write_tiff(aside, (band * np.uint8(255) for band in counted()), shape, workers)
        if ones in (0, shape[0] * shape[1]):
            raise RaysysError(one_phase)
    return ones / (shape[0] * shape[1])


def write_labels(
    path: Path,
    parts: Iterator[np.ndarray],
    shape: tuple[int, int],
    *,
    workers: int = 1,
    show: Show | None = None,
    spacing: Spacing | None = None,
) -> np.ndarray:
    """Write class numbers as they are; .tif in tiles with Deflate compression, or .npy.

    Parameters
    ----------
    parts : uint8 (rows, W) of any number of rows, from the top, H in all
    shape : (H, W)
    spacing : how far apart pixels are, which .tif keeps

    Returns
    -------
    (256,) int64, pixels of each number
    """
    counts = np.zeros(256, np.int64)

    def counted() -> Iterator[np.ndarray]:
        done = 0
        for part in parts:
            counts[:] += np.bincount(part.ravel(), minlength=256)
            done += len(part)
            if show is not None:
                show(done, shape[0], "segmenting")
            yield part

    with written_aside(path) as aside:
        if path.suffix.lower() == ".npy":
            _write_npy(aside, counted(), shape)
        else:
            _write_tiff(aside, _regrouped(counted()), shape, workers, spacing)
    return counts


def _regrouped(parts: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """The same rows, `BAND_ROWS` at a time."""
    held = next(parts)
    for part in parts:
        held = np.concatenate([held, part])
        while len(held) >= BAND_ROWS:
            yield held[:BAND_ROWS]
            held = held[BAND_ROWS:]
    for start in range(0, len(held), BAND_ROWS):
        yield held[start : start + BAND_ROWS]


def _write_npy(path: Path, found: Iterator[np.ndarray], shape: tuple[int, ...]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)), "fortran_order": False, "shape": shape}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for part in found:
            stream.write(np.ascontiguousarray(part, np.uint8).data)


def _write_tiff(
    path: Path, found: Iterator[np.ndarray], shape: tuple[int, int], workers: int, spacing: Spacing | None = None
) -> None:
    tiles = (
        band[:, left : left + TILE] for band in found for left in range(0, shape[1], TILE)
    )  # bands are of one tile's rows
    tifffile.imwrite(
        path,
        tiles,
        shape=shape,
        dtype=np.uint8,
        tile=(TILE, TILE),
        compression="zlib",
        compressionargs={"level": 1},  # phases shrink about as much as at higher levels
        photometric="minisblack",
        bigtiff=shape[0] * shape[1] > CLASSIC_BYTES,
        maxworkers=workers,
        **tiff_options(spacing),
    )


def write_tiles(path: Path, tiles: LazyTiles, *, show: Show | None = None) -> None:
    """Write tiles (N, tile, tile) as one NPY file, some at a time."""
    if path.suffix.lower() != ".npy":
        raise RaysysError(f"{path}: tiles of a large image are written as .npy, some at a time")

    def drawn() -> Iterator[np.ndarray]:
        done = 0
        for part in tiles.parts():
            yield part
            done += len(part)
            if show is not None:
                show(done, len(tiles), "writing tiles")

    with written_aside(path) as aside:
        _write_npy(aside, drawn(), tiles.shape)
