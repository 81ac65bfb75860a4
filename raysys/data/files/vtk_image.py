"""Volumes as VTK's ImageData (.vti), which ParaView, PyVista, Slicer and others open with the sizes of their voxels."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.shapes import by
from raysys.spacing import Spacing

__all__ = ["write_vti"]

# VTK's names of the types that it has; half precision and 64-bit booleans are not among them.
TYPES = {
    **{f"int{bits}": f"Int{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"UInt{bits}" for bits in (8, 16, 32, 64)},
    "float32": "Float32",
    "float64": "Float64",
}
BLOCK = 1 << 20  # bytes that are compressed together
PAGE = """<?xml version="1.0"?>
<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64"
 compressor="vtkZLibDataCompressor">
  <ImageData WholeExtent="{extent}" Origin="{origin}" Spacing="{spacing}">
    <FieldData>
      <DataArray type="String" Name="unit" NumberOfTuples="1" format="ascii">{unit}</DataArray>
    </FieldData>
    <Piece Extent="{extent}">
      <PointData Scalars="{name}">
        <DataArray type="{type}" Name="{name}" format="binary">{data}</DataArray>
      </PointData>
    </Piece>
  </ImageData>
</VTKFile>
"""


def write_vti(path: str | Path, volume: np.ndarray, *, spacing: Spacing | None = None, name: str = "image") -> None:
    """Write one volume, its values as they are.

    Parameters
    ----------
    path
        Of the file, which appears when it is complete.
    volume
        (D, H, W), of whole numbers or floats; the last axis is VTK's x. Values lie on VTK's points, the middles of the
        voxels, so that it can be cut, contoured and rendered; the corner of the first voxel is the origin.
    spacing
        How far voxels are apart, by default 1. The unit stands in the field data, since VTK has no place of its own.
    name
        Of the array.

    Raises
    ------
    RaysysError
        If it is no volume, or of a type that VTK has not.
    """
    if volume.ndim != 3 or not volume.size:
        raise RaysysError(f"an array of {by(volume.shape)} is no volume; allowed: one of three axes (D, H, W)")
    kind = TYPES.get(volume.dtype.name)
    if kind is None:
        raise RaysysError(f"values of type {volume.dtype} cannot be written as .vti; allowed: {', '.join(TYPES)}")
    sizes = (spacing.of_axes(3).sizes if spacing is not None else (1.0,) * 3)[::-1]  # x, y, z
    unit = spacing.unit if spacing is not None and spacing.unit else "voxel"
    little = np.ascontiguousarray(volume).astype(volume.dtype.newbyteorder("<"), copy=False)
    text = PAGE.format(
        extent=" ".join(f"0 {side - 1}" for side in volume.shape[::-1]),
        origin=" ".join(f"{size / 2:.9g}" for size in sizes),
        spacing=" ".join(f"{size:.9g}" for size in sizes),
        unit=" ".join(str(byte) for byte in (*unit.encode(), 0)),
        name=name,
        type=kind,
        data=_compressed(little.reshape(-1).view(np.uint8)),
    )
    with written_aside(path) as aside:
        aside.write_text(text, encoding="ascii")


def _compressed(data: np.ndarray) -> str:
    """Bytes (n,) in blocks as VTK's XML has them: base64 of their sizes, and then base64 of all of them."""
    blocks = [zlib.compress(data[start : start + BLOCK].tobytes(), 6) for start in range(0, len(data), BLOCK)]
    sizes = [len(blocks), BLOCK, len(data) % BLOCK, *map(len, blocks)]  # the third: of a last block that is not full
    return "".join(base64.b64encode(part).decode() for part in (np.array(sizes, "<u8").tobytes(), b"".join(blocks)))
