"""The Ray actor of a farm: moves jobs on, and keeps the one that it is at between two calls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from raysys.farm.order import Job, Order, Result, Standing, State

__all__ = ["Assignment", "FarmWorker", "Report"]


@dataclass(frozen=True)
class Assignment:
    """A job that is to move on.

    `state` is None of a job that is new, and of one that the actor holds since it brought it to `step`: building a
    large job again from its state may be dear, as the recount of an annealing chain is.
    """

    number: int
    step: int = 0
    state: State | None = None


@dataclass(frozen=True)
class Report(Generic[Result]):
    """Where a job has come to: it has a `state` to go on from, or a `result` (it has `ended`), or an `error`."""

    number: int
    standing: Standing = field(default_factory=Standing)
    state: State | None = None
    ended: bool = False
    result: Result | None = None
    error: str | None = None


class FarmWorker(Generic[Result]):
    """Moves jobs of one order on; what it holds could be had from the driver as well."""

    def __init__(self, order: Order[Result]) -> None:
        self.order = order
        self.number: int | None = None
        self.job: Job[Result] | None = None

    def ready(self) -> None:
        """Answer, once the actor has its resources."""

    def advance(self, assignments: Sequence[Assignment], seconds: float) -> list[Report[Result]]:
        """Move jobs on, one to its end after the other, until `seconds` are over.

        Returns
        -------
        list of Report
            Of the first assignments, in their order, of one at least; those that time did not suffice for have none.
        """
        until = time.perf_counter() + seconds
        reports: list[Report[Result]] = []
        for assignment in assignments:
            left = until - time.perf_counter()
            if reports and left <= 0:
                break
            reports.append(self._moved(assignment, left))
        return reports

    def _moved(self, assignment: Assignment, seconds: float) -> Report[Result]:
        number = assignment.number
        try:
            job = self._taken(assignment)
            if not job.finished:
                job.advance(seconds)
            if job.finished:
                return Report(number, job.standing, ended=True, result=job.result())
            return Report(number, job.standing, state=job.state())
        except Exception as error:  # the other jobs of the call shall not be lost, and it would fail again elsewhere
            self.number = self.job = None
            return Report(number, error=f"{error}".strip() or type(error).__name__)

    def _taken(self, assignment: Assignment) -> Job[Result]:
        """The job of an assignment, from its beginning, its state, or memory."""
        number, step = assignment.number, assignment.step
        if assignment.state is not None:
            self.job = self.order.resume(number, assignment.state)
        elif step == 0:
            self.job = self.order.begin(number)
        elif self.job is None or (self.number, self.job.standing.step) != (number, step):
            raise RuntimeError(f"{self.order.nouns.job} {number} at {self.order.nouns.step} {step} is not held here")
        self.number = number
        return self.job
