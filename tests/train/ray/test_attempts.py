"""Which failures of Ray Train's are worth another start."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from ray.exceptions import ActorDiedError
from ray.train.v2.api.exceptions import ControllerError, TrainingFailedError, WorkerGroupError

from raysys.errors import RaysysError
from raysys.train.ray.attempts import fitted


def trainers(*fates: TrainingFailedError | str) -> tuple[list[int], object]:
    """Makes trainers that end so, one after the other."""
    made: list[int] = []

    def make() -> SimpleNamespace:
        fate = fates[len(made)]
        made.append(1)

        def fit() -> str:
            if isinstance(fate, Exception):
                raise fate
            return fate

        return SimpleNamespace(fit=fit)

    return made, make


def test_a_worker_that_dies_while_the_group_starts_is_made_good():
    made, make = trainers(ControllerError(ActorDiedError()), ControllerError(ActorDiedError()), "done")
    with pytest.warns(UserWarning, match="a worker has died while all were being started"):
        assert fitted(make, Path("run"), failures=2) == "done"
    assert len(made) == 3


@pytest.mark.parametrize(
    "error",
    [
        WorkerGroupError("RaysysError: no room", {0: ValueError("no room")}),  # Ray Train has tried it again itself
        ControllerError(ValueError("no room")),
    ],
)
def test_other_failures_are_told_at_once(error: TrainingFailedError):
    made, make = trainers(error)
    with pytest.raises(RaysysError, match="training in run failed: no room"):
        fitted(make, Path("run"), failures=2)
    assert len(made) == 1


def test_there_is_an_end_to_it():
    made, make = trainers(*[ControllerError(ActorDiedError())] * 2)
    with pytest.warns(UserWarning, match="started again"), pytest.raises(RaysysError, match="training in run failed"):
        fitted(make, Path("run"), failures=1)
    assert len(made) == 2
