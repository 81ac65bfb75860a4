"""What a farm tells of itself while it runs."""

import math

import pytest

from raysys.farm.progress import Gauge


def test_quantiles_are_over_the_chains_that_have_begun():
    gauge = Gauge(5, moves=100)
    assert all(math.isnan(energy) for energy in gauge.energies)
    for number, energy in ((0, 3.0), (4, 1.0), (2, 8.0)):
        gauge.moved(number, energy, 10, ended=False)
    assert gauge.energies == (1.0, 3.0, 8.0)
    gauge.moved(4, 0.5, 20, ended=True)
    assert gauge.energies == (0.5, 3.0, 8.0)


def test_work_is_measured_in_moves_and_what_ended_chains_made_is_expected_of_the_others():
    gauge = Gauge(4, moves=100)
    gauge.moved(0, 1.0, 40, ended=False)
    found = gauge.read()
    assert (found["swaps"], found["fraction"]) == (40, pytest.approx(0.1))
    assert found["seconds_left"] == pytest.approx(360 / found["rate"])
    gauge.moved(0, 1.0, 50, ended=True)  # before its last stage: so may the others
    assert gauge.read()["fraction"] == pytest.approx(50 / 200)


def test_moves_of_an_earlier_run_are_done_but_are_no_speed():
    gauge = Gauge(2, moves=100)
    gauge.resumed(0, 1.0, 100, ended=True)
    gauge.resumed(1, 2.0, 60, ended=False)
    gauge.begin()
    found = gauge.read()
    assert (found["swaps"], found["rate"], found["fraction"]) == (160, 0.0, pytest.approx(0.8))
    assert found["seconds_left"] is None


def test_a_chain_that_failed_is_not_waited_for():
    gauge = Gauge(2, moves=100)
    gauge.moved(0, 1.0, 100, ended=True)
    assert gauge.read()["fraction"] == pytest.approx(0.5)
    gauge.dropped(1)
    assert gauge.read()["fraction"] == 1.0
    assert gauge.read()["seconds_left"] == 0.0


def test_what_runs_longer_than_expected_is_not_said_to_be_done():
    gauge = Gauge(2, moves=100)
    gauge.moved(0, 1.0, 50, ended=True)
    gauge.moved(1, 1.0, 70, ended=False)
    assert gauge.read()["fraction"] < 1
