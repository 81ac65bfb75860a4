"""Bit-packed counts equal slicing (open) and rolling (periodic), whatever the shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stats_references import lineal_path_reference, polytope_reference, two_point_reference

from raysys.stats import lineal_path, lineal_path_along, polytope, two_point, two_point_along
from raysys.stats.packed import pack

BOUNDARIES = ("open", "periodic")
# One pixel, less than a word, one word, a word and a bit, several words; never square.
SHAPES = [(2, 3), (7, 130), (64, 65), (65, 64), (100, 63), (9, 5, 70), (66, 4, 3), (5, 65, 8)]

volumes = st.lists(st.integers(1, 70), min_size=2, max_size=3).filter(lambda shape: np.prod(shape) < 30_000)
images = st.builds(
    lambda shape, n, phi, seed: np.random.default_rng(seed).random((n, *shape)) < phi,
    volumes,
    st.integers(1, 3),
    st.sampled_from([0.05, 0.5, 0.9, 1.0]),
    st.integers(0, 999),
)
fast = settings(max_examples=40, deadline=None)


def random_images(shape, n=2, phi=0.7):
    return np.random.default_rng(1).random((n, *shape)) < phi


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("measure", "reference"),
    [(two_point_along, two_point_reference), (lineal_path_along, lineal_path_reference)],
    ids=["S2", "L"],
)
def test_lines_equal_the_reference_along_every_axis(measure, reference, shape, boundary):
    many = random_images(shape)
    r_max = min(shape) - 1
    for axis in range(len(shape)):
        found = measure(many, axis, r_max=r_max, boundary=boundary).values
        np.testing.assert_array_equal(found, [reference(image, axis, r_max, boundary) for image in many])


@fast
@given(images, st.sampled_from(BOUNDARIES))
def test_lines_equal_the_reference_for_any_shape(many, boundary):
    r_max = min(many.shape[1:]) - 1
    axes = range(many.ndim - 1)
    for measure, reference in ((two_point, two_point_reference), (lineal_path, lineal_path_reference)):
        expected = [np.mean([reference(image, axis, r_max, boundary) for axis in axes], axis=0) for image in many]
        found = measure(many, r_max=r_max, boundary=boundary).values
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("rounding", ["nearest", "ceil", "floor"])
@pytest.mark.parametrize("kind", ["P3H", "P3V", "P4", "P6"])
@pytest.mark.parametrize("shape", [(2, 3), (20, 131), (64, 64), (65, 40)])
def test_polytopes_equal_the_reference(kind, shape, rounding, boundary):
    many = random_images(shape)
    r_max = min(shape) - 1
    found = polytope(many, kind, r_max=r_max, boundary=boundary, rounding=rounding)
    expected = [polytope_reference(image, kind, r_max, boundary, rounding=rounding) for image in many]
    np.testing.assert_array_equal(found.values, expected)


@fast
@given(images.filter(lambda many: many.ndim == 3), st.sampled_from(BOUNDARIES), st.sampled_from(["P3V", "P4", "P6"]))
def test_polytopes_equal_the_reference_for_any_shape(many, boundary, kind):
    r_max = min(many.shape[1:]) - 1
    expected = [polytope_reference(image, kind, r_max, boundary, rounding="nearest") for image in many]
    np.testing.assert_array_equal(polytope(many, kind, r_max=r_max, boundary=boundary).values, expected)


@pytest.mark.parametrize("shape", [(1, 1), (3, 64), (64, 64), (70, 130), (200, 5)])
def test_transposed_bits_are_the_bits_of_the_transposed_image(shape):
    many = random_images(shape)
    turned = pack(many).transposed()
    np.testing.assert_array_equal(turned.words, pack(np.ascontiguousarray(many.swapaxes(1, 2))).words)
    assert turned.shape == shape[::-1]


def test_strided_images_count_as_contiguous_ones():
    many = random_images((40, 50), n=6)
    np.testing.assert_array_equal(two_point(many[::2, ::-1, 3:]).values, two_point(many[::2, ::-1, 3:].copy()).values)
