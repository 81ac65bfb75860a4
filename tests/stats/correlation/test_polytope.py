"""Triangles, squares and hexagons: their options, symmetries and limits."""

import numpy as np
import pytest
from support.references import gaussian_field, polytope_reference

from raysys import RaysysError
from raysys.stats import characterise, compare, polytope, two_point

BOUNDARIES = ("open", "periodic")


@pytest.fixture(scope="module")
def fields():
    # Skewed, so that no symmetry of the images hides a wrong one of the figures.
    images = gaussian_field((60, 80), phi=0.4, sigma=2, n=3)
    return images * (np.indices((60, 80)).sum(axis=0) % 5 > 0)


@pytest.mark.parametrize("boundary", BOUNDARIES)
class TestTriangles:
    def test_turn_with_the_image(self, fields, boundary):
        turned = fields.swapaxes(1, 2)
        np.testing.assert_array_equal(
            polytope(fields, "P3H", boundary=boundary).values, polytope(turned, "P3V", boundary=boundary).values
        )

    def test_of_even_edge_are_mirror_images_of_themselves(self, fields, boundary):
        np.testing.assert_array_equal(
            polytope(fields, "P3H", boundary=boundary).values,
            polytope(fields[..., ::-1], "P3H", boundary=boundary).values,
        )

    @pytest.mark.parametrize(("kind", "mirror"), [("P3H", np.s_[:, ::-1]), ("P3V", np.s_[..., ::-1])])
    def test_mirrored_apex_is_that_of_the_mirrored_image(self, fields, boundary, kind, mirror):
        published = polytope(fields, kind, boundary=boundary)
        mirrored = polytope(fields, kind, boundary=boundary, apex="mirrored")
        np.testing.assert_array_equal(mirrored.values, polytope(fields[mirror], kind, boundary=boundary).values)
        assert not np.array_equal(mirrored.values, published.values, equal_nan=True)
        both = polytope(fields, kind, boundary=boundary, apex="both")
        np.testing.assert_allclose(both.values, (published.values + mirrored.values) / 2, rtol=0, atol=1e-15)

    def test_of_odd_edge_are_not_sampled_unless_asked(self, fields, boundary):
        skipped = polytope(fields, "P3H", boundary=boundary).values
        assert np.isnan(skipped[:, 1::2]).all()
        assert not np.isnan(skipped[:, ::2]).any()
        averaged = polytope(fields, "P3H", boundary=boundary, odd_edges="average").values
        np.testing.assert_array_equal(averaged[:, ::2], skipped[:, ::2])
        halves = [
            [polytope_reference_odd(image, r, half, boundary) for r in range(1, 30, 2)]
            for image in fields == 1
            for half in (0, 1)
        ]
        expected = np.reshape(halves, (3, 2, -1)).mean(axis=1)
        np.testing.assert_allclose(averaged[:, 1::2], expected, rtol=0, atol=1e-15)


def polytope_reference_odd(image, r, half, boundary):
    from support.references import all_inside, vertices

    return all_inside(image, vertices("P3H", r, rounding="nearest", half=half), boundary)


def test_a_single_triangle_is_found_where_the_published_code_looks():
    # Edge 4: apex 3.46 rows below, which the published code takes as 4 and "nearest" as 3.
    for rows, rounding in ((4, "ceil"), (3, "nearest"), (3, "floor")):
        image = np.zeros((1, 16, 16), np.uint8)
        image[0, [2, 2, 2 + rows], [5, 9, 7]] = 1
        found = polytope(image, "P3H", boundary="periodic", rounding=rounding)
        assert found.values[0, 4] == 1 / 256
        assert found.protocol == {"rounding": rounding, "apex": "published", "odd_edges": "skip"}
        assert polytope(image, "P3H", boundary="periodic", rounding=rounding, apex="mirrored").values[0, 4] == 0


def test_hexagons_that_do_not_fit_are_not_sampled():
    images = np.ones((1, 40, 40), np.uint8)
    values = polytope(images, "P6", r_max=39).values[0]
    assert (values[:20] == 1).all()
    assert np.isnan(values[20:]).all()


def test_p2_is_the_two_point_function(fields):
    np.testing.assert_array_equal(polytope(fields, "P2").values, two_point(fields).values)


def test_periodic_hexagons_wrap_onto_themselves_and_are_flagged():
    images = gaussian_field((128, 128), phi=0.352, sigma=4, n=48)
    curve = polytope(images, "P6", boundary="periodic", r_max=64)
    assert 0.001 < curve.mean[28:57].min() <= curve.mean[28:57].max() < 0.002  # phi^6 = 0.0019
    assert curve.mean[63:].min() > 0.003  # phi^5 = 0.0054
    np.testing.assert_array_equal(curve.r[curve.flagged], np.arange(58, 65))
    assert not polytope(images, "P6").flagged.any()


def test_unsampled_edges_stay_out_of_every_error(fields):
    one, two = characterise(fields[:2], ("P3H",)), characterise(fields[1:], ("P3H",))
    even = (one.scaled()["P3H"].mean - two.scaled()["P3H"].mean)[::2]
    assert compare(one, two)["P3H"] == pytest.approx(np.mean(even**2), rel=1e-12)


@pytest.mark.parametrize(
    "options", [{"kind": "P5"}, {"rounding": "up"}, {"apex": "left"}, {"odd_edges": "zero"}], ids=str
)
def test_unknown_options_are_refused(fields, options):
    with pytest.raises(RaysysError, match="allowed: "):
        polytope(fields, **{"kind": "P3H", **options})


KINDS = ("P2", "P3H", "P3V", "P4", "P6")


@pytest.fixture(scope="module")
def volumes():
    blobs = gaussian_field((24, 30, 70), phi=0.4, sigma=1.5, n=2)
    return blobs * (np.indices((24, 30, 70)).sum(axis=0) % 5 > 0)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("kind", KINDS)
class TestVolumes:
    def test_a_plane_is_the_mean_of_its_slices(self, volumes, kind, boundary):
        for normal in range(3):
            found = polytope(volumes, kind, plane=normal, boundary=boundary, r_max=11)
            assert found.protocol["plane"] == f"normal to axis {normal}"
            for volume, values in zip(volumes, found.values, strict=True):
                slices = polytope(np.moveaxis(volume, normal, 0), kind, boundary=boundary, r_max=11)
                np.testing.assert_allclose(values, slices.values.mean(axis=0), rtol=0, atol=1e-14)

    def test_by_default_it_is_the_mean_of_the_planes(self, volumes, kind, boundary):
        found = polytope(volumes, kind, boundary=boundary, apex="both", odd_edges="average")
        assert found.protocol["plane"] == "mean of 3"
        planes = [
            polytope(volumes, kind, plane=k, boundary=boundary, apex="both", odd_edges="average").values
            for k in range(3)
        ]
        np.testing.assert_allclose(found.values, np.mean(planes, axis=0), rtol=0, atol=1e-15)

    def test_planes_turn_with_the_volume(self, volumes, kind, boundary):
        turned = volumes.transpose(0, 2, 3, 1)  # axis 0 becomes the last one
        np.testing.assert_array_equal(
            polytope(volumes, kind, plane=0, boundary=boundary).values,
            polytope(turned, kind, plane=2, boundary=boundary).values,
        )

    def test_a_volume_of_copies_is_its_slice(self, fields, kind, boundary):
        layers = np.repeat(fields[:1], 60, axis=0)[None]
        np.testing.assert_allclose(
            polytope(layers, kind, plane=0, boundary=boundary).values,
            polytope(fields[:1], kind, boundary=boundary).values,
            rtol=0,
            atol=1e-15,
        )


def test_edges_that_do_not_fit_one_of_the_planes_are_not_sampled_in_the_mean():
    slab = np.ones((1, 20, 60, 60), np.uint8)
    np.testing.assert_array_equal(np.isnan(polytope(slab, "P6", r_max=19).values[0]), np.arange(20) > 11)
    assert not np.isnan(polytope(slab, "P6", r_max=19, plane=0).values).any()


def test_periodic_hexagons_of_volumes_are_flagged_by_the_shortest_axis_of_their_planes():
    images = gaussian_field((20, 40, 60), phi=0.4, sigma=2)
    for plane, beyond in ((None, "9"), (0, "18"), (1, "9"), (2, "9")):
        assert polytope(images, "P6", boundary="periodic", plane=plane).protocol["flagged_beyond"] == beyond


def test_planes_that_are_not_there_are_refused(fields, volumes):
    with pytest.raises(RaysysError, match="plane is 3; allowed for images of 3 dimensions: None, 0, 1, 2"):
        polytope(volumes, "P4", plane=3)
    with pytest.raises(RaysysError, match="plane is 0; allowed for images of 2 dimensions: None"):
        polytope(fields, "P4", plane=0)


def test_published_rounding_is_the_published_codes(fields):
    for kind in ("P4", "P6", "P3H", "P3V"):
        found = polytope(fields, kind, boundary="periodic", rounding="ceil").values
        expected = [polytope_reference(image == 1, kind, 29, "periodic", rounding="ceil") for image in fields]
        np.testing.assert_array_equal(found, expected)


def test_edges_in_volumes_are_bounded_unless_they_are_asked_for():
    volume = np.ones((1, 140, 140, 140), bool)
    for kind, longest in (("P2", 69), ("P4", 64)):
        assert polytope(volume, kind).r[-1] == longest
    assert polytope(volume, "P4", r_max=66).r[-1] == 66
    assert polytope(np.ones((1, 140, 140), bool), "P4").r[-1] == 69
