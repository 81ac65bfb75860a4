"""Surface correlation functions, against sides and pairs counted one by one, and closed forms."""

from itertools import product

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import characterise, specific_surface, surface_surface, surface_void

SHAPES = [(8, 11), (5, 6, 7)]


def sides_of(image, mask, boundary):
    """Half the sides of each pixel that lie between the phase and another, one by one."""
    found = np.zeros(image.shape)
    for place in np.ndindex(image.shape):
        for axis, sign in product(range(image.ndim), (1, -1)):
            beyond = list(place)
            beyond[axis] += sign
            if boundary == "periodic":
                beyond[axis] %= image.shape[axis]
            elif not 0 <= beyond[axis] < image.shape[axis]:
                continue
            beyond = tuple(beyond)
            found[place] += mask[place] and mask[beyond] and image[place] != image[beyond]
    return found / 2


def ring_mean(one, other, room, r, boundary):
    total, pairs = 0.0, 0
    for lag in product(range(-r - 1, r + 2), repeat=one.ndim):
        if int(np.linalg.norm(lag) + 0.5) != r:
            continue
        for place in np.ndindex(one.shape):
            beyond = np.add(place, lag)
            if boundary == "periodic":
                beyond %= one.shape
            elif (beyond < 0).any() or (beyond >= one.shape).any():
                continue
            beyond = tuple(beyond)
            if room[place] and room[beyond]:
                total += one[place] * other[beyond]
                pairs += 1
    return total / pairs


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("boundary", ["open", "periodic"])
@pytest.mark.parametrize("shape", SHAPES)
def test_brute_force(shape, boundary, masked):
    rng = np.random.default_rng(4)
    image = rng.random(shape) < 0.5
    mask = rng.random(shape) < 0.8 if masked else np.ones(shape, bool)
    sides, void = sides_of(image, mask, boundary), (~image & mask).astype(float)
    asked = {"r_max": 2, "boundary": boundary, "mask": mask if masked else None}
    both, mixed = surface_surface(image[None], **asked).values[0], surface_void(image[None], **asked).values[0]
    assert np.isnan(both[0])
    for r in range(3):
        assert mixed[r] == pytest.approx(ring_mean(sides, void, mask, r, boundary), rel=1e-12)
        if r:
            assert both[r] == pytest.approx(ring_mean(sides, sides, mask, r, boundary), rel=1e-12)


@pytest.mark.parametrize("shape", [(64, 64), (32, 32, 32)])
def test_far_apart_they_are_products(shape):
    images = gaussian_field(shape, phi=0.35, sigma=1, n=8)
    surface = specific_surface(images, method="faces", boundary="periodic").mean
    mixed = surface_void(images, boundary="periodic")
    assert mixed.mean[0] == pytest.approx(surface / 2, rel=1e-12)
    assert mixed.mean[10:] == pytest.approx(surface * 0.65, rel=0.02)
    assert surface_surface(images, boundary="periodic").mean[10:] == pytest.approx(surface**2, rel=0.02)


def test_the_void_of_one_phase_and_of_the_other_make_up_the_surface():
    images = gaussian_field((30, 40), phi=0.4, sigma=2, n=3)
    surface = specific_surface(images, method="faces", boundary="periodic").values
    both = sum(surface_void(images, phase=phase, boundary="periodic").values for phase in (0, 1))
    np.testing.assert_allclose(both, np.repeat(surface[:, None], both.shape[1], axis=1), rtol=1e-12)


def test_they_are_descriptors():
    images = gaussian_field((30, 40), phi=0.4, sigma=2, n=3)
    found = characterise(images, ("F_ss", "F_sv"), r_max=9).curves
    np.testing.assert_array_equal(found["F_ss"].values, surface_surface(images, r_max=9).values)
    np.testing.assert_array_equal(found["F_sv"].values, surface_void(images, r_max=9).values)
    assert found["F_sv"].protocol["surface"] == "faces"


def test_bad_lags():
    with pytest.raises(RaysysError, match="0 to 29"):
        surface_void(np.ones((1, 30, 40), np.uint8), r_max=30)
