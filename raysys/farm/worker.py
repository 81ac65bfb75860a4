"""The Ray actor of a farm: moves chains on, and keeps the one that it is at between two calls."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from raysys.anneal.chain import Chain
from raysys.anneal.order import Order, State
from raysys.anneal.reconstruction import Reconstruction

__all__ = ["ChainWorker", "Job", "Report"]


@dataclass(frozen=True)
class Job:
    """A chain that is to move on.

    `state` is None of a chain that is new, and of one that the actor holds since it brought it to `stage`: building a
    large chain again from its state would cost a recount.
    """

    number: int
    stage: int = 0
    state: State | None = None


@dataclass(frozen=True)
class Report:
    """Where a chain has come to: it has a `state` to go on from, or a `result`, or an `error`."""

    number: int
    stage: int = 0
    stages: int = 0
    energy: float = math.nan
    swaps: int = 0
    state: State | None = None
    result: Reconstruction | None = None
    error: str | None = None


class ChainWorker:
    """Moves chains of one order on; what it holds could be had from the driver as well."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.chain: Chain | None = None

    def ready(self) -> None:
        """Answer, once the actor has its CPU."""

    def advance(self, jobs: Sequence[Job], seconds: float) -> list[Report]:
        """Move chains on, one to its end after the other, until `seconds` are over.

        Returns
        -------
        list of Report
            Of the first jobs, in their order, of one at least; those that time did not suffice for have none.
        """
        until = time.perf_counter() + seconds
        reports: list[Report] = []
        for job in jobs:
            left = until - time.perf_counter()
            if reports and left <= 0:
                break
            reports.append(self._moved(job, left))
        return reports

    def _moved(self, job: Job, seconds: float) -> Report:
        try:
            chain = self.chain = self._chain(job)
            chain.advance(seconds=seconds)
            state = None if chain.finished else self.order.kept(chain)
            result = chain.reconstruction() if chain.finished else None
        except Exception as error:  # the other chains of the call shall not be lost, and it would fail again elsewhere
            self.chain = None
            return Report(job.number, error=f"{error}".strip() or type(error).__name__)
        return Report(job.number, chain.stage, chain.stages, chain.energy, chain.swaps, state, result)

    def _chain(self, job: Job) -> Chain:
        if job.state is not None:
            return self.order.resume(job.state)
        if job.stage == 0:
            return self.order.begin(job.number)
        if self.chain is None or (self.chain.chain, self.chain.stage) != (job.number, job.stage):
            raise RuntimeError(f"chain {job.number} at stage {job.stage} is not held here")
        return self.chain
