"""Slices of a volume are told from images that have nothing to do with each other."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from raysys.stats.sets.stacks import stack_of


@pytest.fixture(scope="module")
def volume() -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((96, 64, 64))
    return (gaussian_filter(noise, 2, mode="wrap") > 0).astype(np.uint8)


def test_slices_of_a_volume_are_counted_by_two_correlation_lengths(volume):
    found = stack_of(volume)
    assert found is not None
    lags = np.arange(-96, 97)
    true = (2 / np.pi * np.arcsin(np.exp(-(lags**2) / 16))).sum()
    assert found.length == pytest.approx(true, rel=0.2)
    assert found.units == len(set(found.groups)) == 96 // np.ceil(2 * found.length)
    assert (np.diff(found.groups) >= 0).all()
    assert found.correlation == pytest.approx(2 / np.pi * np.arcsin(np.exp(-1 / 16)), abs=0.05)


def test_the_same_slices_in_another_order_are_no_stack(volume):
    assert stack_of(np.random.default_rng(1).permutation(volume[::12])) is None
    assert stack_of((np.random.default_rng(2).random((50, 32, 32)) < 0.5).astype(np.uint8)) is None


def test_a_frame_that_all_images_share_makes_no_neighbours():
    images = (np.random.default_rng(3).random((30, 48, 48)) < 0.5).astype(np.uint8)
    images[:, :8] = 0
    assert stack_of(images) is None


def test_too_few_or_constant_images_are_no_stack(volume):
    assert stack_of(volume[:3]) is None
    assert stack_of(np.ones((8, 16, 16), np.uint8)) is None
