"""A farm so small that its jobs are done before Ray would have started: in this process, one after the other."""

from __future__ import annotations

import os
import sys
import time

from raysys.farm.desk import Desk
from raysys.farm.order import Order, Result
from raysys.farm.worker import Assignment, FarmWorker

__all__ = ["Alone", "is_small"]


def is_small(order: Order[Result], jobs: int, address: str | None, workers: int | None) -> bool:
    """Whether jobs are worked at here: few units of work, and neither a Ray that runs nor workers were asked for."""
    ray = sys.modules.get("ray")
    elsewhere = address not in (None, "local") or (address is None and os.environ.get("RAY_ADDRESS"))
    running = ray is not None and ray.is_initialized()
    return not (elsewhere or running or workers is not None) and jobs * order.work <= order.small


class Alone(Desk[Result]):
    """The driver that is its own worker; results are those that any other farm has."""

    def staff(self) -> tuple[int, int]:
        """One, which never waits."""
        return 1, 0

    def run(self, deadline: float) -> None:
        """Until every job is a result or has failed."""
        worker = FarmWorker(self.order)
        self.ledger.gauge.begin()
        while not self.ledger.over:
            numbers = self.ledger.take(self.patience.checkpoint, 1)
            if time.monotonic() > deadline:
                for number in numbers + tuple(self.ledger.waiting):
                    self.ledger.fail(number, "the deadline came first")
                return
            begun = time.monotonic()
            reports = worker.advance([self._assignment(worker, one) for one in numbers], self.patience.checkpoint)
            self.ledger.give_back(numbers[len(reports) :])
            for report in reports:
                self.ledger.note(report)
            self.ledger.time(time.monotonic() - begun, reports)
            self.see_to(reports)

    def _assignment(self, worker: FarmWorker[Result], number: int) -> Assignment:
        """A job, with its state unless the worker has it in memory."""
        state = None if worker.number == number else self.ledger.states.get(number)
        return Assignment(number, self.ledger.step(number), state)

    def close(self) -> None:
        """Nothing was started."""
