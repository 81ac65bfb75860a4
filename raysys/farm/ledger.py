"""Which jobs of a farm wait, how far each has come, and what became of it; of workers it knows the numbers only."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Generic

from raysys.farm.order import Order, Result, Standing, State
from raysys.farm.progress import Gauge
from raysys.farm.worker import Report

__all__ = ["Ledger"]


class Ledger(Generic[Result]):
    """The books of one farm.

    Parameters
    ----------
    order, jobs
        What is made, and how many of it.

    Attributes
    ----------
    waiting
        Numbers of the jobs that no worker has, those to be begun next in front.
    states
        Last checkpoints of the jobs under way.
    results, failed
        Of the jobs that are over; `failed` says why.
    suspects
        Jobs that were with others when a worker died.
    pace
        Seconds that a whole job takes, the call included; infinite if longer than a call.
    """

    def __init__(self, order: Order[Result], jobs: int) -> None:
        self.order, self.jobs = order, jobs
        self.gauge = Gauge(jobs, order.work)
        self.waiting: deque[int] = deque()
        self.states: dict[int, State] = {}
        self.results: dict[int, Result] = {}
        self.failed: dict[int, str] = {}
        self.suspects: set[int] = set()
        self.pace = math.inf
        self._deaths: dict[int, int] = {}

    def resume(self, states: Mapping[int, State], results: Mapping[int, Result]) -> None:
        """Take up what an earlier run has left of the jobs 0..jobs-1."""
        for number in range(self.jobs):
            if number in results:
                self.results[number] = results[number]
                self._place(number, self.order.standing_of_result(results[number]), ended=True)
                continue
            self.waiting.append(number)
            if number in states:
                self.states[number] = states[number]
                self._place(number, self.order.standing(states[number]), ended=False)

    def _place(self, number: int, standing: Standing, *, ended: bool) -> None:
        self.gauge.resumed(number, standing.measure, standing.work, ended=ended)

    @property
    def over(self) -> bool:
        """Whether every job is a result or has failed."""
        return len(self.results) + len(self.failed) >= self.jobs

    def step(self, number: int) -> int:
        """Steps that a job has made by its last checkpoint."""
        return self.order.standing(self.states[number]).step if number in self.states else 0

    def take(self, seconds: float, workers: int) -> tuple[int, ...]:
        """Numbers for the next call: one, or as many as take `seconds` while jobs are short, but not all at once."""
        fitting = min(seconds / self.pace, math.ceil(len(self.waiting) / (2 * workers)))
        numbers = [self.waiting.popleft()]
        # A job with which a worker has died goes alone: if it is to blame, it shall not take others with it.
        while len(numbers) < fitting and self.suspects.isdisjoint({numbers[-1], self.waiting[0]}):
            numbers.append(self.waiting.popleft())
        return tuple(numbers)

    def give_back(self, numbers: Sequence[int]) -> None:
        """Jobs come to the front of the queue again, in their order."""
        self.waiting.extendleft(reversed(numbers))

    def note(self, report: Report[Result]) -> None:
        """Write down where a job has come to."""
        number = report.number
        self.states.pop(number, None)
        self._deaths.pop(number, None)
        self.suspects.discard(number)
        if report.error is not None:
            self.fail(number, report.error)
            return
        self.gauge.moved(number, report.standing.measure, report.standing.work, ended=report.ended)
        if report.ended:
            self.results[number] = report.result  # type: ignore[assignment]  # None may be the result
        elif report.state is not None:
            self.states[number] = report.state
            self.waiting.appendleft(number)  # before others are begun, and so by the same worker

    def time(self, seconds: float, reports: Sequence[Report[Result]]) -> None:
        """What a call of so many seconds says about the time that a job takes."""
        if reports:
            over = sum(report.state is None for report in reports)
            self.pace = seconds / over if over else math.inf

    def blame(self, numbers: Sequence[int], reason: str, attempts: int) -> None:
        """Count a death against the job that was at work; of several nobody knows which, so each goes alone next."""
        self.suspects.update(numbers)
        for number in reversed(numbers):
            self._deaths[number] = self._deaths.get(number, 0) + (len(numbers) == 1)
            if self._deaths[number] < attempts:
                self.waiting.appendleft(number)
            else:
                times = f", {attempts} times without a checkpoint in between" if attempts > 1 else ""
                self.fail(number, f"{reason}{times}")

    def fail(self, number: int, reason: str) -> None:
        """Nothing more will come of a job."""
        self.failed[number] = reason
        self.gauge.dropped(number)
