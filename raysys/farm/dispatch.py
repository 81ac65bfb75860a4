"""The driver's side of a farm: which chain is where, and what became of it."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from raysys.anneal.order import Order, State
from raysys.anneal.reconstruction import Reconstruction
from raysys.errors import RaysysError
from raysys.farm.folder import Folder
from raysys.farm.progress import Gauge, Progress
from raysys.farm.worker import ChainWorker, Job, Report

__all__ = ["Dispatch", "Patience"]

POLL = 0.2  # seconds between looks at the clock while nothing happens


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    `checkpoint`: between two checkpoints of a chain (at least one stage), which is what a death may lose; `start`: for
    the first worker to get a CPU; `answer`: for a checkpoint from a worker, before it is taken for dead; `attempts`:
    deaths of workers in a row, without a checkpoint in between, after which a chain counts as failed.
    """

    checkpoint: float = 1.0
    start: float = 60.0
    answer: float = 600.0
    attempts: int = 3


@dataclass
class Task:
    """A call that runs on an actor: of these chains, or of `ready` without any."""

    actor: Any
    numbers: tuple[int, ...] = ()
    since: float = field(default_factory=time.monotonic)


class Dispatch:
    """Gives chains to actors until every chain is a result or has failed.

    Attributes
    ----------
    results, failed
        By the chains' numbers; `failed` says why.
    """

    def __init__(
        self,
        order: Order,
        chains: int,
        folder: Folder | None,
        workers: int | None,
        patience: Patience,
        progress: Callable[[Progress], None] | None,
        finished: Callable[[Reconstruction], None] | None,
    ) -> None:
        import ray

        self.ray: Any = ray
        self.order, self.chains, self.folder, self.patience = order, chains, folder, patience
        self.progress, self.finished = progress, finished
        self.workers = workers or max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        self.actor_class: Any = ray.remote(ChainWorker).options(num_cpus=1, scheduling_strategy="SPREAD")
        self.shared = ray.put(order)  # once for each node, instead of once for each actor
        self.gauge = Gauge(chains, order.moves)
        self.waiting: deque[int] = deque()
        self.states: dict[int, State] = {}
        self.holders: dict[int, Any] = {}  # the actor that holds a chain under way
        self.deaths: dict[int, int] = {}
        self.suspects: set[int] = set()  # chains that were with others when a worker died
        self.pace = math.inf  # seconds that a whole chain takes, the call included; infinite if longer than a call
        self.actors: list[Any] = []
        self.tasks: dict[Any, Task] = {}
        self.results: dict[int, Reconstruction] = {}
        self.failed: dict[int, str] = {}
        self.false_starts = 0
        self.last_work = time.monotonic()

    def resume(self, states: dict[int, State], results: dict[int, Reconstruction]) -> None:
        """Take up what an earlier run has left of the chains 0..chains-1."""
        for number in range(self.chains):
            if number in results:
                result = self.results[number] = results[number]
                self.gauge.resumed(number, result.energy, result.swaps, ended=True)
                if self.finished:
                    self.finished(result)
                continue
            self.waiting.append(number)
            if number in states:
                description, arrays = self.states[number] = states[number]
                energies = arrays["history"][:, 1]
                energy = float(energies[-1]) if len(energies) else math.nan
                self.gauge.resumed(number, energy, description["swaps"], ended=False)

    def run(self, deadline: float) -> None:
        """Until every chain is a result or has failed."""
        self.hire()
        self.gauge.begin()
        while len(self.results) + len(self.failed) < self.chains:
            done, _ = self.ray.wait(list(self.tasks), timeout=POLL)
            for reference in done:
                self.receive(reference, self.tasks.pop(reference))
            self.look_at_clock(deadline)

    def hire(self) -> None:
        """Ask for actors, as many as there is work for."""
        wanted = min(self.workers, len(self.waiting) + sum(bool(task.numbers) for task in self.tasks.values()))
        while len(self.tasks) < wanted:
            actor = self.actor_class.remote(self.shared)
            self.actors.append(actor)
            self.tasks[actor.ready.remote()] = Task(actor)

    def employ(self, actor: Any) -> None:
        """Give the next chains to an actor; let it go if there are none."""
        if not self.waiting:
            self.let_go(actor)
            return
        numbers = tuple(self.next_numbers())
        jobs = [self.job(number, actor) for number in numbers]
        self.tasks[actor.advance.remote(jobs, self.patience.checkpoint)] = Task(actor, numbers)

    def next_numbers(self) -> Sequence[int]:
        """One chain; as many as take the time between checkpoints while they are short, but not all at once."""
        fitting = min(self.patience.checkpoint / self.pace, math.ceil(len(self.waiting) / (2 * self.workers)))
        numbers = [self.waiting.popleft()]
        # A chain with which a worker has died goes alone: if it is to blame, it shall not take others with it.
        while len(numbers) < fitting and self.suspects.isdisjoint({numbers[-1], self.waiting[0]}):
            numbers.append(self.waiting.popleft())
        return numbers

    def job(self, number: int, actor: Any) -> Job:
        state = self.states.get(number)
        if state is None:
            return Job(number)
        return Job(number, state[0]["stage"], None if self.holders.get(number) is actor else state)

    def receive(self, reference: Any, task: Task) -> None:
        """Take an answer, or the news of a death."""
        try:
            reports = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:  # the code failed, before it could say of which chain
            reason = str(error.cause if error.cause is not None else error).strip()
            self.blame(task, reason, attempts=1)
            self.employ(task.actor)
            self.hire()
        except self.ray.exceptions.RayError as error:
            self.bury(task, f"its worker died ({type(error).__name__})")
        else:
            self.last_work, self.false_starts = time.monotonic(), 0
            self.take(task, reports or [])

    def take(self, task: Task, reports: Sequence[Report]) -> None:
        """Sort the chains of an answer into results, failures and those that go on; then see to files and callers."""
        for number in reversed(task.numbers[len(reports) :]):  # time did not suffice for these
            self.waiting.appendleft(number)
        for report in reports:
            self.note(report, task.actor)
        self.measure_pace(task, reports)
        self.employ(task.actor)  # the actor works while files are written
        self.hire()
        ended = [report.result for report in reports if report.result is not None]
        if self.folder:
            for report in reports:
                if report.state is not None:
                    self.folder.keep(report.number, report.state)
            if ended:
                self.folder.end(ended)
        for result in ended:
            if self.finished:
                self.finished(result)
        if reports:
            self.tell(reports[-1])

    def note(self, report: Report, actor: Any) -> None:
        number = report.number
        for held in (self.states, self.holders, self.deaths):
            held.pop(number, None)
        self.suspects.discard(number)
        if report.error is not None:
            self.fail(number, report.error)
            return
        self.gauge.moved(number, report.energy, report.swaps, ended=report.result is not None)
        if report.result is not None:
            self.results[number] = report.result
        if report.state is not None:
            self.states[number], self.holders[number] = report.state, actor
            self.waiting.appendleft(number)  # before others are begun, and so by the same actor

    def measure_pace(self, task: Task, reports: Sequence[Report]) -> None:
        if reports:
            ended = sum(report.state is None for report in reports)
            self.pace = (time.monotonic() - task.since) / ended if ended else math.inf

    def fail(self, number: int, reason: str) -> None:
        self.failed[number] = reason
        self.gauge.dropped(number)

    def bury(self, task: Task, reason: str) -> None:
        """An actor is gone: its chains go back to the front of the queue, a fresh actor is asked for."""
        self.let_go(task.actor)  # in case it only seems dead
        self.holders = {number: actor for number, actor in self.holders.items() if actor is not task.actor}
        if not task.numbers:
            self.false_starts += 1
            if self.false_starts >= self.patience.attempts * self.workers:
                raise RaysysError(f"annealing: {self.false_starts} workers in a row died at their start ({reason})")
        self.blame(task, reason, self.patience.attempts)
        self.hire()

    def blame(self, task: Task, reason: str, attempts: int) -> None:
        """Count a death against the chain that was at work; of several nobody knows which, so each goes alone next."""
        self.suspects.update(task.numbers)
        for number in reversed(task.numbers):
            self.deaths[number] = self.deaths.get(number, 0) + (len(task.numbers) == 1)
            if self.deaths[number] < attempts:
                self.waiting.appendleft(number)
            else:
                times = f", {attempts} times without a checkpoint in between" if attempts > 1 else ""
                self.fail(number, f"{reason}{times}")

    def look_at_clock(self, deadline: float) -> None:
        now = time.monotonic()
        for reference, task in list(self.tasks.items()):
            if task.numbers and now - task.since > self.patience.answer:
                del self.tasks[reference]
                self.bury(task, f"its worker gave no answer for {self.patience.answer:g} s")
        at_work = [task for task in self.tasks.values() if task.numbers]
        if at_work:
            self.last_work = now
        elif self.waiting and now - self.last_work > self.patience.start:
            raise RaysysError(
                f"annealing: no worker got a CPU within {self.patience.start:g} s; the cluster has "
                f"{self.ray.cluster_resources().get('CPU', 0):g} CPUs, of which "
                f"{self.ray.available_resources().get('CPU', 0):g} are free; each worker needs 1"
            )
        if now > deadline:
            for number in [*self.waiting, *(number for task in at_work for number in task.numbers)]:
                self.fail(number, "the deadline came first")
            self.waiting.clear()

    def tell(self, report: Report) -> None:
        if not self.progress:
            return
        at_work = sum(bool(task.numbers) for task in self.tasks.values())
        self.progress(
            Progress(
                report.number,
                report.stage,
                report.stages,
                report.energy,
                finished=len(self.results),
                chains=self.chains,
                workers=at_work,
                pending=len(self.tasks) - at_work,
                failed=len(self.failed),
                shown=lambda: self.image(report),
                **self.gauge.read(),
            )
        )

    def image(self, report: Report) -> Any:
        """What a chain looks like now."""
        if report.state is not None:
            return self.order.image(report.state)
        return None if report.result is None else report.result.image

    def let_go(self, actor: Any) -> None:
        self.actors.remove(actor)
        self.ray.kill(actor)

    def close(self) -> None:
        """Let all actors go, also one whose answer was just being read when the caller interrupted."""
        for actor in list(self.actors):
            self.let_go(actor)
