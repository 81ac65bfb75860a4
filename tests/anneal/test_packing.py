"""Labels as bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raysys.anneal.packing import pack, unpack


@given(phases=st.integers(2, 9), shape=st.lists(st.integers(1, 9), min_size=2, max_size=3), seed=st.integers(0, 99))
def test_labels_come_back_whatever_their_number_and_shape(phases, shape, seed):
    labels = np.random.default_rng(seed).integers(0, phases, tuple(shape), np.uint8)
    back = unpack(pack(labels, phases), tuple(shape))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, labels)


@pytest.mark.parametrize(("phases", "planes"), [(2, 1), (3, 2), (4, 2), (5, 3)])
def test_an_image_needs_as_many_bits_a_pixel_as_its_labels(phases, planes):
    assert pack(np.zeros((16, 16), np.uint8), phases).shape == (planes, 32)
