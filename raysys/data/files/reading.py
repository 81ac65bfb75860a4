"""Reading images from files of every kind a microscope, a scanner or a colleague hands over."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from raysys.data.files.containers import read_hdf5, read_npy, read_npz, read_zarr
from raysys.data.files.pictures import read_indices, read_picture, read_tiff
from raysys.data.files.raw import read_mhd, read_raw
from raysys.data.preparation.colour import OPAQUE, has_colours, luminance, to_colour
from raysys.data.preparation.grey import require_finite
from raysys.errors import RaysysError

# Images inside the scikit-image wheel itself; other names of skimage.data would be downloaded.
SHIPPED = (
    "astronaut",
    "brick",
    "camera",
    "cat",
    "cell",
    "checkerboard",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "immunohistochemistry",
    "microaneurysms",
    "moon",
    "page",
    "retina",
    "rocket",
    "shepp_logan_phantom",
    "text",
)
PREFIX = "skimage:"
Kind = Literal["grey", "colour", "labels"]  # what a file is to hold
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
INDEXED = (".png", ".bmp")  # pictures whose pixels may be places in a palette
FORMATS = (*PICTURES, ".npy", ".npz", ".h5", ".hdf5", ".raw", ".bin", ".mhd")


class Stored(NamedTuple):
    """What a file holds, and what was decided on the way, in sentences."""

    array: np.ndarray
    notices: tuple[str, ...] = ()


def read_images(
    path: str | Path,
    *,
    shape: Sequence[int] | None = None,
    dtype: str | None = None,
    dataset: str | None = None,
    kind: Kind = "grey",
) -> np.ndarray:
    """Read one image, volume or stack, with its values as stored; colour becomes grey unless it is asked for.

    Parameters
    ----------
    path : str or Path
        A file (tif, png, jpg, bmp, npy, npz, h5, raw, bin, mhd), a folder of equally large pictures in the order of
        their names, or "skimage:NAME" for an image that ships with scikit-image.
    shape, dtype : optional
        Needed by raw and bin files: pixels along each axis, slowest first, and NumPy's number type (">u2", ...).
    dataset : str, optional
        Name of the array in an h5 or npz file; needed where there are several.
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
        dataset, NaN or infinite values, an array that is no image, or one without colours where they are asked for.
    """
    return read_stored(path, shape=shape, dtype=dtype, dataset=dataset, kind=kind).array


def read_stored(
    path: str | Path,
    *,
    shape: Sequence[int] | None = None,
    dtype: str | None = None,
    dataset: str | None = None,
    kind: Kind = "grey",
) -> Stored:
    """`read_images`, and what was left out on the way: colours, or how opaque pixels are.

    Parameters, Raises
        As for `read_images`.
    """
    if str(path).startswith(PREFIX):
        return _image(_shipped(str(path)), str(path), kind)
    file = _existing(path)
    if file.is_dir() and file.suffix.lower() != ".zarr":
        stored = _folder(file, kind)
    else:
        stored = _file(file, shape, dtype, dataset, kind)
    require_finite(stored.array, str(path))
    return stored


def _existing(path: str | Path) -> Path:
    if not Path(path).exists():
        raise RaysysError(f"{path} does not exist; images is a file, a folder of pictures, or {PREFIX}NAME")
    return Path(path)


def _file(file: Path, shape: Sequence[int] | None, dtype: str | None, dataset: str | None, kind: Kind) -> Stored:
    readers: dict[str, Callable[[], np.ndarray]] = {
        ".npy": lambda: read_npy(file),
        ".npz": lambda: read_npz(file, dataset),
        ".h5": lambda: read_hdf5(file, dataset),
        ".hdf5": lambda: read_hdf5(file, dataset),
        ".zarr": lambda: read_zarr(file, dataset),
        ".raw": lambda: read_raw(file, shape, dtype),
        ".bin": lambda: read_raw(file, shape, dtype),
        ".mhd": lambda: read_mhd(file),
        ".tif": lambda: read_tiff(file),
        ".tiff": lambda: read_tiff(file),
    }
    suffix = file.suffix.lower()
    if suffix not in (*FORMATS, ".zarr"):
        raise RaysysError(
            f'{file} has the unknown format "{suffix or file.name}"; readable are {", ".join(f[1:] for f in FORMATS)}'
        )
    picture = read_indices if kind == "labels" and suffix in INDEXED else read_picture
    read = readers.get(suffix, lambda: picture(file))
    return _image(read(), str(file), kind)


def _folder(folder: Path, kind: Kind) -> Stored:
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    if not files:
        raise RaysysError(f"the folder {folder} holds no picture; looked for {', '.join(f[1:] for f in PICTURES)}")
    slices = [_file(file, None, None, None, kind) for file in files]
    first = slices[0].array
    for file, one in zip(files, slices, strict=True):
        if one.array.shape != first.shape:
            raise RaysysError(
                f"{file} has {one.array.shape} pixels but {files[0].name} beside it has {first.shape}; "
                "pictures of a folder are read as one stack and must be of one size"
            )
    # One notice stands for all pictures: it names the first that it is about.
    notices = next((one.notices for one in slices if one.notices), ())
    return Stored(np.stack([one.array for one in slices]) if len(slices) > 1 else first, notices)


def _shipped(name: str) -> np.ndarray:
    short = name.removeprefix(PREFIX)
    if short not in SHIPPED:
        raise RaysysError(f'scikit-image ships no image "{short}"; its images are {", ".join(SHIPPED)}')
    from skimage import data  # loaded when asked for: it is not needed to read files

    return np.asarray(getattr(data, short)())


def _image(array: np.ndarray, name: str, kind: Kind) -> Stored:
    """Drop axes of length one, and bring a colour axis at the end to what is asked for."""
    if array.dtype.kind not in "buif":
        raise RaysysError(f"{name} holds values of type {array.dtype}; images are of bool, integer or float numbers")
    if array.size < 2:
        held = "one pixel only" if array.size else f"no pixel (its array has shape {array.shape})"
        raise RaysysError(f"{name} holds {held}; an image has two axes of at least two pixels each")
    if kind == "colour":
        return _coloured(array, name)
    flat, notices = np.squeeze(array), tuple[str, ...]()
    if has_colours(flat) and min(flat.shape[-3:-1]) > 4:
        flat, in_colour = luminance(flat[..., :3])  # how opaque a pixel is says nothing about phases
        if in_colour and kind == "labels":
            raise RaysysError(
                f"{name} is a colour picture, and labels are one number a pixel; save it as numbers, or with a palette"
            )
        notices = (f"{name} is in colour and becomes grey (its luminance)",) if in_colour else ()
    if not 2 <= flat.ndim <= 4:
        raise RaysysError(f"{name} holds an array of shape {array.shape}, which is no image (H, W) or volume (D, H, W)")
    return Stored(np.ascontiguousarray(flat), notices)


def _coloured(array: np.ndarray, name: str) -> Stored:
    if not has_colours(array):
        raise RaysysError(
            f"{name} holds an array of shape {array.shape} and no colours, which are three numbers a pixel on the last "
            "axis; leave colour out, or take an image in colour"
        )
    flat = array.reshape(*(length for length in array.shape[:-1] if length > 1), array.shape[-1])
    if not 3 <= flat.ndim <= 4:
        raise RaysysError(f"{name} holds an array of shape {array.shape}, which is no image (H, W, 3) in colour")
    try:
        colours = to_colour(flat)
    except RaysysError as error:
        raise RaysysError(f"{name} holds {error}") from None
    opacity = (f"how opaque the pixels of {name} are is left out",) if flat.shape[-1] == OPAQUE else ()
    return Stored(colours, opacity)


def fingerprint(path: str | Path) -> str:
    """SHA-256 (hex) of a file's bytes, of all pictures of a folder in order, or of a shipped image's pixels.

    Raises
    ------
    RaysysError
        If there is no such file.
    """
    digest = hashlib.sha256()
    if str(path).startswith(PREFIX):
        digest.update(np.ascontiguousarray(_shipped(str(path))).tobytes())
        return digest.hexdigest()
    file = _existing(path)
    for part in _parts(file) if file.is_dir() else [file]:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _parts(folder: Path) -> list[Path]:
    if folder.suffix.lower() == ".zarr":
        return sorted(part for part in folder.rglob("*") if part.is_file())
    return sorted(part for part in folder.iterdir() if part.suffix.lower() in PICTURES)
