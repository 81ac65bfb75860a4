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
    shape, found = described_raw(file, shape, dtype)
    return _native(np.fromfile(file, found), shape)


def described_raw(file: Path, shape: Sequence[int] | None, dtype: str | None) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and number type of a bare file, compared with its size."""
    if shape is None or dtype is None:
        missing = " and ".join(name for name, value in (("shape", shape), ("dtype", dtype)) if value is None)
        raise RaysysError(
            f"{file} is a raw file of {file.stat().st_size:,} bytes and {missing} is missing; "
            "give shape (slowest axis first) and dtype (uint8, >u2, ...)"
        )
    found = _number_type(file, dtype)
    _check_size(file, file.stat().st_size, shape, found)
    return tuple(shape), found


def _number_type(file: Path, name: str) -> np.dtype:
    try:
        found = np.dtype(name)
    except TypeError:
        found = np.dtype(object)
    if found.kind not in "buif":
        raise RaysysError(f'{file}: dtype "{name}" is no number type; use uint8, uint16, >u2, float32, ...')
    return found


def _check_size(file: Path, size: int, shape: Sequence[int], dtype: np.dtype) -> None:
    """Compare bytes before any is read: a wrong shape of a large file costs nothing."""
    voxels = math.prod(shape)
    if size == voxels * dtype.itemsize and min(shape) >= 1:
        return
    by = " x ".join(str(length) for length in shape)
    fitting = f" (the file has {size // voxels} bytes for each)" if voxels > 0 and size and size % voxels == 0 else ""
    raise RaysysError(
        f"{file} has {size:,} bytes of voxels, but {by} values of {dtype} are {voxels * dtype.itemsize:,} "
        f"bytes{fitting}; check shape and dtype"
    )


def _native(voxels: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    return voxels.reshape(tuple(shape)).astype(voxels.dtype.newbyteorder("="), copy=False)


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
    expected = math.prod(shape) * dtype.itemsize
    if header.get("CompressedData", "False").lower() == "true":
        content = _inflated(data, expected)
        _check_size(data, len(content), shape, dtype)
        return _native(np.frombuffer(content, dtype).copy(), shape)
    size = data.stat().st_size
    # -1: the voxels stand at the end, whatever comes before.
    skipped = max(0, size - expected if skipped == -1 else skipped)
    _check_size(data, size - skipped, shape, dtype)
    return _native(np.fromfile(data, dtype, offset=skipped), shape)


def _inflated(data: Path, expected: int) -> bytes:
    """The decompressed voxels; one byte more than expected at most, so that a small file cannot fill the memory."""
    try:
        return zlib.decompressobj().decompress(data.read_bytes(), expected + 1)
    except zlib.error as error:
        raise RaysysError(f"{data} should hold zlib-compressed voxels and does not: {error}") from None


def _header(file: Path) -> dict[str, str]:
    lines = file.read_bytes()[: 1 << 16].decode("latin-1").splitlines()
    return {key.strip(): value.strip() for key, found, value in (line.partition("=") for line in lines) if found}
