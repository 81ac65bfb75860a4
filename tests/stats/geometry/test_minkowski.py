"""Minkowski functionals: equal to explicit counts of vertices, edges, faces and cells, to closed forms, to peers."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.references import gaussian_field
from support.shared import DATA

from raysys import RaysysError
from raysys.stats import characterise, local_configurations, minkowski
from raysys.stats.geometry.crofton import AXIS, DIAGONAL, SPACE_DIAGONAL
from raysys.stats.geometry.figures import count_figures
from raysys.stats.phases import Phase

FLAT = [(1, 1), (1, 65), (3, 64), (5, 63), (4, 62), (9, 13), (7, 130), (130, 2)]
SOLID = [(1, 1, 1), (2, 1, 65), (3, 4, 64), (4, 5, 6), (2, 3, 127), (9, 2, 3), (1, 7, 62)]
BORDERS = ({"edges": "closed"}, {"edges": "window"}, {"boundary": "periodic"})

THIRTEEN = {1: AXIS, 2: DIAGONAL, 3: SPACE_DIAGONAL}


def directions_of(dims, count):
    """The lattice's directions, one of each opposite two, with their shares of the circle or sphere."""
    vectors = [v for v in product((-1, 0, 1), repeat=dims) if v > (0,) * dims]
    if count == dims:
        return {v: 1 / dims for v in vectors if np.abs(v).sum() == 1}
    return {v: THIRTEEN[np.abs(v).sum()] if dims == 3 else 1 / 4 for v in vectors}


@st.composite
def images(draw, shapes):
    share = draw(st.sampled_from((0.0, 0.05, 0.3, 0.5, 0.8, 1.0)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return (rng.random((2, *draw(st.sampled_from(shapes)))) < share).astype(np.uint8)


def padded(image, border):
    """The image with what lies around it, so that its own cells are those to be looked at."""
    if border == {"boundary": "periodic"}:
        return np.pad(image, [(0, 1)] * image.ndim, mode="wrap")
    return np.pad(image, int(border["edges"] == "closed"))


def configurations(image):
    code = np.zeros([length - 1 for length in image.shape], int)
    for k, corner in enumerate(product((0, 1), repeat=image.ndim)):
        at = tuple(slice(c, c + length - 1) for c, length in zip(corner, image.shape, strict=True))
        code += image[at].astype(int) << k
    return np.bincount(code.ravel(), minlength=1 << (1 << image.ndim))


def cells(image, rule, periodic):
    """Vertices, edges, faces and cells of the pixels' complex, by dimension: those that `rule` finds in the phase."""
    found = image.astype(bool)
    for axis in range(image.ndim):
        if periodic:
            sides = rule(np.roll(found, 1, axis), found)
        else:
            around = np.pad(found, [(1, 1) if a == axis else (0, 0) for a in range(image.ndim)])
            sides = rule(
                np.take(around, range(around.shape[axis] - 1), axis),
                np.take(around, range(1, around.shape[axis]), axis),
            )
        both = np.zeros([sides.shape[a] + found.shape[a] if a == axis else n for a, n in enumerate(found.shape)], bool)
        at = [slice(None)] * image.ndim
        for start, part in ((0, sides), (1, found)):
            at[axis] = slice(start, None, 2)
            both[tuple(at)] = part
        found = both
    dimension = np.indices(found.shape).__mod__(2).sum(axis=0)
    return np.array([found[dimension == d].sum() for d in range(image.ndim + 1)])


def counted(image, connectivity, periodic):
    """Content, faces, mean breadth and Euler characteristic of the pixels as they are, open or closed."""
    some, every = (cells(image, rule, periodic) for rule in (np.logical_or, np.logical_and))
    held, dims = every if connectivity == "faces" else some, image.ndim
    totals = [held[-1], some[-2] - every[-2]]
    if dims == 3:
        totals.append((held[1] - 2 * held[2] + 3 * held[3]) / 2)
    sign = (-1) ** dims if connectivity == "faces" else 1
    return [*totals, sign * sum((-1) ** d * count for d, count in enumerate(held))]


def line_changes(image, direction):
    """Changes of phase from each pixel to the next along a direction."""
    start = [slice(max(0, -d), n - max(0, d)) for d, n in zip(direction, image.shape, strict=True)]
    end = [slice(max(0, d), n - max(0, -d)) for d, n in zip(direction, image.shape, strict=True)]
    return np.count_nonzero(image[tuple(start)] != image[tuple(end)])


def triangular(image, normal):
    """Euler characteristic of all sections by the planes of a space diagonal, of an image with background around it."""
    turned = image[tuple(slice(None, None, -1) if n < 0 else slice(None) for n in normal)].astype(bool)
    u, v = (1, -1, 0), (0, 1, -1)

    def at(*steps):
        # The background around it keeps what is rolled past the end from meeting anything.
        step = np.sum([(0, 0, 0), *steps], axis=0)
        return np.roll(turned, tuple(-step), (0, 1, 2))

    edges = (at(u), at(v), at(u, v))
    triangles = (at(u) & at(u, v), at(v) & at(u, v))
    return turned.sum() - sum((turned & e).sum() for e in edges) + sum((turned & t).sum() for t in triangles)


def sections(image, normal, connectivity):
    """The same for any lattice direction, plane by plane."""
    from skimage.measure import euler_number

    connectivity = 1 if connectivity == "faces" else 2
    across = [axis for axis, n in enumerate(normal) if n]
    if len(across) == 3:
        return triangular(image, normal)
    if len(across) == 1:
        planes = np.moveaxis(image, across[0], 0)
    else:
        p, q = across
        turned = np.flip(image, p) if normal[p] == normal[q] else image
        planes = [np.diagonal(turned, o, p, q) for o in range(1 - image.shape[p], image.shape[q])]
    return sum(euler_number(plane, connectivity) for plane in planes)


def totals(image, **options):
    return {name: values[0] for name, values in minkowski(image[None], **options).totals.items()}


def ball(radius, size, centre):
    grid = np.ogrid[tuple(slice(1, size + 1) for _ in centre)]
    return sum((x - c) ** 2 for x, c in zip(grid, centre, strict=True)) < radius**2


@pytest.mark.parametrize("border", BORDERS, ids=str)
class TestEveryBorder:
    @settings(max_examples=40, deadline=None)
    @given(image=images(FLAT + SOLID))
    def test_configurations_are_what_slicing_finds(self, border, image):
        found = local_configurations(image, **border)
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, [configurations(padded(one, border)) for one in image])

    @settings(max_examples=30, deadline=None)
    @given(image=images(FLAT + SOLID))
    def test_connectivities_are_dual_and_both_phases_have_one_interface(self, border, image):
        # A closed image is looked at with its border of background, so that the other phase's is phase.
        whole = image if "edges" not in border else np.stack([padded(one, border) for one in image])
        options = border if "edges" not in border else {"edges": "window"}
        one, other = (
            minkowski(whole, phase=p, connectivity=c, **options).totals for p, c in ((1, "faces"), (0, "all"))
        )
        sign = {2: -1, 3: 1}[image.ndim - 1]
        np.testing.assert_allclose(one["euler_characteristic"], sign * other["euler_characteristic"], atol=1e-9)
        name = {2: "perimeter", 3: "surface"}[image.ndim - 1]
        np.testing.assert_allclose(one[name], other[name], atol=1e-9)
        if image.ndim == 4:
            np.testing.assert_allclose(one["mean_breadth"], -other["mean_breadth"], atol=1e-9)

    def test_is_unchanged_by_turning_the_image(self, border):
        volume = gaussian_field((9, 20, 70), phi=0.3, sigma=2)[0]
        expected = totals(volume, **border)
        for turned in (volume.transpose(2, 0, 1), volume[::-1], volume[:, ::-1, ::-1], volume.swapaxes(0, 1)):
            assert totals(turned, **border) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    image=images(FLAT + SOLID),
    edges=st.sampled_from(("closed", "window")),
    boundary=st.sampled_from(("open", "periodic")),
)
def test_figures_are_sums_over_the_histogram_of_configurations(image, edges, boundary):
    phase = Phase.of(image, 1, boundary)
    histogram, figures = local_configurations(image, boundary=boundary, edges=edges), count_figures(phase, edges)
    dims = image.ndim - 1
    held = (np.arange(1 << (1 << dims))[:, None] >> np.arange(1 << dims) & 1).astype(bool)
    np.testing.assert_array_equal(figures["cells"], histogram.sum(axis=1))
    np.testing.assert_array_equal(figures["pixels"], histogram @ held.mean(axis=1))
    corners = np.array(list(product((0, 1), repeat=dims)))
    for square, kind in enumerate(("sides", "diagonals", "space_diagonals")[:dims], start=1):
        pairs = [
            (p, q) for p, q in combinations(range(1 << dims), 2) if np.abs(corners[p] - corners[q]).sum() == square
        ]
        table = sum(held[:, p] & held[:, q] for p, q in pairs) * 2.0 ** (square - dims)
        np.testing.assert_array_equal(figures[kind], histogram @ table)
    whole = {2: "squares", 3: "cubes"}[dims]
    np.testing.assert_array_equal(figures[whole], histogram[:, -1])
    other = count_figures(phase, edges, other=True)
    np.testing.assert_array_equal(other["pixels"], figures["cells"] - figures["pixels"])
    np.testing.assert_array_equal(other[whole], histogram[:, 0])


@pytest.mark.parametrize("connectivity", ["faces", "all"])
class TestEveryConnectivity:
    @settings(max_examples=40, deadline=None)
    @given(image=images(FLAT + SOLID))
    def test_totals_are_counts_of_vertices_edges_faces_and_cells(self, connectivity, image):
        for border in (BORDERS[0], BORDERS[2]):
            found = minkowski(image, connectivity=connectivity, surface="faces", **border).totals
            expected = [counted(one, connectivity, "boundary" in border) for one in image]
            np.testing.assert_array_equal(np.transpose(list(found.values())), expected)

    @settings(max_examples=40, deadline=None)
    @given(image=images(FLAT + SOLID))
    def test_closed_is_scikit_images_euler_number(self, connectivity, image):
        from skimage.measure import euler_number

        reach = 1 if connectivity == "faces" else image.ndim - 1
        found = minkowski(image, connectivity=connectivity).totals["euler_characteristic"]
        np.testing.assert_array_equal(found, [euler_number(one, reach) for one in image])

    @settings(max_examples=20, deadline=None)
    @given(image=images(SOLID))
    def test_mean_breadth_is_the_mean_over_plane_sections(self, connectivity, image):
        for count in (3, 13):
            found = minkowski(image, connectivity=connectivity, directions=count).totals["mean_breadth"]
            for value, one in zip(found, image, strict=True):
                closed = np.pad(one, 2)
                expected = sum(
                    share / np.linalg.norm(n) * sections(closed, n, connectivity)
                    for n, share in directions_of(3, count).items()
                )
                assert value == pytest.approx(expected, rel=1e-12, abs=1e-9)

    @settings(max_examples=20, deadline=None)
    @given(image=images([(5, 9), (3, 66), (4, 5, 6), (3, 2, 67)]))
    def test_window_gives_what_lies_on_the_border_by_shares(self, connectivity, image):
        """Half of what the two ends of an axis hold belongs to the neighbours: closed windows, ends, ends of ends."""
        found = minkowski(image, connectivity=connectivity, edges="window").totals["euler_characteristic"]
        for value, one in zip(found, image, strict=True):
            expected = 0.0
            for ends in product((False, True), repeat=one.ndim):
                parts = [one]
                for axis, end in enumerate(ends):
                    if end:
                        parts = [np.take(part, [i], axis) for part in parts for i in (0, -1)]
                characteristic = [totals(part, connectivity=connectivity)["euler_characteristic"] for part in parts]
                expected += (-1 / 2) ** sum(ends) * sum(characteristic)
            assert value == pytest.approx(expected, abs=1e-9)

    @settings(max_examples=20, deadline=None)
    @given(image=images([(5, 9), (3, 66), (4, 5, 6)]))
    def test_is_additive(self, connectivity, image):
        one, cut = image[0], image.shape[-1] // 2
        left, right, shared = one[..., : cut + 1], one[..., cut:], one[..., cut : cut + 1]
        for surface in ("crofton", "faces"):
            options = {"connectivity": connectivity, "surface": surface}
            whole, *parts = (totals(part, edges="window", **options) for part in (one, left, right))
            for name, value in whole.items():
                assert value == pytest.approx(parts[0][name] + parts[1][name], abs=1e-9)
        whole, first, second, both = (
            totals(part, connectivity=connectivity)["euler_characteristic"] for part in (one, left, right, shared)
        )
        assert whole == first + second - both

    def test_ring_shell_and_grains(self, connectivity):
        x, y, z = np.ogrid[-20:21, -20:21, -20:21]
        torus = (np.hypot(x, y) - 12) ** 2 + z**2 <= 16
        shell = (x**2 + y**2 + z**2 <= 18**2) & (x**2 + y**2 + z**2 > 9**2)
        two = ball(5, 41, (8, 8, 8)) | ball(5, 41, (30, 30, 30))
        for image, euler in ((torus, 0), (shell, 2), (two, 2), (ball(9, 41, (20, 20, 20)), 1)):
            assert totals(image, connectivity=connectivity)["euler_characteristic"] == euler
        assert totals((x**2 + y**2 < 50)[:, :, 0] & (x**2 + y**2 > 20)[:, :, 0])["euler_characteristic"] == 0


def test_pixels_that_share_a_corner_only():
    for dims, connected in ((2, 1), (3, 1)):
        image = np.zeros((1, *(2,) * dims), int)
        image[(0, *(0,) * dims)] = image[(0, *(1,) * dims)] = 1
        for connectivity, euler in (("faces", 2), ("all", connected)):
            assert minkowski(image, connectivity=connectivity).totals["euler_characteristic"] == euler


@pytest.mark.parametrize("sides", [(1, 1, 1), (10, 10, 10), (2, 7, 70)])
def test_cuboids(sides):
    a, b, c = sides
    image = np.zeros((12, 13, 80), int)
    image[1 : 1 + a, 2 : 2 + b, 3 : 3 + c] = 1
    faces, three = totals(image, surface="faces"), totals(image, directions=3)
    expected = {"volume": a * b * c, "surface": 2 * (a * b + b * c + c * a), "mean_breadth": (a + b + c) / 2}
    assert faces == expected | {"euler_characteristic": 1}
    assert three["surface"] == pytest.approx(2 / 3 * expected["surface"])
    assert three["mean_breadth"] == pytest.approx(2 / 3 * expected["mean_breadth"])


def test_rectangles():
    image = np.zeros((20, 80), int)
    image[3:10, 4:70] = 1
    assert totals(image, surface="faces") == {"area": 7 * 66, "perimeter": 2 * (7 + 66), "euler_characteristic": 1}


@pytest.mark.parametrize("radius", [10.0, 20.0, 40.0])
def test_balls(radius):
    found = totals(ball(radius, 90, (45.12, 45.23, 45.34)))
    assert found["volume"] == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.01)
    assert found["surface"] == pytest.approx(4 * math.pi * radius**2, rel=0.01)
    assert found["mean_breadth"] == pytest.approx(2 * radius, rel=0.01)
    faces = totals(ball(radius, 90, (45.12, 45.23, 45.34)), surface="faces")
    assert faces["surface"] == pytest.approx(6 * math.pi * radius**2, rel=0.01)
    assert faces["mean_breadth"] == pytest.approx(3 * radius, rel=0.02)


def test_matimages_example():
    """The documentation of imMeanBreadthLut: 13 directions and 8-connected sections of a ball of radius 40."""
    found = totals(ball(40, 100, (50.12, 50.23, 50.34)), connectivity="all")["mean_breadth"]
    assert found == pytest.approx(79.9989, abs=5e-5)


def test_discs():
    for radius in (10, 30, 60):
        disc = ball(radius, 130, (65.12, 65.34))
        assert totals(disc)["perimeter"] == pytest.approx(2 * math.pi * radius, rel=0.02)
        assert totals(disc, surface="faces")["perimeter"] == pytest.approx(8 * radius, rel=0.02)


@pytest.mark.parametrize("degrees", [0, 10, 22.5, 37, 45, 71, 90, 130])
def test_a_straight_edge_by_its_angle(degrees):
    """Crofton's sum at one angle: from 5 % too short along an axis to 3 % too long between axis and diagonal."""
    angle, size = math.radians(degrees), 301
    x, y = np.ogrid[:size, :size]
    half = (x - 150.3) * math.cos(angle) + (y - 150.4) * math.sin(angle) < 0
    length = (size - 1) / max(abs(math.cos(angle)), abs(math.sin(angle)))
    for count in (2, 4):
        found = totals(half, edges="window", directions=count)["perimeter"] / length
        expected = math.pi / 2 * np.mean([abs(math.cos(angle - math.pi * k / count)) for k in range(count)])
        assert found == pytest.approx(expected, rel=0.01)
    assert 0.94 < found < 1.03


@pytest.mark.parametrize("normal", [(1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 2, 3), (0.2, 1, 0.4)])
def test_a_flat_face_by_its_normal(normal):
    """Crofton's sum at one normal, from both faces of a ball cut in two."""
    n, size = np.array(normal) / np.linalg.norm(normal), 80
    grid = np.ogrid[-size:size, -size:size, -size:size]
    lower = sum(a * (x + 0.3) for a, x in zip(n, grid, strict=True)) < 0
    # What a sphere of this radius around the middle holds of the plane is a disc.
    disc = sum(x.astype(float) ** 2 for x in grid) < (size - 5) ** 2
    rim = totals(disc & lower)["surface"] + totals(disc & ~lower)["surface"] - totals(disc)["surface"]
    shares = directions_of(3, 13)
    expected = 2 * sum(share * abs(n @ d) / np.linalg.norm(d) for d, share in shares.items())
    assert rim / 2 / (math.pi * (size - 5) ** 2) == pytest.approx(expected, rel=0.02)
    assert 0.91 < expected < 1.09


@settings(max_examples=40, deadline=None)
@given(image=images(FLAT))
def test_perimeter_is_scikit_images(image):
    from skimage.measure import perimeter_crofton

    for count in (2, 4):
        expected = [perimeter_crofton(one, count) for one in image]
        np.testing.assert_allclose(minkowski(image, directions=count).totals["perimeter"], expected, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(image=images(SOLID))
def test_surface_is_the_mean_over_lines(image):
    for border in (BORDERS[0], BORDERS[2]):
        for count in (3, 13):
            found = minkowski(image, directions=count, **border).totals["surface"]
            for value, one in zip(found, image, strict=True):
                whole = np.pad(one, 1) if "edges" in border else one
                changes = {
                    d: line_changes(whole, d)
                    if "edges" in border
                    else np.count_nonzero(one != np.roll(one, d, (0, 1, 2)))
                    for d in directions_of(3, count)
                }
                expected = sum(
                    2 * share / np.linalg.norm(d) * changes[d] for d, share in directions_of(3, count).items()
                )
                assert value == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_thirteen_directions_have_the_areas_of_their_voronoi_cells():
    from scipy.spatial import SphericalVoronoi

    points = np.array([d for d in product((-1, 0, 1), repeat=3) if any(d)], float)
    squares = (points**2).sum(axis=1)
    areas = SphericalVoronoi(points / np.sqrt(squares)[:, None]).calculate_areas() / (2 * math.pi)
    np.testing.assert_allclose([THIRTEEN[int(s)] for s in squares], areas, atol=1e-12)
    for dims, count in ((2, 2), (2, 4), (3, 3), (3, 13)):
        assert len(directions_of(dims, count)) == count
        assert sum(directions_of(dims, count).values()) == pytest.approx(1)


def test_periodic_media_have_no_border():
    volume = gaussian_field((20, 24, 66), phi=0.3, sigma=2)
    found = minkowski(volume, boundary="periodic").totals
    shifted = minkowski(np.roll(volume, (7, 11, 33), (1, 2, 3)), boundary="periodic").totals
    for name, values in found.items():
        np.testing.assert_allclose(shifted[name], values, rtol=1e-12)
    repeated = minkowski(np.tile(volume, (1, 2, 1, 2)), boundary="periodic").totals
    for name, values in found.items():
        np.testing.assert_allclose(repeated[name], 4 * values, rtol=1e-12)


def test_windows_of_a_periodic_medium_are_unbiased():
    """The mean over all places that a window can take is the whole medium's density, exactly."""
    medium = gaussian_field((10, 12), phi=0.4, sigma=1, seed=2)[0]
    tiled = np.tile(medium, (2, 2))
    windows = np.stack([tiled[i : i + 5, j : j + 7] for i in range(10) for j in range(12)])
    inside = minkowski(windows, edges="window").densities()
    whole = minkowski(medium[None], boundary="periodic").densities()
    for window, expected in zip(inside, whole, strict=True):
        assert window.mean == pytest.approx(expected.values[0], rel=1e-12)
    closed = {one.name: one.mean for one in minkowski(windows).densities()}
    assert closed["perimeter"] > 1.2 * whole[0].values[0]


def test_densities_name_their_protocol():
    volumes = gaussian_field((9, 10, 70), phi=0.3, sigma=2, n=2)
    measured = minkowski(volumes, edges="window", connectivity="all")
    surface, breadth, euler = measured.densities()
    assert [one.name for one in (surface, breadth, euler)] == ["surface", "mean_breadth", "euler_characteristic"]
    assert [one.unit for one in (surface, breadth, euler)] == ["1/pixel", "1/pixel^2", "1/pixel^3"]
    assert surface.protocol == {"surface": "crofton", "directions": "13", "edges": "window"}
    assert breadth.protocol == {"connectivity": "26", "surface": "crofton", "directions": "13", "edges": "window"}
    assert euler.protocol == {"connectivity": "26", "edges": "window"}
    np.testing.assert_allclose(surface.values * (8 * 9 * 69), measured.totals["surface"])
    perimeter, euler = minkowski(volumes[0], boundary="periodic", surface="faces").densities()
    assert (perimeter.name, perimeter.unit, euler.unit) == ("perimeter", "1/pixel", "1/pixel^2")
    assert perimeter.protocol == {"surface": "faces", "edges": "none"}
    assert euler.protocol == {"connectivity": "4", "edges": "none"}


def test_a_characterisation_holds_the_densities_of_windows():
    fields = gaussian_field((40, 70), phi=0.3, sigma=2, n=3)
    found = characterise(fields, ("minkowski",), connectivity="all").scalars
    for expected in minkowski(fields, edges="window", connectivity="all").densities():
        np.testing.assert_array_equal(found[expected.name].values, expected.values)
        assert found[expected.name].protocol == expected.protocol


def test_a_single_pixel():
    pixel = np.ones((1, 1, 1), int)
    assert totals(pixel[0], surface="faces") == {"area": 1, "perimeter": 4, "euler_characteristic": 1}
    window = minkowski(pixel, edges="window")
    assert [values[0] for values in window.totals.values()] == [0, 0, 0]
    assert np.isnan([one.values[0] for one in window.densities()]).all()
    # Wrapped onto itself it is a torus.
    assert totals(pixel[0], boundary="periodic") == {"area": 1, "perimeter": 0, "euler_characteristic": 0}


def test_a_phase_that_does_not_occur_has_no_functionals():
    grains = np.full((2, 8, 8), 3)
    with pytest.warns(UserWarning, match="phase 1 does not occur"):
        found = minkowski(grains)
    assert np.isnan(list(found.totals.values())).all()
    assert np.isnan([one.values for one in found.densities()]).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"edges": "open"}, "edges is 'open'; allowed: closed, window"),
        ({"connectivity": 6}, "connectivity is 6; allowed: faces"),
        ({"surface": "mesh"}, "surface is 'mesh'; allowed: crofton, faces"),
        ({"directions": 13}, "directions is 13; allowed for images of 2 axes: 2 or 4"),
        ({"boundary": "mirror"}, "allowed: open, periodic"),
    ],
)
def test_choices_that_are_not_there(options, sentence):
    with pytest.raises(RaysysError, match=sentence):
        minkowski(np.ones((1, 8, 8), int), **options)


@pytest.mark.skipif(not DATA.exists(), reason="no real images beside the repository")
def test_berea_sandstone():
    """Slices of a volume of which 400^3 have a surface of .0871 and an Euler number (26) of -6.9e-5 per voxel."""
    import tifffile

    volume = tifffile.imread(DATA / "rock3d" / "berea_z000-263.tif")[None]
    surface, _, euler = minkowski(volume, edges="window", connectivity="all").densities()
    assert surface.values[0] == pytest.approx(0.0871, rel=0.06)
    assert -1.1e-4 < euler.values[0] < -4e-5
