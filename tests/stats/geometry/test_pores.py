"""Pores as objects: against a flood fill, scikit-image, and shapes whose size and direction are known."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import Characterisation, Pores, characterise, minkowski, pores, regions

BOUNDARIES = ("open", "periodic")
CONNECTIVITIES = ("faces", "all")


def neighbour_steps(dims, connectivity):
    steps = [s for s in itertools.product((-1, 0, 1), repeat=dims) if any(s)]
    return [s for s in steps if connectivity == "all" or sum(map(abs, s)) == 1]


def flood(image, connectivity, boundary):
    """Pores in the order of their first pixels: unwrapped coordinates by pixel, and whether they close a loop."""
    seen, found = {}, []
    for first in map(tuple, np.argwhere(image)):
        if first in seen:
            continue
        seen[first], front, pixels, endless = first, [first], [first], False
        while front:
            at = front.pop()
            for step in neighbour_steps(image.ndim, connectivity):
                to = tuple(a + s for a, s in zip(seen[at], step, strict=True))
                pixel = tuple(t % n for t, n in zip(to, image.shape, strict=True))
                if (boundary == "open" and pixel != to) or not image[pixel]:
                    continue
                if pixel not in seen:
                    seen[pixel] = to
                    front.append(pixel)
                    pixels.append(pixel)
                endless |= seen[pixel] != to
        found.append(({pixel: seen[pixel] for pixel in pixels}, endless))
    return found


def crossings(pixels, shape, boundary, step):
    """Pixels of a pore whose neighbour at a step is outside of it."""
    moved = [tuple(p + s for p, s in zip(pixel, step, strict=True)) for pixel in pixels]
    if boundary == "periodic":
        moved = [tuple(m % n for m, n in zip(pixel, shape, strict=True)) for pixel in moved]
    return sum(pixel not in pixels for pixel in moved)


def integer_moments(pixels):
    """n^2 times the covariance matrix, exactly."""
    points = np.array(list(pixels.values()), dtype=object)
    n, total = len(points), points.sum(axis=0)
    return n * (points.T @ points) - np.outer(total, total)


def half_turn(one, two):
    """Difference of two directions without a sign, degrees."""
    return np.abs((np.asarray(one) - two + 90) % 180 - 90)


images_2d = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 1))
images_3d = arrays(np.uint8, st.tuples(*[st.integers(1, 4)] * 3), elements=st.integers(0, 1))


class TestAgainstAFloodFill:
    @settings(max_examples=150, deadline=None)
    @given(images_2d, st.sampled_from(BOUNDARIES), st.sampled_from(CONNECTIVITIES))
    def test_flat_pores(self, image, boundary, connectivity):
        found = pores(image[None], boundary=boundary, connectivity=connectivity)
        expected = flood(image, connectivity, boundary)
        assert found.count == len(expected)
        for k, (pixels, endless) in enumerate(expected):
            p = {name: values[k] for name, values in found.properties.items()}
            self.check_common(p, pixels, endless, image.shape, boundary)
            straight, diagonal = (
                sum(crossings(pixels, image.shape, boundary, step) for step in steps)
                for steps in (((0, 1), (1, 0)), ((1, 1), (1, -1)))
            )
            assert p["area"] == len(pixels)
            assert p["perimeter"] == pytest.approx(math.pi / 4 * (straight + diagonal / math.sqrt(2)), rel=1e-12)
            if endless:
                assert np.isnan([p["orientation"], p["elongation"], p["circularity"]]).all()
                continue
            (a, b), (_, c) = integer_moments(pixels)
            assert np.isnan(p["orientation"]) == (a == c and b == 0)
            values, vectors = np.linalg.eigh(np.array([[a, b], [b, c]], float) / len(pixels) ** 2)
            np.testing.assert_allclose(
                [p["minor_axis"], p["major_axis"]], 4 * np.sqrt(values.clip(0) + 1 / 12), rtol=1e-9
            )
            if not np.isnan(p["orientation"]):
                row, column = vectors[:, 1]
                assert half_turn(p["orientation"], math.degrees(math.atan2(-row, column))) < 1e-6
                assert -90 < p["orientation"] <= 90

    @settings(max_examples=60, deadline=None)
    @given(images_3d, st.sampled_from(BOUNDARIES), st.sampled_from(CONNECTIVITIES))
    def test_pores_of_volumes(self, image, boundary, connectivity):
        found = pores(image[None], boundary=boundary, connectivity=connectivity)
        expected = flood(image, connectivity, boundary)
        assert found.count == len(expected)
        # Legland, Kieu & Devaux 2007, 13 directions: share of the sphere per direction and its opposite.
        shares = {1: 2 * 0.04577789120476, 2: 2 * 0.03698062787608, 3: 2 * 0.03519563978232}
        half = [step for step in neighbour_steps(3, "all") if step > (0, 0, 0)]
        for k, (pixels, endless) in enumerate(expected):
            p = {name: values[k] for name, values in found.properties.items()}
            self.check_common(p, pixels, endless, image.shape, boundary)
            assert p["volume"] == len(pixels)
            surface = sum(
                4 * shares[sum(map(abs, s))] / math.hypot(*s) * crossings(pixels, image.shape, boundary, s)
                for s in half
            )
            assert p["surface"] == pytest.approx(surface, rel=1e-12)
            if endless:
                assert np.isnan([p["azimuth"], p["inclination"], p["elongation"], p["sphericity"]]).all()
                continue
            covariance = integer_moments(pixels).astype(float) / len(pixels) ** 2
            values, vectors = np.linalg.eigh(covariance)
            axes = [p["minor_axis"], p["middle_axis"], p["major_axis"]]
            np.testing.assert_allclose(axes, np.sqrt(20 * (values.clip(0) + 1 / 12)), rtol=1e-9)
            if values[2] - values[1] > 1e-6:
                z, y, x = vectors[:, 2] * (-1 if vectors[0, 2] < 0 else 1)
                assert p["inclination"] == pytest.approx(math.degrees(math.asin(min(1, z))), abs=1e-4)
                if 1e-6 < z < 1 - 1e-6:
                    turn = (p["azimuth"] - math.degrees(math.atan2(-y, x)) + 180) % 360 - 180
                    assert abs(turn) < 1e-4

    @staticmethod
    def check_common(p, pixels, endless, shape, boundary):
        at_edge = any(c in (0, n - 1) for pixel in pixels for c, n in zip(pixel, shape, strict=True))
        assert p["touches_edge"] == (boundary == "open" and at_edge)
        centre = np.mean(list(pixels.values()), axis=0)
        for axis, n in enumerate(shape):
            found = p[f"centroid_axis{axis}"]
            if endless:
                assert np.isnan(found)
            else:
                assert 0 <= found < n
                assert abs((found - centre[axis] + n / 2) % n - n / 2) < 1e-9


class TestAgainstScikitImage:
    @pytest.mark.parametrize(("connectivity", "number"), [("faces", 1), ("all", 2)])
    def test_flat_pores(self, connectivity, number):
        from skimage.measure import label, regionprops

        images = gaussian_field((70, 93), phi=0.3, sigma=1.5, n=4)
        found = pores(images, connectivity=connectivity)
        expected = [region for image in images for region in regionprops(label(image, connectivity=number))]
        get = found.properties
        np.testing.assert_array_equal(get["area"], [r.area for r in expected])
        np.testing.assert_allclose(get["equivalent_diameter"], [r.equivalent_diameter_area for r in expected])
        np.testing.assert_allclose(get["perimeter"], [r.perimeter_crofton for r in expected])
        np.testing.assert_allclose(
            np.stack([get["centroid_axis0"], get["centroid_axis1"]], 1), [r.centroid for r in expected]
        )
        # Its pixels are points, ours squares of second moment 1 / 12.
        np.testing.assert_allclose(
            get["major_axis"] ** 2 - 16 / 12, [r.axis_major_length**2 for r in expected], atol=1e-8
        )
        np.testing.assert_allclose(
            get["minor_axis"] ** 2 - 16 / 12, [r.axis_minor_length**2 for r in expected], atol=1e-8
        )
        # It measures from the column's direction, and directions that are none as well.
        directed = ~np.isnan(get["orientation"])
        theirs = np.degrees([r.orientation for r in expected]) - 90
        assert half_turn(get["orientation"], theirs)[directed].max() < 1e-6
        assert 0.5 < directed.mean() < 1

    def test_pores_of_volumes(self):
        from skimage.measure import label, regionprops

        volume = gaussian_field((40, 34, 50), phi=0.1, sigma=2)
        found = pores(volume).properties
        expected = regionprops(label(volume[0], connectivity=1))
        assert len(expected) > 20
        np.testing.assert_array_equal(found["volume"], [r.area for r in expected])
        for name in ("major", "minor"):
            theirs = [getattr(r, f"axis_{name}_length") ** 2 for r in expected]
            np.testing.assert_allclose(found[f"{name}_axis"] ** 2 - 20 / 12, theirs, atol=1e-7)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(
    ("shape", "size", "border"), [((50, 60), "area", "perimeter"), ((20, 22, 24), "volume", "surface")]
)
def test_pores_that_may_not_touch_add_up_to_the_phase(shape, size, border, boundary):
    images = gaussian_field(shape, phi=0.3, sigma=1.5, n=3)
    found = pores(images, boundary=boundary, connectivity="all")
    whole = minkowski(images, boundary=boundary, edges="closed").totals
    for name in (size, border):
        total = np.bincount(found.image, found.properties[name], minlength=3)
        np.testing.assert_allclose(total, whole[name], rtol=1e-9)


def ellipse(angle, major=24.0, minor=8.0, side=64):
    """An ellipse of semi-axes 24 and 8 at an angle against the rows, counter-clockwise as displayed."""
    row, column = np.mgrid[:side, :side] - (side - 1) / 2
    turn = math.radians(angle)
    along, across = column * math.cos(turn) - row * math.sin(turn), column * math.sin(turn) + row * math.cos(turn)
    return ((along / major) ** 2 + (across / minor) ** 2 <= 1).astype(np.uint8)


@pytest.mark.parametrize("angle", [-89.5, -75, -45, -30, -1, 0, 10, 30, 45, 60, 90])
def test_a_turned_ellipse_has_its_angle_and_axes(angle):
    found = pores(ellipse(angle)[None]).properties
    assert half_turn(found["orientation"], angle) < 0.4  # a pixel at the tip of the semi-axis is 2.4 degrees
    assert found["major_axis"] == pytest.approx(48, abs=0.4)
    assert found["minor_axis"] == pytest.approx(16, abs=0.4)
    assert found["elongation"] == pytest.approx(2 / 3, abs=0.01)
    assert found["area"] == pytest.approx(math.pi * 24 * 8, rel=0.02)


def test_directions_are_counter_clockwise_as_displayed():
    rising = np.eye(7, dtype=np.uint8)[::-1]
    images = np.stack([rising, rising[::-1], np.zeros((7, 7), np.uint8), np.zeros((7, 7), np.uint8)])
    images[2, 3], images[3, :, 3] = 1, 1
    found = pores(images, connectivity="all").properties["orientation"]
    np.testing.assert_allclose(found, [45, -45, 0, 90], atol=1e-12)


def test_a_rectangle_has_the_moments_of_a_rectangle():
    image = np.zeros((1, 20, 30), np.uint8)
    image[0, 4:9, 6:23] = 1
    found = pores(image).properties
    assert found["major_axis"] == pytest.approx(4 * 17 / math.sqrt(12))
    assert found["minor_axis"] == pytest.approx(4 * 5 / math.sqrt(12))
    assert (found["centroid_axis0"], found["centroid_axis1"]) == (6, 14)


@pytest.mark.parametrize("shape", [np.ones((1, 1)), np.ones((6, 6)), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])])
def test_equal_axes_have_no_direction(shape):
    found = pores(np.pad(shape, 3).astype(np.uint8)[None]).properties
    assert np.isnan(found["orientation"])
    assert found["elongation"] == pytest.approx(0, abs=1e-12)


def test_a_disc_is_round_and_a_line_is_not():
    row, column = np.mgrid[:90, :90] - 45
    disc, line = row**2 + column**2 <= 40**2, (row == 0) & (np.abs(column) <= 40)
    found = pores(np.stack([disc, line])).properties
    assert found["circularity"][0] == pytest.approx(1, abs=0.02)
    assert found["perimeter"][0] == pytest.approx(80 * math.pi, rel=0.01)
    assert found["circularity"][1] < 0.1
    assert found["elongation"][1] == pytest.approx(1 - 1 / 81)


class TestVolumes:
    def test_a_ball_is_round(self):
        square = sum(x**2 for x in np.mgrid[:50, :50, :50] - 24.5)
        found = pores((square <= 20**2)[None]).properties
        assert found["surface"] == pytest.approx(4 * math.pi * 20**2, rel=0.01)
        assert found["sphericity"] == pytest.approx(1, abs=0.01)
        for name in ("major_axis", "middle_axis", "minor_axis"):
            assert found[name] == pytest.approx(40, rel=0.01)
        assert np.isnan([found["azimuth"], found["inclination"]]).all()

    @pytest.mark.parametrize(("azimuth", "inclination"), [(0, 0), (30, 20), (-70, 45), (150, 60), (-120, 10), (90, 0)])
    def test_a_turned_ellipsoid_has_its_direction_and_axes(self, azimuth, inclination):
        a, i = math.radians(azimuth), math.radians(inclination)
        long = np.array([math.sin(i), -math.cos(i) * math.sin(a), math.cos(i) * math.cos(a)])
        flat = np.array([0, -math.cos(a), -math.sin(a)])
        points = np.moveaxis(np.mgrid[:56, :56, :56] - 27.5, 0, -1)
        lengths = (24, 14, 7)
        axes = (long, flat, np.cross(long, flat))
        inside = sum(((points @ axis) / length) ** 2 for axis, length in zip(axes, lengths, strict=True)) <= 1
        found = pores(inside[None]).properties
        assert found["inclination"] == pytest.approx(inclination, abs=0.3)
        assert abs((found["azimuth"] - azimuth + 180) % 360 - 180) < 0.3
        for name, length in zip(("major_axis", "middle_axis", "minor_axis"), lengths, strict=True):
            assert found[name] == pytest.approx(2 * length, abs=0.2)
        assert found["elongation"] == pytest.approx(1 - 14 / 24, abs=0.01)
        assert found["flatness"] == pytest.approx(1 / 2, abs=0.02)

    def test_an_upright_axis_has_no_azimuth(self):
        volume = np.zeros((1, 20, 9, 9), np.uint8)
        volume[0, 3:17, 4, 4:6] = 1
        found = pores(volume).properties
        assert found["inclination"] == 90
        assert np.isnan(found["azimuth"])


class TestPeriodicImages:
    def test_pores_are_whole_wherever_the_edge_cuts_them(self):
        image = gaussian_field((60, 75), phi=0.2, sigma=3)
        shifted = np.roll(image, (23, 41), axis=(1, 2))
        here, there = (pores(x, boundary="periodic").properties for x in (image, shifted))
        cut = pores(image).properties
        for name in ("area", "orientation", "major_axis", "elongation", "perimeter"):
            np.testing.assert_allclose(np.sort(here[name]), np.sort(there[name]), atol=1e-9)
            assert len(cut[name]) > len(here[name])

    def test_centres_move_with_the_image(self):
        image = np.zeros((1, 20, 30), np.uint8)
        image[0, 8:11, 12:19] = 1
        for shift in ((0, 0), (-9, 0), (-9, -15), (11, 17)):
            found = pores(np.roll(image, shift, axis=(1, 2)), boundary="periodic").properties
            assert found["centroid_axis0"] == (9 + shift[0]) % 20
            assert found["centroid_axis1"] == (15 + shift[1]) % 30

    def test_a_band_around_the_torus_has_a_size_but_no_shape(self):
        image = np.zeros((1, 20, 30), np.uint8)
        image[0, 8:11] = 1
        found = pores(image, boundary="periodic").properties
        assert found["area"] == 90
        # Crofton of an endless straight band: rows give nothing, columns and diagonals cross each side.
        assert found["perimeter"] == pytest.approx(math.pi / 4 * 30 * (1 + math.sqrt(2)))
        for name in ("orientation", "major_axis", "elongation", "circularity", "centroid_axis0"):
            assert np.isnan(found[name]).all()
        assert pores(image).properties["elongation"] > 0.8

    def test_a_spiral_that_never_closes_is_endless(self):
        image = np.eye(12, dtype=np.uint8)[None] | np.roll(np.eye(12, dtype=np.uint8), 1, axis=1)
        assert np.isnan(pores(image, boundary="periodic").properties["elongation"]).all()

    def test_a_pore_may_cross_a_corner_alone(self):
        image = np.zeros((1, 9, 9), np.uint8)
        image[0, 0, 0] = image[0, 8, 8] = 1
        assert pores(image, boundary="periodic").count == 2
        found = pores(image, boundary="periodic", connectivity="all")
        assert found.count == 1
        assert found.properties["orientation"] == pytest.approx(-45)

    def test_a_full_image_is_one_endless_pore_without_a_boundary(self):
        found = pores(np.ones((2, 5, 7), int), boundary="periodic")
        np.testing.assert_array_equal(found.image, [0, 1])
        np.testing.assert_array_equal(found.properties["area"], 35)
        np.testing.assert_array_equal(found.properties["perimeter"], 0)
        assert np.isnan(found.properties["elongation"]).all()


class TestWhichPores:
    def test_edges_drop_leaves_out_those_that_are_cut(self):
        images = gaussian_field((50, 60), phi=0.3, sigma=2, n=3)
        kept, dropped = (pores(images, edges=edges) for edges in ("keep", "drop"))
        inner = kept.properties["touches_edge"] == 0
        assert 0 < inner.sum() < kept.count
        np.testing.assert_array_equal(dropped.properties["area"], kept.properties["area"][inner])
        np.testing.assert_array_equal(dropped.image, kept.image[inner])
        assert dropped.n == 3

    def test_smallest_leaves_out_smaller_ones(self):
        images = gaussian_field((50, 60), phi=0.3, sigma=1, n=3)
        whole, some = pores(images), pores(images, smallest=9)
        large = whole.properties["area"] >= 9
        assert 0 < large.sum() < whole.count
        np.testing.assert_array_equal(some.properties["elongation"], whole.properties["elongation"][large])

    def test_say_how_they_were_found(self):
        images = np.ones((1, 4, 4), int)
        assert pores(images).protocol == {"connectivity": "4", "edges": "keep", "smallest": "1"}
        protocol = pores(images[None], connectivity="all", edges="drop", smallest=5).protocol
        assert protocol == {"connectivity": "26", "edges": "drop", "smallest": "5"}

    def test_of_any_phase(self):
        images = gaussian_field((30, 40), phi=0.3, sigma=2, n=2)
        grains = np.where(images == 1, 7, 3).astype(np.int16)
        np.testing.assert_array_equal(pores(grains, phase=7).properties["area"], pores(images).properties["area"])
        np.testing.assert_array_equal(
            pores(grains, phase=3).properties["area"], pores(images, phase=0).properties["area"]
        )

    @pytest.mark.parametrize("boundary", BOUNDARIES)
    @pytest.mark.parametrize("shape", [(3, 8, 9), (3, 5, 8, 9)])
    def test_an_image_without_the_phase_has_none(self, shape, boundary):
        images = np.zeros(shape, np.uint8)
        found = pores(images, boundary=boundary)
        assert (found.count, found.n) == (0, 3)
        images[1, 2, 2] = 1
        np.testing.assert_array_equal(np.unique(pores(images, boundary=boundary).image), [1])

    @pytest.mark.filterwarnings("always")
    def test_a_phase_that_does_not_occur_is_warned_of(self):
        with pytest.warns(UserWarning, match="phase 5 does not occur"):
            found = pores(np.arange(24).reshape(1, 4, 6) % 3, phase=5)
        assert (found.count, found.n) == (0, 1)
        assert len(found.properties["area"]) == 0

    def test_mistakes(self):
        images = np.ones((1, 4, 4), int)
        for options, sentence in (
            ({"edges": "cut"}, "allowed: keep, drop"),
            ({"smallest": 0}, "1 pixel or more"),
            ({"connectivity": "8"}, "allowed: faces"),
            ({"boundary": "torus"}, "allowed: open, periodic"),
        ):
            with pytest.raises(RaysysError, match=sentence):
                pores(images, **options)
        with pytest.raises(RaysysError, match="float64; allowed: whole numbers"):
            pores(images * 1.0)


@pytest.fixture
def images():
    images = gaussian_field((40, 50), phi=0.2, sigma=2, n=4)
    images[2] = 0
    return images


class TestWithinACharacterisation:
    def test_is_what_pores_finds(self, images):
        found = characterise(images, ("pores",), connectivity="all").pores
        alone = pores(images, connectivity="all")
        assert found.protocol == alone.protocol
        np.testing.assert_array_equal(found.image, alone.image)
        for name, values in alone.properties.items():
            np.testing.assert_array_equal(found.properties[name], values)

    def test_a_subset_has_the_pores_of_those_images(self, images):
        found, expected = characterise(images, ("pores",)).pores.subset([3, 2, 0]), pores(images[[3, 2, 0]])
        assert (found.n, expected.n) == (3, 3)
        np.testing.assert_array_equal(found.image, expected.image)
        np.testing.assert_array_equal(found.properties["area"], expected.properties["area"])

    def test_joined_sets_have_the_pores_of_all(self, images):
        found = Pores.joined([pores(images[:2]), pores(images[2:])])
        expected = pores(images)
        assert found.n == expected.n
        np.testing.assert_array_equal(found.image, expected.image)
        np.testing.assert_array_equal(found.properties["orientation"], expected.properties["orientation"])

    def test_comes_back_from_a_file(self, images, tmp_path):
        measured = characterise(images, ("S2", "pores"), boundary="periodic")
        measured.save(tmp_path / "set.npz")
        found = Characterisation.load(tmp_path / "set.npz").pores
        assert (found.n, found.protocol, found.boundary) == (4, measured.pores.protocol, "periodic")
        np.testing.assert_array_equal(found.image, measured.pores.image)
        for name, values in measured.pores.properties.items():
            np.testing.assert_array_equal(found.properties[name], values)


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("shape", [(40, 50), (20, 22, 24)])
def test_properties_that_are_asked_for_are_those_of_all(shape, connectivity):
    images = gaussian_field(shape, phi=0.3, sigma=1.5, n=3)
    whole = pores(images, connectivity=connectivity)
    size = "area" if len(shape) == 2 else "volume"
    for names in ((size, "centroid_axis0", "touches_edge"), ("elongation",), ("major_axis", "equivalent_diameter")):
        for options in ({}, {"edges": "drop"}, {"boundary": "periodic"}, {"smallest": 12}):
            some = pores(images, connectivity=connectivity, properties=names, **options)
            expected = pores(images, connectivity=connectivity, **options)
            assert list(some.properties) == list(names)
            np.testing.assert_array_equal(some.image, expected.image)
            for name in names:
                np.testing.assert_array_equal(some.properties[name], expected.properties[name])
    with pytest.raises(RaysysError, match="properties: weight; allowed in"):
        pores(images, properties=("weight",))
    assert "weight" not in whole.properties


class TestRegions:
    @pytest.mark.parametrize("shape", [(30, 40), (14, 16, 18)])
    def test_a_label_is_what_a_pore_of_its_own_would_be(self, shape):
        images = gaussian_field(shape, phi=0.5, sigma=2, n=2)
        found = pores(images)
        labels = np.zeros(images.shape, np.int64)
        for i, image in enumerate(images):
            numbers, count = ndimage.label(image)
            labels[i] = np.append(0, 7 + 3 * np.arange(count))[numbers]
        measured = regions(labels)
        np.testing.assert_array_equal(measured.image, found.image)
        for name, values in found.properties.items():
            np.testing.assert_array_equal(measured.properties[name], values)
        per_image = np.bincount(found.image)
        expected = np.concatenate([7 + 3 * np.arange(count) for count in per_image])
        np.testing.assert_array_equal(measured.properties["label"], expected)

    def test_labels_that_touch_stay_apart_and_distant_parts_of_one_together(self):
        labels = np.zeros((1, 4, 6), np.uint16)
        labels[0, :, :2], labels[0, :, 2:4], labels[0, 0, 5], labels[0, 3, 5] = 5, 900, 7, 7
        found = regions(labels).properties
        np.testing.assert_array_equal(found["label"], [5, 7, 900])
        np.testing.assert_array_equal(found["area"], [8, 2, 8])
        np.testing.assert_array_equal(found["perimeter"][[0, 2]], pores(labels == 5).properties["perimeter"].repeat(2))
        np.testing.assert_array_equal(regions(labels, smallest=3, edges="keep").properties["label"], [5, 900])
        assert regions(labels, edges="drop").count == 0

    def test_it_is_what_scikit_image_measures(self):
        measure = pytest.importorskip("skimage.measure")
        labels = np.random.default_rng(0).integers(0, 30, (1, 40, 50)).astype(np.int32)
        found, expected = regions(labels).properties, measure.regionprops(labels[0])
        np.testing.assert_array_equal(found["label"], [one.label for one in expected])
        np.testing.assert_array_equal(found["area"], [one.area for one in expected])
        np.testing.assert_allclose(found["centroid_axis1"], [one.centroid[1] for one in expected])

    def test_images_without_a_label_and_bad_ones(self):
        labels = np.ones((2, 3, 3), np.int32)
        labels[0] = 0
        np.testing.assert_array_equal(regions(labels).image, [1])
        labels[0, 0, 0] = -4
        with pytest.raises(RaysysError, match="labels are -4 and more"):
            regions(labels)
