"""Two-point correlations at every lag vector equal counting by slicing and rolling, and obey their sum rules."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import autocorrelation, cross_correlation, two_point_along

BOUNDARIES = ("open", "periodic")

shapes = st.lists(st.integers(1, 17), min_size=2, max_size=3).filter(lambda shape: np.prod(shape) < 260)
three_phases = st.builds(
    lambda shape, n, odds, seed: np.random.default_rng(seed).choice(3, (n, *shape), p=odds),
    shapes,
    st.integers(1, 3),
    st.sampled_from([(0.2, 0.5, 0.3), (0.9, 0.08, 0.02), (0.0, 0.5, 0.5)]),
    st.integers(0, 999),
)
exactly = settings(max_examples=60, deadline=None)


def probability(first, second, lag, boundary):
    """Of x in the first bool image and x + lag in the second."""
    if boundary == "periodic":
        return (first & np.roll(second, tuple(-k for k in lag), tuple(range(first.ndim)))).mean()
    here = tuple(slice(max(0, -k), n - max(0, k)) for k, n in zip(lag, first.shape, strict=True))
    there = tuple(slice(max(0, k), n - max(0, -k)) for k, n in zip(lag, first.shape, strict=True))
    return (first[here] & second[there]).mean()


def whole_map(first, second, boundary):
    size = tuple(n if boundary == "periodic" else 2 * n - 1 for n in first.shape)
    lags = [np.subtract(index, [n // 2 for n in size]) for index in np.ndindex(size)]
    return np.reshape([probability(first, second, lag, boundary) for lag in lags], size)


def reflected(maps):
    """S(-r): of an even length, half the length stands for both signs."""
    axes = tuple(range(1, maps.ndim))
    return np.roll(np.flip(maps, axes), [1 - n % 2 for n in maps.shape[1:]], axes)


@pytest.fixture(scope="module")
def fields():
    return gaussian_field((30, 41), phi=0.4, sigma=2, n=3) * (1 + np.indices((30, 41)).sum(axis=0) % 2)


@exactly
@given(three_phases, st.sampled_from(BOUNDARIES))
def test_every_lag_of_one_phase_equals_the_reference(images, boundary):
    binary = (images == 1).astype(np.uint8)
    found = autocorrelation(binary, boundary=boundary)
    np.testing.assert_array_equal(found, [whole_map(one == 1, one == 1, boundary) for one in binary])
    assert found.dtype == np.float64


@exactly
@given(three_phases, st.sampled_from(BOUNDARIES), st.permutations([0, 1, 2]))
def test_every_lag_of_two_phases_equals_the_reference(images, boundary, phases):
    i, j = phases[:2]
    assume({i, j} <= set(images.ravel()))
    found = cross_correlation(images, (i, j), boundary=boundary)
    np.testing.assert_array_equal(found, [whole_map(one == i, one == j, boundary) for one in images])


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(2, 301, 420), (70, 64, 65), (1, 40, 61, 50), (9, 12, 20, 21), (2, 1, 5000)])
def test_images_larger_and_more_than_are_transformed_at_once(shape, boundary):
    images = np.random.default_rng(2).choice(3, shape, p=(0.3, 0.5, 0.2))
    maps = autocorrelation(images, boundary=boundary), cross_correlation(images, (2, 1), boundary=boundary)
    draw = np.random.default_rng(3)
    for _ in range(30):
        which, index = draw.integers(len(images)), tuple(map(draw.integers, maps[0].shape[1:]))
        lag = np.subtract(index, [n // 2 for n in maps[0].shape[1:]])
        for found, first in zip(maps, (1, 2), strict=True):
            one = images[which]
            assert found[which][index] == probability(one == first, one == 1, lag, boundary)


@pytest.mark.parametrize("boundary", BOUNDARIES)
class TestBothBoundaries:
    def test_a_window_is_cut_out_of_the_whole(self, fields, boundary):
        for measure in (autocorrelation, cross_correlation):
            whole = measure(fields, boundary=boundary)
            middle = [slice(n // 2 - 9, n // 2 + 10) for n in whole.shape[1:]]
            np.testing.assert_array_equal(measure(fields, boundary=boundary, r_max=9), whole[:, *middle])

    def test_the_centre_is_the_phase_fraction_of_one_phase_and_0_of_two(self, fields, boundary):
        for measure, expected in ((autocorrelation, (fields == 1).mean(axis=(1, 2))), (cross_correlation, 0)):
            np.testing.assert_array_equal(measure(fields, boundary=boundary, r_max=0)[:, 0, 0], expected)

    def test_exchanged_phases_are_the_reflected_map(self, fields, boundary):
        found = cross_correlation(fields, (1, 2), boundary=boundary)
        np.testing.assert_array_equal(cross_correlation(fields, (2, 1), boundary=boundary), reflected(found))
        same = cross_correlation(fields, (2, 2), boundary=boundary)
        np.testing.assert_array_equal(same, autocorrelation(fields, phase=2, boundary=boundary))
        np.testing.assert_array_equal(same, reflected(same))

    def test_pairs_with_all_phases_are_all_pairs(self, fields, boundary):
        total = sum(cross_correlation(fields, (i, j), boundary=boundary) for i in range(3) for j in range(3))
        np.testing.assert_allclose(total, 1, rtol=0, atol=1e-15)

    def test_one_axis_is_the_two_point_function(self, fields, boundary):
        maps = autocorrelation(fields, boundary=boundary)
        row, column = (n // 2 for n in maps.shape[1:])
        lines = maps[:, row : row + 15, column], maps[:, row, column : column + 15]
        for axis, line in enumerate(lines):
            expected = two_point_along(fields, axis, boundary=boundary, r_max=14).values
            np.testing.assert_array_equal(line, expected)

    def test_all_phase_and_one_pixel(self, boundary):
        np.testing.assert_array_equal(autocorrelation(np.ones((1, 33, 70), int), boundary=boundary), 1)
        one = np.zeros((1, 12, 15), int)
        one[0, 11, 0] = 1
        found = autocorrelation(one, boundary=boundary)[0]
        assert found.sum() == found[found.shape[0] // 2, found.shape[1] // 2] == 1 / 180

    def test_a_phase_that_does_not_occur(self, fields, boundary):
        with pytest.warns(UserWarning, match="phase 3 does not occur"):
            assert np.isnan(autocorrelation(fields, phase=3, boundary=boundary, r_max=2)).all()
        with pytest.warns(UserWarning, match="phase 3 does not occur"):
            assert np.isnan(cross_correlation(fields, (1, 3), boundary=boundary, r_max=2)).all()

    def test_bad_input(self, fields, boundary):
        most = 14 if boundary == "periodic" else 29
        for r_max in (-1, most + 1):
            with pytest.raises(RaysysError, match=f"0 to {most}"):
                autocorrelation(fields, boundary=boundary, r_max=r_max)
            with pytest.raises(RaysysError, match=f"0 to {most}"):
                cross_correlation(fields, boundary=boundary, r_max=r_max)
        with pytest.raises(RaysysError, match=r"image\[None\]"):
            cross_correlation(fields[0], boundary=boundary)


def test_periodic_pairs_with_all_phases_are_the_phase_fraction_at_every_lag(fields):
    for i in range(3):
        total = sum(cross_correlation(fields, (i, j)) for j in range(3))
        fraction = (fields == i).mean(axis=(1, 2), keepdims=True)
        np.testing.assert_allclose(total, np.broadcast_to(fraction, total.shape), rtol=0, atol=1e-15)


def test_periodic_maps_know_no_position_and_no_direction(fields):
    expected = autocorrelation(fields)
    np.testing.assert_array_equal(autocorrelation(np.roll(fields, (7, -12), (1, 2))), expected)
    np.testing.assert_array_equal(autocorrelation(fields[:, ::-1, ::-1]), expected)


def test_the_other_phase_of_two_differs_by_a_constant():
    for shape in ((30, 41), (10, 11, 12)):
        fields = gaussian_field(shape, phi=0.3, sigma=1.5, n=2)
        constant = 1 - 2 * fields.reshape(2, -1).mean(axis=1).reshape(2, *(1,) * len(shape))
        other = autocorrelation(fields, phase=0)
        np.testing.assert_allclose(other, constant + autocorrelation(fields), rtol=0, atol=1e-15)


def test_errors_of_maps_are_errors_of_power_spectra():
    one, other = gaussian_field((40, 40), phi=0.3, sigma=2, n=2)
    power = [np.abs(np.fft.fft2(image)) ** 2 for image in (one, other)]
    difference = autocorrelation(one[None]) - autocorrelation(other[None])
    assert (difference**2).mean() == pytest.approx(((power[0] - power[1]) ** 2).sum() / 1600**4, rel=1e-12)


def test_an_unknown_boundary(fields):
    with pytest.raises(RaysysError, match="allowed: open, periodic"):
        autocorrelation(fields, boundary="mirror")
