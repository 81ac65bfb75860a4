"""The actor's code, without an actor."""

import pytest
from support.walking import Stroll

from raysys.farm.conformance import alone
from raysys.farm.worker import Assignment, FarmWorker

ORDER = Stroll(seed=7)


@pytest.fixture
def worker() -> FarmWorker:
    return FarmWorker(ORDER)


def test_several_jobs_are_brought_to_their_end_in_one_call(worker):
    reports = worker.advance([Assignment(3), Assignment(0), Assignment(5)], seconds=60)
    assert [report.number for report in reports] == [3, 0, 5]
    for report in reports:
        assert report.result == alone(ORDER, report.number)
        assert (report.standing.step, report.standing.steps, report.standing.work) == (5, 5, 50)
        assert (report.ended, report.state, report.error) == (True, None, None)


def test_a_call_without_time_makes_one_step_of_the_first_job(worker):
    (report,) = worker.advance([Assignment(0), Assignment(1)], seconds=0)
    assert (report.number, report.standing.step, report.standing.work, report.ended) == (0, 1, 10, False)
    assert report.state is not None


def test_a_job_that_is_held_is_not_built_again(worker):
    worker.advance([Assignment(0)], seconds=0)
    job = worker.job
    (report,) = worker.advance([Assignment(0, step=1)], seconds=0)
    assert worker.job is job
    assert report.standing.step == 2


def test_a_state_brought_from_elsewhere_goes_on(worker):
    (begun,) = worker.advance([Assignment(4)], seconds=0)
    (ended,) = FarmWorker(ORDER).advance([Assignment(4, begun.standing.step, begun.state)], seconds=60)
    assert ended.result == alone(ORDER, 4)


def test_a_job_that_is_not_held_at_that_step_is_no_other_job(worker):
    worker.advance([Assignment(0)], seconds=0)
    for assignment in (Assignment(1, step=1), Assignment(0, step=3)):
        (report,) = worker.advance([assignment], seconds=0)
        assert f"walk {assignment.number} at stretch {assignment.step} is not held here" in report.error
        worker.advance([Assignment(0)], seconds=0)


def test_a_job_that_fails_leaves_the_others():
    reports = FarmWorker(Stroll(stumbling=1)).advance([Assignment(number) for number in range(3)], seconds=60)
    assert [report.error for report in reports] == [None, "walk 1 stumbled", None]
    assert [report.ended for report in reports] == [True, False, True]
