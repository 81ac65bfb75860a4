"""The radially averaged two-point function equals counting pair by pair, and is what it must be where it is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import autocorrelation, characterise, scaled_autocovariance, two_point_radial

BOUNDARIES = ("open", "periodic")

shapes = st.lists(st.integers(1, 12), min_size=2, max_size=3).filter(lambda shape: np.prod(shape) < 150)
images = st.builds(
    lambda shape, n, phi, seed: np.random.default_rng(seed).random((n, *shape)) < phi,
    shapes,
    st.integers(1, 3),
    st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    st.integers(0, 999),
)
exactly = settings(max_examples=60, deadline=None)


def every_pair(image, boundary):
    """Lengths (K,) of the lags between all ordered pairs of pixels, and whether both are inside; a lag's number."""
    points = np.argwhere(np.ones(image.shape, bool))
    lags = points[None] - points[:, None]
    if boundary == "periodic":
        shape = np.array(image.shape)
        lags = (lags + shape // 2) % shape - shape // 2
    lags = lags.reshape(-1, image.ndim)
    inside = np.logical_and.outer(image.ravel(), image.ravel()).ravel()
    which = np.unique(lags, axis=0, return_inverse=True)[1].ravel()
    return np.sqrt((lags**2).sum(axis=1)), inside, which


def reference(image, low, high, boundary, weights="pairs"):
    """Mean over the pairs, or over the lags' own means, whose length is from `low` to below `high`."""
    lengths, inside, which = every_pair(image, boundary)
    chosen = (lengths >= low) & (lengths < high)
    if not chosen.any():
        return np.nan
    if weights == "pairs":
        return inside[chosen].mean()
    rooms = np.bincount(which[chosen])
    return (np.bincount(which[chosen], inside[chosen])[rooms > 0] / rooms[rooms > 0]).mean()


def farthest(shape, boundary):
    return min(shape) // 2 if boundary == "periodic" else min(shape) - 1


@exactly
@given(images, st.sampled_from(BOUNDARIES))
def test_every_ring_equals_the_reference(many, boundary):
    r_max = farthest(many.shape[1:], boundary)
    curve = two_point_radial(many, r_max=r_max, boundary=boundary)
    np.testing.assert_array_equal(curve.r, np.arange(r_max + 1))
    expected = [[reference(image, r - 0.5, r + 0.5, boundary) for r in curve.r] for image in many]
    np.testing.assert_array_equal(curve.values, expected)


@exactly
@given(
    images,
    st.sampled_from(BOUNDARIES),
    st.sampled_from(["pairs", "lags"]),
    st.lists(st.floats(0, 12, allow_subnormal=False), min_size=2, max_size=6, unique=True),
)
def test_rings_of_any_edges_equal_the_reference(many, boundary, weights, edges):
    shape = many.shape[1:]
    most = min(shape) // 2 + 1 if boundary == "periodic" else np.hypot.reduce(shape) + 1
    edges = np.unique([0, *(edge * most / 12 for edge in edges)])
    found = two_point_radial(many, boundary=boundary, bins=edges, weights=weights)
    np.testing.assert_allclose(found.r, (edges[:-1] + edges[1:]) / 2)
    rings = list(pairwise(edges))
    expected = [[reference(image, *ring, boundary, weights) for ring in rings] for image in many]
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-15 if weights == "pairs" else 1e-14)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(2, 260, 420), (40, 64, 65), (1, 40, 61, 50)])
def test_larger_images_equal_the_mean_of_their_map(shape, boundary):
    many = np.random.default_rng(2).random(shape) < 0.4
    found = two_point_radial(many, boundary=boundary, weights="lags")
    maps = autocorrelation(many, boundary=boundary)
    lengths = np.sqrt(sum(np.ix_(*[(np.arange(n) - n // 2) ** 2 for n in maps.shape[1:]])))
    rings = np.rint(lengths).astype(int).ravel()
    expected = [np.bincount(rings, one.ravel())[found.r] / np.bincount(rings)[found.r] for one in maps]
    np.testing.assert_allclose(found.values, expected, rtol=1e-12)


@pytest.mark.parametrize("boundary", BOUNDARIES)
class TestTheCurve:
    def test_says_what_it_is(self, boundary):
        fields = gaussian_field((40, 50), phi=0.3, sigma=2, n=3)
        curve = two_point_radial(fields, boundary=boundary)
        assert (curve.name, curve.phase, curve.boundary, curve.n) == ("S2_radial", 1, boundary, 3)
        np.testing.assert_array_equal(curve.r, np.arange(20))
        assert curve.protocol == {"bins": "integer", "weights": "pairs"}
        np.testing.assert_array_equal(curve.values[:, 0], fields.mean(axis=(1, 2)))
        named = two_point_radial(fields, boundary=boundary, bins=np.arange(0, 20, 1.5), weights="lags").protocol
        assert named == {"bins": "0 to 19.5 in 13", "weights": "lags"}

    def test_is_measured_within_a_characterisation_and_scaled(self, boundary):
        fields = gaussian_field((40, 50), phi=0.3, sigma=2, n=3)
        found = characterise(fields, ("S2_radial",), boundary=boundary, r_max=12).curves["S2_radial"]
        np.testing.assert_array_equal(found.values, two_point_radial(fields, boundary=boundary, r_max=12).values)
        scaled = scaled_autocovariance(found)
        assert scaled.name == "F2_radial"
        assert scaled.mean[0] == pytest.approx(1)

    def test_does_not_change_as_the_image_is_turned(self, boundary):
        fields = gaussian_field((20, 24, 22), phi=0.3, sigma=1.5, n=2)
        expected = two_point_radial(fields, boundary=boundary).values
        for turned in (fields.swapaxes(1, 3), fields[:, ::-1], np.rot90(fields, axes=(2, 3))):
            np.testing.assert_array_equal(two_point_radial(turned, boundary=boundary).values, expected)

    def test_is_constant_in_an_image_of_one_phase(self, boundary):
        for value in (0, 1):
            whole = np.full((2, 33, 70), value, np.uint8)
            np.testing.assert_array_equal(two_point_radial(whole, boundary=boundary).values, value)

    def test_of_a_phase_that_does_not_occur(self, boundary):
        with pytest.warns(UserWarning, match="phase 5 does not occur"):
            assert np.isnan(two_point_radial(np.arange(64).reshape(1, 8, 8) % 3, phase=5, boundary=boundary).mean).all()

    def test_bad_input(self, boundary):
        fields = np.ones((1, 20, 30), np.uint8)
        most = 10 if boundary == "periodic" else 19
        assert two_point_radial(fields, boundary=boundary, r_max=most).r[-1] == most
        for r_max in (-1, 20):
            with pytest.raises(RaysysError, match=r"r_max is .* allowed"):
                two_point_radial(fields, boundary=boundary, r_max=r_max)
        for options in ({"bins": "porespy"}, {"weights": "all"}, {"bins": np.arange(4), "r_max": 3}):
            with pytest.raises(RaysysError, match="allowed"):
                two_point_radial(fields, boundary=boundary, **options)
        for edges in ([0], [0, 2, 2], [-1, 3], [0, 50], [[0, 1]], [0, np.nan]):
            with pytest.raises(RaysysError, match="edges that increase, from 0 to"):
                two_point_radial(fields, boundary=boundary, bins=np.array(edges))


def test_periodic_curves_know_no_position():
    fields = gaussian_field((30, 41), phi=0.3, sigma=2, n=2)
    shifted = np.roll(fields, (7, -12), (1, 2))
    expected = two_point_radial(fields, boundary="periodic").values
    np.testing.assert_array_equal(two_point_radial(shifted, boundary="periodic").values, expected)
    with pytest.raises(RaysysError, match="0 to 15, half an axis"):
        two_point_radial(fields, boundary="periodic", r_max=16)


def test_a_gaussian_field_has_the_arcsine_law():
    # Cut at its median: S2 = 1/4 + asin(rho) / 2 pi, rho = exp(-r^2 / 4 sigma^2), here averaged over each ring.
    fields = gaussian_field((128, 128), phi=0.5, sigma=3, n=48)
    curve = two_point_radial(fields, boundary="periodic", r_max=30)
    squares = np.add.outer(np.arange(-31, 32) ** 2, np.arange(-31, 32) ** 2).ravel()
    law = 0.25 + np.arcsin(np.exp(-squares / 36)) / (2 * np.pi)
    rings = np.rint(np.sqrt(squares)).astype(int)
    expected = (np.bincount(rings, law) / np.bincount(rings))[:31]
    error = curve.values.std(axis=0) / np.sqrt(48)
    assert (np.abs(curve.mean - expected) < 4 * error + 1e-3).all()  # 1e-3: each image is cut at its own median


@pytest.mark.parametrize(("shape", "bins"), [((128, 128), 64), ((96, 131), 20), ((40, 31, 36), 15)])
def test_porespy_has_the_same_values(porespy, shape, bins):
    image = gaussian_field(shape, phi=0.4, sigma=2)[0] == 1
    theirs = porespy.metrics.two_point_correlation(image, bins=bins)
    ours = two_point_radial(image[None], bins=theirs.bin_edges, weights="lags")
    np.testing.assert_allclose(ours.values[0], theirs.probability_scaled, rtol=1e-12)
    np.testing.assert_array_equal(ours.r, theirs.distance)
