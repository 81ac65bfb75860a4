"""Bit-packed counts equal slicing (open) and rolling (periodic), whatever the shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.references import all_inside, lineal_path_reference, polytope_reference, two_point_reference, vertices

from raysys.stats import lineal_path, lineal_path_along, polytope, two_point, two_point_along
from raysys.stats.packed import pack
from raysys.stats.phases import Phase

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


PLANES = {0: (1, 2), 1: (0, 2), 2: (0, 1)}  # normal: the axes of rows and columns


def volume_reference(volume, kind, r_max, boundary, normal, **options):
    """Figures drawn in the plane normal to an axis and looked for in the whole volume."""

    def embedded(point):
        placed = [0, 0, 0]
        for axis, step in zip(PLANES[normal], point, strict=True):
            placed[axis] = step
        return tuple(placed)

    values = np.full(r_max + 1, np.nan)
    for r in range(0, r_max + 1, 2 if kind in ("P3H", "P3V") else 1):
        values[r] = all_inside(volume, [embedded(point) for point in vertices(kind, r, **options)], boundary)
    return values


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("kind", ["P3H", "P3V", "P4", "P6"])
@pytest.mark.parametrize("shape", [(3, 2, 5), (9, 12, 70), (66, 5, 13), (7, 65, 10)])
def test_polytopes_of_volumes_equal_the_reference_in_every_plane(kind, shape, boundary):
    many = random_images(shape)
    r_max = min(shape) - 1
    planes = []
    for normal in PLANES:
        expected = [volume_reference(volume, kind, r_max, boundary, normal, rounding="nearest") for volume in many]
        found = polytope(many, kind, plane=normal, r_max=r_max, boundary=boundary)
        np.testing.assert_array_equal(found.values, expected)
        planes.append(expected)
    mean = polytope(many, kind, r_max=r_max, boundary=boundary).values
    np.testing.assert_allclose(mean, np.mean(planes, axis=0), rtol=0, atol=1e-15)


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


@fast
@given(
    images.filter(lambda many: many.ndim == 4),
    st.sampled_from(BOUNDARIES),
    st.sampled_from(["P3H", "P4", "P6"]),
    st.integers(0, 2),
)
def test_polytopes_of_volumes_equal_the_reference_for_any_shape(many, boundary, kind, normal):
    r_max = min(many.shape[1:]) - 1
    expected = [volume_reference(volume, kind, r_max, boundary, normal, rounding="nearest") for volume in many]
    np.testing.assert_array_equal(polytope(many, kind, plane=normal, r_max=r_max, boundary=boundary).values, expected)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 130), (67, 1), (1, 1, 1), (1, 65, 3)])
@pytest.mark.parametrize("value", [0, 1])
def test_single_pixels_and_lines_of_them(shape, boundary, value):
    many = np.full((2, *shape), value, np.uint8)
    curves = [two_point(many, boundary=boundary), lineal_path(many, boundary=boundary)]
    curves += [polytope(many, kind, boundary=boundary) for kind in ("P2", "P3H", "P3V", "P4", "P6")]
    for curve in curves:
        np.testing.assert_array_equal(curve.values, np.full((2, 1), float(value)))


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int8, np.uint16, np.int64])
@pytest.mark.parametrize("width", [1, 63, 64, 65, 200])
def test_any_whole_numbers_pack_into_the_bits_that_equal_the_value(width, dtype):
    numbers = np.random.default_rng(2).integers(-3 if dtype in (np.int8, np.int64) else 0, 3, (3, 5, width))
    numbers = (numbers % 2 if dtype is np.bool_ else numbers).astype(dtype)
    for value in (0, 1, 2, -1, -3, 300):
        bits = np.unpackbits(pack(numbers, value).words.view(np.uint8), axis=-1, bitorder="little")
        np.testing.assert_array_equal(bits[..., :width], numbers == value)
        assert not bits[..., width:].any()


@pytest.mark.parametrize("normal", PLANES)
def test_sections_are_the_slices_across_an_axis(normal):
    volumes = random_images((5, 70, 66))
    sections = Phase.of(volumes, 1).sections(normal)
    slices = np.moveaxis(volumes, 1 + normal, 1)
    expected = pack(np.ascontiguousarray(slices).reshape(-1, *slices.shape[2:]))
    np.testing.assert_array_equal(sections.words, expected.words)
    assert sections.shape == expected.shape


def test_strided_images_count_as_contiguous_ones():
    many = random_images((40, 50), n=6)
    np.testing.assert_array_equal(two_point(many[::2, ::-1, 3:]).values, two_point(many[::2, ::-1, 3:].copy()).values)
