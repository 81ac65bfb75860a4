"""Reading images from files of every kind a microscope, a scanner or a colleague hands over."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from raysys.data.files.folder import slices_of
from raysys.data.files.formats import FORMATS, PICTURES
from raysys.data.files.image_file import ImageFile
from raysys.data.files.shipped import DRAWN, PREFIX, PREFIXES, SHIPPED, shipped, shipped_source
from raysys.data.files.source import Choice, Source
from raysys.data.files.values import Kind, far_value
from raysys.data.files.zarr_store import is_store
from raysys.errors import RaysysError
from raysys.local_paths import refuse_streams
from raysys.spacing import Spacing

__all__ = [
    "FORMATS",
    "PICTURES",
    "PREFIX",
    "SHIPPED",
    "Kind",
    "Stored",
    "fingerprint",
    "is_flat",
    "read_images",
    "read_stored",
]


class Stored(NamedTuple):
    """What a file holds, what was decided on the way, in sentences, and how far apart pixels are, where it says so."""

    array: np.ndarray
    notices: tuple[str, ...] = ()
    spacing: Spacing | None = None


def read_images(
    path: str | Path,
    *,
    shape: Sequence[int] | None = None,
    dtype: str | None = None,
    dataset: str | None = None,
    series: int | None = None,
    channel: int | None = None,
    time: int | None = None,
    kind: Kind = "grey",
) -> np.ndarray:
    """Read one image, volume or stack, with its values as stored; colour becomes grey unless it is asked for.

    Parameters
    ----------
    path : str or Path
        A file (tif, png, jpg, bmp, npy, npz, h5, nc, mat, zarr, raw, bin, mhd, mha, nrrd, nii), a folder of equally
        large pictures in the order of the numbers in their names, "skimage:NAME" for an image that ships with
        scikit-image, or "synthetic:NAME" for one that is drawn.
    shape, dtype : optional
        Needed by raw and bin files: pixels along each axis, slowest first, and NumPy's number type (">u2", ...).
    dataset : str, optional
        Name of the array in an h5, npz or zarr file; needed where there are several.
    series, channel, time : int, optional
        Which image, channel or time of a file that holds several, from 0; needed there.
    kind : "grey", "colour" or "labels"
        What the file is to hold: grey or binary values, of which a photograph has the luminance; colours; or the
        numbers of phases, for which a picture with a palette has its indices.

    Returns
    -------
    array (H, W), (D, H, W) or (N, D, H, W)
        Of the stored dtype. Colours with equal channels keep their value, others become luminance (float, [0, 1]). Of
        kind "colour" float32 in [0, 1], sRGB, with a further axis of three at the end.

    Raises
    ------
    RaysysError
        For a missing file, an unknown format, a file that is not what its name says, a missing or wrong shape, dtype or
        dataset, several channels, times or images of which none is named, NaN, infinite or missing values, an array
        that is no image, or one without colours where they are asked for.
    """
    choice = Choice(dataset, series, channel, time, None if shape is None else tuple(shape), dtype)
    return read_stored(path, choice, kind=kind).array


def read_stored(path: str | Path, choice: Choice = Choice(), *, kind: Kind = "grey") -> Stored:
    """`read_images`, and what was left out on the way: colours, opacity, pages of another size; and the pixel size.

    Parameters
    ----------
    path, kind
        As for `read_images`.
    choice
        Which of several images in the file is meant.

    Raises
    ------
    RaysysError
        As for `read_images`.
    """
    if str(path).startswith(PREFIXES):
        return _read(shipped_source(str(path)), choice, kind)
    file = _existing(path)
    if file.is_dir() and not is_store(file):
        return _folder(file, choice, kind)
    return _read(file, choice, kind)


def is_flat(path: str | Path, choice: Choice = Choice()) -> bool:
    """Whether a file holds one flat image, and no stack or volume; its pixels are not read."""
    if str(path).startswith(PREFIXES):
        return read_stored(path, choice).array.ndim == 2
    file = _existing(path)
    if file.is_dir() and not is_store(file):
        return len(slices_of(file)[0]) == 1
    with ImageFile(file, choice) as image:
        return len(image.shape) == 2


def _read(content: Path | Source, choice: Choice, kind: Kind) -> Stored:
    with ImageFile(content, choice, kind) as image:
        array = image.read()
        far = far_value(array, image.name) if kind == "grey" else None
        return Stored(array, (*image.notices, *([] if far is None else [far])), image.spacing)


def _existing(path: str | Path) -> Path:
    refuse_streams(Path(path))
    if not Path(path).exists():
        raise RaysysError(f"{path} does not exist; images is a file, a folder of pictures, {PREFIX}NAME or {DRAWN}NAME")
    return Path(path)


def _folder(folder: Path, choice: Choice, kind: Kind) -> Stored:
    files, notices = slices_of(folder)
    slices = [_read(file, choice, kind) for file in files]
    first = slices[0].array
    for file, one in zip(files, slices, strict=True):
        if one.array.shape != first.shape:
            raise RaysysError(
                f"{file} has {one.array.shape} pixels but {files[0].name} beside it has {first.shape}; "
                "pictures of a folder are read as one stack and must be of one size"
            )
        if one.array.dtype != first.dtype:
            raise RaysysError(
                f"{file} holds {one.array.dtype} values but {files[0].name} beside it {first.dtype}; pictures of a "
                "folder are read as one stack and must be of one kind"
            )
    # One notice stands for all pictures: it names the first that it is about.
    notices += next((one.notices for one in slices if one.notices), ())
    array = np.stack([one.array for one in slices]) if len(slices) > 1 else first
    return Stored(array, notices, slices[0].spacing)


def fingerprint(path: str | Path) -> str:
    """SHA-256 (hex) of a file's bytes, of all pictures of a folder in order, or of a shipped image's pixels.

    Raises
    ------
    RaysysError
        If there is no such file.
    """
    digest = hashlib.sha256()
    if str(path).startswith(PREFIXES):
        digest.update(np.ascontiguousarray(shipped(str(path))).tobytes())
        return digest.hexdigest()
    file = _existing(path)
    for part in _parts(file) if file.is_dir() else [file]:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _parts(folder: Path) -> list[Path]:
    if is_store(folder):
        return sorted(part for part in folder.rglob("*") if part.is_file())
    return slices_of(folder).files
