"""What two public codes count, written anew as they walk over their images; and the numbers measured with them.

SMiCA (periodic, vertices rounded up, every count divided by N^2) and GeoWGAN-GP (open rows and columns, scaled image by
image). Both are told of in the notes that this project started from; no line of theirs is here.
"""

import math

import numpy as np
import pytest
from support.references import gaussian_field

from raysys.stats import autocorrelation, characterise, polytope, scaled_autocovariance, two_point

N, LAGS = 24, 12
SQRT3 = math.sqrt(3)


def triangle_on_a_row(R):
    return [(0, 0), (0, R), (math.ceil(SQRT3 * R / 2), R // 2)]


def triangle_on_a_column(R):
    return [(0, 0), (R, 0), (R // 2, math.ceil(SQRT3 * R / 2))]


def square(R):
    return [(0, 0), (0, R), (R, 0), (R, R)]


def hexagon(R):
    middle, bottom = math.ceil(SQRT3 * R / 2), math.ceil(SQRT3 * R)
    sides = [(middle, math.ceil(-R / 2)), (middle, math.ceil(3 * R / 2))]
    return [(0, 0), (0, R), *sides, (bottom, 0), (bottom, R)]


FIGURES = {"P3H": triangle_on_a_row, "P3V": triangle_on_a_column, "P4": square, "P6": hexagon}


def smica_polytope(image, figure, R):
    """Pixel by pixel, around the border."""
    hits = 0
    for row in range(N):
        for column in range(N):
            hits += all(image[(row + down) % N, (column + right) % N] for down, right in figure(R))
    return hits / N**2


def smica_two_point(image, r):
    pairs = 0
    for i in range(N):
        for j in range(N):
            pairs += int(image[i, j] and image[i, (j + r) % N]) + int(image[i, j] and image[(i + r) % N, j])
    return pairs / (2 * N**2)


def smica_lineal_path(image):
    """A run of `length` pixels, around the border, holds length - r lines of r steps."""
    totals = np.zeros(LAGS)
    for line in [*image, *image.T]:
        start = int(np.argmin(line))  # outside, so that no run is cut there
        length = 0
        for pixel in [*np.roll(line, -start), 0]:
            if pixel:
                length += 1
                continue
            totals += np.maximum(0, length - np.arange(LAGS))
            length = 0
    return totals / (2 * N**2)


def geowgan_two_point(image):
    """Every row and every column by itself, each lag over its own number of pairs; the mean of both."""
    rows, columns = np.zeros(N // 2), np.zeros(N // 2)
    for r in range(N // 2):
        rows[r] = np.mean([np.mean([line[k] * line[k + r] for k in range(N - r)]) for line in image])
        columns[r] = np.mean([np.mean([line[k] * line[k + r] for k in range(N - r)]) for line in image.T])
    return (rows + columns) / 2


@pytest.fixture(scope="module")
def images():
    fields = gaussian_field((4 * N, N), phi=0.4, sigma=1.5, n=2, seed=5).reshape(8, N, N)
    return fields * (np.indices((N, N)).sum(axis=0) % 7 > 0)  # skewed, so that no symmetry hides a mistake


@pytest.fixture(scope="module")
def published(images):
    """As `raysys stats --preset published --boundary periodic` measures."""
    return characterise(images, boundary="periodic", rounding="ceil", r_max=LAGS - 1).curves


class TestSmica:
    @pytest.mark.parametrize("kind", FIGURES)
    def test_polytope_functions_are_the_same_counts(self, images, published, kind):
        edges = range(0, LAGS, 2 if kind in ("P3H", "P3V") else 1)
        for image, values in zip(images, published[kind].values, strict=True):
            assert [values[R] for R in edges] == [smica_polytope(image, FIGURES[kind], R) for R in edges]

    def test_so_are_pairs(self, images, published):
        for image, values in zip(images, published["S2"].values, strict=True):
            np.testing.assert_allclose(values, [smica_two_point(image, r) for r in range(LAGS)], rtol=0, atol=1e-15)

    def test_and_lines(self, images, published):
        expected = [smica_lineal_path(image) for image in images]
        np.testing.assert_allclose(published["L"].values, expected, rtol=0, atol=1e-15)

    @pytest.mark.parametrize("kind", FIGURES)
    def test_functions_are_scaled_by_their_last_sampled_value(self, published, kind):
        curve = published[kind]
        scaled = scaled_autocovariance(curve, variant="last").values
        last = LAGS - 2 if kind in ("P3H", "P3V") else LAGS - 1
        for values, found in zip(curve.values, scaled, strict=True):
            np.testing.assert_allclose(found, (values - values[last]) / (values[0] - values[last]), atol=1e-14)

    def test_f2_is_scaled_by_the_fraction_squared(self, published):
        values = published["S2"].values
        phi = values[:, :1]
        found = scaled_autocovariance(published["S2"], variant="last").values
        np.testing.assert_allclose(found, (values - phi**2) / (phi - phi**2), atol=1e-14)


class TestGeoWganGp:
    def test_open_pairs_are_the_same(self, images):
        expected = [geowgan_two_point(image) for image in images]
        np.testing.assert_allclose(two_point(images).values, np.array(expected), rtol=0, atol=1e-15)

    def test_f2_is_scaled_image_by_image_and_then_averaged(self, images):
        expected = []
        for image in images:
            S2, phi = geowgan_two_point(image), image.mean()
            expected.append((S2 - phi**2) / (phi - phi**2))
        found = scaled_autocovariance(two_point(images), variant="per_image")
        np.testing.assert_allclose(found.mean, np.mean(expected, axis=0), rtol=0, atol=1e-14)
        assert np.abs(found.mean - scaled_autocovariance(two_point(images)).mean).max() > 1e-4


def test_pairs_at_every_lag_are_those_of_the_spectrum_of_pymks(images):
    spectrum = np.fft.fftn(images, axes=(1, 2))
    expected = np.fft.fftshift(np.fft.ifftn(spectrum * spectrum.conj(), axes=(1, 2)).real, axes=(1, 2)) / N**2
    np.testing.assert_allclose(autocorrelation(images), expected, rtol=0, atol=1e-14)
    lines = (expected[:, N // 2, N // 2 :] + expected[:, N // 2 :, N // 2]) / 2
    np.testing.assert_allclose(two_point(images, boundary="periodic").values, lines[:, : N // 2], rtol=0, atol=1e-14)


def test_periodic_hexagons_of_twelve_fields_have_the_measured_tail():
    images = gaussian_field((128, 128), phi=0.352, sigma=4, n=12, seed=0)
    curve = polytope(images, "P6", boundary="periodic", r_max=64)
    # phi^6 = 0.0019; single edges of so few images lie anywhere from half to one and a half times that.
    assert 0.0013 <= curve.mean[28:57].mean() <= 0.0018
    assert 0.003 < curve.mean[63:65].min() < curve.mean[63:65].max() < 0.004
    assert curve.r[curve.flagged].tolist() == [r for r in range(65) if r > 0.45 * 128]


@pytest.mark.parametrize(("phi", "sigma", "periodic"), [(0.052, 1.5, 3.8e-9), (0.352, 3, 1.1e-6)])
def test_boundaries_and_halves_of_an_ensemble_differ_as_much_as_was_measured(phi, sigma, periodic):
    """Two halves of one ensemble: 5.8e-8 and 3.6e-6; one boundary against the other: 3.8e-9 and 1.1e-6."""
    field = gaussian_field((2048, 2048), phi=phi, sigma=sigma, seed=1)[0]
    crops = field.reshape(16, 128, 16, 128).swapaxes(1, 2).reshape(-1, 128, 128)[::4]
    mean = {boundary: two_point(crops, boundary=boundary).mean for boundary in ("open", "periodic")}
    assert np.mean((mean["open"] - mean["periodic"]) ** 2) == pytest.approx(periodic, rel=2)
    order = np.random.default_rng(0).permutation(64)
    S2 = two_point(crops).values[order]
    halves = np.mean((S2[:32].mean(axis=0) - S2[32:].mean(axis=0)) ** 2)
    assert halves == pytest.approx({0.052: 5.8e-8, 0.352: 3.6e-6}[phi], rel=5)
    assert halves > np.mean((mean["open"] - mean["periodic"]) ** 2)
