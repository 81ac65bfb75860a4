"""Files of flat arrays that give windows of themselves: bare numbers, HDF5, zarr, and arrays in memory."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from raysys.data.files.containers import zarr_array
from raysys.data.files.decoding import decoding
from raysys.errors import RaysysError


class Source(Protocol):
    """What stands behind a `LargeImage`."""

    shape: tuple[int, int]
    dtype: np.dtype

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Pixels of that window, as stored but in native byte order; starts and stops lie within the image."""

    def close(self) -> None:
        """Let go of the file."""


class Held:
    """An array in memory, of formats that must be decoded whole."""

    def __init__(self, array: np.ndarray) -> None:
        self.shape, self.dtype, self._array = array.shape, array.dtype, array

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """A copy of the window."""
        return self._array[rows, columns].copy()

    def close(self) -> None:
        """Nothing to do."""


@dataclass
class Mapped:
    """Numbers that lie in the file as in memory: raw, NPY, most uncompressed TIFF.

    The file is mapped anew for each window, so that the pages which were read do not stay in the process.
    """

    file: Path
    stored: np.dtype
    shape: tuple[int, int]
    offset: int = 0
    fortran: bool = False

    def __post_init__(self) -> None:
        self.dtype = self.stored.newbyteorder("=")
        held, needed = self.file.stat().st_size, self.offset + math.prod(self.shape) * self.stored.itemsize
        if held < needed:
            raise RaysysError(
                f"{self.file} ends too early: it has {held:,} bytes, and {self.shape[0]:,} x {self.shape[1]:,} values "
                f"of {self.stored} need {needed:,}"
            )

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Read the window."""
        order: Literal["F", "C"] = "F" if self.fortran else "C"
        pixels = np.memmap(self.file, self.stored, "r", self.offset, self.shape, order)
        return np.array(pixels[rows, columns], dtype=self.dtype, order="C")

    def close(self) -> None:
        """Nothing stays open."""


class Hdf5:
    """A flat data set of an HDF5 file."""

    def __init__(self, file: Path, name: str) -> None:
        import h5py

        self.file = file
        with decoding(file, "an HDF5 file"):
            self._store = h5py.File(file, "r")
            self._array = self._store[name]
        self.shape = _flat(tuple(self._array.shape), file)
        self.dtype = self._array.dtype.newbyteorder("=")

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Read the window."""
        leading = (0,) * (self._array.ndim - 2)
        with decoding(self.file, "an HDF5 file"):
            return np.asarray(self._array[(*leading, rows, columns)], dtype=self.dtype)

    def close(self) -> None:
        """Close the file."""
        self._store.close()


class Zarr:
    """A flat zarr array, if the package is there."""

    def __init__(self, folder: Path, name: str | None) -> None:
        self.folder = folder
        self._array = zarr_array(folder, name)
        self.shape = _flat(tuple(self._array.shape), folder)
        self.dtype = np.dtype(self._array.dtype).newbyteorder("=")

    def window(self, rows: slice, columns: slice) -> np.ndarray:
        """Read the window."""
        leading = (0,) * (self._array.ndim - 2)
        with decoding(self.folder, "a zarr store"):
            return np.asarray(self._array[(*leading, rows, columns)], dtype=self.dtype)

    def close(self) -> None:
        """Nothing stays open."""


def _flat(shape: tuple[int, ...], file: Path) -> tuple[int, int]:
    if len(shape) < 2 or math.prod(shape[:-2]) != 1:
        raise RaysysError(f"{file} holds an array of shape {shape}; what is read in windows is one flat image (H, W)")
    return shape[-2], shape[-1]


def npy_source(file: Path) -> Mapped:
    """An NPY file, whose header says what it holds."""
    with decoding(file, "an NPY array of numbers"), file.open("rb") as stream:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise RaysysError(f"{file} is an NPY file of version {version}; arrays of numbers have 1.0 or 2.0")
        first = version == (1, 0)
        read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        offset = stream.tell()
    if dtype.kind not in "buif":
        raise RaysysError(f"{file} holds values of type {dtype}; images are of bool, integer or float numbers")
    return Mapped(file, dtype, _flat(shape, file), offset, fortran and len(shape) == 2)
