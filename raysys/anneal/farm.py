"""Many reconstructions on Ray: a few actors pull chains; a chain whose actor dies goes on from its checkpoint.

The driver keeps the last state of every chain (and writes it to `checkpoint_folder`), so that actors hold nothing that
could be lost, and no file system needs to be shared. What a chain becomes depends on target, shape, schedule, seed and
its number only: the images are the same whatever the number of workers, deaths and resumes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from raysys.anneal.chain import Chain
from raysys.anneal.progress import Progress
from raysys.anneal.reconstruction import Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.target import Target
from raysys.cluster import connected
from raysys.errors import RaysysError

__all__ = ["FarmError", "Patience", "reconstruct"]

State = tuple[dict[str, Any], dict[str, np.ndarray]]
POLL = 0.2  # seconds between looks at the clock while nothing happens


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    `checkpoint`: between two checkpoints of a chain (at least one stage); `start`: for the first worker to get a CPU;
    `answer`: for a checkpoint from a worker, before it is taken for dead; `attempts`: deaths of workers in a row,
    without a checkpoint in between, after which a chain counts as failed.
    """

    checkpoint: float = 1.0
    start: float = 60.0
    answer: float = 600.0
    attempts: int = 3


class FarmError(RaysysError):
    """Some chains did not end: `failed` says why, by chain number; `reconstructions` are those that did."""

    def __init__(self, message: str, failed: dict[int, str], reconstructions: list[Reconstruction]) -> None:
        super().__init__(message)
        self.failed, self.reconstructions = failed, reconstructions


def reconstruct(
    target: Target,
    shape: Sequence[int],
    *,
    chains: int,
    seed: int,
    schedule: Schedule = Schedule(),
    address: str | None = None,
    checkpoint_folder: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    finished: Callable[[Reconstruction], None] | None = None,
    deadline: float | None = None,
    patience: Patience = Patience(),
) -> list[Reconstruction]:
    """Reconstruct `chains` images of `shape`, each by a chain of its own.

    Parameters
    ----------
    target, shape, schedule
        As for `anneal`.
    chains, seed
        Number of images; chain k = 0..chains-1 draws from (seed, k) only.
    address
        Where Ray is ("local", "auto", "HOST:PORT"); None: the Ray that is connected, or else as `raysys.cluster`.
    checkpoint_folder
        Where the driver keeps the chains; the same call with the same folder continues them.
    workers
        Actors, of one CPU each; None: as many as the cluster has CPUs, and not more than chains.
    progress, finished
        Called after each checkpoint, and with each result as it comes.
    deadline
        Seconds after which the chains that still run count as failed.
    patience
        The other time limits.

    Returns
    -------
    list of Reconstruction, in the order of the chains' numbers

    Raises
    ------
    FarmError
        If any chain failed; it carries the results of the others.
    RaysysError
        If no Ray answers, no worker gets a CPU in time, the shape does not suit the target, or the folder holds
        chains of another target, shape, schedule or seed.
    """
    if chains < 1 or (workers is not None and workers < 1):
        raise RaysysError(f"annealing: {chains} chains on {workers} workers; allowed: at least one of each")
    shape = target.check(shape)
    folder = Path(checkpoint_folder) if checkpoint_folder is not None else None
    orders = [Order(target, shape, schedule, seed, number) for number in range(chains)]
    with connected(address):
        farm = Farm(orders, folder, workers, patience, progress, finished)
        try:
            farm.run(time.monotonic() + deadline if deadline is not None else float("inf"))
        finally:
            farm.close()
    if farm.failed:
        raise _failure(farm, folder)
    return [farm.results[number] for number in range(chains)]


@dataclass(frozen=True)
class Order:
    """What a chain is determined by."""

    target: Target
    shape: tuple[int, ...]
    schedule: Schedule
    seed: int
    number: int

    def begin(self) -> Chain:
        return Chain(self.target, self.shape, seed=self.seed, schedule=self.schedule, chain=self.number)

    def resume(self, path: Path) -> Chain | None:
        """The chain in `path`, None if there is none; RaysysError if it is one of another order."""
        if not path.exists():
            return None
        chain = Chain.load(path)
        same = (chain.shape, chain.schedule, chain.seed, chain.chain) == (
            self.shape, self.schedule, self.seed, self.number,
        )  # fmt: skip
        if not (same and chain.target.same_as(self.target)):
            raise RaysysError(
                f"{path}: a chain of another target, shape, schedule or seed; allowed: the settings it was begun "
                "with, or another checkpoint folder"
            )
        return chain


class ChainWorker:
    """The Ray actor: moves chains on, and holds none of them."""

    def ready(self) -> None:
        """Answer, once the actor has its CPU."""

    def advance(self, order: Order, state: State | None, seconds: float) -> State:
        """Begin the chain or continue from `state`, for so many seconds."""
        chain = order.begin() if state is None else Chain.from_state(*state)
        chain.advance(seconds=seconds)
        return chain.state()


@dataclass
class Task:
    """A call that runs on an actor: of the chain `number`, or of `ready` if None."""

    actor: Any
    number: int | None
    since: float = field(default_factory=time.monotonic)


class Farm:
    """The driver's side: which chain is where, and what became of it."""

    def __init__(
        self,
        orders: list[Order],
        folder: Path | None,
        workers: int | None,
        patience: Patience,
        progress: Callable[[Progress], None] | None,
        finished: Callable[[Reconstruction], None] | None,
    ) -> None:
        import ray

        self.ray: Any = ray
        self.orders, self.folder, self.patience = orders, folder, patience
        self.progress, self.finished = progress, finished
        self.workers = workers or max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        self.actor_class: Any = self.ray.remote(ChainWorker).options(num_cpus=1)
        self.waiting: deque[int] = deque()
        self.states: dict[int, State] = {}
        self.deaths: dict[int, int] = {}
        self.actors: list[Any] = []
        self.tasks: dict[Any, Task] = {}
        self.results: dict[int, Reconstruction] = {}
        self.failed: dict[int, str] = {}
        self.false_starts = 0
        self.last_work = time.monotonic()

    def run(self, deadline: float) -> None:
        """Until every chain is a result or has failed."""
        for order in self.orders:
            chain = order.resume(self.path(order.number)) if self.folder else None
            if chain is not None:
                self.states[order.number] = chain.state()
            if chain is not None and chain.finished:
                self.end(chain)
            else:
                self.waiting.append(order.number)
        self.hire()
        while len(self.results) + len(self.failed) < len(self.orders):
            done, _ = self.ray.wait(list(self.tasks), timeout=POLL)
            for reference in done:
                self.receive(reference, self.tasks.pop(reference))
            self.look_at_clock(deadline)

    def hire(self) -> None:
        """Ask for actors, as many as there is work for."""
        wanted = min(self.workers, len(self.waiting) + sum(task.number is not None for task in self.tasks.values()))
        while len(self.tasks) < wanted:
            actor = self.actor_class.remote()
            self.actors.append(actor)
            self.tasks[actor.ready.remote()] = Task(actor, None)

    def employ(self, actor: Any) -> None:
        """Give the next chain to an actor; let it go if there is none."""
        if not self.waiting:
            self.let_go(actor)
            return
        number = self.waiting.popleft()
        call = actor.advance.remote(self.orders[number], self.states.get(number), self.patience.checkpoint)
        self.tasks[call] = Task(actor, number)

    def receive(self, reference: Any, task: Task) -> None:
        """Take an answer, or the news of a death."""
        try:
            state = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:  # the code failed: it would fail again elsewhere
            if task.number is not None:
                self.failed[task.number] = str(error.cause if error.cause is not None else error).strip()
            self.employ(task.actor)
        except self.ray.exceptions.RayError as error:
            self.bury(task, f"its worker died ({type(error).__name__})")
        else:
            self.last_work, self.false_starts = time.monotonic(), 0
            if task.number is not None:
                self.keep(task.number, state)
            self.employ(task.actor)

    def keep(self, number: int, state: State) -> None:
        """Take a chain's new state: a result, or to be continued before others are begun."""
        self.states[number] = state
        self.deaths[number] = 0
        chain = Chain.from_state(*state)
        if self.folder:
            chain.save(self.path(number))
        if chain.finished:
            self.end(chain)
        else:
            self.waiting.appendleft(number)
        self.tell(chain)

    def end(self, chain: Chain) -> None:
        self.results[chain.chain] = chain.reconstruction()
        self.states.pop(chain.chain, None)
        if self.finished:
            self.finished(self.results[chain.chain])

    def bury(self, task: Task, reason: str) -> None:
        """An actor is gone: its chain goes back to the front of the queue, a fresh actor is asked for."""
        self.let_go(task.actor)  # in case it only seems dead
        if task.number is None:
            self.false_starts += 1
            if self.false_starts >= self.patience.attempts * self.workers:
                raise RaysysError(f"annealing: {self.false_starts} workers in a row died at their start ({reason})")
        else:
            self.deaths[task.number] = self.deaths.get(task.number, 0) + 1
            if self.deaths[task.number] < self.patience.attempts:
                self.waiting.appendleft(task.number)
            else:
                self.failed[task.number] = f"{reason}, {self.patience.attempts} times without a checkpoint in between"
        self.hire()

    def look_at_clock(self, deadline: float) -> None:
        now = time.monotonic()
        for reference, task in list(self.tasks.items()):
            if task.number is not None and now - task.since > self.patience.answer:
                del self.tasks[reference]
                self.bury(task, f"its worker gave no answer for {self.patience.answer:g} s")
        at_work = [task for task in self.tasks.values() if task.number is not None]
        if at_work:
            self.last_work = now
        elif self.waiting and now - self.last_work > self.patience.start:
            raise RaysysError(
                f"annealing: no worker got a CPU within {self.patience.start:g} s; the cluster has "
                f"{self.ray.cluster_resources().get('CPU', 0):g} CPUs, of which "
                f"{self.ray.available_resources().get('CPU', 0):g} are free; each worker needs 1"
            )
        if now > deadline:
            for number in [*self.waiting, *(task.number for task in at_work if task.number is not None)]:
                self.failed[number] = "the deadline came first"
            self.waiting.clear()

    def tell(self, chain: Chain) -> None:
        if self.progress:
            pending = sum(task.number is None for task in self.tasks.values())
            self.progress(
                Progress(
                    chain.chain,
                    chain.stage,
                    chain.schedule.stages,
                    chain.energy,
                    finished=len(self.results),
                    chains=len(self.orders),
                    # the actor that brought this chain is between two tasks just now
                    workers=len(self.tasks) - pending + 1,
                    pending=pending,
                )
            )

    def path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / f"chain-{number:06d}.npz"

    def let_go(self, actor: Any) -> None:
        self.actors.remove(actor)
        self.ray.kill(actor)

    def close(self) -> None:
        """Let all actors go, also one whose answer was just being read when the caller interrupted."""
        for actor in list(self.actors):
            self.let_go(actor)


def _failure(farm: Farm, folder: Path | None) -> FarmError:
    reasons = "; ".join(f"chain {number}: {reason}" for number, reason in sorted(farm.failed.items())[:5])
    more = f"; and {len(farm.failed) - 5} more" if len(farm.failed) > 5 else ""
    resume = f"; the same call with checkpoint folder {folder} continues them" if folder else ""
    return FarmError(
        f"annealing: {len(farm.failed)} of {len(farm.orders)} chains failed ({reasons}{more}){resume}",
        dict(sorted(farm.failed.items())),
        [farm.results[number] for number in sorted(farm.results)],
    )
