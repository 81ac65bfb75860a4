"""Shapes as people write and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raysys.shapes import by, whole_numbers


@given(st.lists(st.integers(), min_size=1, max_size=5).map(tuple))
def test_what_is_written_is_read(shape: tuple[int, ...]):
    assert whole_numbers(by(shape)) == shape


@pytest.mark.parametrize("text", ["64 48 3", "64x48x3", "64X48X3", "64,48,3", " 64 x 48,  3 "])
def test_sides_are_parted_by_blanks_commas_or_an_x(text: str):
    assert whole_numbers(text) == (64, 48, 3)


@pytest.mark.parametrize(("text", "numbers"), [("64", (64,)), ("-20x5", (-20, 5)), ("0", (0,))])
def test_one_number_is_a_shape_and_origins_may_be_negative(text: str, numbers: tuple[int, ...]):
    assert whole_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "  ", "x", "64.0", "12a", "64 by 48", "1e3", "64;48"])
def test_anything_else_is_no_shape(text: str):
    assert whole_numbers(text) is None


def test_a_shape_without_axes_is_written_as_nothing():
    assert by(()) == ""
