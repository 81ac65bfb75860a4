"""Sizes that a network can take of an image."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.models.fitting import central, fitting_size


@pytest.mark.parametrize(
    ("size", "nearest", "largest"),
    [((30, 45), "32 x 44", (28, 44)), ((33, 32), "32 x 32", (32, 32)), ((6, 4, 9), "8 x 4 x 8", (4, 4, 8))],
)
def test_the_nearest_size_is_named_or_the_largest_within_is_taken(size: tuple, nearest: str, largest: tuple):
    with pytest.raises(RaysysError, match=f"nearest size is {nearest}: .* with --fit crop$"):
        fitting_size(size, 4, how="--fit crop")
    assert fitting_size(size, 4, crop=True) == largest
    assert fitting_size(largest, 4) == largest


@pytest.mark.parametrize("crop", [False, True])
def test_nothing_can_be_cut_out_of_less_than_a_cell(crop: bool):
    with pytest.raises(RaysysError, match=r"nearest size is 4 x 8: resize it$"):
        fitting_size((1, 8), 4, crop=crop)


def test_the_centre_is_the_centre():
    ramp = np.arange(2 * 7 * 9).reshape(2, 7, 9)
    np.testing.assert_array_equal(central(ramp, (4, 8)), ramp[:, 1:5, 0:8])
    np.testing.assert_array_equal(central(ramp, (7, 9)), ramp)
    volume = np.arange(5 * 5 * 5).reshape(1, 5, 5, 5)
    np.testing.assert_array_equal(central(volume, (1, 3, 5)), volume[:, 2:3, 1:4])
