"""Zarr and OME-Zarr through the package zarr."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.arrays import native, wrong_type
from raysys.data.files.decoding import decoding, missing_package
from raysys.data.files.source import Choice, Facts, Region, Source, unsaid
from raysys.errors import RaysysError
from raysys.spacing import Spacing, spacing_or_none, stored_spacing

KIND = "a zarr store"
MARKS = ("zarr.json", ".zgroup", ".zarray")  # one of these lies in every store
LETTERS = {"t": "T", "time": "T", "c": "C", "channel": "C", "z": "Z", "y": "Y", "x": "X"}


@dataclass
class Zarr(Source):
    """An array of a store."""

    array: Any = None
    windowed: bool = True

    def read(self, region: Region) -> np.ndarray:
        """Read the part."""
        with decoding(self.name, KIND):
            return np.asarray(self.array[region], dtype=self.dtype)


def is_store(folder: Path) -> bool:
    """Whether a folder is a zarr store, whatever its name."""
    return folder.suffix.lower() == ".zarr" or any((folder / mark).is_file() for mark in MARKS)


def zarr_source(folder: Path, choice: Choice) -> Source:
    """An array of a store: the one that is named, the finest of an OME-Zarr image, or the store itself.

    Raises
    ------
    RaysysError
        If the package is missing, or the store holds several arrays or images of which none is named.
    """
    try:
        import zarr
    except ImportError:
        raise missing_package(folder, KIND, "zarr") from None
    with decoding(folder, KIND):
        store: Any = zarr.open(str(folder), mode="r")
        if choice.dataset is not None:
            item: Any = store[choice.dataset]
            return (
                _source(folder, item, _letters(item), None) if hasattr(item, "dtype") else _group(folder, item, choice)
            )
        return (
            _source(folder, store, _letters(store), None) if hasattr(store, "dtype") else _group(folder, store, choice)
        )


def _group(folder: Path, group: Any, choice: Choice) -> Source:
    images = _multiscales(group)
    if not images:  # as bioformats2raw writes them: images 0, 1, ... beside each other
        inside = sorted(((key, one) for key, one in group.groups() if key.isdigit()), key=lambda pair: int(pair[0]))
        images = [(one, scales) for _, sub in inside for one, scales in _multiscales(sub)]
    if images:
        parent, scales = images[_number(folder, len(images), choice.series)]
        level = scales["datasets"][0]
        array = parent[level["path"]]
        axes = [one if isinstance(one, str) else one["name"] for one in scales.get("axes", ())]
        letters = "".join(LETTERS.get(one.lower(), "Q") for one in axes) or _letters(array)
        return _source(folder, array, letters, _spacing(scales, level))
    arrays = dict(group.arrays())
    if len(arrays) == 1:
        array = next(iter(arrays.values()))
        return _source(folder, array, _letters(array), None)
    listing = ", ".join(f"{key} {tuple(one.shape)}" for key, one in arrays.items()) or "none"
    raise RaysysError(f"{folder} is a zarr group of {len(arrays)} arrays ({listing}); name one with dataset")


def _number(folder: Path, count: int, series: int | None) -> int:
    if series is None and count > 1:
        raise RaysysError(f"{folder} holds {count} images; name one with series (--series 0 to {count - 1})")
    if not 0 <= (series or 0) < count:
        raise RaysysError(f"{folder} holds no series {series}; allowed: 0 to {count - 1}")
    return series or 0


def _multiscales(group: Any) -> list[tuple[Any, Mapping[str, Any]]]:
    said = dict(group.attrs)
    return [(group, one) for one in said.get("ome", said).get("multiscales", [])]


def _source(folder: Path, array: Any, letters: str, spacing: Spacing | None) -> Source:
    shape, dtype = tuple(array.shape), np.dtype(array.dtype)
    if dtype.kind not in "buif":
        raise wrong_type(str(folder), dtype)
    axes = letters if len(letters) == len(shape) and letters.strip("Q") else unsaid(shape)
    # Of an array that raysys has written, which is no image of OME's.
    facts = Facts(spacing=spacing or stored_spacing(array.attrs))
    return Zarr(str(folder), shape, native(dtype), axes, facts, array=array)


def _letters(array: Any) -> str:
    """Of the names of the dimensions, as zarr 3 and xarray write them."""
    names: Sequence[Any] = (
        getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    )
    return "".join(LETTERS.get(str(one).lower(), "Q") for one in names)


def _spacing(scales: Mapping[str, Any], level: Mapping[str, Any]) -> Spacing | None:
    axes = [one for one in scales.get("axes", ()) if isinstance(one, Mapping)]
    steps = np.ones(len(axes))
    for one in (*level.get("coordinateTransformations", ()), *scales.get("coordinateTransformations", ())):
        if one.get("type") == "scale" and len(one.get("scale", ())) == len(axes):
            steps = steps * np.asarray(one["scale"], np.float64)
    space = [
        (float(step), str(axis.get("unit", "")))
        for axis, step in zip(axes, steps, strict=True)
        if axis["name"] in "zyx"
    ]
    units = {unit for _, unit in space}
    return spacing_or_none([step for step, _ in space], units.pop()) if len(units) == 1 else None
