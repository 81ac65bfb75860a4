"""Pictures by patch-match: pixels of the source, patches that it has, places used about as often, edges that meet."""

import numpy as np
import pytest
from support.textures import stripes

from raysys.assess.texture.copying import copying
from raysys.assess.texture.seams import seam
from raysys.errors import RaysysError
from raysys.synthesis.patch_match import patch_match
from raysys.synthesis.quilting import Guides


def gaussian(side: int, seed: int) -> np.ndarray:
    """Smooth noise of every place its own, in [0, 1]."""
    from scipy.ndimage import gaussian_filter

    values = gaussian_filter(np.random.default_rng(seed).random((side, side, 3)), (1.5, 1.5, 0), mode="wrap")
    return ((values - values.min()) / np.ptp(values)).astype(np.float32)


def test_every_pixel_is_one_of_the_source():
    source = stripes(48, colour=True)
    made = patch_match(source, (56, 40), seed=3)
    assert made.image.shape == (56, 40, 3)
    assert np.array_equal(made.image, source[made.origin[..., 0], made.origin[..., 1]])
    binary = (stripes(48) > 0.5).astype(np.uint8)
    assert set(np.unique(patch_match(binary, (32, 32)).image)) == {0, 1}


def test_a_picture_is_a_function_of_its_seed():
    source = stripes(40)
    one, other, third = (patch_match(source, (32, 48), seed=seed).origin for seed in ((1, 0), (1, 0), (1, 1)))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


def test_patches_are_nearer_to_the_source_than_those_of_shuffled_pixels():
    source = gaussian(48, 0)
    shuffled = source.reshape(-1, 3)[np.random.default_rng(0).permutation(48 * 48)].reshape(48, 48, 3)
    made = patch_match(source, (64, 64)).image
    found, random = (copying(one, source, patch=7, stride=2)[0].distance for one in (made, shuffled))
    assert found < 0.5 * random


def test_more_of_the_source_is_used_where_use_has_a_price():
    source = gaussian(64, 1)
    free, priced = (
        copying(patch_match(source, (96, 96), uniform=price).image, source, patch=7)[0] for price in (0, 0.3)
    )
    assert priced.source_used > free.source_used + 0.03


def test_a_tileable_picture_has_no_seam():
    source = gaussian(64, 2)
    assert not seam(patch_match(source, (64, 64), seed=1).image).tileable
    found = seam(patch_match(source, (64, 64), seed=1, periodic=True).image)
    assert found.worst < 1.5


def test_a_map_is_followed():
    """Halves of noise, bright and dark, asked for the other way round: each pixel comes from the half asked for."""
    source = gaussian(48, 3)
    half = np.repeat((np.arange(48) >= 24).astype(np.float32), 48).reshape(48, 48, 1)
    target = 1 - half
    free, led = (patch_match(source, (48, 48), guides=guides) for guides in (None, Guides(target, (half,))))
    shares = [float(np.mean((one.origin[..., 0] >= 24) == (target[..., 0] > 0))) for one in (free, led)]
    assert shares[1] > 0.9 > 0.7 > shares[0]


def test_a_source_smaller_than_a_patch_is_refused():
    with pytest.raises(RaysysError, match="allowed: 7 a side and more"):
        patch_match(stripes(6), (32, 32))
