"""PNG, JPEG and BMP through Pillow."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from raysys.data.files.arrays import stream_of
from raysys.data.files.decoding import decoding, missing_package
from raysys.data.files.source import Content, Facts, Held, Source
from raysys.errors import RaysysError

FORMATS = ("PNG", "JPEG", "BMP")
# Pillow's modes whose pixels are the numbers themselves.
NUMBERS = {"1": np.bool_, "L": np.uint8, "I": np.int32, "F": np.float32}
NUMBERS |= {"I;16": np.uint16, "I;16L": np.uint16, "I;16B": np.uint16}
SEVERAL: dict[str, dict[str, Any]] = {  # modes of several numbers a pixel
    "RGB": {"colours": "rgb"},
    "RGBA": {"colours": "rgb", "opacity": True},
    "CMYK": {"colours": "cmyk"},
    "LA": {"colours": "grey", "opacity": True},
}
DEEP = 16  # bits of a PNG's colours, which Pillow would cut to 8
IHDR = slice(16, 26)  # width, height, bits and type of colour of a PNG file


def picture_source(content: Content, name: str, format: str) -> Source:
    """Pixels of a PNG, JPEG or BMP file: (H, W), or (H, W, values) with colours or opacity."""
    kind = f"a {format} image"
    with decoding(name, kind), _opened(content, name) as image:
        mode, size, palette = image.mode, image.size[::-1], _palette(image)
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        frames = getattr(image, "n_frames", 1)
    if format == "PNG" and (deep := _deep_colours(content)):
        return _deep(content, name, size, deep)
    notices = (f"{name} holds {frames} pictures, of which the first is read",) if frames > 1 else ()
    if mode not in NUMBERS and mode not in SEVERAL and mode not in ("P", "PA"):
        raise RaysysError(
            f"{name} is a picture of mode {mode}, which is not read; save it as grey, RGB or with a palette"
        )
    said = SEVERAL.get(mode, {})
    facts = Facts(**said, palette=palette, orientation=int(orientation or 1), notices=notices)
    shape = (*size, len(mode)) if mode in SEVERAL else size
    dtype = np.dtype(NUMBERS.get(mode, np.uint8))

    def decode() -> np.ndarray:
        with decoding(name, kind), _opened(content, name) as opened:
            # Of a palette with opacities the indices are the first of two values.
            return np.asarray(opened if mode != "PA" else opened.getchannel(0), dtype)

    return Held(name, shape, dtype, "YXS" if mode in SEVERAL else "YX", facts, decode=decode)


def _opened(content: Content, name: str) -> Image.Image:
    with warnings.catch_warnings():
        # Whole mosaics are welcome here: the user names a file of her own. (Uploads are limited where they arrive.)
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(content if isinstance(content, Path) else stream_of(content), formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise RaysysError(f"{name} is too large for this format ({error}); save it as TIFF or NPY") from None
        except UnidentifiedImageError:
            raise ValueError("no such picture") from None  # the library's sentence names an address in memory


def _palette(image: Image.Image) -> np.ndarray | None:
    if image.mode not in ("P", "PA") or image.palette is None:
        return None
    return np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)


def _deep_colours(content: Content) -> int:
    """Values a pixel of a PNG with 16 bits for each of several values; 0 of any other."""
    with stream_of(content) as stream:
        head = stream.read(IHDR.stop)[IHDR]
    bits, colour = head[8], head[9]
    return {2: 3, 4: 2, 6: 4}.get(colour, 0) if bits == DEEP else 0


def _deep(content: Content, name: str, size: tuple[int, int], values: int) -> Source:
    """Colours of 16 bits, which imagecodecs keeps."""
    try:
        import imagecodecs
    except ImportError:
        raise missing_package(name, "a PNG image with colours of 16 bits", "imagecodecs") from None

    def decode() -> np.ndarray:
        with decoding(name, "a PNG image"), stream_of(content) as stream:
            return np.asarray(imagecodecs.png_decode(stream.read()), np.uint16).reshape(*size, values)

    facts = Facts(colours="grey" if values == 2 else "rgb", opacity=values != 3)
    return Held(name, (*size, values), np.dtype(np.uint16), "YXS", facts, decode=decode)
