"""Pictures: PNG, JPEG, BMP through Pillow, TIFF through tifffile."""

import warnings
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageSequence

from raysys.data.decoding import decoding
from raysys.errors import RaysysError

# Pillow's modes whose pixels are the numbers themselves; palettes, CMYK and the like are turned into colours first.
PLAIN_MODES = ("1", "L", "I", "F", "RGB", "I;16", "I;16L", "I;16B")


def read_picture(file: Path) -> np.ndarray:
    """Pixels of a PNG, JPEG or BMP file: (H, W), or (H, W, 3) for colours."""
    with decoding(file, f"a {file.suffix[1:].upper()} image"), _opened(file) as image:
        return _pixels(image)


def _opened(file: Path) -> Image.Image:
    with warnings.catch_warnings():
        # Whole mosaics are welcome here: the user names a file of her own. (Uploads are limited where they arrive.)
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(file)
        except Image.DecompressionBombError as error:
            raise RaysysError(f"{file} is too large for this format ({error}); save it as TIFF or NPY") from None


def _pixels(image: Image.Image) -> np.ndarray:
    if image.mode == "LA":
        return np.asarray(image.convert("L"))
    return np.asarray(image if image.mode in PLAIN_MODES else image.convert("RGB"))


def read_tiff(file: Path) -> np.ndarray:
    """Pixels of the first series of a TIFF file: (H, W), a stack (D, H, W), or with colours on the last axis."""
    with decoding(file, "a TIFF image"):
        try:
            with tifffile.TiffFile(file) as tiff:
                series = tiff.series[0]
                array, axes = series.asarray(), series.axes
        except (ValueError, NotImplementedError) as error:
            if "imagecodecs" not in str(error):
                raise
            return _tiff_by_pillow(file)  # LZW and JPEG compression: Pillow brings them
        return np.moveaxis(array, axes.index("S"), -1) if "S" in axes else array


def _tiff_by_pillow(file: Path) -> np.ndarray:
    with _opened(file) as image:
        pages = [_pixels(page.copy()) for page in ImageSequence.Iterator(image)]
    return np.stack(pages) if len(pages) > 1 else pages[0]
