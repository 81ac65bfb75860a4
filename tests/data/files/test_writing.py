"""What is written can be read back, and nothing that exists is swept away."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys import RaysysError
from raysys.data import encode_images, read_images, write_images

RNG = np.random.default_rng(1)
BINARY = RNG.integers(0, 2, (3, 10, 12), dtype=np.uint8)
GREY = RNG.random((3, 10, 12), dtype=np.float32)
VOLUMES = RNG.integers(0, 2, (2, 5, 6, 7), dtype=np.uint8)


@pytest.mark.parametrize("images", [BINARY, GREY, VOLUMES], ids=["binary", "grey", "volumes"])
@pytest.mark.parametrize("suffix", ["tif", "tiff", "npy", "npz"])
def test_round_trip(tmp_path, images, suffix):
    write_images(tmp_path / f"a.{suffix}", images)
    scale = 255 if suffix.startswith("tif") and images.dtype == np.uint8 else 1  # visible in any viewer
    np.testing.assert_array_equal(read_images(tmp_path / f"a.{suffix}"), images * images.dtype.type(scale))


def test_one_png_or_a_folder_of_them(tmp_path):
    write_images(tmp_path / "a.png", BINARY[:1])
    np.testing.assert_array_equal(read_images(tmp_path / "a.png"), BINARY[0] * 255)
    write_images(tmp_path / "many", GREY)
    np.testing.assert_array_equal(read_images(tmp_path / "many"), np.rint(GREY * 255))
    with pytest.raises(RaysysError, match="one picture and there are 3 images"):
        write_images(tmp_path / "b.png", BINARY)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "many"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RaysysError, match="already exists and is not an empty folder"):
        write_images(tmp_path, BINARY)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_failed_write_leaves_the_old_file(tmp_path):
    write_images(tmp_path / "a.npy", BINARY)
    with pytest.raises(RaysysError, match="cannot be written"):
        write_images(tmp_path / "a.npy", BINARY[0, 0])
    np.testing.assert_array_equal(read_images(tmp_path / "a.npy"), BINARY)


def test_encoded_bytes_are_the_file_and_depend_on_the_images_only(tmp_path):
    for format in ("npy", "npz", "tif"):
        write_images(tmp_path / f"a.{format}", GREY)
        assert (tmp_path / f"a.{format}").read_bytes() == encode_images(GREY, format)
    np.testing.assert_array_equal(np.load(io.BytesIO(encode_images(GREY, "npz")))["images"], GREY)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(encode_images(GREY, "tif"))), GREY)


def test_png_of_several_is_one_row(tmp_path):
    sheet = np.asarray(Image.open(io.BytesIO(encode_images(BINARY, "png"))))
    assert sheet.shape == (10, 3 * 12 + 2 * 2)
    np.testing.assert_array_equal(sheet[:, 14:26], BINARY[1] * 255)


@pytest.mark.parametrize("n", [3, 4])
def test_three_or_four_images_are_not_taken_for_colours(tmp_path, n):
    images = RNG.random((n, 9, n), dtype=np.float32)
    write_images(tmp_path / "a.tif", images)
    assert read_images(tmp_path / "a.tif").shape == (n, 9, n)


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(RaysysError, match='"gif"; formats are png, npy, npz, tif'):
        encode_images(BINARY, "gif")
    with pytest.raises(RaysysError, match="these are volumes"):
        encode_images(VOLUMES, "png")
    with pytest.raises(RaysysError, match='"docx"'):
        write_images(tmp_path / "a.docx", BINARY)


COLOURS = np.random.default_rng(5).random((3, 9, 14, 3), dtype=np.float32)
LABELS = np.random.default_rng(6).integers(0, 5, (3, 9, 14)).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["tif", "npy", "npz"])
@pytest.mark.parametrize(("images", "kind"), [(COLOURS, "colour"), (LABELS, "labels"), (LABELS % 2, "labels")])
def test_colours_and_labels_come_back_as_they_are(tmp_path, suffix, images, kind):
    write_images(tmp_path / f"a.{suffix}", images, kind=kind)
    np.testing.assert_array_equal(read_images(tmp_path / f"a.{suffix}", kind=kind), images)


def test_pictures_of_colours_and_labels(tmp_path):
    write_images(tmp_path / "colours", COLOURS, kind="colour")
    read = read_images(tmp_path / "colours", kind="colour")
    np.testing.assert_array_equal(read, np.rint(COLOURS * 255).astype(np.float32) / np.float32(255))
    write_images(tmp_path / "labels", LABELS, kind="labels")
    np.testing.assert_array_equal(read_images(tmp_path / "labels", kind="labels"), LABELS)
    sheet = Image.open(io.BytesIO(encode_images(LABELS, "png", kind="labels")))
    assert sheet.size == (3 * 14 + 2 * 2, 9)
    shades = np.asarray(sheet.convert("RGB"))[:, :14].reshape(-1, 3)
    assert len(np.unique(shades, axis=0)) == 5  # one colour each
    assert np.asarray(sheet)[0, 14] == 255  # the gap is of no phase


def test_volumes_of_colours_and_labels(tmp_path):
    volumes = np.random.default_rng(7).random((2, 5, 8, 9, 3), dtype=np.float32)
    assert np.load(io.BytesIO(encode_images(volumes, "npy", kind="colour"))).shape == volumes.shape
    assert tifffile.imread(io.BytesIO(encode_images(volumes, "tif", kind="colour"))).shape == volumes.shape
    for images, kind in ((volumes, "colour"), (LABELS[None], "labels")):
        with pytest.raises(RaysysError, match="png holds flat images"):
            encode_images(images, "png", kind=kind)


@pytest.mark.parametrize(
    ("images", "kind", "expected"),
    [
        (COLOURS[..., 0], "colour", r"shape \(3, 9, 14\) cannot be written; they must be \(N, H, W, 3\)"),
        (COLOURS[..., :2], "colour", "cannot be written"),
        (COLOURS[0, 0, 0], "grey", "cannot be written"),
        (COLOURS[..., 0], "labels", "labels of type float32 cannot be written"),
    ],
)
def test_arrays_of_another_kind_than_is_said_are_refused(images, kind, expected):
    with pytest.raises(RaysysError, match=expected):
        encode_images(images, "npy", kind=kind)
