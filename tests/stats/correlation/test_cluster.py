"""The two-point cluster function counts pairs of pixels of the same cluster."""

import numpy as np
import pytest
from hypothesis import given, settings
from support.length_references import BOUNDARIES, ball, flood_filled, random_images
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import characterise, lineal_path, two_point, two_point_cluster

CONNECTIVITIES = ("faces", "all")


def cluster_reference(image, r_max, boundary, connectivity):
    labels, _ = flood_filled(image, connectivity, boundary)
    curves = []
    for axis, length in enumerate(image.shape):
        here, curve = np.moveaxis(labels, axis, 0), []
        for r in range(r_max + 1):
            there = np.roll(here, -r, axis=0)
            same = (here == there) & (here > 0)
            curve.append((same if boundary == "periodic" else same[: length - r]).mean())
        curves.append(curve)
    return np.mean(curves, axis=0)


@settings(max_examples=40, deadline=None)
@given(random_images(9))
def test_counts_are_those_of_pairs_one_by_one(images):
    r_max = min(images.shape[1:]) - 1
    for boundary in BOUNDARIES:
        for connectivity in CONNECTIVITIES:
            found = two_point_cluster(images, r_max=r_max, boundary=boundary, connectivity=connectivity).values
            expected = [cluster_reference(image, r_max, boundary, connectivity) for image in images]
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("shape", [(64, 65), (63, 130), (5, 7, 66), (66, 5, 4), (4, 65, 6)], ids=str)
def test_lines_of_words(shape, connectivity, boundary):
    images = np.random.default_rng(1).random((2, *shape)) < 0.45
    r_max = min(shape) - 1
    found = two_point_cluster(images, r_max=r_max, boundary=boundary, connectivity=connectivity).values
    np.testing.assert_array_equal(found, [cluster_reference(one, r_max, boundary, connectivity) for one in images])


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(90, 130), (30, 40, 70)], ids=str)
class TestClusters:
    def test_lie_between_lines_and_pairs(self, shape, boundary):
        images = gaussian_field(shape, phi=0.4, sigma=2, n=4)
        path, pair = (measure(images, boundary=boundary).values for measure in (lineal_path, two_point))
        faces, corners = (
            two_point_cluster(images, boundary=boundary, connectivity=name).values for name in CONNECTIVITIES
        )
        assert (path <= faces).all()
        assert (faces <= corners).all()
        assert (corners <= pair).all()
        assert (faces[:, 1] == pair[:, 1]).all()  # neighbours always belong together
        assert faces[:, 10:].sum() < pair[:, 10:].sum()
        np.testing.assert_array_equal(faces[:, 0], pair[:, 0])

    def test_that_are_one_are_as_the_phase(self, shape, boundary):
        one = ball(shape, [s // 2 for s in shape], 14)
        for image in (one, ~one, np.ones(shape, bool), np.zeros(shape, bool)):
            np.testing.assert_array_equal(
                two_point_cluster(image[None], boundary=boundary).values,
                two_point(image[None], boundary=boundary).values,
            )

    def test_are_each_image_s_own(self, shape, boundary):
        images = gaussian_field(shape, phi=0.4, sigma=2, n=3)
        whole = two_point_cluster(images, boundary=boundary).values
        np.testing.assert_array_equal(two_point_cluster(images[1:2], boundary=boundary).values, whole[1:2])

    def test_of_any_value_and_type(self, shape, boundary):
        images = gaussian_field(shape, phi=0.4, sigma=2, n=2)
        expected = two_point_cluster(images, boundary=boundary).values
        for other, value in ((images * 5 + 2, 7), (1 - images, 0), (images == 1, 1), (images.astype(np.int64), 1)):
            np.testing.assert_array_equal(two_point_cluster(other, phase=value, boundary=boundary).values, expected)


def test_periodic_clusters_move_with_the_image():
    images = gaussian_field((50, 70), phi=0.45, sigma=2, n=3)
    np.testing.assert_array_equal(
        two_point_cluster(images, boundary="periodic").values,
        two_point_cluster(np.roll(images, (13, 41), axis=(1, 2)), boundary="periodic").values,
    )


def test_a_checkerboard_is_one_cluster_only_by_its_corners():
    board = (np.indices((8, 70)).sum(axis=0) % 2)[None]
    for boundary in BOUNDARIES:
        faces = two_point_cluster(board, boundary=boundary)
        np.testing.assert_array_equal(faces.values[0], [0.5, 0, 0, 0])
        np.testing.assert_array_equal(
            two_point_cluster(board, boundary=boundary, connectivity="all").values,
            two_point(board, boundary=boundary).values,
        )


def test_two_stripes_meet_around_the_border():
    stripes = np.zeros((1, 20, 30), np.uint8)
    stripes[..., :4] = stripes[..., -3:] = 1
    # Across them no pair of lag 26 is in the same stripe; around the border they are one stripe of 7.
    opened, wrapped = (two_point_cluster(stripes, boundary=boundary, r_max=19).values[0] for boundary in BOUNDARIES)
    down = np.full(20, 7 / 30)
    lags = np.arange(20)
    np.testing.assert_allclose(
        opened, (down + (np.maximum(4 - lags, 0) + np.maximum(3 - lags, 0)) / (30 - lags)) / 2, rtol=0, atol=1e-15
    )
    np.testing.assert_allclose(wrapped, (down + np.maximum(7 - lags, 0) / 30) / 2, rtol=0, atol=1e-15)


def test_is_a_curve_that_names_its_connectivity():
    images = gaussian_field((40, 50), phi=0.4, sigma=2, n=2)
    for connectivity, number in (("faces", "4"), ("all", "8")):
        curve = two_point_cluster(images, connectivity=connectivity)
        assert (curve.name, curve.boundary, curve.protocol) == ("C2", "open", {"connectivity": number})
        found = characterise(images, ("C2",), connectivity=connectivity).curves["C2"]
        np.testing.assert_array_equal(found.values, curve.values)
        assert found.protocol == curve.protocol
    np.testing.assert_array_equal(curve.r, np.arange(20))
    volumes = gaussian_field((10, 11, 12), phi=0.4, sigma=2)
    assert two_point_cluster(volumes, connectivity="all").protocol == {"connectivity": "26"}


def test_refuses_what_it_cannot_measure():
    images = np.ones((1, 8, 9), np.uint8)
    with pytest.raises(RaysysError, match="allowed: faces"):
        two_point_cluster(images, connectivity="8")
    with pytest.raises(RaysysError, match="0 to 7"):
        two_point_cluster(images, r_max=8)
    with pytest.raises(RaysysError, match=r"image\[None\]"):
        two_point_cluster(images[0])
    with pytest.warns(UserWarning, match="phase 3 does not occur"):
        assert np.isnan(two_point_cluster(images, phase=3).values).all()
