"""What a farm tells of itself while it runs."""

import math

import pytest

from raysys.farm.progress import Gauge


def test_quantiles_are_over_the_jobs_that_have_begun():
    gauge = Gauge(5, work=100)
    assert all(math.isnan(measure) for measure in gauge.measures)
    for number, measure in ((0, 3.0), (4, 1.0), (2, 8.0)):
        gauge.moved(number, measure, 10, ended=False)
    assert gauge.measures == (1.0, 3.0, 8.0)
    gauge.moved(4, 0.5, 20, ended=True)
    assert gauge.measures == (0.5, 3.0, 8.0)


def test_what_ended_jobs_did_is_expected_of_the_others():
    gauge = Gauge(4, work=100)
    gauge.moved(0, 1.0, 40, ended=False)
    reading = gauge.read()
    assert (reading["work"], reading["fraction"]) == (40, pytest.approx(0.1))
    assert reading["seconds_left"] == pytest.approx(360 / reading["rate"])
    gauge.moved(0, 1.0, 50, ended=True)  # before its last stage: so may the others
    assert gauge.read()["fraction"] == pytest.approx(50 / 200)


def test_work_of_an_earlier_run_is_done_but_is_no_speed():
    gauge = Gauge(2, work=100)
    gauge.resumed(0, 1.0, 100, ended=True)
    gauge.resumed(1, 2.0, 60, ended=False)
    gauge.begin()
    reading = gauge.read()
    assert (reading["work"], reading["rate"], reading["fraction"]) == (160, 0.0, pytest.approx(0.8))
    assert reading["seconds_left"] is None


def test_a_job_that_failed_is_not_waited_for():
    gauge = Gauge(2, work=100)
    gauge.moved(0, 1.0, 100, ended=True)
    assert gauge.read()["fraction"] == pytest.approx(0.5)
    gauge.dropped(1)
    assert gauge.read()["fraction"] == 1.0
    assert gauge.read()["seconds_left"] == 0.0


def test_what_runs_longer_than_expected_is_not_said_to_be_done():
    gauge = Gauge(2, work=100)
    gauge.moved(0, 1.0, 50, ended=True)
    gauge.moved(1, 1.0, 70, ended=False)
    assert gauge.read()["fraction"] < 1
