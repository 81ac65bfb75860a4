"""The actor's code, without an actor."""

import numpy as np
import pytest

from raysys.anneal import Known, Schedule, Target, anneal
from raysys.anneal.order import Order
from raysys.farm.worker import ChainWorker, Job

TARGET = Target.of_two_point(0.3, np.full(8, 0.09))
SCHEDULE = Schedule(stages=5, moves=200)


@pytest.fixture
def worker() -> ChainWorker:
    return ChainWorker(Order.of(TARGET, (16, 20), SCHEDULE, 7))


def test_several_chains_are_brought_to_their_end_in_one_call(worker):
    reports = worker.advance([Job(3), Job(0), Job(5)], seconds=60)
    assert [report.number for report in reports] == [3, 0, 5]
    for report in reports:
        expected = anneal(TARGET, (16, 20), seed=7, chain=report.number, schedule=SCHEDULE)
        assert report.result is not None
        np.testing.assert_array_equal(report.result.image, expected.image)
        assert (report.stage, report.stages, report.swaps, report.state) == (5, 5, 1000, None)


def test_a_call_without_time_makes_one_stage_of_the_first_chain(worker):
    (report,) = worker.advance([Job(0), Job(1)], seconds=0)
    assert (report.number, report.stage, report.swaps, report.result) == (0, 1, 200, None)
    assert report.state is not None


def test_a_chain_that_is_held_is_not_built_again(worker):
    worker.advance([Job(0)], seconds=0)
    held = worker.chain
    (report,) = worker.advance([Job(0, stage=1)], seconds=0)
    assert worker.chain is held
    assert report.stage == 2


def test_a_state_brought_from_elsewhere_goes_on(worker):
    (begun,) = worker.advance([Job(4)], seconds=0)
    (ended,) = ChainWorker(worker.order).advance([Job(4, begun.stage, begun.state)], seconds=60)
    expected = anneal(TARGET, (16, 20), seed=7, chain=4, schedule=SCHEDULE)
    assert ended.result is not None
    np.testing.assert_array_equal(ended.result.image, expected.image)


def test_a_chain_that_is_not_held_at_that_stage_is_no_other_chain(worker):
    worker.advance([Job(0)], seconds=0)
    for job in (Job(1, stage=1), Job(0, stage=3)):
        (report,) = worker.advance([job], seconds=0)
        assert report.error is not None
        assert "not held here" in report.error


def test_a_chain_that_fails_leaves_the_others():
    fixed = np.zeros((16, 20), bool)
    fixed[:, :14] = True
    image = np.zeros((16, 20), np.uint8)
    image[:, :6] = 1  # the whole 0.3: what is free has to be of the other phase
    worker = ChainWorker(Order.of(TARGET, (16, 20), SCHEDULE, 7, Known(image, fixed)))
    reports = worker.advance([Job(0), Job(1)], seconds=60)
    assert [report.number for report in reports] == [0, 1]
    assert all("free are of one phase" in (report.error or "") for report in reports)
