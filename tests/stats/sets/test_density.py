"""Kernel densities and orientation roses, against scipy and against distributions that are known."""

import math

import numpy as np
import pytest
from scipy import stats

from raysys import RaysysError
from raysys.stats import density, rose


@pytest.fixture(scope="module")
def normal():
    return np.random.default_rng(0).normal(3, 2, 400)


def wrapped_normal(n, mean, spread, period=180, seed=1):
    values = np.random.default_rng(seed).normal(mean, spread, n)
    return (values + period / 2) % period - period / 2


class TestDensity:
    @pytest.mark.parametrize("bandwidth", ["scott", 0.4])
    def test_is_that_of_scipy(self, normal, bandwidth):
        found = density(normal, bandwidth=bandwidth)
        factor = bandwidth if bandwidth == "scott" else bandwidth / normal.std(ddof=1)
        np.testing.assert_allclose(found.y, stats.gaussian_kde(normal, factor)(found.x), rtol=1e-6, atol=1e-8)
        assert found.bandwidth == pytest.approx(normal.std(ddof=1) * stats.gaussian_kde(normal, factor).factor)
        assert (found.n, found.log, found.period) == (400, False, None)

    def test_of_a_normal_sample_is_near_the_normal_density(self):
        values = np.random.default_rng(2).normal(0, 1, 20_000)
        found = density(values, grid=np.linspace(-3, 3, 61))
        assert np.abs(found.y - stats.norm.pdf(found.x)).max() < 0.02

    @pytest.mark.parametrize("options", [{}, {"bandwidth": 0.01}, {"bandwidth": 30.0}])
    def test_integrates_to_1(self, normal, options):
        found = density(normal, grid=np.linspace(-200, 200, 40_001), **options)
        assert np.trapezoid(found.y, found.x) == pytest.approx(1, abs=1e-6)
        shown = density(normal, **options)
        if options.get("bandwidth") != 0.01:  # narrower than the default grid
            assert np.trapezoid(shown.y, shown.x) == pytest.approx(1, abs=1e-3)

    def test_on_a_logarithmic_axis_is_that_of_the_logarithm(self):
        areas = np.exp(np.random.default_rng(3).normal(4, 1, 500))
        found, plain = density(areas, log=True), density(np.log10(areas))
        np.testing.assert_allclose(np.log10(found.x), plain.x)
        np.testing.assert_allclose(found.y, plain.y)
        assert found.log
        assert np.trapezoid(found.y, np.log10(found.x)) == pytest.approx(1, abs=1e-3)
        at = density(areas, log=True, grid=np.array([10.0, 100.0]))
        np.testing.assert_allclose(at.y, np.interp([1, 2], plain.x, plain.y), rtol=1e-3)

    def test_single_kernel(self):
        found = density(np.array([2.0]), bandwidth=0.5, grid=np.array([1.0, 2.0]))
        np.testing.assert_allclose(found.y, stats.norm.pdf([1, 2], 2, 0.5))

    def test_leaves_out_what_is_not_a_number(self, normal):
        found, expected = density(np.append(normal, np.nan)), density(normal)
        assert found.n == 400
        np.testing.assert_array_equal(found.y, expected.y)

    def test_refuses_what_has_no_density(self, normal):
        for values, options, sentence in (
            ([], {}, "found none"),
            ([np.nan], {}, "found none"),
            ([4.0, 4.0], {}, "bandwidth of a density is 0"),
            ([4.0], {}, "bandwidth of a density is 0"),
            (normal, {"bandwidth": -1.0}, "bandwidth of a density is -1"),
            ([1.0, 0.0], {"log": True}, "positive values, found 0"),
            (normal, {"period": 0.0}, "a positive angle"),
            (normal, {"period": 180.0, "log": True}, "on a logarithmic axis"),
        ):
            with pytest.raises(RaysysError, match=sentence):
                density(np.array(values), **options)


class TestCircularDensity:
    @pytest.mark.parametrize(("mean", "spread", "bandwidth"), [(0, 10, "scott"), (88, 15, "scott"), (40, 30, 25.0)])
    def test_integrates_to_1_over_a_period_and_is_continuous(self, mean, spread, bandwidth):
        found = density(wrapped_normal(300, mean, spread), period=180, bandwidth=bandwidth)
        assert (found.x[0], found.x[-1]) == (-90, 90)
        assert found.y[0] == pytest.approx(found.y[-1])
        assert np.trapezoid(found.y, found.x) == pytest.approx(1, abs=1e-6)

    def test_does_not_see_where_the_circle_is_cut(self):
        values, grid = wrapped_normal(300, 70, 20), np.arange(-90.0, 90.0, 5)
        here = density(values, period=180, grid=grid)
        moved = density((values + 50 + 90) % 180 - 90, period=180, grid=grid + 50)
        np.testing.assert_allclose(here.y, moved.y)
        assert here.bandwidth == pytest.approx(moved.bandwidth)

    def test_far_from_the_cut_is_the_straight_one(self):
        values = wrapped_normal(500, 0, 8)
        round_, straight = (
            density(values, period=180, bandwidth=2.0),
            density(values, bandwidth=2.0, grid=np.linspace(-90, 90, 512)),
        )
        np.testing.assert_allclose(round_.y, straight.y, atol=1e-9)

    def test_scott_is_that_of_the_circular_deviation(self):
        values = wrapped_normal(50_000, 85, 10)
        assert density(values, period=180).bandwidth == pytest.approx(10 * 50_000**-0.2, rel=0.02)
        flat = np.linspace(-90, 90, 1000, endpoint=False)
        found = density(flat, period=180)
        assert found.bandwidth == pytest.approx(180 / math.sqrt(12) * 1000**-0.2)
        np.testing.assert_allclose(found.y, 1 / 180, rtol=1e-6)


class TestRose:
    def test_is_drawn_both_ways(self):
        found = rose(wrapped_normal(1000, 30, 20), bins=24)
        assert (found.edges[0], found.edges[-1], len(found.shares)) == (-90, 270, 24)
        np.testing.assert_array_equal(found.shares[:12], found.shares[12:])
        assert found.shares[:12].sum() == pytest.approx(1)
        assert found.n == 1000

    def test_is_a_histogram(self):
        values = wrapped_normal(1000, -60, 25)
        found = rose(values)
        expected, _ = np.histogram(values, np.arange(-90, 91, 10))
        np.testing.assert_allclose(found.shares[:18], expected / 1000)

    def test_upright_is_upright_either_way(self):
        found = rose(np.array([90.0, -90.0, 90.0]))
        assert found.shares[0] == 1
        assert (found.mean, found.order) == (90, pytest.approx(1))

    @pytest.mark.parametrize("mean", [-89, -45, 0, 60, 90])
    def test_finds_the_mean_direction_and_the_order(self, mean):
        found = rose(wrapped_normal(100_000, mean, 12))
        assert abs((found.mean - mean + 90) % 180 - 90) < 0.2
        # A normal of spread s has R = exp(-2 s^2) in doubled angles.
        assert found.order == pytest.approx(math.exp(-2 * math.radians(12) ** 2), abs=0.005)

    def test_random_directions_have_no_order(self):
        found = rose(np.random.default_rng(5).uniform(-90, 90, 10_000))
        assert found.order < 5 * math.sqrt(math.pi / 4 / 10_000)
        crossed = rose(np.array([0.0, 90.0]))
        assert crossed.order == pytest.approx(0, abs=1e-15)
        assert np.isnan(crossed.mean)

    def test_weights_count_like_repetitions(self):
        values, times = np.array([-80.0, 5.0, 41.0]), np.array([3, 1, 2])
        weighed, repeated = rose(values, weights=times), rose(np.repeat(values, times))
        np.testing.assert_allclose(weighed.shares, repeated.shares)
        assert weighed.mean == pytest.approx(repeated.mean)
        assert weighed.order == pytest.approx(repeated.order)

    def test_leaves_out_pores_without_a_direction(self):
        found = rose(np.array([10.0, np.nan, 20.0]), weights=np.array([1.0, 5.0, 1.0]))
        assert (found.n, found.mean) == (2, pytest.approx(15))
        nothing = rose(np.full(3, np.nan))
        assert nothing.n == 0
        assert np.isnan([nothing.mean, nothing.order, *nothing.shares]).all()

    def test_mistakes(self):
        for options, sentence in (
            ({"bins": 7}, "bins of a rose are 7"),
            ({"bins": 0}, "bins of a rose are 0"),
            ({"weights": np.ones(2)}, r"shape \(2,\)"),
            ({"weights": np.array([1, -1, 1])}, "not negative"),
        ):
            with pytest.raises(RaysysError, match=sentence):
                rose(np.array([1.0, 2.0, 3.0]), **options)
