"""Windows of files in every format that has them, and files that are damaged."""

import itertools
import pickle
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys import RaysysError
from raysys.data import LargeImage, read_images
from raysys.data.large.image import bands

WINDOWS = [(0, 201, 0, 317), (0, 1, 0, 1), (63, 65, 127, 129), (13, 150, 40, 300), (200, 201, 300, 317)]


def write(path: Path, how: str, image: np.ndarray) -> dict[str, object]:
    """Write an image in one of the ways below; return what the reader must be told."""
    tiff = {
        "plain": {},
        "big": {"bigtiff": True},
        "strips": {"rowsperstrip": 7},
        "tiles": {"tile": (64, 32)},
        "deflate": {"compression": "zlib", "rowsperstrip": 10},
        "deflate-tiles": {"compression": "zlib", "tile": (64, 64), "predictor": True},
        "motorola": {"byteorder": ">", "compression": "zlib", "tile": (32, 64)},
        "motorola-plain": {"byteorder": ">"},
    }
    if how in tiff:
        tifffile.imwrite(path, image, photometric="minisblack", **tiff[how])
    elif how in ("lzw", "packbits"):
        Image.fromarray(image).save(path, compression={"lzw": "tiff_lzw"}.get(how, how))
    elif how == "npy":
        np.save(path, image)
    elif how == "fortran":
        np.save(path, np.asfortranarray(image))
    elif how == "h5":
        with h5py.File(path, "w") as store:
            store.create_dataset("scan/grey", data=image[None], chunks=(1, 32, 32), compression="gzip")
            store.create_dataset("scan/mask", data=image)
        return {"dataset": "scan/grey"}
    elif how == "raw":
        path.write_bytes(image.astype(image.dtype.newbyteorder(">")).tobytes())
        return {"shape": image.shape, "dtype": image.dtype.newbyteorder(">").str}
    else:
        Image.fromarray(image).save(path)
    return {}


SUFFIX = {"npy": ".npy", "fortran": ".npy", "h5": ".h5", "raw": ".raw", "png": ".png"}
TIFF = ("plain", "big", "strips", "tiles", "deflate", "deflate-tiles", "packbits", "motorola", "motorola-plain", "lzw")


@pytest.mark.parametrize("depth", ["uint8", "uint16"])
@pytest.mark.parametrize("how", [*TIFF, *SUFFIX])
def test_windows_are_those_of_the_whole_image(tmp_path, grains, deep_grains, how, depth):
    stored = grains if depth == "uint8" else deep_grains
    path = tmp_path / f"image{SUFFIX.get(how, '.tif')}"
    said = write(path, how, stored)
    with LargeImage(path, **said) as image:
        assert image.shape == stored.shape
        assert image.dtype == stored.dtype
        for top, bottom, left, right in WINDOWS:
            window = image[top:bottom, left:right]
            assert window.dtype.isnative
            np.testing.assert_array_equal(window, stored[top:bottom, left:right])
        np.testing.assert_array_equal(image[190:], stored[190:])
        np.testing.assert_array_equal(image[-5:, -5:], stored[-5:, -5:])
        assert image[5:5, :].shape == (0, 317)
    np.testing.assert_array_equal(image[:3], stored[:3])  # opened again


def test_only_slices_are_windows(tmp_path, grains):
    np.save(tmp_path / "a.npy", grains)
    image = LargeImage(tmp_path / "a.npy")
    for key in (3, (slice(None), 3), slice(None, None, 2)):
        with pytest.raises(TypeError, match="slices of step 1"):
            image[key]


def test_a_pickled_image_opens_its_file_in_another_process(tmp_path, grains):
    tifffile.imwrite(tmp_path / "a.tif", grains, tile=(64, 64), compression="zlib")
    (tmp_path / "a.pickle").write_bytes(pickle.dumps(LargeImage(tmp_path / "a.tif")))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb'))[20:90, 5:100].sum())"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.pickle"], capture_output=True, check=True)
    assert int(done.stdout) == grains[20:90, 5:100].sum()


def test_the_finest_level_of_a_pyramid_is_the_image(tmp_path, grains):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(grains, subifds=1, tile=(64, 64), compression="zlib")
        writer.write(grains[::2, ::2], subfiletype=1, tile=(64, 64), compression="zlib")
    np.testing.assert_array_equal(LargeImage(tmp_path / "a.tif")[:], grains)


def test_bands_cover_each_row_once():
    for shape in ((17_920, 54_784), (1, 10), (5_000, 30_000_000), (100, 7)):
        rows = list(bands(shape))
        assert rows[0][0] == 0
        assert rows[-1][1] == shape[0]
        assert all(first[1] == second[0] for first, second in itertools.pairwise(rows))
    assert next(bands((17_920, 54_784)))[1] * 54_784 * 4 < 150e6


@pytest.mark.parametrize("how", [*TIFF, "npy"])
def test_a_file_cut_short_is_told_when_it_is_opened(tmp_path, grains, how):
    path = tmp_path / f"image{SUFFIX.get(how, '.tif')}"
    write(path, how, grains)
    if how in ("lzw", "packbits"):  # Pillow writes the directory behind the pixels, so that nothing is left of it
        path.write_bytes(path.read_bytes()[:-200])
        with pytest.raises(RaysysError, match=r"cannot be read as a TIFF image|ends too early"):
            LargeImage(path)
        return
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RaysysError, match=r"image\.(tif|npy) (is a TIFF file that )?ends too early: it has"):
        LargeImage(path)


def test_damaged_pixels_are_one_sentence(tmp_path, grains):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grains, tile=(64, 64), compression="zlib")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        offset = tiff.pages[0].dataoffsets[7]
    content[offset : offset + 60] = bytes(60)
    path.write_bytes(content)
    image = LargeImage(path)
    with pytest.raises(RaysysError, match=r"a\.tif cannot be read as a TIFF image"):
        image[:]


def test_what_is_no_flat_image_is_refused(tmp_path, grains):
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([grains, grains]), photometric="minisblack")
    np.save(tmp_path / "volume.npy", np.zeros((3, 4, 5), np.uint8))
    np.save(tmp_path / "words.npy", np.array([["a", "b"]]))
    (tmp_path / "a.zarr").mkdir()
    found = {
        "stack.tif": r"stack of shape \(2, 201, 317\)",
        "volume.npy": r"shape \(3, 4, 5\); what is read in windows is one flat image",
        "words.npy": "holds values of type <U1",
        "missing.tif": "does not exist",
        "a.zarr": "zarr",
    }
    for name, sentence in found.items():
        with pytest.raises(RaysysError, match=sentence):
            LargeImage(tmp_path / name)
    (tmp_path / "a.raw").write_bytes(bytes(9))
    with pytest.raises(RaysysError, match="shape and dtype is missing"):
        LargeImage(tmp_path / "a.raw")


def test_windows_of_colours_are_those_of_the_grey_image(tmp_path, grains):
    colours = np.stack([grains, grains[::-1], 255 - grains], -1)
    for name, stored in {"hue": colours, "grey": np.stack([grains] * 3, -1)}.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", stored, photometric="rgb", tile=(64, 64), compression="zlib")
        image, whole = LargeImage(tmp_path / f"{name}.tif"), read_images(tmp_path / f"{name}.tif")
        assert image.dtype == whole.dtype
        for top, bottom, left, right in WINDOWS:
            np.testing.assert_array_equal(image[top:bottom, left:right], whole[top:bottom, left:right])
    np.testing.assert_array_equal(LargeImage(tmp_path / "grey.tif")[:], grains)
    assert LargeImage(tmp_path / "hue.tif").notices == (
        f"{tmp_path / 'hue.tif'} is in colour and becomes grey (its luminance)",
    )


def test_a_file_compressed_in_one_piece_is_refused(tmp_path, monkeypatch, grains):
    from raysys.data.files import tiff

    tifffile.imwrite(tmp_path / "a.tif", grains, compression="zlib", rowsperstrip=201)
    np.testing.assert_array_equal(LargeImage(tmp_path / "a.tif")[:], grains)
    monkeypatch.setattr(tiff, "LARGEST_PIECE", 1000)
    with pytest.raises(RaysysError, match="compressed in pieces of 0 MiB, each of which must be decoded whole"):
        LargeImage(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_images(tmp_path / "a.tif"), grains)  # at once, memory is what it takes


def test_a_zarr_array_is_read_where_the_package_is_there(tmp_path, grains):
    zarr = pytest.importorskip("zarr")
    store = zarr.open(str(tmp_path / "a.zarr"), mode="w", shape=grains.shape, chunks=(64, 64), dtype="u1")
    store[:] = grains
    np.testing.assert_array_equal(LargeImage(tmp_path / "a.zarr")[10:80, 20:300], grains[10:80, 20:300])
    np.testing.assert_array_equal(read_images(tmp_path / "a.zarr"), grains)
