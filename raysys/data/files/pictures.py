"""Pictures: PNG, JPEG, BMP through Pillow, TIFF through tifffile."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageSequence

from raysys.data.files.decoding import decoding
from raysys.errors import RaysysError

# Pillow's modes whose pixels are the numbers themselves; palettes, CMYK and the like are turned into colours first.
PLAIN_MODES = ("1", "L", "I", "F", "RGB", "RGBA", "I;16", "I;16L", "I;16B")
# What tifffile writes into its log where pages are lost; it goes on with those before them.
LOST_PAGES = (
    "invalid page offset",
    "invalid offset to page",
    "corrupted tag list",
    "corrupted file",
    "failed to reshape",
    "incompletely written",
    "missing data",
)


def read_picture(file: Path) -> np.ndarray:
    """Pixels of a PNG, JPEG or BMP file: (H, W), or (H, W, 3) for colours, with opacity (H, W, 4)."""
    with decoding(file, f"a {file.suffix[1:].upper()} image"), _opened(file) as image:
        return _pixels(image)


def read_indices(file: Path) -> np.ndarray:
    """Indices (H, W) of a picture with a palette, which labelling tools write; the pixels of any other."""
    with decoding(file, f"a {file.suffix[1:].upper()} image"), _opened(file) as image:
        return np.asarray(image) if image.mode == "P" else _pixels(image)


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
    """Pixels of a TIFF file: (H, W), a stack (D, H, W), or with colours on the last axis."""
    with decoding(file, "a TIFF image"):
        try:
            with _every_page(file), tifffile.TiffFile(file) as tiff:
                series = tiff.series
                array, axes = series[0].asarray(), series[0].axes
                if len(series) > 1 and len({(one.shape, one.dtype) for one in series}) == 1:
                    # A stack that was written page by page; of pyramids and previews the first is the image.
                    array, axes = np.stack([one.asarray() for one in series]), "I" + axes
        except (ValueError, NotImplementedError) as error:
            if "imagecodecs" not in str(error):
                raise
            return _tiff_by_pillow(file)  # LZW and JPEG compression: Pillow brings them
        return np.moveaxis(array, axes.index("S"), -1) if "S" in axes else array


@contextmanager
def _every_page(file: Path) -> Iterator[None]:
    """Refuse a file of which tifffile reads a part only: the first pages of a stack are not the stack."""
    log, said = logging.getLogger("tifffile"), _Said()
    log.addHandler(said)
    try:
        yield
    finally:
        log.removeHandler(said)
        lost = [text for text in said.texts if any(words in text.lower() for words in LOST_PAGES)]
        if lost:
            raise RaysysError(f"{file} is a TIFF file that ends too early or is damaged ({lost[0]:.120})")


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def _tiff_by_pillow(file: Path) -> np.ndarray:
    with _opened(file) as image:
        pages = [_pixels(page.copy()) for page in ImageSequence.Iterator(image)]
    return np.stack(pages) if len(pages) > 1 else pages[0]
