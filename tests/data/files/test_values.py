"""Values that stand for nothing, and orientation tags, against their definitions."""

import numpy as np
import pytest

from raysys.data import read_images
from raysys.data.files.reading import read_stored
from raysys.data.files.source import Facts
from raysys.data.files.values import black_is_zero, far_value, is_missing, red_green_blue, stored_place, upright
from raysys.errors import RaysysError

CHANCE = np.random.default_rng(0)
GREY = CHANCE.normal(100, 10, (60, 70))


@pytest.mark.parametrize(("value", "dtype"), [(-9999, "f4"), (-32_768, "i2"), (65_535, "u2"), (-999, "f8")])
def test_a_value_far_outside_is_told(tmp_path, value, dtype):
    image = np.clip(GREY, 60, 140).astype(dtype)
    image[:9, :20] = value
    np.save(tmp_path / "a.npy", image)
    (notice,) = read_stored(tmp_path / "a.npy").notices
    assert f"180 pixels of {tmp_path / 'a.npy'} have the value {value:g}, far outside the others" in notice
    others = image[image != value]
    assert f"({others.min():g} to {others.max():g})" in notice


@pytest.mark.parametrize(
    "image",
    [
        GREY,
        np.where(GREY > 100, 255, 0),  # two phases
        np.where(GREY > 110, 2, np.where(GREY > 95, 1, 0)).astype(np.uint16),
        np.exp(GREY / 10),  # a long tail
        np.where(np.arange(70) == 9, 5000.0, GREY)[:1, :],  # one hot pixel is no fill value
    ],
)
def test_other_images_have_no_such_value(image):
    assert far_value(image, "a") is None


def test_missing_are_nan_infinite_fill_and_huge():
    values = np.array([[1.0, np.nan], [np.inf, -3e38], [7.0, 1e19]])
    np.testing.assert_array_equal(is_missing(values, ()), [[False, True], [True, True], [False, False]])
    np.testing.assert_array_equal(is_missing(values, (7.0,)), [[False, True], [True, True], [True, False]])
    assert is_missing(np.array([[1, 2]]), (3.0, np.nan)) is None
    assert is_missing(np.float16([[1, 60_000]]), ()) is None


def test_all_missing_are_counted(tmp_path):
    image = GREY.copy()
    image[5:7] = np.nan
    np.save(tmp_path / "a.npy", image)
    with pytest.raises(RaysysError, match=r"a\.npy holds 140 NaN or infinite values among 4,200"):
        read_images(tmp_path / "a.npy")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_tag_says_where_the_first_row_and_column_are(orientation):
    """TIFF 6.0, tag 274: the 0th row is the top, bottom, left or right side, and the 0th column another one."""
    scene = CHANCE.integers(0, 255, (5, 7))
    rows, columns = {
        1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
        5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
    }[orientation]  # fmt: skip

    lines = {"top": scene, "bottom": scene[::-1], "left": scene.T, "right": scene.T[::-1]}
    stored = lines[rows]
    if columns in ("right", "bottom"):
        stored = stored[:, ::-1]
    np.testing.assert_array_equal(upright(stored, orientation), scene)
    window = (slice(1, 4), slice(2, 7))
    part = stored[stored_place(window, scene.shape, orientation)]
    np.testing.assert_array_equal(upright(part, orientation), scene[window])


@pytest.mark.parametrize("dtype", ["u1", "u2", "i1", "i4", "f4", "?"])
def test_inverting_where_0_is_white_loses_nothing(dtype):
    stored = (
        CHANCE.integers(0, 2, (9, 9)).astype(dtype) if dtype == "?" else CHANCE.integers(0, 100, (9, 9)).astype(dtype)
    )
    facts = Facts(white_is_zero=255 if dtype == "u1" else 65_535 if dtype == "u2" else 1 if dtype == "?" else -1)
    found = black_is_zero(stored, facts)
    assert found.dtype == stored.dtype
    order = np.argsort(stored, axis=None, kind="stable")
    assert (np.diff(found.ravel()[order].astype(float)) <= 0).all()
    np.testing.assert_array_equal(black_is_zero(found, facts), stored)


def test_inks_are_on_white_paper():
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 128, 255, 0]]], np.uint8)
    found = red_green_blue(inks, Facts("cmyk"))
    np.testing.assert_array_equal(found, [[[255, 255, 255], [0, 255, 255], [0, 0, 0], [255, 127, 0]]])
