"""The driver's side of a farm: which actor has which jobs, and what it answers. The books are the ledger's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from raysys.cluster import ONE_THREAD, require_places
from raysys.errors import RaysysError
from raysys.farm.desk import Desk
from raysys.farm.folder import Folder
from raysys.farm.order import Order, Result
from raysys.farm.patience import Patience
from raysys.farm.progress import Progress
from raysys.farm.worker import Assignment, FarmWorker, Report

__all__ = ["Dispatch"]

POLL = 0.2  # seconds between looks at the clock while nothing happens


@dataclass
class Task:
    """A call that runs on an actor: of these jobs, or of `ready` without any."""

    actor: Any
    numbers: tuple[int, ...] = ()
    since: float = field(default_factory=time.monotonic)


class Dispatch(Desk[Result]):
    """Gives jobs to actors until every job is a result or has failed."""

    def __init__(
        self,
        order: Order[Result],
        jobs: int,
        folder: Folder[Result] | None,
        workers: int | None,
        patience: Patience,
        progress: Callable[[Progress], None] | None,
        finished: Callable[[Result], None] | None,
    ) -> None:
        import ray

        super().__init__(order, jobs, folder, patience, progress, finished)
        self.ray: Any = ray
        require_places(1, order.resources.by_kind, what=order.nouns.work, remedy="smaller workers")
        self.workers = workers or order.resources.places(self.ray.cluster_resources())
        self.actor_class: Any = ray.remote(FarmWorker).options(**_actor_options(order))
        self.shared = ray.put(order)  # once for each node, instead of once for each actor
        self.actors: list[Any] = []
        self.tasks: dict[Any, Task] = {}
        self.holders: dict[int, Any] = {}  # the actor that holds a job under way
        self.false_starts = 0
        self.last_work = time.monotonic()

    def run(self, deadline: float) -> None:
        """Until every job is a result or has failed."""
        self.hire()
        self.ledger.gauge.begin()
        while not self.ledger.over:
            done, _ = self.ray.wait(list(self.tasks), timeout=POLL)
            for reference in done:
                self.receive(reference, self.tasks.pop(reference))
            self.look_at_clock(deadline)

    def hire(self) -> None:
        """Ask for actors, as many as there is work for."""
        wanted = min(self.workers, len(self.ledger.waiting) + len(self.at_work()))
        while len(self.tasks) < wanted:
            actor = self.actor_class.remote(self.shared)
            self.actors.append(actor)
            self.tasks[actor.ready.remote()] = Task(actor)

    def at_work(self) -> list[Task]:
        """The calls that jobs are in; the others wait for an actor to begin."""
        return [task for task in self.tasks.values() if task.numbers]

    def employ(self, actor: Any) -> None:
        """Give the next jobs to an actor; let it go if there are none."""
        if not self.ledger.waiting:
            self.let_go(actor)
            return
        numbers = self.ledger.take(self.patience.checkpoint, self.workers)
        assignments = [self.assignment(number, actor) for number in numbers]
        self.tasks[actor.advance.remote(assignments, self.patience.checkpoint)] = Task(actor, numbers)

    def assignment(self, number: int, actor: Any) -> Assignment:
        """A job for an actor, with its state unless the actor has it in memory."""
        state = None if self.holders.get(number) is actor else self.ledger.states.get(number)
        return Assignment(number, self.ledger.step(number), state)

    def receive(self, reference: Any, task: Task) -> None:
        """Take an answer, or the news of a death."""
        try:
            reports = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:  # the code failed, before it could say of which job
            reason = str(error.cause if error.cause is not None else error).strip()
            self.ledger.blame(task.numbers, reason, attempts=1)
            self.employ(task.actor)
            self.hire()
        except self.ray.exceptions.RayError as error:
            self.bury(task, f"its worker died ({_cause(error)})")
        else:
            self.last_work, self.false_starts = time.monotonic(), 0
            self.take(task, reports or [])

    def take(self, task: Task, reports: Sequence[Report[Result]]) -> None:
        """Sort the jobs of an answer into results, failures and those that go on; then see to files and callers."""
        self.ledger.give_back(task.numbers[len(reports) :])  # time did not suffice for these
        for report in reports:
            self.ledger.note(report)
            self.holders.pop(report.number, None)
            if report.state is not None:
                self.holders[report.number] = task.actor
        self.ledger.time(time.monotonic() - task.since, reports)
        self.employ(task.actor)  # the actor works while files are written
        self.hire()
        self.see_to(reports)

    def bury(self, task: Task, reason: str) -> None:
        """An actor is gone: its jobs go back to the front of the queue, a fresh actor is asked for."""
        self.let_go(task.actor)  # in case it only seems dead
        self.holders = {number: actor for number, actor in self.holders.items() if actor is not task.actor}
        if not task.numbers:
            self.false_starts += 1
            if self.false_starts >= self.patience.attempts * self.workers:
                raise RaysysError(
                    f"{self.order.nouns.work}: no worker outlives its start, {self.false_starts} in a row ({reason})"
                )
        self.ledger.blame(task.numbers, reason, self.patience.attempts)
        self.hire()

    def look_at_clock(self, deadline: float) -> None:
        """Notice what does not happen: an answer, a first worker, an end before the deadline."""
        now = time.monotonic()
        for reference, task in list(self.tasks.items()):
            if task.numbers and now - task.since > self.patience.answer:
                del self.tasks[reference]
                self.bury(task, f"its worker gave no answer for {self.patience.answer:g} s")
        at_work, waiting = self.at_work(), self.ledger.waiting
        if at_work:
            self.last_work = now
        elif waiting and now - self.last_work > self.patience.start:
            missing = self.order.resources.missing(
                self.patience.start, self.ray.cluster_resources(), self.ray.available_resources()
            )
            raise RaysysError(f"{self.order.nouns.work}: {missing}")
        if now > deadline:
            for number in [*waiting, *(number for task in at_work for number in task.numbers)]:
                self.ledger.fail(number, "the deadline came first")
            waiting.clear()

    def staff(self) -> tuple[int, int]:
        """Actors that jobs are in, and those that have not begun."""
        at_work = len(self.at_work())
        return at_work, len(self.tasks) - at_work

    def let_go(self, actor: Any) -> None:
        """End an actor, whatever it is doing."""
        self.actors.remove(actor)
        self.ray.kill(actor)

    def close(self) -> None:
        """Let all actors go, also one whose answer was just being read when the caller interrupted."""
        for actor in list(self.actors):
            self.let_go(actor)


def _cause(error: Exception) -> str:
    """Why an actor is gone: what was raised when it was made, such as a module that its node lacks, or Ray's word."""
    lines = str(error).strip().splitlines()
    return lines[-1] if "error raised in its creation task" in lines[0] else type(error).__name__


def _actor_options(order: Order[Any]) -> dict[str, Any]:
    """How Ray is to place a worker: spread over the nodes, with its resources."""
    resources = order.resources
    options: dict[str, Any] = {"num_cpus": resources.cpus, "num_gpus": resources.gpus, "scheduling_strategy": "SPREAD"}
    if resources.threads > 1:  # `raysys.cluster` gives each worker one numerical thread
        options["runtime_env"] = {"env_vars": dict.fromkeys(ONE_THREAD, str(resources.threads))}
    return options
