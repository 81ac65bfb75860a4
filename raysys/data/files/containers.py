"""Arrays in files that may hold several: NPY, NPZ, HDF5, zarr. Nothing in them is unpickled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from raysys.data.files.decoding import decoding
from raysys.errors import RaysysError


def read_npy(file: Path) -> np.ndarray:
    """The array of an NPY file."""
    with decoding(file, "an NPY array of numbers"):
        array: np.ndarray = np.load(file, allow_pickle=False)
    return array


def read_npz(file: Path, dataset: str | None) -> np.ndarray:
    """One array of an NPZ file."""
    with decoding(file, "an NPZ file of number arrays"), np.load(file, allow_pickle=False) as arrays:
        headers = {name: _npy_header(arrays.zip, name) for name in arrays.files}
        shapes = {name: shape for name, (shape, kind) in headers.items() if kind in "buif" and len(shape) >= 2}
        array: np.ndarray = arrays[_chosen(file, shapes, dataset)]
    return array


def _npy_header(archive: ZipFile, name: str) -> tuple[tuple[int, ...], str]:
    """Shape and kind of number of an array, without reading it."""
    with archive.open(f"{name}.npy") as stream:
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[np.lib.format.read_magic(stream)]
        shape, _, dtype = read(stream)
    return shape, dtype.kind


def read_hdf5(file: Path, dataset: str | None) -> np.ndarray:
    """One data set of an HDF5 file, whatever group it lies in."""
    import h5py  # loaded when asked for: most users read pictures

    name = dataset_of(file, dataset)
    with decoding(file, "an HDF5 file"), h5py.File(file, "r") as store:
        return np.asarray(store[name])


def dataset_of(file: Path, dataset: str | None) -> str:
    """Name of the data set of an HDF5 file that was asked for, or of the only one that may be an image."""
    import h5py

    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "buif" and len(item.shape) >= 2:
            shapes[name] = item.shape

    with decoding(file, "an HDF5 file"), h5py.File(file, "r") as store:
        store.visititems(note)
    return _chosen(file, shapes, dataset)


def read_zarr(folder: Path, dataset: str | None) -> np.ndarray:
    """One array of a zarr store."""
    array = zarr_array(folder, dataset)
    with decoding(folder, "a zarr store"):
        return np.asarray(array[...])


def zarr_array(folder: Path, dataset: str | None) -> Any:
    """An array of a zarr store, of which nothing is read yet, if the package is there."""
    try:
        import zarr  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise RaysysError(
            f"{folder} is a zarr store, and the package zarr is not installed; install it (pip install zarr), or "
            "save the image as tiled TIFF"
        ) from None
    with decoding(folder, "a zarr store"):
        store: Any = zarr.open(str(folder), mode="r")
        array: Any = store[dataset] if dataset is not None else store
        if not hasattr(array, "dtype"):
            listing = ", ".join(key for key, _ in store.arrays())
            raise RaysysError(f"{folder} is a zarr group of several arrays ({listing}); name one with dataset")
    return array


def _chosen(file: Path, shapes: Mapping[str, tuple[int, ...]], dataset: str | None) -> str:
    listing = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
    wanted = dataset.strip("/") if dataset else None
    if wanted is None and len(shapes) == 1:
        return next(iter(shapes))
    if not shapes:
        raise RaysysError(f"{file} holds no array of numbers with two axes or more, so there is no image in it")
    if wanted is None:
        raise RaysysError(f"{file} holds {len(shapes)} arrays that may be images ({listing}); name one with dataset")
    if wanted not in shapes:
        raise RaysysError(f'{file} holds no array "{dataset}"; there are: {listing}')
    return wanted
