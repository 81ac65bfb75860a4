"""Lattice noise: the published Philox values, and values that depend on nothing but seed, channel and coordinate."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from raysys import RaysysError
from raysys.models.philox import lattice_noise, philox

# Known answers of Random123 (kat_vectors, philox4x32 10): counter, key, result.
FULL = (0xFFFFFFFF,) * 4
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (FULL, FULL[:2], (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (*PI, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_gives_the_published_known_answers(counter, key, expected):
    words = philox([np.array([word], np.uint64) for word in counter], key)
    assert tuple(int(word[0]) for word in words) == expected


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(-(2**63), 2**64 - 1),
    origin=st.tuples(st.integers(-(2**31), 2**31 - 20), st.integers(-40, 40), st.integers(-40, 40)),
    inner=st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
    channels=st.integers(1, 6),
    axes=st.integers(1, 3),
)
def test_a_window_equals_the_slice_of_a_larger_one(seed, origin, inner, channels, axes):
    origin, inner = origin[:axes], inner[:axes]
    large = lattice_noise(seed, 7, (9,) * axes, origin=origin)
    small = lattice_noise(seed, channels, (5,) * axes, origin=[a + b for a, b in zip(origin, inner, strict=True)])
    expected = large[(slice(channels), *(slice(first, first + 5) for first in inner))]
    np.testing.assert_array_equal(small, expected)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_a_period_wraps_the_lattice(distribution):
    tile = lattice_noise(3, 2, (4, 6), distribution=distribution)
    wrapped = lattice_noise(3, 2, (8, 12), origin=(-4, 6), period=(4, 6), distribution=distribution)
    np.testing.assert_array_equal(wrapped, np.tile(tile, (1, 2, 2)))


def test_normal_noise_is_standard_normal_and_uncorrelated():
    noise = lattice_noise(11, 64, (32, 32))
    assert noise.dtype == np.float32
    assert scipy_stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    correlations = np.corrcoef(noise.reshape(64, -1))[np.triu_indices(64, 1)]
    assert np.abs(correlations).max() < 5 / 32  # five standard deviations of 1024 points
    assert abs(np.mean(noise[:, 1:] * noise[:, :-1])) < 0.02


def test_uniform_noise_lies_in_the_half_open_unit_interval():
    noise = lattice_noise(11, 16, (64, 64), distribution="uniform")
    assert noise.min() >= 0
    assert noise.max() < 1
    assert scipy_stats.kstest(noise.ravel(), "uniform").pvalue > 1e-3


def test_seeds_channels_and_axes_differ():
    noise = lattice_noise(0, 8, (3, 3))
    assert len(np.unique(noise)) == noise.size
    assert not np.isin(lattice_noise(1, 8, (3, 3)), noise).any()
    assert not np.isin(lattice_noise(2**32, 8, (3, 3)), noise).any()


def test_a_generator_input_takes_well_under_a_tenth_of_a_second():
    lattice_noise(0, 512, (16, 16))
    seconds = []
    for seed in range(5):
        begin = time.process_time()
        lattice_noise(seed, 512, (16, 16))
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.05


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((0, 3), {}, "1 or more"),
        ((2, 2, 2, 2), {}, "1 to 3 axes"),
        ((2, 2), {"period": 0}, "repeat after 0"),
        ((2, 2), {"origin": (2**31, 0)}, "outside the allowed range"),
    ],
)
def test_impossible_lattices_are_refused(shape, options, words):
    with pytest.raises(RaysysError, match=words):
        lattice_noise(0, 1, shape, **options)
