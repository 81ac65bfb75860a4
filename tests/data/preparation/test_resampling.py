"""Shrinking: the three rules against their definitions and the measured phase fractions."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import block_mean, downscale, gaussian_random_field

RNG = np.random.default_rng(5)


def test_block_mean_of_whole_factors_leaves_the_remainder_out():
    image = RNG.random((11, 14))
    expected = image[:9, :12].reshape(3, 3, 4, 3).mean((1, 3))
    np.testing.assert_allclose(block_mean(image, 3), expected)


def test_block_mean_of_fractional_factors_weighs_by_area():
    np.testing.assert_allclose(block_mean(np.array([[1.0, 2, 3, 4, 5]] * 5), 2.5)[0], [1.8, 4.2])
    image = RNG.random((30, 30))
    fine = np.kron(image, np.ones((2, 2)))  # 2.5 pixels of the image are 5 of the finer one
    np.testing.assert_allclose(block_mean(image, 2.5), block_mean(fine, 5))


def test_rules_on_one_block_each():
    blocks = np.zeros((2, 10), np.uint8)
    for block, pixels in enumerate([0, 1, 2, 3, 4]):
        for i in range(pixels):
            blocks[i // 2, 2 * block + i % 2] = 1
    np.testing.assert_array_equal(downscale(blocks, 2), [[0, 0, 1, 1, 1]])
    np.testing.assert_array_equal(downscale(blocks, 2, threshold="any"), [[0, 1, 1, 1, 1]])


def test_preserve_keeps_the_phase_fraction_nearest():
    image = gaussian_random_field((256, 256), correlation_length=4, phase_fraction=0.2, seed=1)[0]
    fractions = [(block_mean(image, 4) >= level / 16).mean() for level in range(1, 17)]
    kept = downscale(image, 4, threshold="preserve").mean()
    assert abs(kept - 0.2) == min(abs(f - 0.2) for f in fractions)


@pytest.mark.parametrize(
    ("phi", "length", "half", "filled"), [(0.030, 6, 0.029, 0.064), (0.052, 9, 0.052, 0.085), (0.352, 16, 0.356, 0.407)]
)
def test_measured_inflation_of_each_rule(phi, length, half, filled):
    # Phase fractions measured on eight Gaussian fields shrunk from 512 to 128 pixels with block means.
    images = gaussian_random_field((512, 512), correlation_length=length, phase_fraction=phi, seed=0, n=8)
    assert np.mean([downscale(i, 4).mean() for i in images]) == pytest.approx(half, abs=0.0015)
    assert np.mean([downscale(i, 4, threshold="any").mean() for i in images]) == pytest.approx(filled, abs=0.004)


def test_volumes_and_stacks():
    volume = RNG.integers(0, 2, (4, 6, 8), dtype=np.uint8)
    assert downscale(volume, 2).shape == (2, 3, 4)
    stack = downscale(volume, 2, dims=2)
    assert stack.shape == (4, 3, 4)
    np.testing.assert_array_equal(stack[1], downscale(volume[1], 2))
    np.testing.assert_array_equal(downscale(volume, 1), volume)


def test_mistakes():
    with pytest.raises(RaysysError, match='"most" is unknown; allowed are half, any, preserve'):
        downscale(np.zeros((4, 4), np.uint8), 2, threshold="most")
    with pytest.raises(RaysysError, match="factor 5 is not between 1 and the image's shortest side, 4"):
        downscale(np.zeros((4, 6), np.uint8), 5)
    with pytest.raises(RaysysError, match=r"factor 0\.5 is not between"):
        downscale(np.zeros((4, 6), np.uint8), 0.5)
