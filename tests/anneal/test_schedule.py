"""Schedules: published values, ranges."""

import pytest

from raysys import RaysysError
from raysys.anneal import Schedule


def test_defaults_are_the_published_numbers():
    schedule = Schedule()
    assert (schedule.t0, schedule.alpha, schedule.stages) == (1e-7, 0.97, 250)
    assert schedule.selection == "interface"
    assert Schedule.published() == Schedule(selection="uniform")
    assert Schedule.published(stages=3).stages == 3


@pytest.mark.parametrize(("shape", "moves"), [((128, 128), 20_000), ((512, 512), 320_000), ((64, 128), 10_000)])
def test_moves_grow_with_the_number_of_pixels(shape, moves):
    assert Schedule().moves_for(shape) == moves
    assert Schedule(moves=5).moves_for(shape) == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("t0", -1.0),
        ("t0", float("nan")),
        ("alpha", 0.0),
        ("alpha", 1.1),
        ("stages", 0),
        ("moves", 0),
        ("selection", "dnp"),
        ("threshold", -1e-9),
        ("acceptance", "never"),
    ],
)
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(RaysysError, match=f"{name} is .*allowed"):
        Schedule(**{name: value})
