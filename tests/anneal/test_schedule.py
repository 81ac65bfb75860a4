"""Schedules: published values, ranges."""

import math

import numpy as np
import pytest

from raysys import RaysysError
from raysys.anneal import Chain, Schedule, Target, anneal


def test_defaults_are_the_published_numbers():
    schedule = Schedule()
    assert (schedule.first_temperature((128, 128)), schedule.alpha, schedule.stages) == (1e-7, 0.97, 250)
    assert schedule.selection == "interface"
    assert Schedule.published() == Schedule(selection="uniform", t0=1e-7)
    assert Schedule.published(stages=3).stages == 3


@pytest.mark.parametrize(("shape", "moves"), [((128, 128), 20_000), ((512, 512), 320_000), ((64, 128), 10_000)])
def test_moves_grow_with_the_number_of_pixels(shape, moves):
    assert Schedule().moves_for(shape) == moves
    assert Schedule(moves=5).moves_for(shape) == 5


@pytest.mark.parametrize("shape", [(128, 128), (512, 512), (256, 256, 256), (30, 41)])
def test_the_first_temperature_times_the_pixels_is_the_same_from_the_published_size_on(shape):
    assert Schedule().first_temperature(shape) * max(math.prod(shape), 128**2) == pytest.approx(1e-7 * 128**2)
    assert Schedule(t0=2e-6).first_temperature(shape) == 2e-6
    assert Schedule.published().first_temperature(shape) == 1e-7


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
        ("t0", "hot"),
        ("cooling", "fast"),
        ("stagnation", 0),
        ("keep", "worst"),
        ("levels", 0),
    ],
)
def test_a_value_out_of_range_is_named(name, value):
    with pytest.raises(RaysysError, match=f"{name} is .*allowed"):
        Schedule(**{name: value})


@pytest.fixture(scope="module")
def target(field):
    return Target.from_images(field((64, 64), 0.35, 3)[None], boundary="periodic")


def test_adaptive_cooling_follows_the_energys_deviation():
    schedule = Schedule(cooling="adaptive", alpha=0.9)
    assert schedule.cooled(1e-7, 1e-12) == pytest.approx(1e-7 * math.exp(-0.7 * 1e-7 / 1e-6))
    assert schedule.cooled(1e-7, 1e-20) == 0.5e-7  # far above what the energy does: as fast as allowed
    assert schedule.cooled(1e-7, 1.0) == pytest.approx(0.995e-7)
    assert schedule.cooled(1e-7, 0.0) == 0.9e-7  # frozen


def test_an_adaptive_chain_cools_by_its_own_history(target):
    result = anneal(target, (64, 64), seed=0, schedule=Schedule(cooling="adaptive", stages=60, moves=2000))
    ratios = result.history.temperature[1:] / result.history.temperature[:-1]
    assert ((ratios >= 0.5 - 1e-12) & (ratios <= 0.995 + 1e-12)).all()
    assert len(np.unique(ratios.round(6))) > 10
    assert result.energy < 1e-4 * Chain(target, (64, 64), seed=0).energy


@pytest.mark.parametrize("names", [{"S2": 1.0}, {"S2": 1e3}, {"S2": 1.0, "P4": 5.0, "L": 1.0}])
def test_the_first_temperature_is_found_for_any_target(field, names):
    """Whatever the weights: three in ten trial moves are accepted in equilibrium at it."""
    target = Target.from_images(field((64, 64), 0.35, 3)[None], names, boundary="periodic")
    schedule = Schedule(t0="auto", alpha=1.0, stages=25, moves=3000)
    result = anneal(target, (64, 64), seed=0, schedule=schedule)
    assert 0.15 < result.history.acceptance[-10:].mean() < 0.5
    assert anneal(target, (64, 64), seed=0, schedule=schedule).energy == result.energy


def test_a_chain_that_stagnates_ends(target):
    patient = anneal(target, (64, 64), seed=0, schedule=Schedule(moves=500, stages=600, alpha=0.9, stagnation=20))
    energy = patient.history.energy
    assert 20 < len(energy) < 600
    assert energy[-20:].min() >= 0.99 * energy[:-20].min()


def test_the_best_state_may_be_kept(target):
    schedule = Schedule(t0=1e-6, alpha=1.0, stages=30, moves=3000)
    last = Chain(target, (64, 64), seed=0, schedule=schedule)
    best = Chain(target, (64, 64), seed=0, schedule=Schedule(**schedule.as_dict() | {"keep": "best"}))
    last.advance()
    best.advance()
    result = best.reconstruction()
    assert result.energy == min(result.history.energy) < last.reconstruction().energy
    again = Chain(target, (64, 64), seed=0, start=result.image)
    assert again.energy == pytest.approx(result.energy, rel=1e-9)


def test_what_cannot_move_ends_at_once():
    """Two phases in two halves of a checkerboard of single free pixels would loop for ever, were it not noticed."""
    from raysys.anneal import Known

    image = np.zeros((8, 8), np.uint8)
    image[:, :4] = 1
    fixed = np.ones((8, 8), bool)
    fixed[0, 1] = fixed[0, 5] = False  # neither touches the other phase, and nothing else may
    chain = Chain(
        Target.of_two_point(0.5, [0.4, 0.3]), (8, 8), seed=0, start=image, known=Known(image, fixed)
    )  # fmt: skip
    assert chain.advance() == 1
    assert chain.finished
    assert chain.swaps == 0
