"""Bare arrays: NPY, NPZ and raw files. Nothing in them is unpickled."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal
from zipfile import ZipFile

import numpy as np

from raysys.data.files.decoding import decoding
from raysys.data.files.source import Choice, Content, Facts, Held, Region, Source, unsaid
from raysys.errors import RaysysError
from raysys.spacing import Spacing, stored_spacing

NUMBERS = "buif"  # kinds of NumPy's numbers that images have


@dataclass
class Mapped(Source):
    """Numbers that lie in the file as in memory: raw, NPY, most uncompressed TIFF.

    The file is mapped anew for each part, so that the pages which were read do not stay in the process.
    """

    content: Content = b""
    stored: np.dtype = np.dtype(np.uint8)  # noqa: RUF009 - a type is never changed
    offset: int = 0
    order: Literal["C", "F"] = "C"

    def __post_init__(self) -> None:
        self.windowed = isinstance(self.content, Path)
        held = self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)
        needed = self.offset + math.prod(self.shape) * self.stored.itemsize
        if held < needed:
            raise RaysysError(
                f"{self.name} ends too early: it has {held:,} bytes, and {' x '.join(f'{n:,}' for n in self.shape)} "
                f"values of {self.stored} need {needed:,}"
            )

    def read(self, region: Region) -> np.ndarray:
        """Read the part."""
        if isinstance(self.content, Path):
            numbers: np.ndarray = np.memmap(self.content, self.stored, "r", self.offset, self.shape, self.order)
        else:
            count = math.prod(self.shape)
            numbers = np.frombuffer(self.content, self.stored, count, self.offset).reshape(self.shape, order=self.order)
        return np.array(numbers[region], dtype=self.dtype, order="C")


def npy_source(content: Content, name: str) -> Source:
    """The array of an NPY file, whose header says what it holds."""
    with decoding(name, "an NPY array of numbers"), stream_of(content) as stream:
        shape, fortran, dtype = npy_header(stream)
        offset = stream.tell()
    if dtype.kind not in NUMBERS:
        if dtype.hasobject:
            raise RaysysError(f"{name} cannot be read as an NPY array of numbers: it holds pickled objects")
        raise wrong_type(name, dtype)
    if 0 in shape:  # nothing to map
        return Held(name, shape, native(dtype), unsaid(shape), decode=lambda: np.empty(shape, native(dtype)))
    return Mapped(
        name,
        shape,
        native(dtype),
        unsaid(shape),
        content=content,
        stored=dtype,
        offset=offset,
        order="F" if fortran else "C",
    )


def npy_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether the first axis runs fastest, and number type; the stream then stands at the numbers."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version}; arrays of numbers have 1.0 or 2.0")
    first = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    found: tuple[tuple[int, ...], bool, np.dtype] = read(stream)
    return found


def npz_source(content: Content, name: str, choice: Choice) -> Source:
    """One array of an NPZ file."""
    with decoding(name, "an NPZ file of number arrays"), stream_of(content) as stream, ZipFile(stream) as archive:
        headers = {one.removesuffix(".npy"): _header_in(archive, one) for one in archive.namelist()}
    shapes = {one: shape for one, (shape, _, dtype) in headers.items() if dtype.kind in NUMBERS and len(shape) >= 2}
    array = chosen(name, shapes, choice.dataset)
    dtype = native(headers[array][2])

    def decode() -> np.ndarray:
        with decoding(name, "an NPZ file of number arrays"), stream_of(content) as opened:
            with np.load(opened, allow_pickle=False) as arrays:
                return np.asarray(arrays[array], dtype)

    facts = Facts(spacing=_npz_spacing(content, headers))
    return Held(name, shapes[array], dtype, unsaid(shapes[array]), facts, decode=decode)


def _npz_spacing(content: Content, headers: Mapping[str, Any]) -> Spacing | None:
    """Of files that raysys has written: `pixel_size` and `unit` beside the images."""
    fields = {"pixel_size", "unit"} & set(headers)
    if "pixel_size" not in fields or any(headers[one][2].hasobject for one in fields):
        return None
    with stream_of(content) as opened, np.load(opened, allow_pickle=False) as arrays:
        return stored_spacing({one: arrays[one] for one in fields})


def _header_in(archive: ZipFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    with archive.open(name) as stream:
        return npy_header(stream)


def raw_source(file: Path, choice: Choice) -> Source:
    """Numbers of a bare file, C order (the last axis runs fastest)."""
    shape, dtype = described_raw(file, choice.shape, choice.dtype)
    return Mapped(str(file), shape, native(dtype), unsaid(shape), content=file, stored=dtype)


def described_raw(file: Path, shape: Sequence[int] | None, dtype: str | None) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and number type of a bare file, compared with its size."""
    if shape is None or dtype is None:
        missing = " and ".join(name for name, value in (("shape", shape), ("dtype", dtype)) if value is None)
        raise RaysysError(
            f"{file} is a raw file of {file.stat().st_size:,} bytes and {missing} is missing; "
            "give shape (slowest axis first) and dtype (uint8, >u2, ...)"
        )
    found = _number_type(file, dtype)
    check_size(file, file.stat().st_size, shape, found)
    return tuple(shape), found


def _number_type(file: Path, name: str) -> np.dtype:
    try:
        found = np.dtype(name)
    except TypeError:
        found = np.dtype(object)
    if found.kind not in NUMBERS:
        raise RaysysError(f'{file}: dtype "{name}" is no number type; use uint8, uint16, >u2, float32, ...')
    return found


def check_size(file: Path | str, size: int, shape: Sequence[int], dtype: np.dtype) -> None:
    """Compare bytes before any is read: a wrong shape of a large file costs nothing."""
    voxels = math.prod(shape)
    if size == voxels * dtype.itemsize and min(shape) >= 1:
        return
    by = " x ".join(str(length) for length in shape)
    fitting = f" (the file has {size // voxels} bytes for each)" if voxels > 0 and size and size % voxels == 0 else ""
    raise RaysysError(
        f"{file} has {size:,} bytes of voxels, but {by} values of {dtype} are {voxels * dtype.itemsize:,} "
        f"bytes{fitting}; check shape and dtype"
    )


def chosen(name: str, shapes: Mapping[str, tuple[int, ...]], dataset: str | None) -> str:
    """The array that was asked for, or the only one there is."""
    listing = ", ".join(f"{one} {shape}" for one, shape in shapes.items()) or "none"
    wanted = dataset.strip("/") if dataset else None
    if wanted is None and len(shapes) == 1:
        return next(iter(shapes))
    if not shapes:
        raise RaysysError(f"{name} holds no array of numbers with two axes or more, so there is no image in it")
    if wanted is None:
        raise RaysysError(f"{name} holds {len(shapes)} arrays that may be images ({listing}); name one with dataset")
    if wanted not in shapes:
        raise RaysysError(f'{name} holds no array "{dataset}"; there are: {listing}')
    return wanted


def native(dtype: np.dtype) -> np.dtype:
    """The number type in this machine's byte order."""
    return np.dtype(dtype).newbyteorder("=")


def wrong_type(name: str, dtype: Any) -> RaysysError:
    """The sentence for an array of no numbers."""
    return RaysysError(f"{name} holds values of type {dtype}; images are of bool, integer or float numbers")


def stream_of(content: Content) -> BinaryIO:
    """The bytes of a file or an upload, to be read from their beginning."""
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
