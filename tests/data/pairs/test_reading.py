"""Images and masks in every file there is of them, and one sentence for those that do not fit."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys.data.pairs import UNLABELLED, read_image, read_mask, read_pair
from raysys.errors import RaysysError

CLASSES = {"ground": (0,), "crack": (1,), "grain": (2,)}
MASK = np.array([[0, 1, 2, 2], [2, 0, 1, 1], [0, 0, 1, 2]], np.uint8)
GREY = (np.arange(12, dtype=np.uint8) * 20).reshape(3, 4)


def test_a_mask_is_the_same_from_png_palette_tif_npy_and_hdf5(tmp_path: Path):
    Image.fromarray(MASK).save(tmp_path / "plain.png")
    palette = Image.fromarray(MASK, mode="L").convert("P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    palette.putdata(MASK.ravel().tolist())
    palette.save(tmp_path / "palette.png")
    Image.fromarray(np.stack([MASK] * 3, -1)).save(tmp_path / "grey_as_colour.png")
    tifffile.imwrite(tmp_path / "label.tif", MASK.astype(np.uint16))
    np.save(tmp_path / "label.npy", MASK.astype(np.float32))
    with h5py.File(tmp_path / "label.h5", "w") as store:
        store["exported_data"] = MASK[..., None]  # ilastik's axes: rows, columns, channel
    for name in ("plain.png", "palette.png", "grey_as_colour.png", "label.tif", "label.npy", "label.h5"):
        found = read_mask(tmp_path / name, CLASSES)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, MASK, err_msg=name)


def test_probabilities_of_ilastik_count_by_the_largest(tmp_path: Path):
    likely = np.full((3, 4, 3), 0.2, np.float32)
    np.put_along_axis(likely, MASK[..., None].astype(int), 0.6, -1)
    with h5py.File(tmp_path / "probabilities.h5", "w") as store:
        store["exported_data"] = likely
    np.testing.assert_array_equal(read_mask(tmp_path / "probabilities.h5", CLASSES), MASK)


def test_values_become_numbers_in_the_order_of_the_names(tmp_path: Path):
    stored = np.array([[7, 255], [3, 9]], np.uint8)
    np.save(tmp_path / "m.npy", stored)
    classes = {"crack": (255,), "ground": (7, 9)}
    found = read_mask(tmp_path / "m.npy", classes, unlabelled=3)
    np.testing.assert_array_equal(found, [[1, 0], [UNLABELLED, 1]])


def test_labels_with_gaps_are_named(tmp_path: Path):
    np.save(tmp_path / "m.npy", np.array([[0, 1], [5, 7]], np.uint8))
    with pytest.raises(RaysysError, match=r"no class names: 5, 7; classes are ground 0, crack 1, grain 2; give every"):
        read_mask(tmp_path / "m.npy", CLASSES)


def test_a_mask_of_another_size_is_refused(tmp_path: Path):
    np.save(tmp_path / "i.npy", GREY)
    np.save(tmp_path / "m.npy", MASK.T)
    with pytest.raises(RaysysError, match=r"m\.npy has 4 x 3 pixels, but its image i\.npy has 3 x 4"):
        read_pair(tmp_path / "i.npy", tmp_path / "m.npy", CLASSES)


def test_colour_pictures_are_refused(tmp_path: Path):
    colour = np.zeros((5, 6, 3), np.uint8)
    colour[..., 1] = 9
    Image.fromarray(colour).save(tmp_path / "c.png")
    tifffile.imwrite(tmp_path / "c.tif", colour, photometric="rgb")
    for name in ("c.png", "c.tif"):
        with pytest.raises(RaysysError, match=r"image .* is a colour picture.*save it as a grey one"):
            read_image(tmp_path / name)
        with pytest.raises(RaysysError, match=r"mask .* is a colour picture.*save it as one of class numbers"):
            read_mask(tmp_path / name, CLASSES)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((3, 4), 7, np.uint8), "one grey level only"),
        (np.array([[0.0, np.nan], [1, 2]]), "1 NaN or infinite"),
        (np.zeros((4, 3, 9), np.uint8), r"shape \(4, 3, 9\); allowed: flat images"),
    ],
)
def test_what_is_no_grey_image_is_refused(tmp_path: Path, array: np.ndarray, words: str):
    np.save(tmp_path / "i.npy", array)
    with pytest.raises(RaysysError, match=words):
        read_image(tmp_path / "i.npy")


def test_sixteen_bits_stay_sixteen(tmp_path: Path):
    deep = (GREY.astype(np.uint16) + 1) * 200
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png"), deep)


def test_a_file_that_is_not_there_or_not_readable_is_one_sentence(tmp_path: Path):
    with pytest.raises(RaysysError, match="does not exist"):
        read_image(tmp_path / "none.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(RaysysError, match="cannot be read as a PNG"):
        read_mask(tmp_path / "broken.png", CLASSES)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(RaysysError, match=r'unknown format "\.txt"'):
        read_image(tmp_path / "notes.txt")
