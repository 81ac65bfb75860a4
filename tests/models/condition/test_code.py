"""Codes as functions of the place."""

import numpy as np
import pytest
from support.toys import CODE, INDEX, MAP, toy

from raysys.models.condition import CodeMap, Constant
from raysys.models.window import Points


def test_a_constant_is_the_same_everywhere():
    assert Constant(np.float32([1, 2])).at(Points((0, 5), (3, 3)), 8).tolist() == [[[1]], [[2]]]


def test_a_map_is_linear_between_the_middles_of_its_parts_and_goes_on_beyond_its_border():
    # Two parts of 8 pixels, with their middles at 4 and 12; cells of 2 pixels, with theirs at 1, 3, 5, ...
    values = CodeMap(np.float32([[0, 8]]), (0,), (16,)).at(Points((-2,), (12,)), 2)[0]
    middles = 2 * np.arange(-2, 10) + 1.0
    np.testing.assert_allclose(values, np.clip(middles - 4, 0, 8))


def test_a_map_of_several_axes_is_interpolated_along_each():
    rng = np.random.default_rng(0)
    slope, at = rng.normal(size=3), [np.arange(n) + 0.5 for n in (4, 3, 5)]
    grid = slope[0] * at[0][:, None, None] + slope[1] * at[1][:, None] + slope[2] * at[2]
    values = CodeMap(np.float32(grid)[None], (0, 0, 0), (32, 24, 40)).at(Points((2, 2, 2), (3, 2, 5)), 2)[0]
    i, j, k = (np.arange(2, 2 + n) * 2 + 1.0 for n in (3, 2, 5))
    expected = (slope[0] * i[:, None, None] + slope[1] * j[:, None] + slope[2] * k) / 8
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_names_are_not_mixed():
    one_hot = np.eye(3, dtype=np.float32)[:, [0, 2, 1]]
    values = CodeMap(one_hot, (0,), (12,), smooth=False).at(Points((-1,), (14,)), 1)
    assert set(np.unique(values)) == {0, 1}
    assert values.argmax(0).tolist() == [0] * 5 + [2] * 4 + [1] * 5


def test_on_a_periodic_image_a_map_repeats_and_closes():
    code = CodeMap(np.float32([[0, 4]]), (0,), (8,))
    values = code.at(Points((-8,), (16,), (8,)), 1)[0]
    np.testing.assert_array_equal(values[:8], values[8:])
    assert np.abs(np.diff(values)).max() == pytest.approx(1)  # no jump at the border


VARYING = {
    "code": (lambda: toy(waves=4, condition=CODE), {"values": np.random.default_rng(0).normal(size=(2, 5, 4))}),
    "index": (lambda: toy("labels", condition=INDEX), {"values": [[0, 1, 2], [2, 1, 0]]}),
    "map": (lambda: toy("colour", condition=MAP), {"values": np.random.default_rng(0).uniform(-1, 1, (2, 4, 4))}),
}


@pytest.fixture(params=VARYING)
def varying(request):
    build, condition = VARYING[request.param]
    return build(), condition


def test_images_under_codes_that_vary_have_windows_bit_for_bit(varying):
    """Waves among them, whose frequency changes from point to point."""
    model, condition = varying
    placed = {**condition, "origin": (-20, 0), "extent": (90, 60)}
    whole = model.sample(1, seed=3, size=(70, 45), origin=(-21, 3), condition=placed, grey=True)[0]
    part = model.sample(1, seed=3, size=(33, 20), origin=(-10, 11), condition=placed, grey=True)[0]
    np.testing.assert_array_equal(part, whole[11:44, 8:28])
    assert not np.array_equal(whole, model.sample(1, seed=3, size=(70, 45), origin=(-21, 3), grey=True)[0])


def test_periodic_images_under_codes_that_vary_roll_and_close(varying):
    model, condition = varying
    size = {"size": (48, 40), "periodic": True, "condition": condition, "grey": True}
    tile = model.sample(1, seed=4, **size)[0]
    moved = model.sample(1, seed=4, origin=(-7, 3), **size)[0]
    np.testing.assert_array_equal(moved, np.roll(tile, (7, -3), (0, 1)))


def test_what_one_image_is_asked_leaves_the_others_alone(varying):
    model, condition = varying
    both = model.sample(2, seed=6, condition=[condition, condition], grey=True)
    np.testing.assert_array_equal(both[1], model.sample(1, seed=7, condition=condition, grey=True)[0])
