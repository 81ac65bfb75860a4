"""Permeability, against closed forms, published drag, and a plain lattice Boltzmann step on dense arrays."""

from itertools import product

import numpy as np
import pytest
from support.references import gaussian_field
from support.shared import DATA

from raysys import RaysysError
from raysys.stats import characterise, percolating, permeability, to_darcy
from raysys.stats.transport.lattice import OPPOSITE, VELOCITIES, WEIGHTS, Lattice, Rates
from raysys.stats.transport.streaming import NumbaFlow
from raysys.stats.transport.torch_flow import TorchFlow

ROCKS = DATA / "rock3d"
BOTH_PERIODIC = {"ends": "periodic", "sides": "periodic"}


@pytest.fixture(scope="module")
def blobs():
    return gaussian_field((20, 18, 16), phi=0.45, sigma=2, n=3)


def only(found):
    assert found.converged.all()
    return found.k[0, 0]


def plain_mean_velocity(inside, rates, steps):
    """Of a periodic bool image of any dimensions: one dense array per velocity, rolled; D2Q9 or D3Q19."""
    velocities = [c for c in product((-1, 0, 1), repeat=inside.ndim) if np.count_nonzero(c) <= 2]
    weights = {2: (4 / 9, 1 / 9, 1 / 36), 3: (1 / 3, 1 / 18, 1 / 36)}[inside.ndim]
    weight = {c: weights[np.count_nonzero(c)] for c in velocities}
    f = {c: np.full(inside.shape, -1.5 * weight[c] * c[0]) for c in velocities}
    axes = tuple(range(inside.ndim))
    for _ in range(steps):
        density = sum(f.values())
        momentum = [sum(c[a] * f[c] for c in velocities) for a in axes]
        sent = {}
        for c in velocities:
            opposite = tuple(-x for x in c)
            even = (f[c] + f[opposite]) / 2 - weight[c] * density
            odd = (f[c] - f[opposite]) / 2 - 3 * weight[c] * sum(x * j for x, j in zip(c, momentum, strict=True))
            sent[c] = f[c] - rates.even * even - rates.odd * odd + 3 * weight[c] * c[0]
        for c in velocities:
            came_from_pore = np.roll(inside, c, axes)
            f[c] = np.where(came_from_pore, np.roll(sent[c], c, axes), sent[tuple(-x for x in c)])
    return (sum(c[0] * f[c] for c in velocities) + 0.5)[inside].sum() / inside.size


@pytest.mark.parametrize("shape", [(7, 5, 6), (1, 4, 3), (9, 8), (2, 5)])
def test_a_step_is_that_of_dense_arrays(shape):
    # (9, 8) and (2, 5): slabs of D3Q19 are D2Q9.
    inside = np.random.default_rng(1).random(shape) < 0.7
    rates = Rates(0.13)
    flow = NumbaFlow(Lattice.of(inside[None], "periodic", "periodic"), [rates])
    flow.run(15)
    assert flow.layers().mean() == pytest.approx(plain_mean_velocity(inside, rates, 30), rel=1e-12)


@pytest.mark.parametrize("borders", list(product(("mirrored", "periodic"), ("mirrored", "periodic", "walls"))))
def test_every_place_of_a_state_is_read_by_one_link(borders):
    inside = np.random.default_rng(4).random((2, 5, 6, 4)) < 0.6
    links, flips = Lattice.of(inside, *borders).links(64)
    assert len(np.unique(links)) == links.size
    assert set(flips) <= set(links.reshape(-1))
    assert (len(flips) > 0) == (borders[0] == "mirrored")


def test_collisions_keep_mass_and_add_the_force():
    matrix, force = Rates(0.3, 0.2).collision
    np.testing.assert_allclose(matrix.sum(axis=0), 1, atol=1e-15)
    np.testing.assert_allclose(VELOCITIES.T @ matrix, VELOCITIES.T, atol=1e-15)
    np.testing.assert_allclose(VELOCITIES.T @ force, [1, 0, 0], atol=1e-15)
    np.testing.assert_allclose((WEIGHTS[:, None] * VELOCITIES).T @ VELOCITIES, np.eye(3) / 3, atol=1e-15)
    np.testing.assert_array_equal(VELOCITIES[OPPOSITE], -VELOCITIES)


def test_torch_is_numba_and_volumes_side_by_side_are_volumes_alone(blobs):
    for ends, sides in product(("mirrored", "periodic"), ("mirrored", "periodic", "walls")):
        lattice = Lattice.of(blobs > 0, ends, sides)
        rates = [Rates(0.02), Rates(0.2), Rates(1.5, 1 / 8)]
        torch_flow = TorchFlow(lattice, rates)
        torch_flow.run(25)
        for i, (first, last) in enumerate(lattice.spans):
            flow = NumbaFlow(Lattice.of(blobs[i : i + 1] > 0, ends, sides), rates[i : i + 1])
            flow.run(25)
            np.testing.assert_allclose(torch_flow.layers()[i], flow.layers()[0], rtol=1e-10)
            for axis in range(3):
                together = torch_flow.velocity(axis)[first:last]
                np.testing.assert_allclose(together, flow.velocity(axis), rtol=0, atol=1e-10)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_permeability(blobs):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    one, other = (permeability(blobs, axis=0, device=device) for device in (None, "cuda"))
    np.testing.assert_allclose(one.k, other.k, rtol=1e-10)


def test_backends_give_the_same_permeability(blobs):
    one, other = (permeability(blobs, axis=1, backend=backend, max_steps=400) for backend in ("numba", "torch"))
    for name in ("k", "viscosity", "unevenness"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-10)
    for name in ("steps", "converged", "percolating"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


class TestClosedForms:
    @pytest.mark.parametrize("h", [1, 2, 5, 8])
    def test_plane_channel(self, h):
        image = np.zeros((1, 3, h + 2), np.uint8)
        image[0, :, 1:-1] = 1
        porosity = h / (h + 2)
        flux_exact, place_exact = (
            only(permeability(image, axis=0, magic=magic, tolerance=1e-10, **BOTH_PERIODIC))
            for magic in (1 / 8, 3 / 16)
        )
        assert flux_exact == pytest.approx(porosity * h**2 / 12, rel=1e-7)
        # The parabola at the middle of pixels, exact, has a mean 1/24 above its integral.
        assert place_exact == pytest.approx(porosity * (h**2 / 12 + 1 / 24), rel=1e-7)

    def test_velocities_in_a_plane_channel_are_the_parabola(self):
        inside = np.zeros((1, 2, 9, 1), bool)
        inside[:, :, 1:-1] = True
        flow = NumbaFlow(Lattice.of(inside, "mirrored", "periodic"), [Rates(0.4)])
        flow.run(2000)
        y = np.arange(7) + 0.5
        np.testing.assert_allclose(flow.velocity(0).reshape(2, 7), [y * (7 - y) / 2 / 0.4] * 2, rtol=1e-12)
        np.testing.assert_allclose(flow.velocity(1), 0, atol=1e-11)

    def test_square_duct_converges_with_the_square_of_the_resolution(self):
        n = np.arange(1, 200, 2)
        exact = 1 / 12 - 16 / np.pi**5 * np.sum(np.tanh(n * np.pi / 2) / n**5)
        errors = []
        for side in (8, 16, 32):
            duct = np.ones((1, 2, side, side), np.uint8)
            k = only(permeability(duct, axis=0, ends="periodic", sides="walls", tolerance=1e-7))
            errors.append(k / side**2 / exact - 1)
        assert errors[2] < 0.001
        np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 4, rtol=0.05)

    @pytest.mark.parametrize(("r", "within"), [(10, 0.05), (20, 0.02), (30, 0.01)])
    def test_circular_pipe(self, r, within):
        x = np.arange(2 * r + 4) + 0.5 - (r + 2)
        circle = x[:, None] ** 2 + x**2 < r**2
        k = only(permeability(circle[None, None], axis=0, tolerance=1e-6))
        assert k / circle.mean() == pytest.approx(r**2 / 8, rel=within)

    @pytest.mark.parametrize(("concentration", "drag"), [(0.027, 2.008), (0.125, 4.292), (0.343, 15.4), (0.45, 28.1)])
    def test_simple_cubic_spheres(self, concentration, drag):
        # Zick & Homsy, J. Fluid Mech. 115 (1982) 13, table 2: drag by that of Stokes, at the mean velocity.
        n = 40
        r = n * (3 * concentration / 4 / np.pi) ** (1 / 3)
        x = np.arange(n) + 0.5 - n / 2
        image = (x[:, None, None] ** 2 + x[:, None] ** 2 + x**2 >= r**2)[None]
        k = only(permeability(image, axis=2, **BOTH_PERIODIC))
        assert k == pytest.approx(n**3 / (6 * np.pi * r * drag), rel=0.03)


class TestInvariants:
    def test_viscosity_does_not_matter(self, blobs):
        k = [only(permeability(blobs[:1], axis=0, viscosity=v, tolerance=1e-6)) for v in (0.05, 0.2, 1.0)]
        np.testing.assert_allclose(k, k[0], rtol=1e-5)

    def test_mirrored_ends_are_the_image_and_its_mirror_image(self, blobs):
        image = blobs[:1]
        for axis in (0, 2):
            doubled = np.concatenate([image, np.flip(image, axis + 1)], axis=axis + 1)
            whole = only(permeability(doubled, axis=axis, tolerance=1e-7, **BOTH_PERIODIC))
            half = permeability(image, axis=axis, tolerance=1e-7, ends="mirrored", sides="periodic")
            assert only(half) == pytest.approx(whole, rel=1e-6)

    def test_mirrored_sides_are_the_image_and_its_mirror_image(self, blobs):
        image = blobs[:1]
        doubled = np.concatenate([image, image[:, :, ::-1]], axis=2)
        doubled = np.concatenate([doubled, doubled[..., ::-1]], axis=3)
        whole = only(permeability(doubled, axis=0, ends="mirrored", sides="periodic", tolerance=1e-7))
        assert only(permeability(image, axis=0, tolerance=1e-7)) == pytest.approx(whole, rel=1e-6)

    def test_walls_are_a_layer_of_solid(self, blobs):
        image = blobs[:1]
        walled = np.pad(image, ((0, 0), (0, 0), (0, 1), (0, 1)))
        k = only(permeability(walled, axis=0, ends="mirrored", sides="periodic", tolerance=1e-7))
        alone = only(permeability(image, axis=0, sides="walls", tolerance=1e-7))
        assert alone * image.size / walled.size == pytest.approx(k, rel=1e-6)

    def test_repeating_a_periodic_image_changes_nothing(self, blobs):
        image = blobs[:1]
        k = only(permeability(image, axis=1, tolerance=1e-7, **BOTH_PERIODIC))
        for repeats in ((1, 1, 2, 1), (1, 2, 1, 1)):
            again = only(permeability(np.tile(image, repeats), axis=1, tolerance=1e-7, **BOTH_PERIODIC))
            assert again == pytest.approx(k, rel=1e-6)

    def test_axes_are_alike(self, blobs):
        image = blobs[:1]
        k = permeability(image, tolerance=1e-6)
        assert k.axes == (0, 1, 2)
        turned = permeability(image.transpose(0, 3, 1, 2), tolerance=1e-6)
        np.testing.assert_allclose(turned.k[0], k.k[0, [2, 0, 1]], rtol=1e-5)
        assert k.values[0] == pytest.approx(k.k[0].mean(), rel=1e-15)
        np.testing.assert_allclose(permeability(image, axis=-1, tolerance=1e-6).k[0], k.k[0, 2:], rtol=1e-12)

    def test_isolated_pores_change_nothing(self, blobs):
        image = np.zeros((1, 12, 12, 12), np.uint8)
        image[:, :, 2:6, 2:6] = 1
        k = permeability(image, axis=0)
        image[:, 3:6, 8:11, 8:11] = 1
        image[:, 4, 6, 6] = 1  # meets the duct along an edge only
        found = permeability(image, axis=0)
        assert only(found) == only(k)
        np.testing.assert_array_equal(found.percolating, 16 / 144)

    def test_a_slab_is_a_plane(self):
        plane = gaussian_field((24, 20), phi=0.7, sigma=2)
        for axis in (0, 1):
            flat = permeability(plane, axis=axis, tolerance=1e-6, **BOTH_PERIODIC)
            thick = permeability(np.stack([plane] * 3, axis=-1), axis=axis, tolerance=1e-6, **BOTH_PERIODIC)
            assert only(thick) == pytest.approx(only(flat), rel=1e-6)

    def test_every_layer_carries_the_same_flow(self, blobs):
        found = permeability(blobs, axis=0, tolerance=1e-6)
        assert found.profiles[0].shape == (3, 20)
        np.testing.assert_allclose(found.profiles[0], np.repeat(found.k, 20, axis=1), rtol=1e-5)


class TestRefinement:
    @pytest.mark.parametrize("h", [1, 2, 3])
    def test_a_channel_lies_within_the_error_that_its_pixels_leave(self, h):
        image = np.zeros((1, 2, h + 1), np.uint8)
        image[0, :, 1:] = 1
        found = permeability(image, axis=0, refine=2, tolerance=1e-9, **BOTH_PERIODIC)
        exact = h**3 / 12 / (h + 1)
        assert found.native[0, 0] / exact - 1 == pytest.approx(1 / (2 * h**2), rel=1e-6)
        assert abs(only(found) - exact) < found.error[0, 0] < found.native[0, 0] - exact

    def test_pores_lie_within_the_error_too(self, blobs):
        image = blobs[:1, :10, :10, :10]
        found = permeability(image, axis=0, refine=2, tolerance=1e-5)
        finer = permeability(image, axis=0, refine=4, tolerance=1e-4)
        assert found.native[0, 0] > only(found) + found.error[0, 0]
        assert abs(only(found) - only(finer)) < found.error[0, 0] + finer.error[0, 0]
        assert finer.error[0, 0] < found.error[0, 0]

    def test_the_native_value_is_that_of_no_refinement_which_knows_no_error(self, blobs):
        plain = permeability(blobs[:1], axis=0, max_steps=200)
        np.testing.assert_array_equal(plain.native, plain.k)
        assert np.isnan(plain.error).all()
        np.testing.assert_array_equal(permeability(blobs[:1], axis=0, max_steps=200, refine=2).native, plain.k)

    def test_where_nothing_resists_or_flows_there_is_nothing_to_extrapolate(self):
        images = np.ones((2, 4, 4, 4), np.uint8)
        images[1, 2] = 0
        found = permeability(images, axis=0, refine=2)
        assert list(found.k[:, 0]) == [np.inf, 0]
        assert list(found.error[:, 0]) == [0, 0]

    def test_a_descriptor_has_its_error_beside_it(self):
        images = np.zeros((1, 4, 6), np.uint8)
        images[0, :, :3] = images[0, :2] = 1
        found = characterise(images, ("permeability",), refine=2).scalars
        assert found["permeability_error"].values[0] > 0
        assert found["permeability"].protocol["refine"] == "2, extrapolated"
        assert "refine" not in characterise(images, ("permeability",)).scalars["permeability"].protocol


def test_nothing_flows_where_nothing_leads_through():
    images = np.ones((3, 6, 6, 6), np.uint8)
    images[0, 3] = 0
    images[1] = 0
    images[2, 1:5, 1:5, 1:5] = 0
    found = permeability(images, axis=0)
    assert list(found.k[:2, 0]) == [0, 0]
    assert found.k[2, 0] > 0
    assert found.converged.all()
    assert list(found.steps[:2, 0]) == [0, 0]
    np.testing.assert_allclose(found.percolating[:, 0], [0, 0, 1 - 64 / 216])


def test_nothing_resists_where_there_is_no_solid():
    images = np.ones((1, 4, 5, 6), np.uint8)
    assert only(permeability(images, axis=0)) == np.inf
    assert only(permeability(images, axis=0, sides="walls")) < np.inf


def test_a_flow_that_did_not_converge_is_not_a_number_unless_asked_for(blobs):
    found = permeability(blobs, axis=0, max_steps=60)
    assert not found.converged.any()
    assert (found.change > 1e-3).all()
    with pytest.warns(UserWarning, match="3 of 3 images did not converge to 0.001 within 60 steps"):
        assert np.isnan(found.scalar().values).all()
    np.testing.assert_array_equal(found.scalar(unconverged=True).values, found.k[:, 0])


def test_the_scalar_knows_its_protocol(blobs):
    scalar = permeability(blobs, tolerance=0.01, **BOTH_PERIODIC).scalar()
    assert (scalar.name, scalar.unit, scalar.phase, scalar.boundary) == ("permeability", "pixel^2", 1, "periodic")
    assert scalar.protocol["axes"] == "0,1,2"
    assert scalar.protocol["ends"] == scalar.protocol["sides"] == "periodic"
    assert scalar.n == 3


@pytest.mark.parametrize("boundary", ["open", "periodic"])
def test_they_are_descriptors(boundary):
    images = gaussian_field((24, 30), phi=0.75, sigma=2, n=2)
    found = characterise(images, ("percolation", "permeability"), boundary=boundary).scalars
    np.testing.assert_array_equal(found["percolating_fraction"].values, percolating(images, boundary=boundary).values)
    borders = "periodic" if boundary == "periodic" else "mirrored"
    expected = permeability(images, ends=borders, sides=borders)
    np.testing.assert_array_equal(found["permeability"].values, expected.values)
    assert found["permeability"].boundary == boundary


def test_an_absent_phase_has_no_permeability(blobs):
    with pytest.warns(UserWarning, match="phase 7 does not occur"):
        assert np.isnan(permeability(blobs, phase=7, axis=0).k).all()
    np.testing.assert_array_equal(
        permeability(np.where(blobs == 1, 7, 3), phase=7, axis=0, max_steps=100).k,
        permeability(blobs, axis=0, max_steps=100).k,
    )


def test_progress_is_told(blobs):
    told = []
    found = permeability(blobs[:1], axis=0, progress=lambda steps, change: told.append(steps))
    assert told == list(range(20, found.steps[0, 0] + 1, 20))


def test_darcy():
    assert to_darcy(1.0, 1e-6) == pytest.approx(1.01325, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"axis": 3}, "0 to 2"),
        ({"axis": "all"}, "axis is 'all'; allowed: mean"),
        ({"ends": "open"}, "ends are 'open'"),
        ({"sides": "open"}, "sides 'open'"),
        ({"backend": "cuda"}, "backend is 'cuda'; allowed: auto, numba, torch"),
        ({"backend": "numba", "device": "cpu"}, "allowed with a device: torch"),
        ({"device": "abacus"}, "device 'abacus' cannot be used by torch"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"max_steps": -5}, "max_steps is -5"),
        ({"refine": 0}, "refine is 0; allowed: 1"),
        ({"viscosity": np.nan}, "viscosity is nan"),
    ],
)
def test_bad_settings(blobs, settings, sentence):
    with pytest.raises(RaysysError, match=sentence):
        permeability(blobs, **settings)


def berea(side):
    tifffile = pytest.importorskip("tifffile")
    path = ROCKS / "berea_z000-263.tif"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    return tifffile.imread(path, key=slice(0, side))[None, :, :side, :side]


def test_one_per_cent_of_a_rock_is_one_per_cent():
    # 0.044615: to 1e-5, with other viscosities.
    assert only(permeability(berea(64), axis=0, tolerance=0.01)) == pytest.approx(0.044615, rel=0.01)


@pytest.mark.slow
def test_berea_is_of_the_order_that_is_published():
    # About 0.073 voxel^2, the mean of 128^3 crops in the logs of Mosser, Dubrule & Blunt's generator (2017).
    assert 0.03 < permeability(berea(128), tolerance=0.01).values[0] < 0.15
