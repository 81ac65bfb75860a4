"""Pairs counted by transforms held as a whole, and in parts."""

import numpy as np
import pytest

from raysys.stats.correlation import pair_counts
from raysys.stats.correlation.pair_counts import count_pairs, lags_within


@pytest.mark.parametrize("parts", [2, 4, 8])
@pytest.mark.parametrize("boundary", ["open", "periodic"])
@pytest.mark.parametrize("shape", [(13, 24), (7, 9, 16), (5, 6, 40)])
def test_parts_count_what_the_whole_does(shape, boundary, parts, monkeypatch):
    rng = np.random.default_rng(7)
    one, other = rng.random((2, 2, *shape)) < 0.4
    every = lags_within(shape, min(shape) // 2, boundary)
    half = [np.arange(-every[0][0] + 1), *every[1:]]
    for first, second, lags in ((one, one, half), (one, other, every)):
        whole = count_pairs(first, second, lags, boundary)
        with monkeypatch.context() as patched:
            patched.setattr(pair_counts, "PARTS", (parts,))
            np.testing.assert_array_equal(count_pairs(first, second, lags, boundary), whole)


def test_large_images_are_held_in_parts_and_small_ones_whole():
    assert pair_counts._parts(np.empty((1, 400, 400, 400), bool), 600, "open") == 16
    assert pair_counts._parts(np.empty((1, 2048, 2048), bool), 4096, "open") == 1
    assert pair_counts._parts(np.empty((1, 401, 401, 401), bool), 401, "periodic") == 1
