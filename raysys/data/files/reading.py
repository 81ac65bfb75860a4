"""Reading images from files of every kind a microscope, a scanner or a colleague hands over."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from raysys.data.files.containers import read_hdf5, read_npy, read_npz
from raysys.data.files.pictures import read_picture, read_tiff
from raysys.data.files.raw import read_mhd, read_raw
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
PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
FORMATS = (*PICTURES, ".npy", ".npz", ".h5", ".hdf5", ".raw", ".bin", ".mhd")


def read_images(
    path: str | Path, *, shape: Sequence[int] | None = None, dtype: str | None = None, dataset: str | None = None
) -> np.ndarray:
    """Read one image, volume or stack, with its values as stored; colour becomes grey.

    Parameters
    ----------
    path : str or Path
        A file (tif, png, jpg, bmp, npy, npz, h5, raw, bin, mhd), a folder of equally large pictures in the order of
        their names, or "skimage:NAME" for an image that ships with scikit-image.
    shape, dtype : optional
        Needed by raw and bin files: pixels along each axis, slowest first, and NumPy's number type (">u2", ...).
    dataset : str, optional
        Name of the array in an h5 or npz file; needed where there are several.

    Returns
    -------
    array (H, W), (D, H, W) or (N, D, H, W)
        Of the stored dtype. Colours with equal channels keep their value, others become luminance (float, [0, 1]).

    Raises
    ------
    RaysysError
        For a missing file, an unknown format, a file that is not what its name says, a missing or wrong shape, dtype or
        dataset, NaN or infinite values, or an array that is no image.
    """
    if str(path).startswith(PREFIX):
        return _grey_axes(_shipped(str(path)), str(path))
    file = Path(path)
    if not file.exists():
        raise RaysysError(f"{path} does not exist; images is a file, a folder of pictures, or {PREFIX}NAME")
    if file.suffix.lower() == ".zarr":
        from raysys.data.large.image import LargeImage

        return LargeImage(file, dataset=dataset)[:]
    array = _folder(file) if file.is_dir() else _file(file, shape, dtype, dataset)
    require_finite(array, str(path))
    return array


def _file(file: Path, shape: Sequence[int] | None, dtype: str | None, dataset: str | None) -> np.ndarray:
    readers: dict[str, Callable[[], np.ndarray]] = {
        ".npy": lambda: read_npy(file),
        ".npz": lambda: read_npz(file, dataset),
        ".h5": lambda: read_hdf5(file, dataset),
        ".hdf5": lambda: read_hdf5(file, dataset),
        ".raw": lambda: read_raw(file, shape, dtype),
        ".bin": lambda: read_raw(file, shape, dtype),
        ".mhd": lambda: read_mhd(file),
        ".tif": lambda: read_tiff(file),
        ".tiff": lambda: read_tiff(file),
    }
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise RaysysError(
            f'{file} has the unknown format "{suffix or file.name}"; readable are {", ".join(f[1:] for f in FORMATS)}'
        )
    read = readers.get(suffix, lambda: read_picture(file))
    return _grey_axes(read(), str(file))


def _folder(folder: Path) -> np.ndarray:
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    if not files:
        raise RaysysError(f"the folder {folder} holds no picture; looked for {', '.join(f[1:] for f in PICTURES)}")
    slices = [_file(file, None, None, None) for file in files]
    for file, image in zip(files, slices, strict=True):
        if image.shape != slices[0].shape:
            raise RaysysError(
                f"{file} has {image.shape} pixels but {files[0].name} beside it has {slices[0].shape}; "
                "pictures of a folder are read as one stack and must be of one size"
            )
    return np.stack(slices) if len(slices) > 1 else slices[0]


def _shipped(name: str) -> np.ndarray:
    short = name.removeprefix(PREFIX)
    if short not in SHIPPED:
        raise RaysysError(f'scikit-image ships no image "{short}"; its images are {", ".join(SHIPPED)}')
    from skimage import data  # loaded when asked for: it is not needed to read files

    return np.asarray(getattr(data, short)())


def _grey_axes(array: np.ndarray, name: str) -> np.ndarray:
    """Drop axes of length one and turn a colour axis at the end into grey."""
    if array.dtype.kind not in "buif":
        raise RaysysError(f"{name} holds values of type {array.dtype}; images are of bool, integer or float numbers")
    if array.size < 2:
        held = "one pixel only" if array.size else f"no pixel (its array has shape {array.shape})"
        raise RaysysError(f"{name} holds {held}; an image has two axes of at least two pixels each")
    flat = np.squeeze(array)
    if flat.ndim >= 3 and flat.shape[-1] in (3, 4) and min(flat.shape[-3:-1]) > 4:
        flat = _luminance(flat[..., :3])  # an alpha channel says nothing about phases
    if not 2 <= flat.ndim <= 4:
        raise RaysysError(f"{name} holds an array of shape {array.shape}, which is no image (H, W) or volume (D, H, W)")
    return np.ascontiguousarray(flat)


def _luminance(colours: np.ndarray) -> np.ndarray:
    if (colours == colours[..., :1]).all():
        return colours[..., 0]  # grey saved as colour: labels and two-level images stay exact
    from skimage.color import rgb2gray

    return rgb2gray(colours)


def fingerprint(path: str | Path) -> str:
    """SHA-256 (hex) of a file's bytes, of all pictures of a folder in order, or of a shipped image's pixels."""
    digest = hashlib.sha256()
    if str(path).startswith(PREFIX):
        digest.update(np.ascontiguousarray(_shipped(str(path))).tobytes())
        return digest.hexdigest()
    file = Path(path)
    for part in _parts(file) if file.is_dir() else [file]:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _parts(folder: Path) -> list[Path]:
    if folder.suffix.lower() == ".zarr":
        return sorted(part for part in folder.rglob("*") if part.is_file())
    return sorted(part for part in folder.iterdir() if part.suffix.lower() in PICTURES)
