"""Reading MICRO2D and data sets in its layout: lazily, in any order, in any process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from raysys.data.files.decoding import decoding
from raysys.data.micro2d.layout import PROPERTIES, image_key, label_key, property_key
from raysys.errors import RaysysError

# Of unpacked chunks: enough where chunks hold many images, as long as these are read in the file's order.
CACHE = {"rdcc_nbytes": 64 * 2**20, "rdcc_nslots": 20_011}


class Micro2D:
    """The images of all classes of a file, numbered class by class.

    Nothing but what is asked for is read. The file is opened anew in each process, so that an object may be pickled,
    sent to workers, and used after a fork.

    Parameters
    ----------
    path
        `MICRO2D_homogenized.h5`, or what `synthesize` has written.
    classes
        Which of its classes, in this order; None: all, in the file's order.

    Attributes
    ----------
    classes
        Names.
    counts
        Images by class.
    shape
        (H, W) of an image.
    numbers
        (N,) int64: number of each image's class, an index into `classes`.
    attributes
        What the file says of itself; "source" is "synthetic" if it was generated.

    Raises
    ------
    RaysysError
        If the file is no HDF5 file, is not laid out as MICRO2D, or has no such class.
    """

    def __init__(self, path: str | Path, classes: Sequence[str] | None = None) -> None:
        self.path = Path(path)
        self._file: h5py.File | None = None
        self._process = 0
        if not self.path.is_file():
            raise RaysysError(f"{path} does not exist or is a folder; name an HDF5 file in MICRO2D's layout")
        shapes = self._shapes()
        self.classes = tuple(shapes if classes is None else classes)
        unknown = [name for name in self.classes if name not in shapes]
        if unknown or not self.classes:
            asked = f'no class "{unknown[0]}"' if unknown else "classes, and none is asked for"
            raise RaysysError(f"{path} has {asked}; there are: {', '.join(shapes)}")
        self.shape = shapes[self.classes[0]][1:]
        odd = [name for name in self.classes if shapes[name][1:] != self.shape]
        if odd:
            raise RaysysError(f"{path}: images of {odd[0]} have {shapes[odd[0]][1:]} pixels, others have {self.shape}")
        self.counts = {name: shapes[name][0] for name in self.classes}
        self.numbers = np.repeat(np.arange(len(self.classes)), list(self.counts.values()))
        self._offsets = np.concatenate([[0], np.cumsum(list(self.counts.values()))])

    def __len__(self) -> int:
        """Number of images."""
        return len(self.numbers)

    def __getitem__(self, key: Any) -> np.ndarray:
        """An image (H, W) by its number, or by (class, index); images (n, H, W) by a slice or an array of numbers."""
        name, wanted = key if isinstance(key, tuple) and isinstance(key[0], str) else (None, key)
        if isinstance(wanted, slice):
            return self.images(range(*wanted.indices(len(self) if name is None else self._count(name))), name)
        if np.ndim(wanted) == 0:
            return self.images([wanted], name)[0]
        return self.images(wanted, name)

    def images(self, indices: Iterable[int] | np.ndarray, name: str | None = None) -> np.ndarray:
        """A batch.

        Parameters
        ----------
        indices
            (n,) numbers of images, in any order, also repeated; negative ones count from the end. In a class, if it is
            named, or else over all of them.
        name
            Class.

        Returns
        -------
        uint8 {0, 1} (n, H, W)

        Raises
        ------
        IndexError
            If there is no such image.
        RaysysError
            If there is no such class, or an image holds other values than 0 and 1.
        """
        wanted = self._wanted(indices, name)
        batch = np.empty((len(wanted), *self.shape), np.uint8)
        for place, dataset, row in self._located(wanted, image_key):
            with decoding(self.path, "an HDF5 file"):
                stored = dataset[row]
            if stored.dtype != np.uint8:
                stored = _whole(stored)
            batch[place] = stored
            if batch[place].max() > 1:
                raise RaysysError(f"{self.path}: {dataset.name}[{row}] holds other values than 0 and 1")
        return batch

    def labels(self, indices: Iterable[int] | np.ndarray, name: str | None = None) -> list[str]:
        """What the images were generated with, in words; indices and name as for `images`."""
        wanted = self._wanted(indices, name)
        texts = [""] * len(wanted)
        for place, dataset, row in self._located(wanted, label_key):
            text = dataset[row]
            texts[place] = text.decode() if isinstance(text, bytes) else str(text)
        return texts

    def properties(self, kind: str, indices: Iterable[int] | np.ndarray, name: str | None = None) -> np.ndarray:
        """Homogenised properties, float64 (n, ...): "mechanical" (n, 6, 5) or "thermal" (n, 6, 2) of MICRO2D.

        What the axes mean, `instructions` says; generated files have none of them.
        """
        wanted = self._wanted(indices, name)
        located = self._located(wanted, lambda one: property_key(one, _kind(kind)))
        values = {place: np.asarray(dataset[row], float) for place, dataset, row in located}
        return np.stack([values[place] for place in range(len(wanted))])

    def instructions(self, kind: str, name: str | None = None) -> str:
        """What the file says about the indices of "mechanical" or "thermal" properties; "" if it says nothing."""
        text = self._dataset(property_key(name or self.classes[0], _kind(kind))).attrs.get("INSTRUCTIONS", "")
        return text.decode() if isinstance(text, bytes) else str(text)

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the file."""
        return {k: v.tolist() if hasattr(v, "tolist") else v for k, v in self._open().attrs.items()}

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the open file, which belongs to this process."""
        return self.__dict__ | {"_file": None}

    def _open(self) -> h5py.File:
        if self._file is None or self._process != os.getpid():
            with decoding(self.path, "an HDF5 file"):
                self._file, self._process = h5py.File(self.path, "r", **CACHE), os.getpid()
        return self._file

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of the images of each class."""
        store = self._open()
        groups = [name for name in store if isinstance(store[name], h5py.Group)]
        held = {name: store.get(image_key(name)) for name in groups}
        shapes = {name: item.shape for name, item in held.items() if isinstance(item, h5py.Dataset) and item.ndim == 3}
        if not shapes or any(name not in shapes for name in groups):
            lacking = next((name for name in groups if name not in shapes), None)
            what = f"its group {lacking} holds no images {lacking}" if lacking else "it has no group of a class"
            raise RaysysError(
                f"{self.path} is not laid out as MICRO2D: {what}; each class C is a group with images C (N, H, W)"
            )
        return shapes

    def _count(self, name: str) -> int:
        if name not in self.counts:
            raise RaysysError(f'{self.path}: no class "{name}" is open; there are: {", ".join(self.classes)}')
        return self.counts[name]

    def _wanted(self, indices: Iterable[int] | np.ndarray, name: str | None) -> np.ndarray:
        wanted = np.asarray(list(indices) if not isinstance(indices, np.ndarray) else indices, np.int64).reshape(-1)
        count = len(self) if name is None else self._count(name)
        beyond = wanted[(wanted < -count) | (wanted >= count)]
        if beyond.size:
            raise IndexError(f"image {beyond[0]} of {count} in {name or self.path}")
        wanted = np.where(wanted < 0, wanted + count, wanted)
        return wanted if name is None else wanted + self._offsets[self.classes.index(name)]

    def _located(self, wanted: np.ndarray, key: Any) -> Iterable[tuple[int, h5py.Dataset, int]]:
        """Place in the batch, data set and row of each image, in the file's order: chunks may hold many images."""
        datasets = {number: self._dataset(key(self.classes[number])) for number in np.unique(self.numbers[wanted])}
        for place in np.argsort(wanted, kind="stable"):
            number = self.numbers[wanted[place]]
            yield int(place), datasets[number], int(wanted[place] - self._offsets[number])

    def _dataset(self, key: str) -> h5py.Dataset:
        item = self._open().get(key)
        if not isinstance(item, h5py.Dataset):
            raise RaysysError(f'{self.path} has no data set "{key}"; {key.split("/")[0]} holds: {self._held(key)}')
        return item

    def _held(self, key: str) -> str:
        return ", ".join(self._open()[key.split("/")[0]])


def _whole(stored: np.ndarray) -> np.ndarray:
    """Numbers or truth values as uint8, with 2 for whatever is neither 0 nor 1."""
    return np.where(stored == 0, 0, np.where(stored == 1, 1, 2)).astype(np.uint8)


def _kind(kind: str) -> str:
    if kind not in PROPERTIES:
        raise RaysysError(f'"{kind}" is no kind of properties; there are {", ".join(PROPERTIES)}')
    return kind
