"""Specific surface: what its three methods count, and what they say of media whose interface is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import characterise, minkowski, specific_surface, two_point_along

SHAPES = [(2, 2), (5, 63), (3, 64), (9, 130), (2, 2, 2), (3, 4, 65), (7, 5, 6)]
METHODS = ("crofton", "faces", "two_point")


@st.composite
def images(draw):
    share = draw(st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return (rng.random((2, *draw(st.sampled_from(SHAPES)))) < share).astype(np.uint8)


def overlapping(shape, count, radius, seed):
    """Periodic discs or balls at random places."""
    rng = np.random.default_rng(seed)
    image = np.zeros(shape, bool)
    reach = math.ceil(radius) + 1
    for centre in rng.random((count, len(shape))) * shape:
        at = [np.arange(math.floor(c) - reach, math.floor(c) + reach + 1) for c in centre]
        squares = sum((x - c) ** 2 for x, c in zip(np.ix_(*at), centre, strict=True))
        image[np.ix_(*(x % n for x, n in zip(at, shape, strict=True)))] |= squares < radius**2
    return image


@settings(max_examples=40, deadline=None)
@given(image=images())
def test_faces_are_the_changes_between_neighbours(image):
    found = specific_surface(image, boundary="periodic", method="faces").values
    axes = range(1, image.ndim)
    changes = sum((image != np.roll(image, 1, axis)).reshape(2, -1).sum(axis=1) for axis in axes)
    np.testing.assert_allclose(found, changes / math.prod(image.shape[1:]), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(image=images())
def test_the_slopes_of_s2_along_the_axes_are_half_the_faces(image):
    slopes = [two_point_along(image, axis, r_max=1, boundary="periodic").values for axis in range(image.ndim - 1)]
    half = sum(values[:, 0] - values[:, 1] for values in slopes)
    faces = specific_surface(image, boundary="periodic", method="faces").values
    np.testing.assert_allclose(half, faces / 2, atol=1e-12)
    factor = {2: math.pi / 4, 3: 2 / 3}[image.ndim - 1]
    slope = specific_surface(image, boundary="periodic", method="two_point").values
    np.testing.assert_allclose(slope, factor * faces, atol=1e-12)
    few = minkowski(image, boundary="periodic", directions=image.ndim - 1).densities()[0].values
    np.testing.assert_allclose(slope, few, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(image=images(), method=st.sampled_from(METHODS))
def test_both_phases_share_it(image, method):
    one, other = (specific_surface(image, phase=phase, boundary="periodic", method=method) for phase in (1, 0))
    np.testing.assert_allclose(one.values, other.values, atol=1e-12)


@pytest.mark.parametrize("boundary", ["open", "periodic"])
def test_is_the_density_of_a_window(boundary):
    fields = gaussian_field((12, 20, 70), phi=0.3, sigma=2, n=2)
    for method in ("crofton", "faces"):
        expected = minkowski(fields, boundary=boundary, edges="window", surface=method).densities()[0]
        found = specific_surface(fields, boundary=boundary, method=method)
        np.testing.assert_array_equal(found.values, expected.values)
        assert (found.name, found.unit, found.boundary) == ("specific_surface", "1/pixel", boundary)


def test_plates_across_an_axis():
    """A plate 8 thick in every 16: two faces in 16 voxels, which S2 takes for a third of an isotropic medium's."""
    plates = np.zeros((1, 32, 16, 20), int)
    plates[:, 4:12] = plates[:, 20:28] = 1
    faces, slope = (specific_surface(plates, boundary="periodic", method=m).values[0] for m in ("faces", "two_point"))
    assert faces == 1 / 8
    assert slope == pytest.approx(1 / 12)
    assert specific_surface(plates, boundary="periodic").values[0] == pytest.approx(1 / 8, rel=0.1)
    # The window of an open image shows four faces too, in one layer of cells less; its border is none.
    assert specific_surface(plates, method="faces").values[0] == pytest.approx(4 / 31)


def test_overlapping_discs():
    """Poisson discs, n per area: 2 pi r n exp(-n pi r^2) of boundary per area (Torquato 2002, 6.1)."""
    side, radius, count = 600, 15.0, 300
    discs = np.stack([overlapping((side, side), count, radius, seed) for seed in range(12)])
    per_area = count / side**2
    expected = 2 * math.pi * radius * per_area * math.exp(-per_area * math.pi * radius**2)
    for method in ("crofton", "two_point"):
        found = specific_surface(discs, boundary="periodic", method=method)
        assert found.mean == pytest.approx(expected, rel=0.03)
    open_ = specific_surface(discs[:, :400, :300])
    assert open_.mean == pytest.approx(expected, rel=0.05)


def test_overlapping_balls():
    """The same with balls: 4 pi r^2 n exp(-4/3 pi r^3 n)."""
    side, radius, count = 120, 11.0, 150
    balls = np.stack([overlapping((side,) * 3, count, radius, seed) for seed in range(4)])
    per_volume = count / side**3
    expected = 4 * math.pi * radius**2 * per_volume * math.exp(-4 / 3 * math.pi * radius**3 * per_volume)
    for method, factor in (("crofton", 1), ("two_point", 1), ("faces", 3 / 2)):
        found = specific_surface(balls, boundary="periodic", method=method)
        assert found.mean == pytest.approx(factor * expected, rel=0.05)


def test_a_characterisation_holds_it():
    fields = gaussian_field((40, 70), phi=0.3, sigma=2, n=3)
    found = characterise(fields, ("specific_surface",)).scalars["specific_surface"]
    np.testing.assert_array_equal(found.values, specific_surface(fields).values)
    assert found.protocol == {"method": "crofton", "directions": "4"}
    assert specific_surface(fields, method="two_point").protocol == {"method": "two_point"}


@pytest.mark.parametrize("method", METHODS)
def test_what_has_none(method):
    solid = np.ones((2, 9, 70), int)
    for boundary in ("open", "periodic"):
        np.testing.assert_array_equal(specific_surface(solid, boundary=boundary, method=method).values, 0)
    assert np.isnan(specific_surface(solid[:, :1], method=method).values).all()
    with pytest.warns(UserWarning, match="does not occur"):
        assert np.isnan(specific_surface(solid, phase=4, method=method).values).all()


def test_a_method_that_is_not_there():
    with pytest.raises(RaysysError, match="method is 'mesh'; allowed: crofton, faces, two_point"):
        specific_surface(np.ones((1, 8, 8), int), method="mesh")


def test_open_images_are_measured_by_the_cells_between_pixel_centres():
    stripes = np.zeros((1, 5, 9), np.uint8)
    stripes[:, :, 3:6] = 1
    assert specific_surface(stripes, method="faces").values[0] == pytest.approx(2 * 4 / (4 * 8), rel=1e-14)
    assert specific_surface(stripes, method="faces", boundary="periodic").values[0] == pytest.approx(2 / 9, rel=1e-14)
