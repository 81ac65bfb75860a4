"""Correlation of grey values, against pairs one by one."""

from itertools import product

import numpy as np
import pytest

from raysys import RaysysError
from raysys.stats import grey_correlation, two_point_radial


def ring_mean(image, mask, r, boundary):
    products = []
    for lag in product(range(-r - 1, r + 2), repeat=image.ndim):
        if int(np.linalg.norm(lag) + 0.5) != r:
            continue
        for place in np.ndindex(image.shape):
            beyond = np.add(place, lag)
            if boundary == "periodic":
                beyond %= image.shape
            elif (beyond < 0).any() or (beyond >= image.shape).any():
                continue
            if mask[place] and mask[tuple(beyond)]:
                products.append(image[place] * image[tuple(beyond)])
    return np.mean(products)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("boundary", ["open", "periodic"])
@pytest.mark.parametrize("shape", [(8, 11), (5, 6, 7)])
def test_brute_force(shape, boundary, masked):
    rng = np.random.default_rng(2)
    image = rng.normal(3, 2, shape)
    mask = rng.random(shape) < 0.8 if masked else np.ones(shape, bool)
    asked = {"r_max": 2, "boundary": boundary, "mask": mask if masked else None}
    hidden = np.where(mask, image, np.nan)  # what lies outside of a mask may be anything
    plain, scaled = (grey_correlation(hidden[None], scaled=one, **asked).values[0] for one in (False, True))
    centred = (image - image[mask].mean()) / image[mask].std()
    for r in range(3):
        assert plain[r] == pytest.approx(ring_mean(image, mask, r, boundary), rel=1e-10)
        assert scaled[r] == pytest.approx(ring_mean(centred, mask, r, boundary), rel=1e-10, abs=1e-12)


def test_of_two_grey_values_it_is_the_radial_two_point_function():
    images = (np.random.default_rng(1).random((3, 20, 25)) < 0.4).astype(np.uint8)
    for boundary in ("open", "periodic"):
        expected = two_point_radial(images, boundary=boundary).values
        np.testing.assert_allclose(grey_correlation(images, scaled=False, boundary=boundary).values, expected)


def test_scaled_values_do_not_depend_on_brightness_and_contrast():
    images = np.random.default_rng(1).normal(size=(2, 20, 25))
    one, other = grey_correlation(images).values, grey_correlation(100 + 30 * images).values
    np.testing.assert_allclose(one[:, 0], 1)
    np.testing.assert_allclose(other, one, atol=1e-12)


def test_one_grey_value_has_no_correlation_and_bad_images_are_refused():
    assert np.isnan(grey_correlation(np.full((1, 6, 6), 2.5)).values).all()
    with pytest.raises(RaysysError, match="allowed: real numbers"):
        grey_correlation(np.ones((6, 6)))
    with pytest.raises(RaysysError, match="not finite"):
        grey_correlation(np.full((1, 6, 6), np.inf))
    with pytest.raises(RaysysError, match=r"mask has shape \(3,\)"):
        grey_correlation(np.ones((1, 6, 6)), mask=np.ones(3))
