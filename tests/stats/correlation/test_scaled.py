"""Scaled autocovariance and the mean of curves."""

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import Curve, lineal_path, polytope, scaled_autocovariance, two_point

ORDERS = {"S2": 2, "P3H": 3, "P3V": 3, "P4": 4, "P6": 6}


@pytest.fixture(scope="module")
def curves():
    fields = gaussian_field((96, 96), phi=0.352, sigma=2, n=16)
    images = np.concatenate([fields[:, :40, :40], fields[:, 50:90, 50:90]])  # so that phase fractions differ
    return {name: two_point(images) if name == "S2" else polytope(images, name) for name in ORDERS}


@pytest.mark.parametrize(("name", "n"), ORDERS.items())
class TestEveryFunction:
    def test_ensemble_is_equation_2_of_the_mean(self, curves, name, n):
        curve = curves[name]
        scaled = scaled_autocovariance(curve)
        phi = curve.mean[0]
        np.testing.assert_allclose(scaled.mean, (curve.mean - phi**n) / (phi - phi**n), rtol=1e-10, atol=1e-12)
        assert scaled.name == "F" + name[1:]
        assert scaled.mean[0] == pytest.approx(1)
        assert scaled.protocol == curve.protocol | {"scaled": "ensemble"}

    def test_per_image_takes_each_images_own_fraction(self, curves, name, n):
        curve = curves[name]
        phi = curve.values[:, :1]
        found = scaled_autocovariance(curve, variant="per_image").values
        np.testing.assert_allclose(found, (curve.values - phi**n) / (phi - phi**n))
        np.testing.assert_allclose(found[:, 0], 1)

    def test_last_is_0_at_the_last_sampled_lag_of_polytopes(self, curves, name, n):
        curve = curves[name]
        found = scaled_autocovariance(curve, variant="last").values
        last = np.flatnonzero(~np.isnan(curve.values[0]))[-1]
        if n == 2:
            np.testing.assert_array_equal(found, scaled_autocovariance(curve, variant="per_image").values)
        else:
            np.testing.assert_array_equal(found[:, last], 0)
        np.testing.assert_allclose(found[:, 0], 1)


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("variant", ["ensemble", "per_image", "last"])
def test_an_image_of_one_phase_has_none(variant, value):
    images = np.full((3, 20, 20), value)
    for curve in (two_point(images), polytope(images, "P3H"), polytope(images, "P6")):
        assert np.isnan(scaled_autocovariance(curve, variant=variant).mean).all()


def test_an_empty_image_among_others_is_left_out_of_the_mean_of_single_ones():
    images = gaussian_field((40, 40), phi=0.3, sigma=2, n=3)
    images[1] = 0
    scaled = scaled_autocovariance(two_point(images), variant="per_image")
    assert np.isnan(scaled.values[1]).all()
    np.testing.assert_allclose(scaled.mean, scaled.values[[0, 2]].mean(axis=0))
    assert not np.isnan(scaled.band).any()


def test_what_has_no_scaling_is_refused(curves):
    with pytest.raises(RaysysError, match="L has no scaled autocovariance; allowed: S2"):
        scaled_autocovariance(lineal_path(np.ones((1, 8, 8), int)))
    with pytest.raises(RaysysError, match="allowed: ensemble, per_image, last"):
        scaled_autocovariance(curves["S2"], variant="mean")
    late = Curve("S2", np.arange(3, 5), np.zeros((1, 2)))
    with pytest.raises(RaysysError, match="r = 0"):
        scaled_autocovariance(late)


def test_the_band_is_that_of_the_mean():
    values = np.random.default_rng(0).normal(size=(50, 7))
    curve = Curve("S2", np.arange(7), values)
    half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(50)
    np.testing.assert_allclose(curve.band, [curve.mean - half, curve.mean + half], rtol=1e-3)
    assert curve.n == 50
    single = curve.subset(np.array([3]))
    np.testing.assert_array_equal(single.mean, values[3])
    assert np.isnan(single.band).all()


def test_lags_that_no_image_has_are_not_a_number():
    curve = polytope(np.ones((4, 20, 20), int), "P3H")
    assert np.isnan(curve.mean[1::2]).all()
    assert np.isnan(curve.band[:, 1::2]).all()


def test_a_curve_whose_lags_and_values_differ_is_a_mistake():
    with pytest.raises(ValueError, match="lags"):
        Curve("S2", np.arange(3), np.zeros((2, 4)))
