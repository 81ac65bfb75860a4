"""HDF5 through h5py, and what is HDF5 under another name: NetCDF 4, MATLAB 7.3, ilastik's exports."""

from __future__ import annotations

import json
import math
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.arrays import NUMBERS, chosen, native, stream_of
from raysys.data.files.decoding import decoding
from raysys.data.files.source import Choice, Content, Facts, Region, Source, unsaid
from raysys.errors import RaysysError
from raysys.spacing import Spacing, spacing_or_none, unit_of

KIND = "an HDF5 file"
MATLAB = "MATLAB_class"  # attribute of every array that MATLAB writes
LETTERS = {"t": "T", "time": "T", "c": "C", "channel": "C", "z": "Z", "y": "Y", "x": "X"}
FILLS = ("_FillValue", "missing_value")  # of NetCDF
# Attributes that say how far apart voxels are, slowest axis first, and their unit where the name says it.
SIZES = {"element_size_um": "um", "voxel_size_um": "um"}
SIZES |= dict.fromkeys(("voxel_size", "pixel_size", "resolution", "spacing"), "")
UNITS = ("unit", "units", "spacing_unit", "voxel_size_unit", "pixel_size_unit", "resolution_unit")
DEFLATE, SHUFFLE, CHECKSUM, LZF = 1, 2, 3, 32000  # filters by their numbers
DEPTH = 16  # of groups in groups, and of virtual data sets of virtual ones


@dataclass
class Hdf5(Source):
    """A data set; of MATLAB's, whose first axis runs fastest, rows and columns are in their places again."""

    store: Any = None
    array: Any = None
    turned: bool = False
    windowed: bool = True

    def read(self, region: Region) -> np.ndarray:
        """Read the part."""
        asked = (*region[:-2], region[-1], region[-2]) if self.turned else region
        with decoding(self.name, KIND):
            part = np.asarray(self.array[asked], dtype=self.dtype)
        return np.ascontiguousarray(np.swapaxes(part, -1, -2)) if self.turned else part

    def close(self) -> None:
        """Close the file."""
        self.store.close()


def hdf5_source(content: Content, name: str, choice: Choice) -> Source:
    """The data set that was asked for, or the only one that may be an image.

    Raises
    ------
    RaysysError
        If there is none or several, or a part of it lies in a file or behind a link that is missing; of uploads, if a
        part lies in any other file.
    """
    import h5py  # loaded when asked for: most users read pictures

    with decoding(name, KIND):
        store = h5py.File(content if isinstance(content, Path) else stream_of(content), "r")
    try:
        with decoding(name, KIND):
            found, lost = _arrays(store, alone=not isinstance(content, Path))
            key = _key(name, found, lost, choice.dataset)
            array = found[key]
            if isinstance(content, Path):
                _check_parts(name, array, DEPTH)
            else:
                _check_alone(name, array)
            return _source(name, store, array)
    except BaseException:
        store.close()
        raise


def _key(name: str, found: dict[str, Any], lost: dict[str, str], dataset: str | None) -> str:
    wanted = dataset.strip("/") if dataset else None
    missing = lost.get(wanted or "") or (None if found else next(iter(lost.values()), None))
    if missing:
        raise RaysysError(f"{name} holds a link to {missing}, which is missing")
    shapes = {key: tuple(item.shape) for key, item in found.items()}
    return wanted if wanted in found and wanted is not None else chosen(name, _different(found, shapes), dataset)


def _different(found: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The arrays without those that are another name of one before them."""
    seen, kept = set[Any](), {}
    for key, item in found.items():
        if (place := (item.file.filename, item.id.__hash__())) not in seen:
            kept[key] = shapes[key]
        seen.add(place)
    return kept


def _arrays(store: Any, *, alone: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Data sets that may be images by their name, also behind links; and links that lead nowhere.

    Parameters
    ----------
    alone
        Whether links into other files are left alone: what is uploaded may not name files of this machine.
    """
    import h5py

    found, lost = dict[str, Any](), dict[str, str]()

    def walk(group: Any, path: str, above: tuple[Any, ...]) -> None:
        for key in group:
            full, link = f"{path}{key}", group.get(key, getlink=True)
            outside = isinstance(link, h5py.ExternalLink)
            item = None if outside and alone else _behind(group, key)
            if item is None:
                lost[full] = f"{link.filename}:{link.path}" if outside else str(getattr(link, "path", key))
            elif isinstance(item, h5py.Group) and item.id not in above and len(above) < DEPTH and key != "#refs#":
                walk(item, f"{full}/", (*above, item.id))
            elif isinstance(item, h5py.Dataset) and _may_be_image(item):
                found[full] = item

    walk(store, "", (store["/"].id,))
    return found, lost


def _behind(group: Any, key: str) -> Any:
    try:
        return group[key]
    except (KeyError, OSError):
        return None


def _may_be_image(item: Any) -> bool:
    import h5py

    is_numbers = item.dtype.kind in NUMBERS and item.shape is not None and len(item.shape) >= 2
    return bool(is_numbers and not h5py.h5ds.is_scale(item.id))


def _check_alone(name: str, array: Any) -> None:
    """Whether an uploaded data set lies in the upload, and is no larger unpacked than it says it is.

    HDF5 follows what a file says of others, and unpacks whatever a chunk holds before it looks at its size.
    """
    if array.is_virtual or array.external:
        raise RaysysError(f"{name} keeps its numbers in other files or data sets; upload one that holds them")
    filters = array.id.get_create_plist()
    codes = [filters.get_filter(place)[0] for place in range(filters.get_nfilters())]
    if set(codes) - {DEFLATE, SHUFFLE, CHECKSUM, LZF} or codes.count(DEFLATE) > 1:
        raise RaysysError(f"{name} is packed in a way that is not read of uploads; allowed: gzip and lzf")
    if DEFLATE in codes:
        room = math.prod(array.chunks) * array.dtype.itemsize
        for place in range(array.id.get_num_chunks()):
            _, packed = array.id.read_direct_chunk(array.id.get_chunk_info(place).chunk_offset)
            if len(zlib.decompressobj().decompress(packed, room + 1)) > room:
                raise RaysysError(f"{name} holds a chunk that is larger than it says")


def _check_parts(name: str, array: Any, deep: int) -> None:
    """Whether all files are there out of which an array is put together: HDF5 itself fills the gaps with zeros."""
    sources = array.virtual_sources() if array.is_virtual else []
    outside = [Path(part[0]) for part in array.external or ()]
    outside += [Path(part.file_name) for part in sources if part.file_name != "."]
    folder = Path(array.file.filename).parent
    for part in outside:
        if not (folder / part).is_file():
            raise RaysysError(f"{name} keeps a part of {array.name} in {part}, which is missing")
    for part in sources if deep else ():
        _check_source(name, array, part, deep - 1)


def _check_source(name: str, array: Any, part: Any, deep: int) -> None:
    import h5py

    with (
        h5py.File(Path(array.file.filename).parent / part.file_name, "r")
        if part.file_name != "."
        else (nullcontext(array.file)) as store
    ):
        if part.dset_name not in store:
            raise RaysysError(
                f"{name} keeps a part of {array.name} in {part.file_name}:{part.dset_name}, which is missing"
            )
        _check_parts(name, store[part.dset_name], deep)


def _source(name: str, store: Any, array: Any) -> Source:
    shape, turned = tuple(array.shape), MATLAB in array.attrs
    axes = _axes(array)
    if turned:
        shape = (*shape[:-2], shape[-1], shape[-2])
    dtype = np.dtype(bool) if _text(array.attrs.get(MATLAB, "")) == "logical" else native(array.dtype)
    fills = tuple(float(np.ravel(array.attrs[key])[0]) for key in FILLS if key in array.attrs)
    packed = "scale_factor" in array.attrs or "add_offset" in array.attrs
    notices = (f"{name} holds packed numbers (scale_factor, add_offset), which are read as they are stored",) * packed
    colour = _text(array.attrs.get("IMAGE_SUBCLASS", "")) == "IMAGE_TRUECOLOR" and shape[-1] == 3
    if colour:
        axes = axes[:-1] + "S"
    facts = Facts("rgb" if colour else "", spacing=_spacing(array), fills=fills, notices=notices)
    return Hdf5(name, shape, dtype, axes, facts, store=store, array=array, turned=turned)


def _axes(array: Any) -> str:
    """Letters of the axes, of ilastik's tags (JSON of the library VIGRA) or of the labels of the dimensions."""
    names = [dim.label or _scale_name(dim) for dim in array.dims]
    if "axistags" in array.attrs:
        names = [axis["key"] for axis in json.loads(_text(array.attrs["axistags"]))["axes"]]
    letters = "".join(LETTERS.get(name.lower(), "Q") for name in names)
    known = len(letters) == array.ndim and len(set(letters.replace("Q", ""))) == len(letters.replace("Q", ""))
    return letters if known and letters.strip("Q") else unsaid(array.shape)


def _scale_name(dim: Any) -> str:
    return str(dim[0].name).rsplit("/", 1)[-1] if len(dim) else ""


def _spacing(array: Any) -> Spacing | None:
    """What attributes of the array or of its group say, or the coordinates along its axes (NetCDF)."""
    for attributes in (array.attrs, array.parent.attrs):
        unit = next((_text(attributes[key]) for key in UNITS if key in attributes), "")
        for key, own in SIZES.items():
            sizes = np.ravel(attributes[key]) if key in attributes else np.empty(0)
            if sizes.size in (1, 2, 3) and sizes.dtype.kind in "iuf":
                each = np.repeat(sizes, min(array.ndim, 3)) if sizes.size == 1 else sizes
                return spacing_or_none([float(one) for one in each], own or unit)
    steps = [_step(dim) if _plain(dim) else (None, "") for dim in array.dims][-3:]
    units = {unit for _, unit in steps if unit}
    return spacing_or_none([step for step, _ in steps], units.pop()) if len(units) == 1 else None


def _plain(dim: Any) -> bool:
    """Whether coordinates are a few numbers in the file itself; others are not worth the reading."""
    return not len(dim) or (dim[0].chunks is None and not dim[0].external and not dim[0].is_virtual)


def _step(dim: Any) -> tuple[float | None, str]:
    """Distance and unit of the coordinates along an axis, where they are even."""
    if not len(dim) or dim[0].shape[0] < 2 or dim[0].dtype.kind not in NUMBERS:
        return None, ""
    steps = np.diff(np.asarray(dim[0], np.float64))
    unit = unit_of(_text(dim[0].attrs.get("units", "")))[0]
    even = bool(np.allclose(steps, steps[0], rtol=1e-3, atol=0))
    return (abs(float(steps[0])), _text(dim[0].attrs["units"])) if even and unit else (None, "")


def _text(value: Any) -> str:
    flat = np.ravel(value)
    one = flat[0] if flat.size else ""
    return one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
