"""Grey values, denoising, segmentation: facts on images whose answer is known."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import denoise, is_binary, phase_of_value, remove_specks, segment, to_grey
from raysys.data.preparation import bilateral

RNG = np.random.default_rng(3)


def brute_force_bilateral(image, sigma_color, sigma_spatial):
    out = np.empty(image.shape)
    for p in np.ndindex(image.shape):
        total = weights = 0.0
        for q in np.ndindex(image.shape):
            r2 = sum((a - b) ** 2 for a, b in zip(p, q, strict=True))
            if r2 <= (3 * sigma_spatial) ** 2:
                w = np.exp(-r2 / (2 * sigma_spatial**2) - (image[p] - image[q]) ** 2 / (2 * sigma_color**2))
                total, weights = total + w * image[q], weights + w
        out[p] = total / weights
    return out


@pytest.mark.parametrize("shape", [(13, 9), (5, 6, 7)])
def test_bilateral_filter_is_the_papers_formula(shape):
    image = RNG.random(shape, dtype=np.float32)
    expected = brute_force_bilateral(image.astype(float), 0.2, 1.1)
    np.testing.assert_allclose(denoise(image, sigma_color=0.2, sigma_spatial=1.1), expected, atol=1e-5)


def test_bilateral_filter_has_no_preferred_direction():
    image = RNG.random((40, 50), dtype=np.float32)
    smooth = denoise(image)
    np.testing.assert_allclose(denoise(np.ascontiguousarray(image.T)).T, smooth, atol=1e-5)
    np.testing.assert_allclose(denoise(image[::-1, ::-1])[::-1, ::-1], smooth, atol=1e-5)


def test_bilateral_filter_in_bands_is_the_same_bit_for_bit(monkeypatch):
    image = RNG.random((70, 20), dtype=np.float32)
    whole = denoise(image, sigma_spatial=2)
    monkeypatch.setattr(bilateral, "BAND_PIXELS", 1)
    np.testing.assert_array_equal(denoise(image, sigma_spatial=2), whole)


def test_bilateral_filter_removes_noise_and_keeps_the_edge(noisy_halves):
    grey = to_grey(noisy_halves)
    smooth = denoise(grey, sigma_color=0.15, sigma_spatial=2)
    assert smooth[:, :40].std() < grey[:, :40].std() / 4
    assert smooth[:, 48:].min() - smooth[:, :48].max() > 0.3


def test_bilateral_filter_off_constant_and_slice_by_slice():
    stack = RNG.random((3, 20, 20), dtype=np.float32)
    np.testing.assert_array_equal(denoise(stack, sigma_spatial=0), stack)
    np.testing.assert_array_equal(denoise(np.full((9, 9), 0.5), sigma_color=None), np.full((9, 9), np.float32(0.5)))
    np.testing.assert_array_equal(denoise(stack, dims=2)[1], denoise(stack[1]))


def test_grey_scale_of_each_kind_of_number():
    np.testing.assert_array_equal(to_grey(np.array([[0, 51, 255]], np.uint8)), np.float32([[0, 0.2, 1]]))
    np.testing.assert_array_equal(to_grey(np.array([[0.25, 0.5, 0.3]])), np.float32([[0.25, 0.5, 0.3]]))
    np.testing.assert_array_equal(to_grey(np.array([[1000, 2000, 3000]], np.uint16)), np.float32([[0, 0.5, 1]]))
    np.testing.assert_array_equal(to_grey(np.array([[-1.0, 0, 1]])), np.float32([[0, 0.5, 1]]))
    np.testing.assert_array_equal(to_grey(np.array([[False, True]])), np.float32([[0, 1]]))


@pytest.mark.parametrize("levels", [(0, 1), (0, 255), (17, 18), (-0.5, 2.5)])
def test_two_levels_stay_exact(levels):
    image = RNG.integers(0, 2, (30, 30))
    stored = np.where(image, levels[1], levels[0])
    assert is_binary(stored)
    np.testing.assert_array_equal(segment(to_grey(stored), phase="bright"), image)
    np.testing.assert_array_equal(segment(to_grey(stored), phase="dark"), 1 - image)


def test_one_level_nan_and_more_levels_are_not_binary():
    assert not is_binary(np.zeros((4, 4)))
    assert not is_binary(np.array([[0, 1, 2]]))
    assert not is_binary(np.array([[0, 1, np.nan]]))
    with pytest.raises(RaysysError, match=r"one grey level only \(every pixel is 7\)"):
        to_grey(np.full((4, 4), 7))
    with pytest.raises(RaysysError, match="1 NaN or infinite values among 3"):
        to_grey(np.array([[0, 1, np.inf]]))
    with pytest.raises(RaysysError, match="one grey level only"):
        segment(np.zeros((4, 4)))


@pytest.mark.parametrize("method", ["otsu", "multi-otsu", "threshold"])
def test_every_method_separates_well_separated_phases(noisy_halves, method):
    expected = np.broadcast_to(np.arange(96) >= 48, (64, 96))
    options = {"threshold": 0.5} if method == "threshold" else {}
    bright = segment(to_grey(noisy_halves), method=method, **options)
    assert bright.dtype == np.uint8
    np.testing.assert_array_equal(bright, expected)
    np.testing.assert_array_equal(segment(to_grey(noisy_halves), method=method, phase="dark", **options), ~expected)


def test_multi_otsu_takes_the_outer_class():
    grey = np.repeat(np.array([0.1, 0.5, 0.9], np.float32), 50)[None] + RNG.normal(0, 0.02, (40, 150)).astype("f4")
    assert segment(grey, method="multi-otsu", classes=3).mean() == pytest.approx(1 / 3, abs=0.005)
    assert segment(grey, method="multi-otsu", classes=3, phase="dark").mean() == pytest.approx(1 / 3, abs=0.005)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"method": "guess"}, '"guess" is unknown; allowed are otsu, multi-otsu, threshold'),
        ({"method": "threshold"}, "no threshold is given"),
        ({"method": "threshold", "threshold": 0.99}, "leaves one phase only: the values run from"),
        ({"method": "multi-otsu", "classes": 9}, "2 to 5 classes"),
        ({"phase": "pores"}, 'allowed are "bright" and "dark"'),
    ],
)
def test_segmentation_mistakes(noisy_halves, options, found):
    with pytest.raises(RaysysError, match=found):
        segment(to_grey(noisy_halves), **options)


def test_multi_otsu_of_too_few_levels_is_one_sentence():
    with pytest.raises(RaysysError, match="cannot find 4 classes"):
        segment(np.array([[0, 0.5, 1.0]] * 3, np.float32), method="multi-otsu", classes=4)


def test_label_values():
    labels = np.array([[0, 1, 2], [2, 2, 1]])
    np.testing.assert_array_equal(phase_of_value(labels, 2), [[0, 0, 1], [1, 1, 0]])
    with pytest.raises(RaysysError, match="no pixel has the phase value 3; the image holds 3 values: 0, 1, 2"):
        phase_of_value(labels, 3)
    with pytest.raises(RaysysError, match="one grey level only"):
        phase_of_value(np.ones((3, 3)), 1)
    with pytest.raises(RaysysError, match=r"holds 100 values: 0, 1, 2, 3, 4, 5, 6, 7, \.\.\."):
        phase_of_value(np.arange(100).reshape(10, 10), 255)


def test_specks_of_both_phases_go_and_larger_pieces_stay():
    image = np.zeros((20, 20), np.uint8)
    image[2:5, 2:5] = 1  # 9 pixels
    image[10:12, 10:12] = 1  # 4 pixels
    image[12, 12] = 1  # touches at a corner only: its own piece
    image[3, 3] = 0  # a hole
    cleaned = remove_specks(image, 8)
    expected = np.zeros_like(image)
    expected[2:5, 2:5] = 1
    np.testing.assert_array_equal(cleaned, expected)
    np.testing.assert_array_equal(remove_specks(image, 4)[10:13, 10:13], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(remove_specks(image, 0), image)
