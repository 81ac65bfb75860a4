"""Files that hold a large array and are written slab by slab, in any order of time: TIFF, NPY, and Zarr where it is.

A store is made in its full length at once, so that a disk that is too small is noticed before anything is computed,
and a slab always lies at the same place: writing it twice changes nothing. That is what makes a file resumable.
"""

from __future__ import annotations

import importlib
import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.pictures import pictures
from raysys.spacing import Spacing, tiff_options

SUFFIXES = (".tif", ".tiff", ".npy", ".zarr")
CLASSIC_BYTES = 2**32 - 2**25  # a TIFF file that might become larger is written as BigTIFF
CHUNK = 64  # voxels a side of a Zarr chunk


class Store(ABC):
    """An array on disk, of shape (n, *size, ...).

    Parameters
    ----------
    path
        Where it is.
    form
        Of the images in it.
    shape, dtype
        Of the array.
    spacing
        How far apart pixels are, where it is known; NPY has no room for it.
    """

    def __init__(
        self, path: Path, form: Form, shape: tuple[int, ...], dtype: np.dtype, spacing: Spacing | None = None
    ) -> None:
        self.path, self.form, self.shape, self.dtype, self.spacing = path, form, shape, dtype, spacing

    @property
    def bytes(self) -> int:
        """Bytes of the whole array."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    @abstractmethod
    def create(self) -> None:
        """Make it anew, in full length."""

    @abstractmethod
    def complete(self) -> bool:
        """Whether it is there in full length, to be gone on with."""

    @abstractmethod
    def write(self, image: int, start: tuple[int, int], slab: np.ndarray) -> None:
        """Write a part of an image, and wait until it is on disk.

        `start` is where it begins along the first two axes; along the others it is whole.
        """

    @abstractmethod
    def tidy(self) -> None:
        """Remove what a process that was killed in the middle of writing has left beside the numbers."""


class NpyStore(Store):
    """NumPy's format; the numbers as they are."""

    def create(self) -> None:
        """Do what `Store` says."""
        with self.path.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, self._header())
            _reserve(stream.fileno(), stream.tell() + self.bytes)

    def complete(self) -> bool:
        """Do what `Store` says."""
        return self.path.is_file() and self.path.stat().st_size == self._start() + self.bytes

    def write(self, image: int, start: tuple[int, int], slab: np.ndarray) -> None:
        """Do what `Store` says."""
        line = self.bytes // int(np.prod(self.shape[:3], dtype=np.int64))  # bytes of one place on both axes
        across = self.shape[2]
        # What is as wide as the image lies in one piece.
        pieces = [slab] if slab.shape[1] == across else list(slab)
        begin = self._start() + ((image * self.shape[1] + start[0]) * across + start[1]) * line
        with self.path.open("r+b") as stream:
            for number, piece in enumerate(pieces):
                stream.seek(begin + number * across * line)
                stream.write(np.ascontiguousarray(piece, self.dtype).data)
            stream.flush()
            os.fsync(stream.fileno())

    def tidy(self) -> None:
        """Do what `Store` says: nothing is beside them."""

    def _header(self) -> dict[str, Any]:
        return {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": self.shape}

    def _start(self) -> int:
        """Bytes before the first number."""
        with self.path.open("rb") as stream:
            np.lib.format.read_magic(stream)
            np.lib.format.read_array_header_1_0(stream)
            return stream.tell()


class TiffStore(NpyStore):
    """One page for each slice, uncompressed, so that a page's place is known before it is written.

    As in other pictures phase 1 of binary images is 255, label images keep their numbers, colours have 256 steps; grey
    images are float32.
    """

    def __init__(
        self, path: Path, form: Form, shape: tuple[int, ...], dtype: np.dtype, spacing: Spacing | None = None
    ) -> None:
        super().__init__(path, form, shape, np.dtype(np.uint8) if form.kind == "colour" else dtype, spacing)

    def create(self) -> None:
        """Do what `Store` says."""
        colour = self.form.kind == "colour"
        tifffile.imwrite(
            self.path,
            None,
            shape=self.shape,
            dtype=self.dtype,
            photometric="rgb" if colour else "minisblack",
            planarconfig="contig" if colour else None,
            **tiff_options(self.spacing),
            bigtiff=self.bytes > CLASSIC_BYTES,
        )
        with self.path.open("r+b") as stream:
            _reserve(stream.fileno(), self.path.stat().st_size)

    def complete(self) -> bool:
        """Do what `Store` says."""
        return self.path.is_file() and self.path.stat().st_size > self.bytes

    def write(self, image: int, start: tuple[int, int], slab: np.ndarray) -> None:
        """Do what `Store` says."""
        if self.form.kind == "colour" or (self.form.kind == "binary" and self.dtype == np.uint8):
            slab = pictures(self.form, slab)
        super().write(image, start, slab)

    def _start(self) -> int:
        with tifffile.TiffFile(self.path) as file:
            return file.pages.first.dataoffsets[0]


class ZarrStore(Store):
    """A folder of chunks, compressed; the numbers as they are.

    A chunk may be thicker than a slab and is then read, filled further and renamed into place, so that a killed process
    leaves whole chunks only.
    """

    def create(self) -> None:
        """Do what `Store` says."""
        array = self._opened("w")
        if self.spacing is not None:
            array.attrs.update(self.spacing.fields)

    def complete(self) -> bool:
        """Do what `Store` says; chunks that are not written yet have no file."""
        if not is_zarr_array(self.path):
            return False
        array = self._opened("r")
        return tuple(array.shape) == self.shape and array.dtype == self.dtype

    def write(self, image: int, start: tuple[int, int], slab: np.ndarray) -> None:
        """Do what `Store` says."""
        rows, columns = (slice(first, first + side) for first, side in zip(start, slab.shape, strict=False))
        self._opened("r+")[image, rows, columns] = slab

    def tidy(self) -> None:
        """Do what `Store` says: chunks that were not renamed any more."""
        for left in self.path.rglob("*.partial"):
            left.unlink()

    def _opened(self, mode: str) -> Any:
        chunks = (1, *(min(CHUNK, side) for side in self.shape[1:]))
        made = {"shape": self.shape, "chunks": chunks, "dtype": self.dtype} if mode == "w" else {}
        return zarr_package(self.path).open_array(str(self.path), mode=mode, **made)


def store(path: Path, form: Form, shape: tuple[int, ...], dtype: np.dtype, spacing: Spacing | None = None) -> Store:
    """The store of an array, of the format that the path's suffix says.

    Raises
    ------
    RaysysError
        If it is none of SUFFIXES, Zarr is not installed, or a TIFF file is asked for what is no picture.
    """
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise RaysysError(f"{path}: samples are written part by part as {', '.join(SUFFIXES)}, and not as {kind!r}")
    if kind == ".zarr":
        zarr_package(path)
        return ZarrStore(path, form, shape, dtype, spacing)
    if kind == ".npy":
        return NpyStore(path, form, shape, dtype)
    if form.kind == "labels" and dtype == np.float32:
        raise RaysysError(f"{path}: how likely each phase is, is no picture; allowed: .npy or .zarr")
    return TiffStore(path, form, shape, dtype, spacing)


def replaceable(path: Path) -> bool:
    """Whether what has this name is a file of the format that it says, whose place new samples may take."""
    return is_zarr_array(path) if path.suffix.lower() == ".zarr" else path.is_file()


def is_zarr_array(folder: Path) -> bool:
    """Whether a folder is one array of Zarr's, of its format 2 or 3, and no group of arrays or anything else."""
    if (folder / ".zarray").is_file():
        return True
    try:
        return bool(json.loads((folder / "zarr.json").read_text())["node_type"] == "array")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def zarr_package(path: Path) -> Any:
    """The package zarr, which raysys does not bring along."""
    try:
        return importlib.import_module("zarr")
    except ImportError:
        raise RaysysError(
            f"{path}: writing Zarr needs the package zarr (pip install 'raysys[formats]'); or name a .npy"
        ) from None


def _reserve(file: int, length: int) -> None:
    """Take the disk space now: what does not fit is told before hours of computing."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, length)
    else:
        os.truncate(file, length)
