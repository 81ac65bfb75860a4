"""Writing images; a file appears under its name only when it is complete."""

import io
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from raysys.errors import RaysysError
from raysys.files import folder_written_aside, written_aside

FORMATS = ("png", "npy", "npz", "tif")
GAP = 2  # pixels between the images of a contact sheet


def encode_images(images: np.ndarray, format: str) -> bytes:
    """Encode a set of images as the bytes of one file; equal images give equal bytes.

    Parameters
    ----------
    images : uint8 {0, 1} (binary) or float32 [0, 1] (grey), (N, H, W) or (N, D, H, W)
    format : "png", "npy", "npz" or "tif"
        png holds flat images only, several of them side by side in one row; npz holds one array, "images".
        png and tif show phase 1 as 255; png shows grey in 256 steps; npy and npz keep the numbers as they are.

    Raises
    ------
    RaysysError
        For an unknown format, volumes as png, or no image at all.
    """
    if format not in FORMATS:
        raise RaysysError(f'images cannot be written as "{format}"; formats are {", ".join(FORMATS)}')
    if images.ndim not in (3, 4) or not images.size:
        raise RaysysError(f"images of shape {images.shape} cannot be written; they must be (N, H, W) or (N, D, H, W)")
    if format == "png" and images.ndim == 4:
        raise RaysysError("png holds flat images, and these are volumes; use tif, npy or npz")
    buffer = io.BytesIO()
    if format == "npy":
        np.save(buffer, images, allow_pickle=False)
    elif format == "npz":
        np.savez_compressed(buffer, images=images)
    elif format == "png":
        Image.fromarray(_side_by_side(_visible(images))).save(buffer, "png")
    else:
        shown = images if images.dtype.kind == "f" else _visible(images)
        tifffile.imwrite(buffer, shown, photometric="minisblack", compression="zlib")
    return buffer.getvalue()


def _visible(images: np.ndarray) -> np.ndarray:
    """uint8 values for the eye: phase 1 white, grey in 256 steps; other uint8 images stay as they are."""
    if images.dtype.kind == "f":
        return np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return images.astype(np.uint8) * 255 if images.max() <= 1 else images.astype(np.uint8)


def _side_by_side(images: np.ndarray) -> np.ndarray:
    padded = np.pad(images, ((0, 0), (0, 0), (0, GAP)), constant_values=128)
    return np.concatenate(list(padded), axis=1)[:, :-GAP]


def write_images(path: str | Path, images: np.ndarray) -> None:
    """Write a set of images to one file, or to a folder of PNG files.

    Parameters
    ----------
    path : str or Path
        .tif/.tiff (stack), .npy, .npz, .png (one image), or a name without suffix: a new folder of 00000.png, ...
    images : uint8 {0, 1} (binary) or float32 [0, 1] (grey), (N, H, W) or (N, D, H, W)

    Raises
    ------
    RaysysError
        For an unknown format, several images for one png, or a folder that already holds something.
    """
    target = Path(path)
    format = {"tiff": "tif"}.get(target.suffix.lower()[1:], target.suffix.lower()[1:])
    if not format:
        return _write_folder(target, images)
    if format == "png" and len(images) > 1:
        raise RaysysError(
            f"{path} is one picture and there are {len(images)} images; name a folder (no suffix) or a .tif stack"
        )
    content = encode_images(images, format)
    with written_aside(target) as aside:
        aside.write_bytes(content)
    return None


def _write_folder(folder: Path, images: np.ndarray) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RaysysError(f"{folder} already exists and is not an empty folder; name a new one")
    with folder_written_aside(folder) as aside:
        for number, image in enumerate(images):
            (aside / f"{number:05d}.png").write_bytes(encode_images(image[None], "png"))
