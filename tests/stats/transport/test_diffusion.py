"""Effective diffusivity, against closed forms, published values, bounds, and a direct solution of the equations."""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import characterise, effective_diffusivity
from raysys.stats.transport.percolation import percolating_part

BORDERS = list(product(("mirrored", "periodic"), ("mirrored", "periodic", "walls")))


@pytest.fixture(scope="module")
def blobs():
    return gaussian_field((20, 18, 16), phi=0.45, sigma=2, n=2)


def only(found):
    assert found.converged.all()
    return found.effective[0, 0]


def directly_solved(conductivity, ends, sides):
    """Mean flux along axis 0 from a sparse direct solution: cell by cell, face by face."""
    shape, cells = conductivity.shape, np.argwhere(conductivity > 0)
    number = {tuple(cell): k for k, cell in enumerate(cells)}
    rows, columns, entries, source, faces = [], [], [], np.zeros(len(cells)), []
    for cell, k in number.items():
        own = conductivity[cell]
        for axis in range(len(shape)):
            beyond = list(cell)
            beyond[axis] += 1
            wraps = beyond[axis] == shape[axis]
            if wraps and (ends if axis == 0 else sides) != "periodic":
                continue
            beyond[axis] %= shape[axis]
            other = number.get(tuple(beyond))
            if other is not None and other != k:
                between = 1 / (0.5 / own + 0.5 / conductivity[tuple(beyond)])
                faces.append((k, other, between, axis == 0))
        if ends != "periodic":
            for place, value in ((0, -0.5), (shape[0] - 1, 0.5)):
                if cell[0] == place:
                    rows, columns, entries = [*rows, k], [*columns, k], [*entries, 2 * own]
                    source[k] += 2 * own * value
    for k, other, between, along in faces:
        for one, two in ((k, other), (other, k)):
            rows, columns, entries = [*rows, one, one], [*columns, one, two], [*entries, between, -between]
        source[k] += between * along
        source[other] -= between * along
    matrix = coo_matrix((entries, (rows, columns)), (len(cells),) * 2).tocsr()
    if ends == "periodic":  # known but for a constant of each part
        matrix = matrix + 1e-10 * coo_matrix((np.ones(len(cells)), (range(len(cells)),) * 2))
    field = spsolve(matrix.tocsc(), source)
    flux = sum(between * (field[other] - field[k] + 1) for k, other, between, along in faces if along)
    if ends != "periodic":
        held = ((0, 0.5, 1), (shape[0] - 1, 0.5, -1))
        flux += sum(
            conductivity[cell] * (0.5 + sign * field[k])
            for cell, k in number.items()
            for at, _, sign in held
            if cell[0] == at
        )
    return flux / conductivity.size


@pytest.mark.parametrize("borders", BORDERS)
@pytest.mark.parametrize("shape", [(7, 6, 5), (9, 8), (1, 5, 4), (2, 2, 3)])
def test_it_is_the_direct_solution(shape, borders):
    rng = np.random.default_rng(3)
    labels = rng.choice(3, (1, *shape), p=(0.3, 0.4, 0.3))
    conductivity = np.array([0, 1, 3.5])[labels[0]]
    part = percolating_part(conductivity > 0, 0, *borders)
    expected = directly_solved(np.where(part, conductivity, 0), *borders) if part.any() else 0
    found = effective_diffusivity(
        labels, axis=0, ends=borders[0], sides=borders[1], diffusivities={1: 1, 2: 3.5}, tolerance=1e-12
    )
    assert only(found) == pytest.approx(expected, rel=1e-7)


class TestClosedForms:
    def test_layers_along_and_across(self):
        labels = np.zeros((1, 12, 9, 7), np.uint8)
        labels[:, :, 3:] = 1
        labels[:, :, 7:] = 2
        D = {0: 0.2, 1: 5.0, 2: 1.0}
        shares = np.array([3, 4, 2]) / 9
        arithmetic, harmonic = shares @ list(D.values()), 1 / (shares @ (1 / np.array(list(D.values()))))
        for borders in ({"ends": "periodic", "sides": "periodic"}, {}):
            found = effective_diffusivity(labels, diffusivities=D, tolerance=1e-12, **borders)
            np.testing.assert_allclose(found.effective[0], [arithmetic, harmonic, arithmetic], rtol=1e-10)
        assert found.straight[0] == pytest.approx(arithmetic, rel=1e-14)

    def test_straight_channels_have_a_tortuosity_of_1(self):
        for image in (np.ones((1, 5, 6), np.uint8), np.zeros((1, 5, 6), np.uint8), np.zeros((1, 1, 4, 4), np.uint8)):
            image[..., 1:3] = 1
            found = effective_diffusivity(image, axis=0)
            assert only(found) == pytest.approx(image.mean(), rel=1e-14)
            assert found.tortuosity[0, 0] == pytest.approx(1, rel=1e-14)

    def test_a_layer_across_blocks_it(self):
        image = np.ones((1, 6, 5, 4), np.uint8)
        image[0, 3] = 0
        found = effective_diffusivity(image, axis=0)
        assert (only(found), found.tortuosity[0, 0], found.percolating[0, 0]) == (0, np.inf, 0)
        diffusivity, tortuosity = found.scalars()
        assert diffusivity.values == [0]
        assert np.isnan(tortuosity.values).all()

    @pytest.mark.parametrize(("contrast", "within"), [(3, 0.002), (10, 0.03)])
    def test_a_chequerboard_has_the_geometric_mean(self, contrast, within):
        # Keller, J. Math. Phys. 5 (1964) 548; its corners are singular, the more so the larger the contrast.
        x = np.arange(128) // 64
        found = effective_diffusivity(
            (x[:, None] ^ x)[None], diffusivities={0: 1, 1: contrast}, ends="periodic", sides="periodic"
        )
        assert found.effective[0] == pytest.approx(np.sqrt(contrast), rel=within)

    @pytest.mark.parametrize("concentration", [0.1, 0.3, 0.45])
    def test_simple_cubic_spheres(self, concentration):
        # Sangani & Acrivos, Proc. R. Soc. A 386 (1983) 263, equation 35, of spheres that nothing enters.
        phi = concentration
        L = [-1 / (2 * i / (2 * i - 1)) for i in range(1, 6)]
        bent = 1.305 * L[1] * phi ** (10 / 3) * (1 + 0.231 * L[2] * phi ** (11 / 3))
        bent /= 1 - 0.405 * L[1] * phi ** (7 / 3)
        rest = 0.0723 * L[2] * phi ** (14 / 3) + 0.153 * L[3] * phi**6 + 0.0105 * L[4] * phi ** (22 / 3)
        published = 1 - 3 * phi / (-1 / L[0] + phi + bent + rest)
        coarse, fine = (self.between_spheres(n, phi) for n in (32, 64))
        assert fine == pytest.approx(published, rel=0.03)
        assert 2 * fine - coarse == pytest.approx(published, rel=0.01)  # steps hinder in proportion to their size

    def between_spheres(self, n, phi):
        x = np.arange(n) + 0.5 - n / 2
        distance = x[:, None, None] ** 2 + x[:, None] ** 2 + x**2
        image = (distance >= (n * (3 * phi / 4 / np.pi) ** (1 / 3)) ** 2)[None]
        return only(effective_diffusivity(image, axis=1, ends="periodic", sides="periodic"))


class TestInvariants:
    def test_bounds_of_hashin_and_shtrikman_hold(self):
        for phi in (0.3, 0.6, 0.9):
            images = gaussian_field((24, 24, 24), phi=phi, sigma=2, n=4)
            fraction, solid, weak = images.mean(), 1 - images.mean(), 0.05
            found = effective_diffusivity(images, diffusivities={0: weak, 1: 1}, ends="periodic", sides="periodic")
            upper = 1 + solid / (1 / (weak - 1) + fraction / 3)
            lower = weak + fraction / (1 / (1 - weak) + solid / (3 * weak))
            assert lower < found.effective.mean() < upper
            assert (found.effective.max(axis=1) < found.straight).all()

    def test_mirrored_ends_are_the_image_and_its_mirror_image(self, blobs):
        doubled = np.concatenate([blobs, blobs[:, ::-1]], axis=1)
        whole = effective_diffusivity(doubled, axis=0, ends="periodic", sides="walls", tolerance=1e-10)
        half = effective_diffusivity(blobs, axis=0, tolerance=1e-10)
        np.testing.assert_allclose(half.effective, whole.effective, rtol=1e-8)

    def test_axes_are_alike(self, blobs):
        found = effective_diffusivity(blobs, tolerance=1e-10)
        assert found.axes == (0, 1, 2)
        turned = effective_diffusivity(blobs.transpose(0, 3, 1, 2), tolerance=1e-10)
        np.testing.assert_allclose(turned.effective, found.effective[:, [2, 0, 1]], rtol=1e-8)
        np.testing.assert_array_equal(
            effective_diffusivity(blobs, axis=-1, tolerance=1e-10).effective[:, 0], found.effective[:, 2]
        )

    def test_isolated_pores_count_in_the_tortuosity_only(self):
        image = np.zeros((1, 8, 8), np.uint8)
        image[0, :, 2:4] = 1
        alone = effective_diffusivity(image, axis=0)
        image[0, 3, 6] = 1
        found = effective_diffusivity(image, axis=0)
        assert only(found) == only(alone)
        assert found.tortuosity[0, 0] == pytest.approx(17 / 16)
        assert found.percolating[0, 0] == 16 / 64

    def test_the_tolerance_is_kept(self, blobs):
        exact = effective_diffusivity(blobs, axis=0, tolerance=1e-13).effective
        for tolerance in (1e-2, 1e-4, 1e-6):
            found = effective_diffusivity(blobs, axis=0, tolerance=tolerance)
            assert found.converged.all()
            excess = found.effective / exact - 1
            assert (excess > -1e-11).all()  # least of all fields
            assert (excess < tolerance).all()

    def test_a_large_contrast_converges(self):
        images = gaussian_field((32, 32, 32), phi=0.5, sigma=2)
        found = effective_diffusivity(images, axis=0, diffusivities={0: 1e-8, 1: 1})
        assert found.converged.all()
        assert found.effective == pytest.approx(effective_diffusivity(images, axis=0).effective, rel=1e-4)


def test_what_did_not_converge_is_not_a_number_and_warned_of(blobs):
    found = effective_diffusivity(blobs, axis=0, max_iterations=2, tolerance=1e-12)
    assert not found.converged.any()
    with pytest.warns(UserWarning, match="2 of 2 images did not converge within 2 iterations"):
        assert np.isnan(found.scalars()[0].values).all()


@pytest.mark.parametrize("boundary", ["open", "periodic"])
def test_it_is_a_descriptor(boundary):
    images = gaussian_field((24, 30), phi=0.75, sigma=2, n=2)
    found = characterise(images, ("tortuosity",), boundary=boundary).scalars
    borders = "periodic" if boundary == "periodic" else "mirrored"
    expected = effective_diffusivity(images, ends=borders, sides=borders)
    np.testing.assert_array_equal(found["effective_diffusivity"].values, expected.values)
    np.testing.assert_allclose(found["tortuosity"].values, images.mean(axis=(1, 2)) / expected.values)
    assert found["tortuosity"].boundary == boundary


def test_an_absent_phase_has_none(blobs):
    with pytest.warns(UserWarning, match="phase 7 does not occur"):
        assert np.isnan(effective_diffusivity(blobs, phase=7, axis=0).effective).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"axis": 3}, "0 to 2"),
        ({"axis": "all"}, "axis is 'all'; allowed: mean"),
        ({"ends": "open"}, "ends are 'open'"),
        ({"sides": "open"}, "sides 'open'"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"max_iterations": 0}, "max_iterations is 0; allowed: 1 or more"),
        ({"diffusivities": {1: -1}}, "diffusivities: -1 of phase 1; allowed: numbers from 0 on"),
    ],
)
def test_bad_settings(blobs, settings, sentence):
    with pytest.raises(RaysysError, match=sentence):
        effective_diffusivity(blobs, **settings)
