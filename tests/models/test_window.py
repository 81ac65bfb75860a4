"""Windows in pixels and in lattice points."""

import numpy as np

from raysys.models.window import Points, Window


def test_a_window_touches_the_blocks_that_it_lies_in():
    assert list(Window((-5, 8), (6, 8)).blocks((4, 8))) == [(-8, 8), (-4, 8), (0, 8)]
    assert list(Window((0,), (8,)).blocks((8,))) == [(0,)]


def test_coordinates_are_absolute_and_wrap_where_there_is_a_period():
    axes = Points((-2, 5), (3, 4)).axes()
    np.testing.assert_array_equal(axes[0], [-2, -1, 0])
    np.testing.assert_array_equal(axes[1], [5, 6, 7, 8])
    wrapped = Points((-2, 5), (3, 4), (4, 7)).axes()
    np.testing.assert_array_equal(wrapped[0], [2, 3, 0])
    np.testing.assert_array_equal(wrapped[1], [5, 6, 0, 1])
    rows, columns = Points((-2, 5), (3, 4)).grid()
    assert (rows + 10 * columns).shape == (3, 4)
