"""Descriptors of a region of interest, against loops over every pair, line, figure and run of pixels within it."""

from itertools import product

import numpy as np
import pytest
from scipy import ndimage
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import (
    KNOWN,
    autocorrelation,
    characterise,
    chord_length_distribution,
    cross_correlation,
    effective_diffusivity,
    lineal_path,
    lineal_path_along,
    local_configurations,
    local_thickness,
    mean_chord_length,
    mean_pore_size,
    minkowski,
    percolating,
    permeability,
    polytope,
    pore_size,
    pores,
    specific_surface,
    two_point,
    two_point_along,
    two_point_cluster,
    two_point_radial,
)
from raysys.stats.correlation.polytope import figures_of

SHAPES = [(9, 11), (5, 6, 7)]
BOUNDARIES = ("open", "periodic")
CASES = [(shape, boundary) for shape in SHAPES for boundary in BOUNDARIES]


def case(shape, n=2, each=True):
    rng = np.random.default_rng(11)
    images = (rng.random((n, *shape)) < 0.6).astype(np.uint8)
    masks = ndimage.gaussian_filter(rng.random((n if each else 1, *shape)), [0, *[1] * len(shape)])
    return images, masks > np.quantile(masks, 0.3)


def moved(image, lag, boundary):
    """The pixel a lag further on, at every pixel; False beyond open borders."""
    found = np.zeros(image.shape, bool)
    for place in np.ndindex(image.shape):
        beyond = np.add(place, lag)
        if boundary == "periodic":
            beyond %= image.shape
        elif (beyond < 0).any() or (beyond >= image.shape).any():
            continue
        found[place] = image[tuple(beyond)]
    return found


def share(image, mask, lags, boundary):
    """Of the places all of whose points lie in the mask, the share with all in the phase; NaN where there is none."""
    room = np.logical_and.reduce([moved(mask, lag, boundary) for lag in lags])
    held = np.logical_and.reduce([moved((image == 1) & mask, lag, boundary) for lag in lags])
    return held.sum() / room.sum() if room.any() else np.nan


def step(axis, r, dims):
    return tuple(r if k == axis else 0 for k in range(dims))


@pytest.mark.parametrize(("shape", "boundary"), CASES)
class TestBruteForce:
    def test_two_points_and_lines_along_axes(self, shape, boundary):
        images, masks = case(shape)
        dims, none = len(shape), step(0, 0, len(shape))
        for axis in range(dims):
            pairs = two_point_along(images, axis, r_max=4, boundary=boundary, mask=masks).values
            lines = lineal_path_along(images, axis, r_max=4, boundary=boundary, mask=masks).values
            for i, r in product(range(2), range(5)):
                expected = share(images[i], masks[i], (none, step(axis, r, dims)), boundary)
                assert pairs[i, r] == pytest.approx(expected, rel=1e-13, nan_ok=True)
                line = [step(axis, k, dims) for k in range(r + 1)]
                expected = share(images[i], masks[i], line, boundary)
                assert lines[i, r] == pytest.approx(expected, rel=1e-13, nan_ok=True)
        along = [two_point_along(images, k, r_max=4, boundary=boundary, mask=masks).values for k in range(dims)]
        mean = two_point(images, r_max=4, boundary=boundary, mask=masks).values
        np.testing.assert_allclose(mean, np.mean(along, axis=0), rtol=1e-14)

    def test_every_lag_vector(self, shape, boundary):
        images, masks = case(shape)
        labels = np.where(images == 1, 1, 2 * (np.random.default_rng(2).random(images.shape) < 0.5))
        maps = autocorrelation(images, boundary=boundary, r_max=2, mask=masks)
        crossed = cross_correlation(labels, (1, 2), boundary=boundary, r_max=2, mask=masks)
        for i, place in product(range(2), np.ndindex((5,) * len(shape))):
            lag = np.array(place) - 2
            further = moved(masks[i], lag, boundary) & masks[i]
            here = (labels[i] == 1) & further
            assert maps[i][place] == pytest.approx((here & moved(labels[i] == 1, lag, boundary)).sum() / further.sum())
            expected = (here & moved(labels[i] == 2, lag, boundary)).sum() / further.sum()
            assert crossed[i][place] == pytest.approx(expected, abs=1e-14)

    def test_rings(self, shape, boundary):
        images, masks = case(shape)
        curve = two_point_radial(images, r_max=2, boundary=boundary, mask=masks)
        lags = list(product(range(-2, 3), repeat=len(shape)))
        for i, r in product(range(2), range(3)):
            ring = [lag for lag in lags if int(np.linalg.norm(lag) + 0.5) == r]
            room = [moved(masks[i], lag, boundary) & masks[i] for lag in ring]
            held = [
                moved(images[i] == 1, lag, boundary) & (images[i] == 1) & both
                for lag, both in zip(ring, room, strict=True)
            ]
            assert curve.values[i, r] == pytest.approx(np.sum(held) / np.sum(room), rel=1e-13)

    def test_clusters(self, shape, boundary):
        images, masks = case(shape)
        if boundary == "periodic":
            masks = masks.copy()
            for axis in range(1, masks.ndim):  # so that scipy's clusters of open images are those of periodic ones
                masks.swapaxes(0, axis)[-1] = False
        curve = two_point_cluster(images, r_max=3, boundary=boundary, mask=masks)
        for i, r in product(range(2), range(4)):
            labels, _ = ndimage.label((images[i] == 1) & masks[i])
            found = []
            for axis in range(len(shape)):
                lag = step(axis, r, len(shape))
                room = moved(masks[i], lag, boundary) & masks[i]
                met = np.zeros(shape, bool)
                for number in range(1, labels.max() + 1):
                    met |= (labels == number) & moved(labels == number, lag, boundary)
                found.append(met.sum() / room.sum())
            assert curve.values[i, r] == pytest.approx(np.mean(found), rel=1e-13)

    @pytest.mark.parametrize("kind", ["P2", "P3H", "P3V", "P4", "P6"])
    def test_polytopes(self, shape, boundary, kind):
        images, masks = case(shape)
        planes = (None,) if len(shape) == 2 else (0, 1, 2)
        for plane in planes:
            curve = polytope(images, kind, r_max=2, boundary=boundary, plane=plane, mask=masks)
            for i, r in product(range(2), (0, 2)):
                axes = [k for k in range(len(shape)) if k != plane]
                if kind == "P2":
                    figures = [[(0, 0), (r, 0)], [(0, 0), (0, r)]]
                else:
                    figures = [figure(r) for figure in figures_of(kind, "nearest", "published", "skip")]
                found = []
                for points in figures:
                    lags = np.zeros((len(points), len(shape)), int)
                    lags[:, axes] = points
                    found.append(share(images[i], masks[i], lags, boundary))
                assert curve.values[i, r] == pytest.approx(np.mean(found), rel=1e-13, nan_ok=True)


def runs(line, mask):
    """Length of each run within the mask, and whether it ends there."""
    held, found, start = [bool(p and m) for p, m in zip(line, mask, strict=True)], [], None
    for x in range(len(line) + 1):
        inside = x < len(line) and held[x]
        if inside and start is None:
            start = x
        if not inside and start is not None:
            cut = start == 0 or x == len(line) or not mask[start - 1] or not mask[x]
            found.append((x - start, cut))
            start = None
    return found


@pytest.mark.parametrize("edges", ["keep", "drop"])
@pytest.mark.parametrize("shape", SHAPES)
def test_chords(shape, edges):
    images, masks = case(shape)
    curve = chord_length_distribution(images, r_max=4, edges=edges, mask=masks)
    mean = mean_chord_length(images, edges=edges, mask=masks)
    for i in range(2):
        lengths = []
        for axis in range(len(shape)):
            lines, rooms = (np.moveaxis(a, axis, -1).reshape(-1, shape[axis]) for a in (images[i], masks[i]))
            for line, room in zip(lines, rooms, strict=True):
                lengths += [length for length, cut in runs(line, room) if edges == "keep" or not cut]
        expected = [lengths.count(r) / len(lengths) for r in range(1, 5)]
        np.testing.assert_allclose(curve.values[i], expected, rtol=1e-14)
        assert mean.values[i] == pytest.approx(np.mean(lengths))


@pytest.mark.parametrize("shape", SHAPES)
def test_sizes_are_distances_to_the_other_phase_within_the_mask(shape):
    images, masks = case(shape)
    distances, covered = [], []
    for image, mask in zip(images, masks, strict=True):
        solid, pore = np.argwhere((image == 0) & mask), np.argwhere((image == 1) & mask)
        nearest = np.sqrt(((pore[:, None] - solid) ** 2).sum(axis=2).min(axis=1))
        distances.append(nearest)
        apart = np.sqrt(((pore[:, None] - pore) ** 2).sum(axis=2))
        found = np.zeros(shape)
        found[tuple(pore.T)] = 2 * np.where(apart < nearest, nearest, 0).max(axis=1)
        covered.append(found)
    np.testing.assert_allclose(mean_pore_size(images, mask=masks).values, [np.mean(one) for one in distances])
    expected = [[np.mean((one > r - 1) & (one <= r)) for r in (1, 2)] for one in distances]
    np.testing.assert_allclose(pore_size(images, r_max=2, mask=masks).values, expected, atol=1e-14)
    np.testing.assert_allclose(local_thickness(images, mask=masks), covered, rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_pores_end_at_the_mask_and_touch_its_edge(shape):
    images, masks = case(shape)
    found = pores(images, mask=masks)
    for i, (image, mask) in enumerate(zip(images, masks, strict=True)):
        labels, count = ndimage.label((image == 1) & mask)
        own = found.image == i
        assert own.sum() == count
        np.testing.assert_array_equal(found.pixels[own], np.bincount(labels.ravel())[1:])
        rim = ~ndimage.binary_erosion(mask)
        touching = np.isin(np.arange(1, count + 1), labels[rim])
        np.testing.assert_array_equal(found.properties["touches_edge"][own], touching)
    assert pores(images, mask=masks, edges="drop").count == (found.properties["touches_edge"] == 0).sum()


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_mask_of_everything_is_no_mask(boundary):
    images, _ = case((9, 11), n=3)
    names = [name for name, one in KNOWN.items() if 2 in one.dims]
    if boundary == "periodic":
        names.remove("chord_length")
    whole = characterise(images, names, boundary=boundary)
    masked = characterise(images, names, boundary=boundary, mask=np.ones((9, 11), np.uint8))
    for name, curve in whole.curves.items():
        np.testing.assert_allclose(masked.curves[name].values, curve.values, rtol=1e-14, err_msg=name)
    np.testing.assert_array_equal(masked.phase_fractions, whole.phase_fractions)
    assert masked.pores.count == whole.pores.count


def test_pixels_outside_the_mask_do_not_matter():
    images, masks = case((12, 14), each=False)
    names = [name for name, one in KNOWN.items() if 2 in one.dims]
    one = characterise(images, names, mask=masks[0], r_max=3)
    two = characterise(np.where(masks, images, 1 - images), names, mask=masks, r_max=3)
    for name, curve in one.curves.items():
        np.testing.assert_array_equal(two.curves[name].values, curve.values, err_msg=name)
    np.testing.assert_array_equal(one.phase_fractions, [image[masks[0]].mean() for image in images])


def test_a_corner_as_a_mask_is_the_cut_out_corner():
    images, _ = case((10, 12), n=3)
    mask = np.zeros((10, 12), bool)
    mask[:7, :8] = True
    names = [name for name, one in KNOWN.items() if 2 in one.dims and name != "S2_radial"]
    one = characterise(images, names, mask=mask, r_max=3).curves
    for name, curve in characterise(images[:, :7, :8], names, r_max=3).curves.items():
        np.testing.assert_allclose(one[name].values, curve.values, rtol=1e-13, err_msg=name)


def test_what_a_mask_has_no_room_for_is_not_a_number():
    images, _ = case((6, 8))
    mask = np.zeros((6, 8), bool)
    mask[2:4] = True
    assert np.isnan(two_point(images, r_max=3, mask=mask).values[:, 2:]).all()
    assert not np.isnan(two_point_along(images, 1, r_max=3, mask=mask).values).any()
    masks = np.stack([mask, np.zeros_like(mask)])
    assert np.isnan(lineal_path(images, mask=masks).values[1]).all()


def test_a_phase_that_lies_outside_is_warned_of():
    labels = np.full((1, 4, 6), 2)
    labels[0, 0, 0] = 3
    mask = np.ones((4, 6), bool)
    mask[0, 0] = False
    with pytest.warns(UserWarning, match="phase 3 does not occur in the mask, which holds 2; what is"):
        assert np.isnan(two_point(labels, phase=3, mask=mask).values).all()


@pytest.mark.parametrize(
    ("mask", "options", "sentence"),
    [
        (np.ones((3, 3)), {}, r"mask has shape \(3, 3\), images \(2, 9, 11\); allowed: \(9, 11\), for all"),
        (np.ones((9, 11)), {}, "mask is of type float64; allowed: bool"),
        (np.zeros((9, 11), bool), {}, "mask is 0 everywhere"),
        (
            np.ones((9, 11), bool),
            {"descriptors": ("chord_length",), "boundary": "periodic"},
            "allowed with a mask: open",
        ),
    ],
)
def test_bad_masks(mask, options, sentence):
    images, _ = case((9, 11))
    with pytest.raises(RaysysError, match=sentence):
        characterise(images, mask=mask, **options)
    with pytest.raises(RaysysError, match="weights is 'lags' and there is a mask"):
        two_point_radial(images, weights="lags", mask=np.ones((9, 11), bool))


@pytest.mark.parametrize(("shape", "boundary"), CASES)
class TestGeometry:
    @pytest.mark.parametrize("connectivity", ["faces", "all"])
    @pytest.mark.parametrize("surface", ["crofton", "faces"])
    def test_minkowski_functionals_are_sums_over_the_cells_within(self, shape, boundary, connectivity, surface):
        images, masks = case(shape)
        how = {"connectivity": connectivity, "surface": surface}
        found = minkowski(images, boundary=boundary, edges="window", mask=masks, **how)
        histogram = local_configurations(images, boundary=boundary, edges="window", mask=masks)
        for i, (image, mask) in enumerate(zip(images, masks, strict=True)):
            cells = cells_within(image, mask, boundary)
            assert found.extent[i] == len(cells) == histogram[i].sum()
            expected = minkowski(cells, edges="window", **how).totals
            for name, total in found.totals.items():
                assert total[i] == pytest.approx(expected[name].sum(), abs=1e-10), name
            by_pattern = local_configurations(cells, edges="window").sum(axis=0)
            np.testing.assert_array_equal(histogram[i], by_pattern)
        per_cell = found.totals["perimeter" if len(shape) == 2 else "surface"] / found.extent
        if connectivity == "faces":
            density = specific_surface(images, boundary=boundary, method=surface, mask=masks)
            np.testing.assert_array_equal(density.values, per_cell)

    def test_a_closed_body_ends_at_the_mask(self, shape, boundary):
        images, masks = case(shape)
        found = minkowski(images, boundary="open", edges="closed", mask=masks)
        expected = minkowski(images & masks, boundary="open", edges="closed")
        for name, total in found.totals.items():
            np.testing.assert_array_equal(total, expected.totals[name], err_msg=name)
        np.testing.assert_array_equal(found.extent, masks.reshape(2, -1).sum(axis=1))

    def test_clusters_lead_through_from_face_to_face_of_the_box(self, shape, boundary):
        images, masks = case(shape)
        images[0, 2], masks[0, 2] = 1, True  # so that something leads through
        for i, (image, mask) in enumerate(zip(images, masks, strict=True)):
            mask[0] = mask[..., -1] = False
            inside = (image == 1) & mask
            if boundary == "periodic":
                expected = percolating(inside[None], boundary=boundary).values[0]
            else:
                labels, fractions = ndimage.label(inside[box_of(mask)])[0], []
                for axis in range(len(shape)):
                    both = np.intersect1d(labels.take(0, axis), labels.take(-1, axis))
                    fractions.append(np.isin(labels, both[both > 0]).sum() / inside.sum())
                expected = np.mean(fractions)
            assert percolating(images, boundary=boundary, mask=masks).values[i] == pytest.approx(expected, rel=1e-14)


def cells_within(image, mask, boundary):
    """Every 2 x 2 (x 2) pixels that lie in the mask, (cells, 2, 2) or (cells, 2, 2, 2)."""
    found, dims = [], image.ndim
    for place in np.ndindex(image.shape):
        corners = [np.add(place, step) for step in product((0, 1), repeat=dims)]
        if boundary == "open" and (corners[-1] >= image.shape).any():
            continue
        corners = [tuple(corner % image.shape) for corner in corners]
        if all(mask[corner] for corner in corners):
            found.append(np.reshape([image[corner] for corner in corners], (2,) * dims))
    return np.array(found)


def box_of(mask):
    return ndimage.find_objects(mask.astype(int))[0]


class TestTransport:
    @pytest.mark.parametrize("shape", [(12, 15), (8, 7, 9)])
    def test_a_mask_is_its_box_with_solid_around_it_and_the_cross_section_its_own(self, shape):
        phases = gaussian_field(shape, phi=0.7, sigma=1.5, n=2, seed=5)
        masks = np.zeros(phases.shape, bool)
        masks[(0, *(slice(1, -2),) * len(shape))] = True
        masks[1, 2:, 1:] = True
        masks[1, 3:5, 1] = False
        flow, diffusion = permeability(phases, mask=masks), effective_diffusivity(phases, mask=masks)
        for i, (image, mask) in enumerate(zip(phases, masks, strict=True)):
            box, own = box_of(mask), mask[box_of(mask)].mean()
            cut = (image & mask)[box][None]
            for axis, k in enumerate(flow.k[i]):
                # A side that the mask fills only in part is a wall.
                filled = [[mask[box].take(end, j).all() or j == axis for end in (0, -1)] for j in range(len(shape))]
                solid = np.pad(cut, [(0, 0), *(1 - np.array(filled))])
                expected = permeability(solid, axis=axis).k[0, 0] * solid.size / mask.sum()
                np.testing.assert_allclose(k, expected, rtol=1e-13)
            expected = effective_diffusivity(cut)
            np.testing.assert_allclose(diffusion.effective[i], expected.effective[0] / own, rtol=1e-13)
            np.testing.assert_allclose(diffusion.tortuosity[i], expected.tortuosity[0], rtol=1e-13)
            np.testing.assert_allclose(diffusion.straight[i], image[mask].mean(), rtol=1e-13)
            for axis, profile in enumerate(flow.profiles):
                layers = np.arange(shape[axis])
                outside = (layers < box[axis].start) | (layers >= box[axis].stop)
                assert (profile[i, outside] == 0).all()
                assert profile[i, ~outside].mean() == pytest.approx(flow.k[i, axis], rel=1e-12)
        assert (flow.k > 0).any()
        assert (flow.percolating <= 1).all()

    def test_a_round_core_of_pores_hinders_nothing_and_flows_as_a_tube_does(self):
        y, x = np.mgrid[:33, :33] - 16
        core = np.broadcast_to(x**2 + y**2 <= 15.5**2, (6, 33, 33))
        pores = np.ones((1, 6, 33, 33), np.uint8)
        diffusion = effective_diffusivity(pores, axis=0, mask=core)
        np.testing.assert_allclose([diffusion.effective[0, 0], diffusion.tortuosity[0, 0]], 1, rtol=1e-6)
        radius_squared = np.count_nonzero(core[0]) / np.pi
        k = permeability(pores, axis=0, mask=core).k[0, 0]
        assert k == pytest.approx(radius_squared / 8, rel=0.02)  # Hagen and Poiseuille
        walls = permeability(core[None], axis=0, sides="walls").k[0, 0]
        assert k * core.mean() == pytest.approx(walls, rel=1e-3)

    def test_along_periodic_axes_the_period_stays_the_image(self):
        images = gaussian_field((14, 16), phi=0.7, sigma=1.5, n=1, seed=2)
        mask = np.zeros((14, 16), bool)
        mask[:, 3:13] = True
        how = {"axis": 0, "ends": "periodic", "sides": "periodic"}
        flow = permeability(images, mask=mask, **how)
        expected = permeability(images * mask, **how)
        np.testing.assert_allclose(flow.k, expected.k / mask.mean(), rtol=1e-13)
        diffusion = effective_diffusivity(images, mask=mask, **how)
        expected = effective_diffusivity(images * mask, **how)
        np.testing.assert_allclose(diffusion.effective, expected.effective / mask.mean(), rtol=1e-13)
        np.testing.assert_allclose(diffusion.tortuosity, expected.tortuosity, rtol=1e-13)

    def test_several_phases_conduct_within_the_mask_alone(self):
        labels = np.random.default_rng(3).integers(0, 3, (1, 9, 10))
        mask = np.zeros((9, 10), bool)
        mask[1:8, 2:9] = True
        diffusivities = {1: 0.3, 2: 2.0}
        found = effective_diffusivity(labels, diffusivities=diffusivities, mask=mask)
        expected = effective_diffusivity(labels[:, 1:8, 2:9], diffusivities=diffusivities)
        np.testing.assert_allclose(found.effective, expected.effective, rtol=1e-13)
        np.testing.assert_allclose(found.straight, expected.straight, rtol=1e-13)

    def test_images_side_by_side_have_boxes_of_their_own(self):
        images = gaussian_field((10, 12), phi=0.8, sigma=1.5, n=3, seed=4)
        masks = np.zeros(images.shape, bool)
        masks[0, :, :7] = masks[1, 1:, 2:] = True
        how = {"mask": masks, "axis": 1, "viscosity": 0.2, "tolerance": 1e-4}
        one, other = (permeability(images, backend=backend, **how).k for backend in ("numba", "torch"))
        np.testing.assert_allclose(one[:2], other[:2], rtol=1e-6)
        assert (one[:2] > 0).any()
        assert np.isnan([one[2], other[2], effective_diffusivity(images, mask=masks).effective[2, :1]]).all()
