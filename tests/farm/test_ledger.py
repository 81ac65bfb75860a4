"""The books of a farm: which jobs go out together, which go alone, and which are given up."""

import math

import pytest
from support.walking import Stroll

from raysys.farm import Standing
from raysys.farm.conformance import alone
from raysys.farm.ledger import Ledger
from raysys.farm.worker import Report

ORDER = Stroll()


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(ORDER, 40)
    ledger.resume({}, {})
    return ledger


def ended(*numbers: int) -> list[Report]:
    return [Report(number, ended=True, result=alone(ORDER, number)) for number in numbers]


def test_jobs_go_out_one_by_one_until_it_is_known_that_they_are_short(ledger):
    assert ledger.take(1.0, workers=2) == (0,)
    ledger.time(0.1, ended(0))
    assert ledger.take(1.0, workers=2) == tuple(range(1, 11))  # ten tenths of a second
    assert len(ledger.take(9.0, workers=2)) == math.ceil(29 / 4)  # not all at once: other workers want some, too


def test_jobs_that_do_not_end_within_a_call_go_out_one_by_one_again(ledger):
    ledger.time(0.1, ended(0))
    ledger.time(1.0, [Report(1, Standing(1, 5), state=({}, {}))])
    assert len(ledger.take(1.0, workers=1)) == 1


def test_a_job_under_way_goes_before_others_and_those_without_time_after_it(ledger):
    ledger.time(0.01, ended(0))
    numbers = ledger.take(0.03, workers=1)
    ledger.give_back(numbers[1:])
    ledger.note(Report(numbers[0], ORDER.at([3]), state=({}, {})))
    assert list(ledger.waiting)[:4] == [0, 1, 2, 3]


def test_of_several_jobs_with_which_a_worker_has_died_each_goes_alone_next(ledger):
    ledger.time(0.01, ended(0))
    numbers = ledger.take(0.03, workers=1)
    assert numbers == (0, 1, 2)
    ledger.blame(numbers, "its worker died", attempts=3)
    assert [ledger.take(1.0, workers=1) for _ in range(3)] == [(0,), (1,), (2,)]
    assert len(ledger.take(1.0, workers=1)) > 1
    assert not ledger.failed  # none was alone with it


def test_a_job_that_kills_its_workers_is_given_up_unless_it_comes_further_in_between(ledger):
    for _ in range(2):
        ledger.blame([ledger.waiting.popleft()], "its worker died", attempts=3)
    ledger.note(Report(ledger.waiting.popleft(), ORDER.at([1]), state=({}, {})))
    for _ in range(2):
        ledger.blame([ledger.waiting.popleft()], "its worker died", attempts=3)
    assert not ledger.failed
    ledger.blame([ledger.waiting.popleft()], "its worker died", attempts=3)
    assert ledger.failed == {0: "its worker died, 3 times without a checkpoint in between"}
    assert ledger.waiting[0] == 1


def test_what_an_earlier_run_has_left_is_taken_up():
    job = ORDER.begin(1)
    job.advance(0)
    ledger = Ledger(ORDER, 3)
    ledger.resume({1: job.state(), 7: job.state()}, {0: alone(ORDER, 0), 9: alone(ORDER, 9)})
    assert list(ledger.results) == [0]
    assert list(ledger.waiting) == [1, 2]
    assert (ledger.step(1), ledger.step(2)) == (1, 0)
    assert ledger.gauge.read()["work"] == ORDER.work + ORDER.paces
    assert not ledger.over


def test_it_is_over_when_every_job_has_ended_or_failed():
    ledger = Ledger(ORDER, 2)
    ledger.resume({}, {0: alone(ORDER, 0)})
    assert not ledger.over
    ledger.fail(1, "the deadline came first")
    assert ledger.over


def test_nothing_may_be_the_result():
    ledger = Ledger(ORDER, 1)
    ledger.resume({}, {})
    ledger.note(Report(ledger.waiting.popleft(), Standing(), ended=True))
    assert ledger.results == {0: None}
    assert ledger.over
