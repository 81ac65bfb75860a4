"""What SimpleITK does not look at in MetaImage, NRRD and NIfTI: whether all voxels are there, and in which file.

The library reads a file that ends too early, or that is not compressed as it says, and fills the rest with whatever is
in memory; and it reads any file that a header names.
"""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

from raysys.data.files.arrays import check_size
from raysys.errors import RaysysError

META, NRRD, NIFTI = "a MetaImage", "an NRRD file", "a NIfTI file"
PART = 1 << 20  # bytes at a time
HEAD = 1 << 20  # bytes in which a text header ends
NIFTI_1, NIFTI_2 = 348, 540  # bytes of the headers
LAST_FIELD = b"ElementDataFile"  # of a MetaImage, behind which the voxels may begin


def check_header(file: Path, name: str, kind: str, *, alone: bool) -> None:
    """Refuse a header that names a data file elsewhere than beside it; where it is `alone`, any.

    Raises
    ------
    RaysysError
        If it does, or is no header of that kind.
    """
    named = "LOCAL"
    if kind == META:
        named = _meta_data_file(file, name)
    elif kind == NRRD:
        found = re.search(rb"^data ?file *:=? *(.*)$", _nrrd_header(file), re.IGNORECASE | re.MULTILINE)
        named = "LOCAL" if found is None else found[1].decode("latin-1").strip()
    if named == "LOCAL":
        return
    if alone:
        raise RaysysError(f"{name} keeps its voxels in another file ({named}); upload a .mha or .nrrd that holds them")
    data = file.parent / named
    if data.parent.resolve() != file.parent.resolve() or not data.is_file():
        raise RaysysError(f'{name} names the data file "{named}", which does not lie beside it')


def check_voxels(file: Path, name: str, kind: str, shape: tuple[int, ...], dtype: np.dtype, values: int) -> None:
    """Refuse a file that does not hold all voxels; NRRD is left to the library, which says it.

    Parameters
    ----------
    shape
        Of all numbers, with the values of a voxel at the end where there are several.
    values
        How many those are.
    """
    if kind == META:
        _check_meta(file, name, shape, dtype)
    elif kind == NIFTI:
        _check_nifti(file, name, math.prod(shape) // values, values)


def nrrd_field(file: Path, key: str) -> str:
    """What stands in a field of an NRRD header; empty where there is none."""
    found = re.search(rb"^" + key.encode() + rb" *:=? *(.*)$", _nrrd_header(file), re.IGNORECASE | re.MULTILINE)
    return "" if found is None else found[1].decode("latin-1").strip()


def _nrrd_header(file: Path) -> bytes:
    with file.open("rb") as stream:
        head = stream.read(HEAD).replace(b"\r\n", b"\n")
    end = head.find(b"\n\n")
    if end < 0 and len(head) == HEAD:
        raise ValueError(f"its header has no end within {HEAD:,} bytes")
    return head if end < 0 else head[:end]


def _meta_data_file(file: Path, name: str) -> str:
    header = _meta_fields(file)
    missing = [key for key in ("NDims", "DimSize", "ElementType", "ElementDataFile") if not header.get(key)]
    if missing:
        raise RaysysError(
            f"{name} cannot be read as {META}: its header says no {', '.join(missing)}; it must give NDims, DimSize, "
            "ElementType and ElementDataFile"
        )
    return header["ElementDataFile"]


def _meta_fields(file: Path) -> dict[str, str]:
    """Fields up to the first line that names the data file, which is where the library stops."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    lines = head[: _end(head)].decode("latin-1").splitlines()
    return {key.strip(): value.strip() for key, found, value in (line.partition("=") for line in lines) if found}


def _end(head: bytes) -> int:
    """Where the voxels of a MetaImage begin that holds them."""
    place = head.find(LAST_FIELD)
    end = head.find(b"\n", place) + 1 if place >= 0 else 0
    return end or len(head)


def _check_meta(file: Path, name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    header = _meta_fields(file)
    local = header["ElementDataFile"] == "LOCAL"
    data = file if local else file.parent / header["ElementDataFile"]
    held, needed = data.stat().st_size, math.prod(shape) * dtype.itemsize
    with file.open("rb") as stream:
        start = _end(stream.read(HEAD)) if local else int(header.get("HeaderSize", "0"))
    said = name if local else str(data)
    if header.get("CompressedData", "False").lower() == "true":
        return check_size(said, _inflated(data, said, max(start, 0), needed), shape, dtype)
    # -1: the voxels stand at the end, whatever comes before.
    return check_size(said, needed if start == -1 and held > needed else held - max(start, 0), shape, dtype)


def _inflated(data: Path, said: str, start: int, needed: int) -> int:
    """Bytes of the decompressed voxels: one more than needed at most, some at a time, so that none fill the memory."""
    inflate, found = zlib.decompressobj(), 0
    with data.open("rb") as stream:
        stream.seek(start)
        while found <= needed and not inflate.eof:
            packed = inflate.unconsumed_tail or stream.read(PART)
            try:
                part = len(inflate.decompress(packed, min(PART, needed + 1 - found)))
            except zlib.error as error:
                raise RaysysError(f"{said} should hold zlib-compressed voxels and does not: {error}") from None
            if not packed and not part:
                break
            found += part
    return found


def _check_nifti(file: Path, name: str, voxels: int, values: int) -> None:
    """The header says how many bits a number has, and where the first one stands."""
    packed = file.suffix.lower() == ".gz"
    with gzip.open(file, "rb") if packed else file.open("rb") as stream:
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
