"""What a file is, by its bytes and its name; and that the page on files names every format."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys.data import read_images
from raysys.data.files.formats import FORMATS, format_of
from raysys.errors import RaysysError

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "files.md").read_text()
GREY = np.arange(60, dtype=np.uint8).reshape(6, 10)


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_page_names_every_format(suffix: str):
    assert f"`{suffix}`" in PAGE


def test_bytes_say_more_than_names(tmp_path: Path):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    for name in ("a.tif", "a.jpg", "a.dat", "a"):
        (tmp_path / "a.png").rename(tmp_path / name)
        np.testing.assert_array_equal(read_images(tmp_path / name), GREY)
        (tmp_path / name).rename(tmp_path / "a.png")


def test_bare_numbers_may_begin_like_anything(tmp_path: Path):
    (tmp_path / "a.raw").write_bytes(b"BM" + bytes(58))
    assert format_of(tmp_path / "a.raw", "a.raw") == ".raw"
    assert read_images(tmp_path / "a.raw", shape=(6, 10), dtype="uint8").sum() == ord("B") + ord("M")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(600), "MATLAB file of an older version; save it with -v7.3"),
        ("a.nc", b"CDF\x01" + bytes(60), "NetCDF file of version 3; save it as NetCDF 4"),
        ("a.gif", b"GIF89a" + bytes(60), 'unknown format ".gif"; readable are png'),
    ],
)
def test_older_and_unknown_formats_are_told(tmp_path: Path, name: str, content: bytes, sentence: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RaysysError, match=sentence):
        read_images(tmp_path / name)


@pytest.mark.parametrize(("name", "package"), [("a.mha", "SimpleITK"), ("a.nii", "SimpleITK"), ("a.zarr", "zarr")])
def test_a_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str):
    (tmp_path / "a.zarr").mkdir()
    for other in ("a.mha", "a.nii"):
        (tmp_path / other).write_bytes(bytes(600))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RaysysError, match=rf"the package {package} reads, .*pip install 'raysys\[formats\]'"):
        read_images(tmp_path / name)


def test_a_compression_whose_package_is_missing_is_named(tmp_path: Path):
    tifffile.imwrite(tmp_path / "lzw.tif", GREY, compression="lzw")
    tifffile.imwrite(tmp_path / "zlib.tif", GREY, compression="zlib")
    # In a process of its own: tifffile looks for the package when it is imported.
    code = """
import sys
sys.modules["imagecodecs"] = None
from raysys.data import read_images
print(read_images(sys.argv[2]).sum())
read_images(sys.argv[1])
"""
    names = [str(tmp_path / name) for name in ("lzw.tif", "zlib.tif")]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=False)
    assert int(done.stdout) == GREY.sum()
    said = done.stderr.splitlines()[-1]
    assert "lzw.tif cannot be read as a TIFF image without the package imagecodecs" in said
    assert "LZW" in said
    assert "pip install 'raysys[formats]'" in said
