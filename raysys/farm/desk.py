"""What every driver of a farm does with what has come of its jobs, wherever they are worked at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic

import numpy as np

from raysys.farm.folder import Folder
from raysys.farm.ledger import Ledger
from raysys.farm.order import Order, Result, State
from raysys.farm.patience import Patience
from raysys.farm.progress import Progress
from raysys.farm.worker import Report

__all__ = ["Desk"]


class Desk(ABC, Generic[Result]):
    """Writes down what comes of jobs, and tells it; parameters as of `raysys.farm.run`.

    Attributes
    ----------
    ledger
        Holds the results, and why jobs have failed.
    """

    def __init__(
        self,
        order: Order[Result],
        jobs: int,
        folder: Folder[Result] | None,
        patience: Patience,
        progress: Callable[[Progress], None] | None,
        finished: Callable[[Result], None] | None,
    ) -> None:
        self.order, self.folder, self.patience = order, folder, patience
        self.progress, self.finished = progress, finished
        self.ledger = Ledger(order, jobs)

    def resume(self, states: dict[int, State], results: dict[int, Result]) -> None:
        """Take up what an earlier run has left; its results are told first."""
        self.ledger.resume(states, results)
        for result in self.ledger.results.values():
            if self.finished:
                self.finished(result)

    @abstractmethod
    def run(self, deadline: float) -> None:
        """Until every job is a result or has failed."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind, also where the caller interrupted."""

    @abstractmethod
    def staff(self) -> tuple[int, int]:
        """Workers that are at work, and those that wait for their resources."""

    def see_to(self, reports: Sequence[Report[Result]]) -> None:
        """Keep what has come of jobs in the folder, and tell the callers."""
        if self.folder:
            self._write(self.folder, reports)
        for report in reports:
            if report.ended and self.finished:
                self.finished(self.ledger.results[report.number])
        if reports and self.progress:
            self._tell(self.progress, reports[-1])

    def _write(self, folder: Folder[Result], reports: Sequence[Report[Result]]) -> None:
        for report in reports:
            if report.state is not None:
                folder.keep(report.number, report.state)
        ended = {report.number: self.ledger.results[report.number] for report in reports if report.ended}
        if ended:
            folder.end(ended)

    def _tell(self, progress: Callable[[Progress], None], report: Report[Result]) -> None:
        """Say how things stand, after the job of the report has moved on."""
        (workers, pending), standing = self.staff(), report.standing
        progress(
            Progress(
                report.number,
                standing.step,
                standing.steps,
                standing.measure,
                finished=len(self.ledger.results),
                jobs=self.ledger.jobs,
                workers=workers,
                pending=pending,
                failed=len(self.ledger.failed),
                shown=lambda: self._image(report),
                **self.ledger.gauge.read(),
            )
        )

    def _image(self, report: Report[Result]) -> np.ndarray | None:
        """What a job looks like now."""
        if report.state is not None:
            return self.order.image(report.state)
        return self.order.image_of_result(self.ledger.results[report.number]) if report.ended else None
