"""VTK's ImageData: read back by a parser of our own after VTK's description of the format, and by PyVista."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from raysys.data.files.vtk_image import BLOCK, write_vti
from raysys.errors import RaysysError
from raysys.spacing import Spacing

NUMBERS = {"UInt8": "<u1", "UInt16": "<u2", "Int32": "<i4", "Float32": "<f4"}


def values(element: ElementTree.Element) -> np.ndarray:
    """The numbers of a compressed DataArray."""
    text = (element.text or "").strip()
    blocks = int(np.frombuffer(base64.b64decode(text[:12])[:8], "<u8")[0])
    length = 4 * -(-8 * (3 + blocks) // 3)  # characters of the base64 of the sizes
    sizes = np.frombuffer(base64.b64decode(text[:length]), "<u8")[3:]
    data, ends = base64.b64decode(text[length:]), np.cumsum(sizes)
    parts = [zlib.decompress(data[int(end - size) : int(end)]) for end, size in zip(ends, sizes, strict=True)]
    return np.frombuffer(b"".join(parts), NUMBERS[element.attrib["type"]])


def volume(dtype: str, shape: tuple[int, ...] = (5, 6, 7)) -> np.ndarray:
    return (np.random.default_rng(0).random(shape) * 250).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "int32", "float32"])
def test_values_and_sizes_are_read_back(dtype: str, tmp_path: Path):
    written = volume(dtype)
    write_vti(tmp_path / "v.vti", written, spacing=Spacing((3.0, 2.0, 1.0), "um"))
    root = ElementTree.parse(tmp_path / "v.vti").getroot()
    image, array = root.find("ImageData"), root.find("ImageData/Piece/PointData/DataArray")
    assert image is not None
    assert array is not None
    assert image.attrib == {"WholeExtent": "0 6 0 5 0 4", "Origin": "0.5 1 1.5", "Spacing": "1 2 3"}
    np.testing.assert_array_equal(values(array).reshape(written.shape), written)


def test_more_than_a_block_and_whole_blocks_are_read_back(tmp_path: Path):
    for shape in ((1, 1, BLOCK), (3, 5, BLOCK // 7)):
        written = volume("uint8", shape)
        write_vti(tmp_path / "v.vti", written)
        array = ElementTree.parse(tmp_path / "v.vti").getroot().find("ImageData/Piece/PointData/DataArray")
        assert array is not None
        np.testing.assert_array_equal(values(array).reshape(shape), written)


def test_another_reader_finds_the_same(tmp_path: Path):
    pyvista = pytest.importorskip("pyvista")
    for shape in ((5, 6, 7), (2, 2, BLOCK // 4), (3, 5, BLOCK // 7)):
        written = volume("uint8", shape)
        write_vti(tmp_path / "v.vti", written, spacing=Spacing((3.0, 2.0, 1.0), "um"))
        read = pyvista.read(tmp_path / "v.vti")
        assert (read.dimensions, read.spacing) == (shape[::-1], (1.0, 2.0, 3.0))
        assert list(read.field_data["unit"]) == ["um"]
        np.testing.assert_array_equal(read.point_data["image"].reshape(shape), written)


@pytest.mark.parametrize(
    ("array", "words"),
    [(np.zeros((4, 4)), "4 x 4"), (np.zeros((2, 2, 2), np.float16), "float16"), (np.zeros((0, 2, 2)), "no volume")],
)
def test_what_is_no_volume_of_vtk_is_refused(array: np.ndarray, words: str, tmp_path: Path):
    with pytest.raises(RaysysError, match=words):
        write_vti(tmp_path / "v.vti", array)
    assert not list(tmp_path.iterdir())
