"""What the two-point function and the lineal path must be on images where they are known."""

import tracemalloc

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import autocorrelation, lineal_path, lineal_path_along, polytope, two_point, two_point_along

BOUNDARIES = ("open", "periodic")
SHAPES = [(64, 64), (50, 70), (12, 20, 70)]


@pytest.fixture(params=SHAPES, ids=str)
def fields(request):
    return gaussian_field(request.param, phi=0.3, sigma=2, n=3)


def test_checkerboard():
    board = (np.indices((64, 96)).sum(axis=0) % 2)[None]
    np.testing.assert_array_equal(two_point(board, boundary="periodic").values[0], np.tile([0.5, 0.0], 16))


def test_a_vertical_stripe():
    width, columns = 9, 70
    stripe = np.zeros((1, 64, columns), np.uint8)
    stripe[..., -4:] = stripe[..., : width - 4] = 1  # around the border
    across = lineal_path_along(stripe, 1, boundary="periodic", r_max=30)
    np.testing.assert_allclose(across.values[0], np.maximum(0, width - across.r) / columns, rtol=0, atol=1e-15)
    along = lineal_path_along(stripe, 0, boundary="periodic", r_max=30)
    np.testing.assert_allclose(along.values, width / columns, rtol=0, atol=1e-15)
    assert along.name == "L_axis0"


@pytest.mark.parametrize("boundary", BOUNDARIES)
class TestLines:
    def test_one_step_of_a_line_is_a_pair(self, fields, boundary):
        for axis in range(fields.ndim - 1):
            path = lineal_path_along(fields, axis, boundary=boundary).values
            pair = two_point_along(fields, axis, boundary=boundary).values
            np.testing.assert_array_equal(path[:, :2], pair[:, :2])
            assert (path <= pair).all()

    def test_the_lineal_path_falls(self, fields, boundary):
        values = lineal_path(fields, boundary=boundary).values
        if boundary == "periodic":  # open windows differ from lag to lag
            assert (np.diff(values, axis=1) <= 0).all()
        assert values[:, 0].min() > values[:, -1].max()

    def test_the_mean_of_the_axes(self, fields, boundary):
        axes = range(fields.ndim - 1)
        for whole, along in ((two_point, two_point_along), (lineal_path, lineal_path_along)):
            parts = [along(fields, axis, boundary=boundary).values for axis in axes]
            np.testing.assert_allclose(
                whole(fields, boundary=boundary).values, np.mean(parts, axis=0), rtol=0, atol=1e-15
            )

    def test_axes_count_from_the_end_too(self, fields, boundary):
        np.testing.assert_array_equal(
            two_point_along(fields, -1, boundary=boundary).values,
            two_point_along(fields, fields.ndim - 2, boundary=boundary).values,
        )


def test_the_map_holds_the_periodic_lines(fields):
    shape = fields.shape[1:]
    maps = autocorrelation(fields)
    centre = tuple(s // 2 for s in shape)
    for axis, length in enumerate(shape):
        index = [slice(None), *centre]
        index[axis + 1] = [(centre[axis] + r) % length for r in range(min(shape) - 1)]
        expected = two_point_along(fields, axis, boundary="periodic", r_max=min(shape) - 2).values
        np.testing.assert_array_equal(maps[tuple(index)], expected)


def test_the_mean_of_the_map_is_the_fraction_squared(fields):
    axes = tuple(range(1, fields.ndim))
    np.testing.assert_allclose(autocorrelation(fields).mean(axis=axes), fields.mean(axis=axes) ** 2, rtol=1e-12)


def test_the_other_phase_follows(fields):
    one, other = (two_point(fields, phase=phase, boundary="periodic").values for phase in (1, 0))
    np.testing.assert_allclose(other, 1 - 2 * one[:, :1] + one, rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        autocorrelation(fields, phase=0), 1 - 2 * fields.mean() + autocorrelation(fields), rtol=0, atol=1e-14
    )


def test_an_axis_that_is_not_there():
    with pytest.raises(RaysysError, match="allowed for images of 2 dimensions: 0 to 1"):
        two_point_along(np.ones((1, 8, 8), int), 2)


def squares(volume, **options):
    return polytope(volume, "P4", **options)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(("measure", "share"), [(two_point, 0.3), (lineal_path, 0.6), (squares, 0.6)])
def test_a_volume_is_measured_without_a_copy_of_its_size(measure, share, boundary):
    volume = np.zeros((1, 256, 256, 256), np.uint8)
    volume[..., ::3] = 1
    measure(volume[:, :8, :8, :8], boundary=boundary)  # compiles
    tracemalloc.start()
    measure(volume, boundary=boundary, r_max=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < share * volume.nbytes
