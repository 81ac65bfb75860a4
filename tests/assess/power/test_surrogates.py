"""Images of the same S2: it is the same, and the rest is not."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from raysys.assess.power.surrogates import _cut, annealed_on_two_point, gaussian_like
from raysys.data.synthetic import discs, gaussian_random_field
from raysys.stats import lineal_path, two_point


@pytest.mark.parametrize("phi", [0.1, 0.5, 0.8])
def test_a_cut_field_has_the_two_point_values_of_the_normal_distribution(phi: float):
    scaled, correlation = _cut(phi)
    level = norm.ppf(phi)  # below it lies the share phi
    for rho in (-0.3, 0.2, 0.9):
        both = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([level, level])
        assert np.interp(rho, correlation, scaled) == pytest.approx((both - phi**2) / (phi - phi**2), abs=1e-4)


def test_a_gaussian_field_of_a_gaussian_field_is_one_with_its_two_point_function():
    images = gaussian_random_field((48, 48), correlation_length=3, phase_fraction=0.3, seed=0, n=200)
    made = gaussian_like(images, 1, np.random.default_rng(0))
    np.testing.assert_array_equal(made.sum(axis=(1, 2)), images.sum(axis=(1, 2)))
    np.testing.assert_allclose(two_point(made).mean[:12], two_point(images).mean[:12], atol=0.01)


def test_a_gaussian_field_of_discs_has_their_two_point_function_but_not_their_shape():
    images = discs((48, 48), radius=4, phase_fraction=0.2, seed=0, n=100)
    made = gaussian_like(images, 1, np.random.default_rng(0))
    np.testing.assert_allclose(two_point(made).mean[:8], two_point(images).mean[:8], atol=0.02)
    assert lineal_path(images).mean[3] - lineal_path(made).mean[3] > 0.01


def test_an_annealed_image_has_the_two_point_function_of_its_own(real: np.ndarray):
    made = annealed_on_two_point(real[:2], 1, np.random.default_rng(0))
    assert (made != real[:2]).mean() > 0.1
    np.testing.assert_array_equal(made.sum(axis=(1, 2)), real[:2].sum(axis=(1, 2)))
    own = two_point(made, boundary="periodic", r_max=15).values
    np.testing.assert_allclose(own, two_point(real[:2], r_max=15).values, atol=2e-3)


def test_images_of_one_phase_stay_as_they_are():
    full = np.ones((2, 16, 16), np.uint8)
    for make in (gaussian_like, annealed_on_two_point):
        np.testing.assert_array_equal(make(full, 1, np.random.default_rng(0)), full)
