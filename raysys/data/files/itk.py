"""MetaImage, NRRD and NIfTI through SimpleITK, after a look whether all voxels are there: it reads short files too."""

from __future__ import annotations

import gzip
import math
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.arrays import check_size
from raysys.data.files.decoding import decoding, missing_package
from raysys.data.files.source import Content, Facts, Held, Source
from raysys.errors import RaysysError
from raysys.spacing import Spacing, spacing_or_none, unit_of

NAMES = {".mhd": "a MetaImage", ".mha": "a MetaImage", ".nrrd": "an NRRD file", ".nhdr": "an NRRD file"}
NAMES |= {".nii": "a NIfTI file", ".gz": "a NIfTI file"}
PART = 1 << 20  # bytes at a time
HEAD = 1 << 16  # bytes in which a text header ends
NIFTI_1, NIFTI_2 = 348, 540  # bytes of the headers
NIFTI_UNITS = {1: "m", 2: "mm", 3: "um"}  # of the bits 0 to 2 of xyzt_units


def itk_source(content: Content, name: str, suffix: str) -> Source:
    """The voxels of a file whose axes SimpleITK knows, slowest first.

    Raises
    ------
    RaysysError
        If the package is missing, the file is damaged or short, or names a data file that does not lie beside it; of
        uploads, if it names any other file.
    """
    try:
        import SimpleITK  # noqa: F401 - found or not, before anything is looked at
    except ImportError:
        raise missing_package(name, NAMES[suffix], "SimpleITK") from None
    if isinstance(content, Path):
        return _described(content, name, suffix, beside=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"upload{'.nii.gz' if suffix == '.gz' else suffix}"
        file.write_bytes(content)
        source = _described(file, name, suffix, beside=False)
    source.decode = lambda: _decoded(content, name, suffix)
    return source


def _decoded(content: bytes, name: str, suffix: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"upload{'.nii.gz' if suffix == '.gz' else suffix}"
        file.write_bytes(content)
        return _array(file, name, suffix)


def _described(file: Path, name: str, suffix: str, *, beside: bool) -> Held:
    kind = NAMES[suffix]
    data = None
    if suffix in (".mhd", ".mha"):
        data = _meta_data_file(file, name, beside=beside)
    elif suffix in (".nrrd", ".nhdr"):
        _check_nrrd(file, name, beside=beside)
    with _itk(file, name, kind):
        reader = _reader(file)
        reader.ReadImageInformation()
    size, values = reader.GetSize()[::-1], reader.GetNumberOfComponents()
    dtype = _dtype(reader, name)
    if data is not None:
        with decoding(name, kind):
            _check_meta(file, name, data, (*size, values) if values > 1 else size, dtype)
    elif kind == "a NIfTI file":
        _check_nifti(file, name, math.prod(size), values)
    letters = "TZYX" if kind == "a NIfTI file" else "QZYX"
    axes = letters[-len(size) :] if len(size) <= len(letters) else "Q" * len(size)
    colour = values in (3, 4) and "rgb" in _said(reader, "NRRD_kinds[pixel]").lower()
    shape = (*size, values) if values > 1 else size
    facts = Facts("rgb" if colour else "", opacity=colour and values == 4, spacing=_spacing(reader, file, kind))
    return Held(
        name,
        shape,
        dtype,
        axes + ("S" if colour else "C") * (values > 1),
        facts,
        decode=lambda: _array(file, name, suffix),
    )


@contextmanager
def _itk(file: Path, name: str, kind: str) -> Iterator[None]:
    """One sentence for what SimpleITK says, whose last line is its reason."""
    try:
        yield
    except RuntimeError as error:
        lines = [line for line in str(error).splitlines() if line and not line.startswith("Reason")]
        said = re.sub(r"\(0x[0-9a-f]+\)", "", lines[-1]).replace(str(file), name) if lines else "its voxels"
        raise RaysysError(f"{name} cannot be read as {kind}: SimpleITK says {said[:200]}") from error


def _reader(file: Path) -> Any:
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(file))
    return reader


def _array(file: Path, name: str, suffix: str) -> np.ndarray:
    import SimpleITK

    with _itk(file, name, NAMES[suffix]):
        return np.asarray(SimpleITK.GetArrayFromImage(_reader(file).Execute()))


def _dtype(reader: Any, name: str) -> np.dtype:
    import SimpleITK

    kind = SimpleITK.GetPixelIDValueAsString(reader.GetPixelID())
    words = kind.removeprefix("vector of ").split()
    letter = {"unsigned": "u", "signed": "i", "float": "f"}.get(words[1] if len(words) > 1 else "", "")
    if not letter or not words[0].endswith("-bit"):
        raise RaysysError(f"{name} holds values of type {kind}; images are of bool, integer or float numbers")
    return np.dtype(f"{letter}{int(words[0].removesuffix('-bit')) // 8}")


def _said(reader: Any, key: str) -> str:
    return str(reader.GetMetaData(key)) if reader.HasMetaDataKey(key) else ""


def _spacing(reader: Any, file: Path, kind: str) -> Spacing | None:
    """NIfTI and NRRD may say a unit (SimpleITK gives NIfTI's sizes in mm); MetaImage says none."""
    sizes = [float(size) for size in reader.GetSpacing()[::-1]][-3:]
    if kind == "a NIfTI file":
        code = _said(reader, "xyzt_units").strip()
        return spacing_or_none(sizes, "mm" if code.isdigit() and int(code) % 8 in NIFTI_UNITS else "")
    if kind == "an NRRD file":
        units = {unit_of(part.strip().strip('"'))[0] for part in _nrrd_field(file, "space units").split('" "') if part}
        return spacing_or_none(sizes, units.pop() if len(units) == 1 else "")
    return spacing_or_none(sizes)


def _fields(file: Path, sign: str) -> dict[str, str]:
    with file.open("rb") as stream:
        lines = stream.read(HEAD).decode("latin-1").splitlines()
    return {key.strip(): value.strip() for key, found, value in (line.partition(sign) for line in lines) if found}


def _nrrd_field(file: Path, key: str) -> str:
    return _fields(file, ":").get(key, "").lstrip("=")


def _meta_data_file(file: Path, name: str, *, beside: bool) -> Path:
    """The file of a MetaImage's voxels, itself or one beside it."""
    header = _fields(file, "=")
    missing = [key for key in ("NDims", "DimSize", "ElementType", "ElementDataFile") if not header.get(key)]
    if missing:
        raise RaysysError(
            f"{name} cannot be read as a MetaImage: its header says no {', '.join(missing)}; it must give NDims, "
            "DimSize, ElementType and ElementDataFile"
        )
    named = header["ElementDataFile"]
    if named == "LOCAL":
        return file
    data = file.parent / named
    if not beside:
        raise RaysysError(f"{name} keeps its voxels in another file ({named}); upload a .mha, which holds them")
    if data.parent.resolve() != file.parent.resolve() or not data.is_file():
        raise RaysysError(f'{name} names the data file "{named}", which does not lie beside it')
    return data


def _check_meta(file: Path, name: str, data: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
    header, size, needed = _fields(file, "="), data.stat().st_size, math.prod(shape) * dtype.itemsize
    start = _end_of_header(file) if data == file else int(header.get("HeaderSize", "0"))
    held = name if data == file else str(data)
    if header.get("CompressedData", "False").lower() == "true":
        return check_size(held, _inflated(data, max(start, 0), needed), shape, dtype)
    # -1: the voxels stand at the end, whatever comes before.
    return check_size(held, needed if start == -1 and size > needed else size - max(start, 0), shape, dtype)


def _end_of_header(file: Path) -> int:
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    return head.index(b"\n", head.index(b"ElementDataFile")) + 1


def _inflated(data: Path, start: int, needed: int) -> int:
    """Bytes of the decompressed voxels: one more than needed at most, some at a time, so that none fill the memory."""
    inflate, found = zlib.decompressobj(), 0
    with data.open("rb") as stream:
        stream.seek(start)
        while found <= needed and not inflate.eof:
            packed = inflate.unconsumed_tail or stream.read(PART)
            try:
                part = len(inflate.decompress(packed, min(PART, needed + 1 - found)))
            except zlib.error as error:
                raise RaysysError(f"{data} should hold zlib-compressed voxels and does not: {error}") from None
            if not packed and not part:
                break
            found += part
    return found


def _check_nrrd(file: Path, name: str, *, beside: bool) -> None:
    named = _nrrd_field(file, "data file") or _nrrd_field(file, "datafile")
    if not named:
        return
    if not beside:
        raise RaysysError(f"{name} keeps its voxels in another file ({named}); upload a .nrrd, which holds them")
    data = file.parent / named
    if data.parent.resolve() != file.parent.resolve() or not data.is_file():
        raise RaysysError(f'{name} names the data file "{named}", which does not lie beside it')


def _check_nifti(file: Path, name: str, voxels: int, values: int) -> None:
    """Whether all voxels are there: the header says how many bits a number has, and where the first one stands."""
    packed = file.suffix.lower() == ".gz"
    with decoding(name, NAMES[".nii"]), gzip.open(file, "rb") if packed else file.open("rb") as stream:
        head = stream.read(NIFTI_2)
        order = "<" if head[:4] in (b"\x5c\x01\0\0", b"\x1c\x02\0\0") else ">"
        first = np.frombuffer(head, f"{order}i4", 1)[0] == NIFTI_1
        bits = int(np.frombuffer(head, f"{order}i2", 1, 72 if first else 14)[0])
        start = np.frombuffer(head, f"{order}f4", 1, 108)[0] if first else np.frombuffer(head, f"{order}i8", 1, 168)[0]
        # Colours are one number of 24 or 32 bits, vectors several numbers.
        needed = int(start) + voxels * bits // 8 * (1 if values > 1 and bits == 8 * values else values)
        held = len(head) if packed else file.stat().st_size
        while packed and held < needed and (part := len(stream.read(PART))):
            held += part
    if held < needed:
        raise RaysysError(f"{name} is a NIfTI file that ends too early: it has {held:,} bytes of {needed:,}")
