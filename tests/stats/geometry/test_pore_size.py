"""Distances to the other phase, and the largest balls inside, are those of all pairs of pixels."""

from math import isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage
from support.length_references import BOUNDARIES, ball, random_images, slit, squared_gaps
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import (
    characterise,
    local_thickness,
    local_thickness_distribution,
    mean_pore_size,
    pore_size,
    pore_size_cumulative,
    two_point,
)
from raysys.stats.geometry.distance import UNREACHED, squared_distances

CURVES = {"pore_size": pore_size, "local_thickness": local_thickness_distribution}


def fields(shape, n=2):
    return gaussian_field(shape, phi=0.6, sigma=2, n=n)


@settings(max_examples=60, deadline=None)
@given(random_images(9))
def test_distances_are_those_of_all_pairs(images):
    for boundary in BOUNDARIES:
        for image, found in zip(images, squared_distances(images, boundary), strict=True):
            pixels, _, gaps = squared_gaps(image, boundary)
            assert not found[~image].any()
            if image.all():
                assert (found >= UNREACHED).all()
            else:
                np.testing.assert_array_equal(found[tuple(pixels.T)], gaps.min(axis=1))


@settings(max_examples=60, deadline=None)
@given(random_images(9, n=1))
def test_thickness_by_whole_radii_is_that_of_all_balls_rounded_down(images):
    image = images[0]
    for boundary in BOUNDARIES:
        found = local_thickness(images, boundary=boundary, radii="whole")[0]
        if image.all():
            assert np.isnan(found).all()
            continue
        pixels, between, gaps = squared_gaps(image, boundary)
        radii = np.floor(np.sqrt(gaps.min(axis=1)))
        covering = np.where(between < radii[:, None] ** 2, radii[:, None], 0).max(axis=0, initial=0)
        expected = np.zeros(image.shape, np.float32)
        expected[tuple(pixels.T)] = 2 * covering
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(40, 33), (20, 70), (9, 10, 11), (6, 7, 80), (3, 5, 64), (1, 90)], ids=str)
def test_whole_radii_of_large_pores_are_those_of_all_balls(shape, boundary):
    for seed in range(3):
        image = gaussian_field(shape, phi=0.9, sigma=2, seed=seed)[0].astype(bool)
        pixels, between, gaps = squared_gaps(image, boundary)
        radii = np.floor(np.sqrt(gaps.min(axis=1)))
        covering = np.where(between < radii[:, None] ** 2, radii[:, None], 0).max(axis=0)
        found = local_thickness(image[None], boundary=boundary, radii="whole")[0][tuple(pixels.T)]
        np.testing.assert_array_equal(found, 2 * covering)


@pytest.mark.parametrize(
    ("shape", "sigma"), [((200, 300), 4), ((300, 330), 30), ((400, 350), 90), ((40, 50, 60), 3), ((60, 70, 90), 60)]
)
def test_whole_radii_are_those_of_porespy_s_default(porespy, shape, sigma):
    image = gaussian_field(shape, phi=0.5, sigma=sigma, seed=2)[0].astype(bool)
    expected = porespy.filters.local_thickness(image)
    np.testing.assert_array_equal(local_thickness(image[None], radii="whole")[0], 2 * expected)


@settings(max_examples=60, deadline=None)
@given(random_images(9, n=1))
def test_thickness_is_that_of_all_balls(images):
    image = images[0]
    for boundary in BOUNDARIES:
        found = local_thickness(images, boundary=boundary)[0]
        if image.all():
            assert np.isnan(found).all()
            continue
        pixels, between, gaps = squared_gaps(image, boundary)
        radii = gaps.min(axis=1)
        # Of the balls (rows) that cover a pixel (columns) the largest.
        covering = np.where(between < radii[:, None], radii[:, None], 0).max(axis=0, initial=0)
        expected = np.zeros(image.shape, np.float32)
        expected[tuple(pixels.T)] = 2 * np.sqrt(covering, dtype=np.float32)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(40, 33), (20, 70), (9, 10, 11), (6, 7, 20)], ids=str)
def test_thickness_of_large_pores_is_that_of_all_balls(shape, boundary):
    for seed in range(3):
        image = gaussian_field(shape, phi=0.8, sigma=2, seed=seed)[0].astype(bool)
        pixels, between, gaps = squared_gaps(image, boundary)
        radii = gaps.min(axis=1)
        covering = np.where(between < radii[:, None], radii[:, None], 0).max(axis=0)
        found = local_thickness(image[None], boundary=boundary)[0][tuple(pixels.T)]
        np.testing.assert_array_equal(found, 2 * np.sqrt(covering, dtype=np.float32))


@pytest.mark.parametrize("shape", [(150, 190), (30, 50, 70)], ids=str)
def test_distances_are_scipy_s(shape):
    axes = range(len(shape))
    for image in (fields(shape)[0], fields(shape)[1], ball(shape, (0,) * len(shape), 1.5) == 0):
        image = image.astype(bool)
        found = squared_distances(image[None], "open")[0]
        np.testing.assert_array_equal(found, np.rint(ndimage.distance_transform_edt(image) ** 2))
        tiled = ndimage.distance_transform_edt(np.tile(image, (3,) * len(shape)))
        middle = tiled[tuple(slice(shape[k], 2 * shape[k]) for k in axes)]
        np.testing.assert_array_equal(squared_distances(image[None], "periodic")[0], np.rint(middle**2))


@settings(max_examples=40, deadline=None)
@given(random_images(9))
def test_curves_are_shares_of_the_phase(images):
    r_max = min(images.shape[1:]) - 1
    for boundary in BOUNDARIES:
        options = {"boundary": boundary, "r_max": r_max}
        density, cumulative = pore_size(images, **options), pore_size_cumulative(images, **options)
        mean = mean_pore_size(images, boundary=boundary)
        np.testing.assert_array_equal(density.r, np.arange(1, r_max + 1))
        np.testing.assert_array_equal(cumulative.r, np.arange(r_max + 1))
        for i, image in enumerate(images):
            if image.all() or not image.any():
                assert np.isnan([*density.values[i], *cumulative.values[i], mean.values[i]]).all()
                continue
            squared = squared_gaps(image, boundary)[2].min(axis=1)
            ceiling = np.array([isqrt(int(one) - 1) + 1 for one in squared])
            expected = [np.mean(ceiling == r) for r in density.r]
            np.testing.assert_allclose(density.values[i], expected, rtol=0, atol=1e-15)
            np.testing.assert_allclose(
                cumulative.values[i], [np.mean(squared > r * r) for r in cumulative.r], rtol=0, atol=1e-15
            )
            np.testing.assert_allclose(mean.values[i], np.sqrt(squared).mean(), rtol=1e-14)


@pytest.mark.parametrize("boundary", BOUNDARIES)
class TestSlits:
    @pytest.mark.parametrize("width", [1, 2, 7, 8, 64])
    @pytest.mark.parametrize(("shape", "axis"), [((100, 90), 0), ((90, 100), 1), ((80, 70, 75), 0), ((70, 75, 80), 2)])
    def test_have_two_layers_at_every_distance(self, shape, axis, width, boundary):
        image = slit(shape, width, axis)[None]
        density = pore_size(image, boundary=boundary, r_max=40)
        layers = np.array([min(k, width + 1 - k) for k in range(1, width + 1)])
        np.testing.assert_allclose(density.values[0], [np.mean(layers == r) for r in density.r], rtol=0, atol=1e-15)
        np.testing.assert_allclose(mean_pore_size(image, boundary=boundary).values, layers.mean(), rtol=1e-14)

    @pytest.mark.parametrize("width", [1, 2, 7, 8, 31])
    def test_are_as_thick_as_wide(self, width, boundary):
        for shape, axis in (((60, 50), 0), ((50, 60), 1), ((40, 34, 36), 0), ((34, 40, 36), 1)):
            image = slit(shape, width, axis)
            thickness = local_thickness(image[None], boundary=boundary)[0]
            assert thickness.dtype == np.float32
            np.testing.assert_array_equal(thickness, np.where(image, 2 * ((width + 1) // 2), 0))


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(("dims", "radius"), [(2, 5), (2, 12.5), (2, 40), (3, 6), (3, 15.2)])
class TestBalls:
    def place(self, dims, radius):
        side = 2 * int(radius) + 9
        return ball((side,) * dims, (side // 2,) * dims, radius)

    def test_are_as_thick_as_large(self, dims, radius, boundary):
        image = self.place(dims, radius)
        # The nearest pixel of the other phase is at the smallest sum of squares that the ball does not reach.
        centre = np.array(image.shape) // 2
        outside = ((np.argwhere(~image) - centre) ** 2).sum(axis=1).min()
        thickness = local_thickness(image[None], boundary=boundary)[0]
        np.testing.assert_array_equal(thickness, np.where(image, 2 * np.sqrt(outside, dtype=np.float32), 0))

    def test_have_the_pore_sizes_of_balls(self, dims, radius, boundary):
        image = self.place(dims, radius)[None]
        # A continuous ball has P(delta) = dims (R - delta)^(dims - 1) / R^dims and <delta> = R / (dims + 1); the centre
        # of the nearest pixel is up to half a pixel beyond the interface.
        assert 0 < mean_pore_size(image, boundary=boundary).mean - radius / (dims + 1) < 0.5
        cumulative = pore_size_cumulative(image, boundary=boundary)
        beyond = np.clip(1 - cumulative.r / radius, 0, 1) ** dims
        assert np.abs(cumulative.values[0] - beyond).max() < 0.06


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("name", CURVES)
class TestCurves:
    def test_sum_to_1_if_they_reach_far_enough(self, name, boundary):
        curve = CURVES[name](fields((90, 130)), boundary=boundary, r_max=80)
        np.testing.assert_allclose(curve.values.sum(axis=1), 1, rtol=1e-13)
        assert (curve.values >= 0).all()

    def test_begin_alike_whatever_their_end(self, name, boundary):
        images = fields((60, 70))
        whole = CURVES[name](images, boundary=boundary)
        np.testing.assert_array_equal(whole.r, np.arange(1, 30))
        short = CURVES[name](images, boundary=boundary, r_max=3)
        np.testing.assert_array_equal(short.values, whole.values[:, :3])

    def test_are_each_image_s_own(self, name, boundary):
        images = fields((50, 64), n=3)
        whole = CURVES[name](images, boundary=boundary)
        np.testing.assert_array_equal(CURVES[name](images[1:2], boundary=boundary).values, whole.values[1:2])

    def test_of_any_value_and_type(self, name, boundary):
        images = fields((20, 24, 66))
        expected = CURVES[name](images, boundary=boundary).values
        for other, value in ((images * 5 + 2, 7), (1 - images, 0), (images == 1, 1), (images.astype(np.int64), 1)):
            np.testing.assert_array_equal(CURVES[name](other, phase=value, boundary=boundary).values, expected)

    def test_are_the_same_within_a_characterisation(self, name, boundary):
        images = fields((50, 64))
        alone = CURVES[name](images, boundary=boundary)
        found = characterise(images, (name,), boundary=boundary).curves[name]
        np.testing.assert_array_equal(found.values, alone.values)
        assert found.protocol == alone.protocol == ({"border": "no_interface"} if boundary == "open" else {})
        assert alone.name == name

    def test_do_not_touch_their_images(self, name, boundary):
        images = fields((30, 40))
        before = images.copy()
        images.flags.writeable = False
        CURVES[name](images, boundary=boundary)
        np.testing.assert_array_equal(images, before)

    def test_are_not_defined_without_the_phase_or_without_another(self, name, boundary):
        images = np.stack([np.zeros((8, 9), int), np.ones((8, 9), int), fields((8, 9))[0]])
        np.testing.assert_array_equal(
            np.isnan(CURVES[name](images, boundary=boundary).values).all(axis=1), [True, True, False]
        )
        with pytest.warns(UserWarning, match="phase 3 does not occur"):
            assert np.isnan(CURVES[name](images, phase=3, boundary=boundary).values).all()

    def test_refuse_what_they_cannot_measure(self, name, boundary):
        with pytest.raises(RaysysError, match="0 to 7"):
            CURVES[name](np.ones((1, 8, 9), int), boundary=boundary, r_max=8)
        with pytest.raises(RaysysError, match=r"image\[None\]"):
            CURVES[name](np.ones((8, 9), int), boundary=boundary)
        with pytest.raises(RaysysError, match="whole numbers"):
            CURVES[name](np.ones((1, 8, 9)), boundary=boundary)


@pytest.mark.parametrize("shape", [(50, 70), (20, 24, 66)], ids=str)
class TestMaps:
    def test_of_periodic_images_move_with_them(self, shape):
        images, axes = fields(shape), tuple(range(1, len(shape) + 1))
        shift = (13, 5, 41)[: len(shape)]
        moved = np.roll(images, shift, axes)
        for measure in (
            lambda x: squared_distances(x == 1, "periodic"),
            lambda x: local_thickness(x, boundary="periodic"),
        ):
            np.testing.assert_array_equal(measure(moved), np.roll(measure(images), shift, axes))

    def test_of_thickness_are_twice_the_distance_or_more(self, shape):
        images = fields(shape)
        for boundary in BOUNDARIES:
            thickness = local_thickness(images, boundary=boundary)
            distance = np.sqrt(squared_distances(images == 1, boundary), dtype=np.float32)
            assert (thickness >= 2 * distance).all()
            assert thickness.max() == 2 * distance.max()


def test_thickness_of_an_absent_phase_is_not_a_number():
    with pytest.warns(UserWarning, match="phase 3 does not occur"):
        assert np.isnan(local_thickness(fields((8, 9)), phase=3)).all()


@pytest.mark.parametrize("shape", [(90, 75), (20, 25, 66)], ids=str)
def test_thickness_is_porespy_s_with_every_radius(porespy, shape):
    image = fields(shape)[0].astype(bool)
    # Every radius that occurs, balls without the pixels at their radius: the same definition, in radii.
    distances = ndimage.distance_transform_edt(image).astype(np.float32)
    sizes = np.unique(distances[image])
    radii = porespy.filters.local_thickness(image, dt=distances, method="legacy", sizes=sizes, smooth=True)
    np.testing.assert_allclose(local_thickness(image[None])[0], 2 * radii, rtol=1e-6)


@pytest.mark.parametrize("shape", [(20, 30), (20, 100), (6, 20, 30)])
def test_what_is_measured_after_local_thickness_is_not_touched_by_it(shape):
    images = (np.random.default_rng(3).random((2, *shape)) < 0.6).astype(np.uint8)
    found = characterise(images, ("local_thickness", "S2"), r_max=3)
    np.testing.assert_array_equal(found.curves["S2"].values, two_point(images, r_max=3).values)
    np.testing.assert_array_equal(found.phase_fractions, images.reshape(2, -1).mean(axis=1))
