"""Arrays in files that may hold several: NPY, NPZ, HDF5. Nothing in them is unpickled."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from raysys.data.decoding import decoding
from raysys.errors import RaysysError


def read_npy(file: Path) -> np.ndarray:
    """The array of an NPY file."""
    with decoding(file, "an NPY array of numbers"):
        return np.load(file, allow_pickle=False)


def read_npz(file: Path, dataset: str | None) -> np.ndarray:
    """One array of an NPZ file."""
    with decoding(file, "an NPZ file of number arrays"), np.load(file, allow_pickle=False) as arrays:
        shapes = {name: arrays[name].shape for name in arrays.files}
        return arrays[_chosen(file, shapes, dataset)]


def read_hdf5(file: Path, dataset: str | None) -> np.ndarray:
    """One data set of an HDF5 file, whatever group it lies in."""
    import h5py  # loaded when asked for: most users read pictures

    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "buif" and len(item.shape) >= 2:
            shapes[name] = item.shape

    with decoding(file, "an HDF5 file"), h5py.File(file, "r") as store:
        store.visititems(note)
        return np.asarray(store[_chosen(file, shapes, dataset)])


def _chosen(file: Path, shapes: Mapping[str, tuple[int, ...]], dataset: str | None) -> str:
    listing = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
    wanted = dataset.strip("/") if dataset else None
    if wanted is None and len(shapes) == 1:
        return next(iter(shapes))
    if wanted is None:
        raise RaysysError(f"{file} holds {len(shapes)} arrays that may be images ({listing}); name one with dataset")
    if wanted not in shapes:
        raise RaysysError(f'{file} holds no array "{dataset}"; there are: {listing}')
    return wanted
