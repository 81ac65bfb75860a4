"""Masks of objects: what may be one, and where an object goes when it is moved or scaled."""

import numpy as np
import pytest

from raysys.data.textures.masks import checked_mask, nearest, transformed
from raysys.errors import RaysysError


def box(*sides: int, size: tuple[int, int] = (20, 24)) -> np.ndarray:
    top, left, bottom, right = sides
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize("values", [(0, 1), (0, 255), (0.0, 1.0), (False, True)])
def test_black_and_white_are_a_mask_whatever_their_numbers(values: tuple[object, object]):
    mask = np.where(box(3, 4, 9, 9), values[1], values[0])
    assert np.array_equal(checked_mask("the hole", mask, (20, 24)), box(3, 4, 9, 9))


def test_edges_may_be_grey():
    mask = 255 * box(3, 4, 9, 9).astype(np.uint8)
    mask[3, 4:9], mask[8, 4:9] = 200, 40
    assert np.array_equal(checked_mask("the hole", mask, (20, 24)), box(3, 4, 8, 9))


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (np.ones((20, 23)), "the hole has 20 x 23 pixels, and the image 20 x 24; allowed: the same"),
        (np.zeros((20, 24)), "the hole is empty: it is 0 everywhere; allowed: other pixels somewhere"),
        (np.ones((20, 24)), "the hole covers the whole image; allowed: some pixels of 0, which edits are drawn from"),
        (np.ones((20, 24, 3)), r"the hole has shape \(20, 24, 3\) of float64; allowed: \(H, W\) of 0 and 1"),
        (np.full((20, 24), "a"), r"the hole has shape \(20, 24\) of <U1; allowed: \(H, W\) of 0 and 1"),
        (-box(1, 1, 5, 5).astype(float), "the hole has values such as -1; allowed: 0 and 1, or black and white"),
        (np.linspace(0, 1, 480).reshape(20, 24), "the hole is grey at 80 % of its pixels, as a picture is; allowed:"),
        (np.full((20, 24), np.nan), "the hole has values such as nan; allowed: 0 and 1, or black and white"),
    ],
)
def test_what_is_no_mask_is_one_sentence(mask: np.ndarray, sentence: str):
    with pytest.raises(RaysysError, match=sentence):
        checked_mask("the hole", mask, (20, 24))


def test_a_shift_moves_every_pixel_by_as_much():
    mask = box(3, 4, 9, 9)
    found, before = transformed(mask, (7, 2), 1.0)
    assert np.array_equal(found, box(5, 11, 11, 16))
    rows, columns = np.nonzero(found)
    assert np.array_equal(before[found], np.stack([rows - 2, columns - 7], axis=-1))
    assert (before[~found] == -1).all()


def test_a_scale_is_about_the_middle_and_every_pixel_is_of_the_object():
    mask = box(6, 8, 12, 14)
    found, before = transformed(mask, (0, 0), 2.0)
    assert np.array_equal(found, box(3, 5, 15, 17))
    assert mask[before[found][:, 0], before[found][:, 1]].all()
    smaller, _ = transformed(mask, (0, 0), 0.5)
    assert 0 < smaller.sum() < mask.sum()
    assert mask[smaller].all()


@pytest.mark.parametrize(
    ("shift", "scale", "sentence"),
    [
        ((0, 0), 1.0, "shift 0 0 and scale 1 change nothing; allowed: other numbers"),
        ((100, 0), 1.0, "shift 100 0 moves the object out of the image; allowed: smaller shifts"),
        ((1, 0), 0.0, "scale 0; allowed: numbers above 0, such as 1.5"),
        ((float("nan"), 0), 1.0, "shift nan 0 and scale 1 change nothing"),
    ],
)
def test_what_moves_nothing_is_one_sentence(shift: tuple[float, float], scale: float, sentence: str):
    with pytest.raises(RaysysError, match=sentence):
        transformed(box(3, 4, 9, 9), shift, scale)


def test_the_nearest_pixel_of_a_map_at_another_size():
    values = np.arange(6).reshape(2, 3)
    assert np.array_equal(nearest(values, (4, 6)), values.repeat(2, 0).repeat(2, 1))
    assert np.array_equal(nearest(values.repeat(2, 0).repeat(2, 1), (2, 3)), values)
