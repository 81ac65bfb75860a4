"""Writing images; a file appears under its name only when it is complete."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from raysys.data.files.palette import BETWEEN, palette
from raysys.errors import RaysysError
from raysys.files import folder_written_aside, written_aside
from raysys.form import RED_GREEN_BLUE, Kind
from raysys.spacing import Spacing, tiff_options

FORMATS = ("png", "npy", "npz", "tif")
GAP = 2  # pixels between the images of a contact sheet
MIDDLE_GREY = 128


def encode_images(
    images: np.ndarray, format: str, *, kind: Kind | None = None, spacing: Spacing | None = None
) -> bytes:
    """Encode a set of images as the bytes of one file; equal images give equal bytes.

    Parameters
    ----------
    images : (N, H, W) or (N, D, H, W), for colours (N, H, W, 3) or (N, D, H, W, 3)
        uint8 {0, 1} (binary), float32 [0, 1] (grey, colour), or uint8 numbers of phases (labels).
    format : "png", "npy", "npz" or "tif"
        png holds flat images only, several of them side by side in one row; npz holds one array, "images".
        png and tif show phase 1 as 255; png shows grey and colours in 256 steps, and labels through a palette whose
        indices are their numbers; tif has labels, grey values and colours, npy and npz all numbers as they are.
    kind : optional
        What the values mean; nothing guesses colours or labels. By default uint8 is binary, or grey if there are values
        above 1, and floats are grey.
    spacing : optional
        How far apart pixels are, which tif and npz keep: tif in its description and its resolution, npz as `pixel_size`
        and `unit`. png and npy have no room for it.

    Raises
    ------
    RaysysError
        For an unknown format, volumes as png, an array that is none of that kind, or no image at all.
    """
    if format not in FORMATS:
        raise RaysysError(f'images cannot be written as "{format}"; formats are {", ".join(FORMATS)}')
    _check(images, kind)
    if format == "png" and images.ndim - (kind == "colour") == 4:
        raise RaysysError("png holds flat images, and these are volumes; use tif, npy or npz")
    buffer = io.BytesIO()
    if format == "npy":
        np.save(buffer, images, allow_pickle=False)
    elif format == "npz":
        told: dict[str, Any] = {} if spacing is None else dict(spacing.fields)
        np.savez_compressed(buffer, images=images, **told)
    elif format == "png":
        _picture(images, kind).save(buffer, "png")
    else:
        shown = images if images.dtype.kind == "f" or kind == "labels" else _visible(images, kind)
        photometric = "rgb" if kind == "colour" else "minisblack"
        tifffile.imwrite(buffer, shown, photometric=photometric, compression="zlib", **tiff_options(spacing))
    return buffer.getvalue()


def _check(images: np.ndarray, kind: Kind | None) -> None:
    shape = "(N, H, W, 3) or (N, D, H, W, 3)" if kind == "colour" else "(N, H, W) or (N, D, H, W)"
    colours = images.shape[-1:] == (RED_GREEN_BLUE,)
    if images.ndim - (kind == "colour") not in (3, 4) or not images.size or (kind == "colour" and not colours):
        raise RaysysError(f"images of shape {images.shape} cannot be written; they must be {shape}")
    if kind == "labels" and images.dtype != np.uint8:
        raise RaysysError(f"labels of type {images.dtype} cannot be written; allowed: uint8 numbers of phases")


def _picture(images: np.ndarray, kind: Kind | None) -> Image.Image:
    if kind != "labels":
        return Image.fromarray(_side_by_side(_visible(images, kind), MIDDLE_GREY))
    picture = Image.fromarray(_side_by_side(images, BETWEEN))
    picture.putpalette(palette().tobytes())
    return picture


def _visible(images: np.ndarray, kind: Kind | None) -> np.ndarray:
    """uint8 values for the eye: phase 1 white, grey and colours in 256 steps; other uint8 images stay as they are."""
    if images.dtype.kind == "f":
        shades: np.ndarray = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
        return shades
    stays = kind == "colour" or images.max() > 1
    return images.astype(np.uint8) if stays else images.astype(np.uint8) * 255


def _side_by_side(images: np.ndarray, gap: int) -> np.ndarray:
    padded = np.pad(images, ((0, 0), (0, 0), (0, GAP), *((0, 0),) * (images.ndim - 3)), constant_values=gap)
    return np.concatenate(list(padded), axis=1)[:, :-GAP]


def write_images(
    path: str | Path, images: np.ndarray, *, kind: Kind | None = None, spacing: Spacing | None = None
) -> None:
    """Write a set of images to one file, or to a folder of PNG files.

    Parameters
    ----------
    path : str or Path
        .tif/.tiff (stack), .npy, .npz, .png (one image), or a name without suffix: a new folder of 00000.png, ...
    images, kind, spacing
        As for `encode_images`.

    Raises
    ------
    RaysysError
        For an unknown format, several images for one png, or a folder that already holds something.
    """
    target = Path(path)
    format = {"tiff": "tif"}.get(target.suffix.lower()[1:], target.suffix.lower()[1:])
    if not format:
        return _write_folder(target, images, kind)
    if format == "png" and len(images) > 1:
        raise RaysysError(
            f"{path} is one picture and there are {len(images)} images; name a folder (no suffix) or a .tif stack"
        )
    content = encode_images(images, format, kind=kind, spacing=spacing)
    with written_aside(target) as aside:
        aside.write_bytes(content)
    return None


def _write_folder(folder: Path, images: np.ndarray, kind: Kind | None) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RaysysError(f"{folder} already exists and is not an empty folder; name a new one")
    with folder_written_aside(folder) as aside:
        for number, image in enumerate(images):
            (aside / f"{number:05d}.png").write_bytes(encode_images(image[None], "png", kind=kind))
