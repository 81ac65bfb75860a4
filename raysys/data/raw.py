"""Raw voxels: a bare file whose shape the user states, or a MetaImage header (.mhd) that states it."""

import math
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from raysys.errors import RaysysError

# MetaImage's ElementType names (ITK, MetaIO documentation) without the byte order.
ELEMENT_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}


def read_raw(file: Path, shape: Sequence[int] | None, dtype: str | None) -> np.ndarray:
    """Voxels of a bare file, C order (the last axis runs fastest)."""
    if shape is None or dtype is None:
        missing = " and ".join(name for name, value in (("shape", shape), ("dtype", dtype)) if value is None)
        raise RaysysError(
            f"{file} is a raw file of {file.stat().st_size:,} bytes and {missing} is missing; "
            "give shape (slowest axis first) and dtype (uint8, >u2, ...)"
        )
    return _shaped(file, file.read_bytes(), shape, _number_type(file, dtype))


def _number_type(file: Path, name: str) -> np.dtype:
    try:
        found = np.dtype(name)
    except TypeError:
        found = np.dtype(object)
    if found.kind not in "buif":
        raise RaysysError(f'{file}: dtype "{name}" is no number type; use uint8, uint16, >u2, float32, ...')
    return found


def _shaped(file: Path, content: bytes, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    expected = math.prod(shape) * dtype.itemsize
    if len(content) != expected or min(shape) < 1:
        by = " x ".join(str(length) for length in shape)
        raise RaysysError(
            f"{file} has {len(content):,} bytes of voxels, but {by} values of {dtype} are {expected:,} bytes; "
            "check shape and dtype"
        )
    return np.frombuffer(content, dtype).reshape(tuple(shape)).astype(dtype.newbyteorder("="))


def read_mhd(file: Path) -> np.ndarray:
    """Voxels of a MetaImage: its header names the size (fastest axis first), the type and the data file."""
    header = _header(file)
    try:
        shape = [int(length) for length in header["DimSize"].split()][::-1]
        kind, named = ELEMENT_TYPES[header["ElementType"]], header["ElementDataFile"]
        skipped = int(header.get("HeaderSize", "0"))
    except (KeyError, ValueError) as error:
        raise RaysysError(
            f"{file} is not a MetaImage header that can be read (at {error}); it must give DimSize, ElementDataFile "
            f"and an ElementType out of {', '.join(ELEMENT_TYPES)}"
        ) from None
    data = file.parent / named
    if data.parent.resolve() != file.parent.resolve() or not data.is_file():
        raise RaysysError(f'{file} names the data file "{named}", which does not lie beside it')
    big = "true" in (header.get("BinaryDataByteOrderMSB", "").lower(), header.get("ElementByteOrderMSB", "").lower())
    dtype = np.dtype((">" if big else "<") + kind)
    content = data.read_bytes()
    if header.get("CompressedData", "False").lower() == "true":
        content = _inflated(data, content)
    elif skipped == -1:  # the voxels stand at the end, whatever comes before
        skipped = max(0, len(content) - math.prod(shape) * dtype.itemsize)
    return _shaped(data, content[max(0, skipped) :], shape, dtype)


def _inflated(data: Path, content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error as error:
        raise RaysysError(f"{data} should hold zlib-compressed voxels and does not: {error}") from None


def _header(file: Path) -> dict[str, str]:
    lines = file.read_bytes()[: 1 << 16].decode("latin-1").splitlines()
    return {key.strip(): value.strip() for key, found, value in (line.partition("=") for line in lines) if found}
