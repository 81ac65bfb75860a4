"""Shrinking: the rules against their definitions, scikit-image's own, and the measured phase fractions."""

import numpy as np
import pytest
from skimage.transform import rescale, resize

from raysys import RaysysError
from raysys.data import block_mean, centre_mean, downscale, gaussian_random_field

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


@pytest.mark.parametrize("shape", [(512, 512), (512, 384)])
@pytest.mark.parametrize("factor", [2, 3, 4, 8, 2.5, 1.25])
def test_the_published_rule_is_scikit_images_resize_above_zero(shape, factor):
    shape = tuple(round(side // factor * factor) for side in shape)  # whole blocks, as the study's windows hold
    shape = tuple(side - side % 5 for side in shape) if factor % 1 else shape
    image = gaussian_random_field(shape, correlation_length=6, phase_fraction=0.05, seed=3)[0]
    small = tuple(round(side / factor) for side in shape)
    # The arguments of the public code; a sigma of False is a filter of width 0.
    arguments = {"mode": "constant", "preserve_range": True}
    theirs = resize(255 * image, small, anti_aliasing=True, anti_aliasing_sigma=False, **arguments)
    ours = downscale(image, factor, threshold="published")
    assert 0 < ours.mean() < 1
    np.testing.assert_array_equal(ours, theirs > 0)
    again = rescale(255 * image, 1 / factor, anti_aliasing=False, **arguments)
    np.testing.assert_array_equal(ours, again > 0)
    np.testing.assert_allclose(255 * centre_mean(image, factor), theirs, atol=1e-9)


def test_the_published_rule_sees_the_central_four_of_sixteen():
    blocks = np.zeros((4, 64), np.uint8)
    for pixel in range(16):
        blocks[pixel // 4, 4 * pixel + pixel % 4] = 1
    seen = downscale(blocks, 4, threshold="published")[0]
    assert np.flatnonzero(seen).tolist() == [5, 6, 9, 10]
    assert downscale(blocks, 4, threshold="any").all()


@pytest.mark.parametrize(
    ("phi", "length", "half", "filled", "published"),
    [(0.030, 6, 0.029, 0.064, 0.039), (0.052, 9, 0.052, 0.085, 0.062), (0.352, 16, 0.356, 0.407, 0.371)],
)
def test_measured_inflation_of_each_rule(phi, length, half, filled, published):
    # Phase fractions measured on eight Gaussian fields shrunk from 512 to 128 pixels.
    images = gaussian_random_field((512, 512), correlation_length=length, phase_fraction=phi, seed=0, n=8)
    assert np.mean([downscale(i, 4).mean() for i in images]) == pytest.approx(half, abs=0.0015)
    assert np.mean([downscale(i, 4, threshold="any").mean() for i in images]) == pytest.approx(filled, abs=0.004)
    found = np.mean([downscale(i, 4, threshold="published").mean() for i in images])
    assert found == pytest.approx(published, abs=0.002)


def test_volumes_and_stacks():
    volume = RNG.integers(0, 2, (4, 6, 8), dtype=np.uint8)
    assert downscale(volume, 2).shape == (2, 3, 4)
    stack = downscale(volume, 2, dims=2)
    assert stack.shape == (4, 3, 4)
    np.testing.assert_array_equal(stack[1], downscale(volume[1], 2))
    np.testing.assert_array_equal(downscale(volume, 1), volume)


def test_mistakes():
    with pytest.raises(RaysysError, match='"most" is unknown; allowed are half, any, preserve, published'):
        downscale(np.zeros((4, 4), np.uint8), 2, threshold="most")
    with pytest.raises(RaysysError, match="factor 5 is not between 1 and the image's shortest side, 4"):
        downscale(np.zeros((4, 6), np.uint8), 5)
    with pytest.raises(RaysysError, match=r"factor 0\.5 is not between"):
        downscale(np.zeros((4, 6), np.uint8), 0.5)
