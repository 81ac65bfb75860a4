"""TIFF files in windows: only the strips or tiles that a window touches are read and decoded."""

import io
import math
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from raysys.data.files.decoding import decoding
from raysys.data.large.sources import Mapped, Source
from raysys.errors import RaysysError

KEPT_BYTES = 64 << 20  # decoded strips or tiles: the halo of a band of windows is in them
LARGEST_PIECE = 256 << 20  # bytes, decoded
BY_PILLOW = {5: "LZW", 50000: "ZSTD"}  # by number in the file; decoded by libtiff, which Pillow brings


def tiff_source(file: Path) -> Source:
    """A TIFF or BigTIFF file of one flat grey image; of a pyramid its finest level.

    Raises
    ------
    RaysysError
        If it is none, is cut short, holds colours or several pages, or is compressed in a way that cannot be read, or
        in one piece that is too large.
    """
    with decoding(file, "a TIFF image"):
        tiff = tifffile.TiffFile(file)
        series = tiff.series[0]
        page = series.keyframe  # the first page, read whole
    try:
        dtype = _checked(file, page, series.shape)
        _check_length(file, page)
        if page.is_contiguous and page.is_final and page.bitspersample % 8 == 0:
            stored = np.dtype(tiff.byteorder + dtype.char)
            return Mapped(file, stored, (page.imagelength, page.imagewidth), page.dataoffsets[0])
    except BaseException:
        tiff.close()
        raise
    return Segments(file, tiff, page, dtype)


def _checked(file: Path, page: tifffile.TiffPage, shape: tuple[int, ...]) -> np.dtype:
    """The number type of a page that can be read in windows."""
    if page.samplesperpixel != 1:
        raise RaysysError(f"{file} holds {page.samplesperpixel} colours a pixel; save a large image as grey values")
    if math.prod(shape) != page.imagelength * page.imagewidth:
        raise RaysysError(
            f"{file} holds a stack of shape {shape}; what is read in windows is one flat image (H, W), one page"
        )
    if page.dtype is None or page.dtype.kind not in "buif":
        raise RaysysError(f"{file} holds values of type {page.dtype}; images are of bool, integer or float numbers")
    piece = math.prod(page.chunks) * page.dtype.itemsize
    if page.compression != 1 and piece > LARGEST_PIECE:
        raise RaysysError(
            f"{file} is compressed in pieces of {piece / 2**20:,.0f} MiB, each of which must be decoded whole; save it "
            "tiled, in strips of few rows, or uncompressed"
        )
    return page.dtype


def _check_length(file: Path, page: tifffile.TiffPage) -> None:
    """Before any pixel is read: whether all strips or tiles are there."""
    held, pieces = file.stat().st_size, list(zip(page.dataoffsets, page.databytecounts, strict=True))
    needed = max((offset + count for offset, count in pieces), default=0)
    # Without compression, the rows themselves say how many bytes there must be.
    if page.is_contiguous:
        needed = max(needed, page.dataoffsets[0] + page.imagelength * page.imagewidth * page.bitspersample // 8)
    expected = math.prod(page.chunked)
    if held < needed or len(pieces) < expected:
        said = f"{held:,} bytes of {needed:,}" if held < needed else f"{len(pieces)} pieces of {expected}"
        raise RaysysError(f"{file} is a TIFF file that ends too early: it has {said}")


class Segments:
    """A flat page in strips or tiles, of which the latest decoded ones are kept."""

    def __init__(self, file: Path, tiff: tifffile.TiffFile, page: tifffile.TiffPage, dtype: np.dtype) -> None:
        self.file, self._tiff, self._page = file, tiff, page
        self.shape: tuple[int, int] = (page.imagelength, page.imagewidth)
        self.dtype = dtype.newbyteorder("=")
        self.piece = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
        self._across = -(-page.imagewidth // self.piece[1])
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()
        self._room = max(2, KEPT_BYTES // (math.prod(self.piece) * self.dtype.itemsize))
        self._decoded(0)  # whether the compression can be read is told now

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Read the window."""
        high, wide = self.piece
        filled = np.empty((rows.stop - rows.start, columns.stop - columns.start), self.dtype)
        for down in range(rows.start // high, -(-rows.stop // high)):
            for across in range(columns.start // wide, -(-columns.stop // wide)):
                piece = self._decoded(down * self._across + across)
                top, left = down * high, across * wide
                y0, y1 = max(rows.start, top), min(rows.stop, top + len(piece))
                x0, x1 = max(columns.start, left), min(columns.stop, left + piece.shape[1])
                place = (slice(y0 - rows.start, y1 - rows.start), slice(x0 - columns.start, x1 - columns.start))
                filled[place] = piece[y0 - top : y1 - top, x0 - left : x1 - left]
        return filled

    def close(self) -> None:
        """Close the file."""
        self._tiff.close()

    def _decoded(self, index: int) -> np.ndarray:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        with decoding(self.file, "a TIFF image"):
            piece = self._decode(index)
        self._kept[index] = piece
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return piece

    def _decode(self, index: int) -> np.ndarray:
        page, handle = self._page, self._tiff.filehandle
        handle.seek(page.dataoffsets[index])
        data = handle.read(page.databytecounts[index]) if page.databytecounts[index] else None
        high, wide = self.piece
        rows = min(high, self.shape[0] - index // self._across * high)
        columns = min(wide, self.shape[1] - index % self._across * wide)
        try:
            piece, *_ = page.decode(data, index, jpegtables=page.jpegtables)
        except (ValueError, ImportError) as error:  # tifffile leaves some compressions to packages of their own
            if not ("imagecodecs" in str(error) or isinstance(error, ImportError)):
                raise
            return self._by_pillow(data, rows)[:, :columns].astype(self.dtype)
        if piece is None:  # a piece that was never written is empty
            return np.full((rows, columns), page.nodata, self.dtype)
        flat = piece.reshape(piece.shape[-3], piece.shape[-2])
        if flat.shape[0] < rows or flat.shape[1] < columns:
            raise RaysysError(f"{self.file} is damaged: piece {index} of the image has {flat.shape} pixels only")
        return flat[:rows, :columns].astype(self.dtype)

    def _by_pillow(self, data: bytes | None, rows: int) -> np.ndarray:
        number = int(self._page.compression)
        name = getattr(self._page.compression, "name", number)
        if number not in BY_PILLOW or data is None or self.dtype not in (np.uint8, np.uint16):
            raise RaysysError(
                f"{self.file} is compressed with {name}, which cannot be read in windows here; "
                "save it uncompressed, or with Deflate or LZW compression (or pip install imagecodecs)"
            )
        high = self.piece[0] if self._page.is_tiled else rows
        with Image.open(io.BytesIO(self._alone(data, high))) as image:
            return np.asarray(image)

    def _alone(self, data: bytes, rows: int) -> bytes:
        """The piece as a TIFF file of its own: its tags (baseline TIFF 6.0, section 8), then its bytes."""
        page, order = self._page, self._tiff.byteorder
        short, long, count = 3, 4, 10
        start = 8 + 2 + 12 * count + 4
        tags = [(256, long, self.piece[1]), (257, long, rows), (258, short, page.bitspersample)]
        tags += [(259, short, int(page.compression)), (262, short, 1), (273, long, start), (277, short, 1)]
        tags += [(278, long, rows), (279, long, len(data)), (317, short, int(page.predictor))]
        # A short value stands at the beginning of its four bytes, whatever the byte order.
        entries = [
            struct.pack(f"{order}HHI", tag, kind, 1) + struct.pack(f"{order}{'HH' if kind == short else 'I'}", *value)
            for tag, kind, value in ((tag, kind, (v, 0) if kind == short else (v,)) for tag, kind, v in tags)
        ]
        mark = b"II" if order == "<" else b"MM"
        head = mark + struct.pack(f"{order}HIH", 42, 8, count)
        return head + b"".join(entries) + struct.pack(f"{order}I", 0) + data
