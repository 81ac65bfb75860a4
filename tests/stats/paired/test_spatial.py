"""Errors of pixels and of S2: equal to direct counts, to Parseval's sum, to the published scale."""

import numpy as np
import pytest
from support.damage import QUICK, blurred, flat, originals

from raysys import RaysysError
from raysys.stats import autocorrelation
from raysys.stats.paired import spatial_errors

# Note on MICRO2D, section 8: median e_rel of a blur of two pixels, and S2's mean squared error of it.
PUBLISHED = {
    "AngEllipse": (3.0e-2, 3.8e-6),
    "RandomEllipse": (1.2e-2, 2.0e-6),
    "VoidSmall": (3.4e-2, 2.9e-6),
    "VoidSmallBig": (1.9e-2, 2.1e-6),
    "VoronoiMedium": (9.7e-4, 1.7e-7),
    "VoronoiMediumSpaced": (4.1e-3, 5.0e-7),
    "VoronoiLarge": (1.5e-4, 2.5e-7),
    "GRF": (1.5e-2, 5.2e-6),
    "NBSA": (4.1e-2, 4.6e-6),
}


@pytest.fixture
def pair():
    rng = np.random.default_rng(3)
    original = (rng.random((3, 12, 15)) < 0.4).astype(np.uint8)
    return rng.random((3, 12, 15)).astype(np.float32), original


def counted(image):
    """S2 by shifting, zero lag first."""
    image = image.astype(np.float64)
    shape = image.shape
    return np.array(
        [[(image * np.roll(image, (-y, -x), (0, 1))).mean() for x in range(shape[1])] for y in range(shape[0])]
    )


def test_errors_are_those_of_shifted_products(pair):
    grey, original = pair
    found = spatial_errors(grey, original, window=4)
    for i, (x, r) in enumerate(zip(grey, original, strict=True)):
        s2, square = counted(r), (counted(x) - counted(r)) ** 2
        thresholded = (counted(x > 0.5) - counted(r)) ** 2
        fluctuation = (s2 - r.mean() ** 2) ** 2
        central = np.ix_([-2, -1, 0, 1], [-2, -1, 0, 1])
        expected = {
            "pixel_error": ((x.astype(np.float64) - r) ** 2).mean(),
            "s2_error": square.mean(),
            "s2_relative": square.sum() / fluctuation.sum(),
            "s2_error_window": square[central].mean(),
            "s2_relative_window": square[central].sum() / fluctuation[central].sum(),
            "s2_error_thresholded": thresholded.mean(),
            "s2_relative_thresholded": thresholded.sum() / fluctuation.sum(),
            "phase_fraction_difference": abs((x > 0.5).mean() - r.mean()),
        }
        assert set(found) == set(expected)
        for name, value in expected.items():
            assert found[name][i] == pytest.approx(value, rel=1e-6), name


def test_s2_errors_of_binary_images_are_those_of_exact_counts():
    first, second = originals("VoidSmall")[:2, :64, :64], originals("GRF")[:2, :64, :64]
    square = (autocorrelation(first) - autocorrelation(second)) ** 2
    found = spatial_errors(first, second)
    assert found["s2_error"] == pytest.approx(square.mean(axis=(1, 2)), rel=1e-9)
    # The note's window of an image of side N: rows and columns N / 2 - 25 to N / 2 + 24.
    assert found["s2_error_window"] == pytest.approx(square[:, 7:57, 7:57].mean(axis=(1, 2)), rel=1e-9)


def test_lag_space_equals_fourier_space(pair):
    grey, original = pair
    power = [np.abs(np.fft.fft2(images.astype(np.float64))) ** 2 for images in (grey, original)]
    expected = ((power[0] - power[1]) ** 2).sum(axis=(1, 2)) / (12 * 15) ** 4
    assert spatial_errors(grey, original)["s2_error"] == pytest.approx(expected, rel=1e-9)


def test_a_shifted_reflection_differs_in_pixels_alone():
    original = originals("VoronoiMedium")
    found = spatial_errors(np.roll(original[:, ::-1, ::-1], (5, 11), (1, 2)), original)
    assert (found["pixel_error"] > 0.05).all()
    assert (found["s2_relative"] < 1e-24).all()


@pytest.mark.parametrize("name", QUICK)
def test_flat_grey_of_the_right_share_has_a_relative_error_of_one(name):
    found = spatial_errors(flat(originals(name)), originals(name))
    assert found["s2_relative"] == pytest.approx(1, rel=1e-5)
    assert found["s2_relative_window"] == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_blur_of_two_pixels_costs_what_was_published(name):
    """To its order: imitated images are clustered less than the originals, so that S2 - phi^2 is smaller in them."""
    found = spatial_errors(blurred(originals(name, 24), 2), originals(name, 24))
    relative, error = PUBLISHED[name]
    assert relative / 15 < np.median(found["s2_relative"]) < relative * 15
    assert error / 10 < np.median(found["s2_error"]) < error * 10


def test_the_window_is_cut_to_the_map(pair):
    grey, original = pair
    found = spatial_errors(grey, original, window=50)
    assert found["s2_error_window"] == pytest.approx(found["s2_error"], rel=1e-12)


def test_images_do_not_depend_on_their_batch():
    original = originals("RandomEllipse", 5, 64)
    together = spatial_errors(blurred(original, 1), original)
    for i in range(5):
        alone = spatial_errors(blurred(original, 1)[i : i + 1], original[i : i + 1])
        assert all(alone[name][0] == together[name][i] for name in together)


def test_one_phase_alone_has_no_relative_error():
    found = spatial_errors(np.full((1, 8, 8), 0.3), np.ones((1, 8, 8), np.uint8))
    assert np.isnan(found["s2_relative"]).all()
    assert found["s2_error"] == pytest.approx((0.3**2 - 1) ** 2, rel=1e-6)


@pytest.mark.parametrize(
    ("grey", "original", "says"),
    [
        (np.zeros((2, 8, 8)), np.zeros((2, 8, 9), np.uint8), r"\(2, 8, 9\)"),
        (np.zeros((8, 8)), np.zeros((8, 8), np.uint8), r"\(N, H, W\)"),
        (np.zeros((1, 8, 8)), np.full((1, 8, 8), 255, np.uint8), "up to 255"),
        (np.zeros((1, 8, 8)), np.zeros((1, 8, 8)), "float64"),
        (np.full((1, 8, 8), np.nan), np.zeros((1, 8, 8), np.uint8), "image 0 holds"),
    ],
)
def test_what_is_no_pair_is_refused(grey, original, says):
    with pytest.raises(RaysysError, match=says):
        spatial_errors(grey, original)


def test_a_window_without_lags_is_refused(pair):
    with pytest.raises(RaysysError, match="window is 0"):
        spatial_errors(*pair, window=0)
