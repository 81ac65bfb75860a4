"""Pages of a TIFF file in windows: only the strips or tiles that a window touches are read and decoded."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tifffile

from raysys.data.files.decoding import decoding
from raysys.data.files.source import Region, Source
from raysys.errors import RaysysError

KEPT_BYTES = 64 << 20  # decoded strips or tiles: the halo of a band of windows is in them
LARGEST_PIECE = 256 << 20  # bytes, decoded
KIND = "a TIFF image"


def check_length(name: str, held: int, pages: Sequence[Any]) -> None:
    """Before any pixel is read: whether all strips or tiles are there."""
    for page in pages:
        pieces = list(zip(page.dataoffsets, page.databytecounts, strict=True))
        needed = max((offset + count for offset, count in pieces), default=0)
        # Without compression, the rows themselves say how many bytes there must be.
        if page.is_contiguous:
            bits = page.imagelength * page.imagewidth * page.samplesperpixel * page.bitspersample
            needed = max(needed, page.dataoffsets[0] + bits // 8)
        expected = math.prod(page.keyframe.chunked)
        if held < needed or len(pieces) < expected:
            said = f"{held:,} bytes of {needed:,}" if held < needed else f"{len(pieces)} pieces of {expected}"
            raise RaysysError(f"{name} is a TIFF file that ends too early: it has {said}")


def piece_bytes(page: Any) -> int:
    """Bytes of a decoded strip or tile."""
    piece = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    return math.prod(piece) * int(page.samplesperpixel) * int(page.dtype.itemsize)


@dataclass
class Pages(Source):
    """Equal pages (H, W) or (H, W, samples) in strips or tiles, of which the latest decoded ones are kept.

    `decode` gives all of them at once, on several cores; `told_early` says whether a compression that cannot be read is
    refused at once: of an upload nothing is unpacked before its size is looked at.
    """

    tiff: Any = None
    pages: Sequence[Any] = ()
    decode: Callable[[], np.ndarray] = lambda: np.empty(0)
    told_early: bool = True
    windowed: bool = True
    _kept: OrderedDict[tuple[int, int], np.ndarray] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        page = self.pages[0].keyframe
        self._page = page
        self._high, self._wide, self._deep = page.imagelength, page.imagewidth, page.samplesperpixel
        self._piece = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
        self._across = -(-self._wide // self._piece[1])
        self._room = max(2, KEPT_BYTES // piece_bytes(page))
        if self.told_early:
            self._decoded(0, 0)  # whether the compression can be read

    def read(self, region: Region) -> np.ndarray:
        """Read the part."""
        if all(one.stop - one.start == side for one, side in zip(region, self.shape, strict=True)):
            return self.decode()
        inner = len(self.pages[0].shape)
        lead, own = region[: len(self.shape) - inner], region[len(self.shape) - inner :]
        rows, columns = own[0], own[1]
        counts = self.shape[: len(lead)]
        numbers = np.arange(len(self.pages)).reshape(counts)[lead]
        filled = np.empty(
            (*numbers.shape, rows.stop - rows.start, columns.stop - columns.start, self._deep), self.dtype
        )
        for place, number in np.ndenumerate(numbers):
            self._fill(filled[place], int(number), rows, columns)
        return filled[..., own[2]] if inner == 3 else filled[..., 0]

    def _fill(self, filled: np.ndarray, number: int, rows: slice, columns: slice) -> None:
        high, wide = self._piece
        for down in range(rows.start // high, -(-rows.stop // high)):
            for across in range(columns.start // wide, -(-columns.stop // wide)):
                piece = self._decoded(number, down * self._across + across)
                top, left = down * high, across * wide
                y0, y1 = max(rows.start, top), min(rows.stop, top + len(piece))
                x0, x1 = max(columns.start, left), min(columns.stop, left + piece.shape[1])
                place = (slice(y0 - rows.start, y1 - rows.start), slice(x0 - columns.start, x1 - columns.start))
                filled[place] = piece[y0 - top : y1 - top, x0 - left : x1 - left]

    def close(self) -> None:
        """Close the file."""
        self.tiff.close()

    def _decoded(self, number: int, index: int) -> np.ndarray:
        if (number, index) in self._kept:
            self._kept.move_to_end((number, index))
            return self._kept[number, index]
        with decoding(self.name, KIND):
            piece = self._decode(self.pages[number], index)
        self._kept[number, index] = piece
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return piece

    def _decode(self, page: tifffile.TiffPage | tifffile.TiffFrame, index: int) -> np.ndarray:
        handle = page.parent.filehandle
        handle.seek(page.dataoffsets[index])
        data = handle.read(page.databytecounts[index]) if page.databytecounts[index] else None
        high, wide = self._piece
        rows = min(high, self._high - index // self._across * high)
        columns = min(wide, self._wide - index % self._across * wide)
        tables = {"jpegtables": page.jpegtables, "jpegheader": self._page.jpegheader}
        piece: Any = page.decode(data, index, **tables)[0]
        if piece is None:  # a piece that was never written is empty
            return np.full((rows, columns, self._deep), self._page.nodata, self.dtype)
        flat = piece.reshape(piece.shape[-3:])
        if flat.shape[0] < rows or flat.shape[1] < columns:
            raise RaysysError(f"{self.name} is damaged: piece {index} of the image has {flat.shape[:2]} pixels only")
        return flat[:rows, :columns].astype(self.dtype)
