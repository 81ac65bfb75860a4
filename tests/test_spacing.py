"""Evenly spaced choice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from raysys.spacing import evenly


@given(count=st.integers(0, 400), of=st.integers(0, 5_000))
def test_places_are_different_and_reach_from_end_to_end(count: int, of: int):
    places = evenly(count, of)
    assert places.dtype == np.int64
    assert len(places) == min(count, of)
    assert (np.diff(places) > 0).all()
    if len(places) > 1:
        assert (places[0], places[-1]) == (0, of - 1)
        # Gaps differ by the rounding alone.
        assert np.ptp(np.diff(places)) <= 2


def test_all_are_taken_where_there_are_no_more():
    assert evenly(9, 4).tolist() == [0, 1, 2, 3]
    assert evenly(3, 9).tolist() == [0, 4, 8]
    assert evenly(1, 9).tolist() == [0]
    assert evenly(4, 0).tolist() == []
