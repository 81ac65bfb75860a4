"""A set of images measured in parts, on a Ray that is at hand, and by this process as well: it never waits for a CPU.

Numerical code imports no Ray: this looks for one that the program has already loaded and started.
"""

from __future__ import annotations

import copy
import math
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from raysys.errors import RaysysError

Result = TypeVar("Result")
Measure = Callable[[np.ndarray], Result]  # from some of the images to what is measured of them
Progress = Callable[[int, int], None]  # of what is done, and all that is to be done

# Starting a Ray worker that can measure takes 2 to 4 s; work that is done in less than this is not worth it.
WORTH_SECONDS = 5.0
PARTS_PER_CPU = 4  # small enough parts, so that all end at about the same time
LARGEST_PART = 64 << 20  # bytes; what is under way has to fit into Ray's object store


def at_hand(parallel: bool | None) -> bool:
    """Whether a set may be spread over Ray: one is initialised, and this process is its driver.

    Never inside a Ray worker: its tasks would wait for the CPU that it holds itself.

    Raises
    ------
    RaysysError
        If it must be (`parallel` is True) and may not.
    """
    ray: Any = sys.modules.get("ray")
    if parallel is False:
        return False
    if ray is not None and ray.is_initialized():
        process = getattr(ray.get_runtime_context(), "worker", None)
        if process is not None and process.mode == ray.SCRIPT_MODE:
            return True
    if parallel:
        raise RaysysError(
            "parallel=True, but this process is not the driver of a Ray that is initialised; allowed: None or False, "
            "or to start one first (with raysys.cluster.connected(...))"
        )
    return False


def spread(
    images: np.ndarray, measure: Measure[Result], *, forced: bool = False, progress: Progress | None = None
) -> list[Result]:
    """Measure images in parts over the CPUs of Ray, if it is worth it; what the first images cost tells.

    Parameters
    ----------
    images
        (N, ...), to be cut along the first axis.
    measure
        From some of the images to a result; what it returns of a part must not depend on the other parts.
    forced
        Spread them whatever they cost.
    progress
        Called with the number of images that are done, and all of them.

    Returns
    -------
    list of results, in the order of the images; of how many images each is, is not said
    """
    done: list[Result] = []
    while not forced and len(done) < min(2, len(images)):  # two, as the first one may have compiled something
        start = time.perf_counter()
        done.append(measure(images[len(done) : len(done) + 1]))
        left = images[len(done) :]
        if (time.perf_counter() - start) * len(left) < WORTH_SECONDS:
            done += [measure(left)] if len(left) else []
            if progress is not None:
                progress(len(images), len(images))
            return done
    left = images[len(done) :]
    return [*done, *_Spread(left, measure, len(done), progress).run()] if len(left) else done


class _Spread(Generic[Result]):
    """The driver's side: tasks begin at the front of the list of parts, this process works from its end.

    Where other work holds all CPUs, the tasks stay pending and this process measures everything; at worst a part is
    measured twice.
    """

    def __init__(self, images: np.ndarray, measure: Measure[Result], before: int, progress: Progress | None) -> None:
        self.ray: Any = sys.modules["ray"]
        self.cpus = max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        count = min(len(images), max(PARTS_PER_CPU * self.cpus, math.ceil(images.nbytes / LARGEST_PART)))
        self.parts = np.array_split(images, count)
        self.measure, self.before, self.progress = measure, before, progress
        self.task: Any = self.ray.remote(num_cpus=1, max_retries=0, **self._environment())(_measured)
        self.waiting = deque(range(count))
        self.running: dict[Any, int] = {}  # {task: part}, in the order in which they were begun
        self.results: dict[int, Result] = {}
        self.told: set[str] = set()
        self.patience = 1.0  # seconds that a part takes, as far as is known
        self.stalled = False

    def run(self) -> list[Result]:
        """Until every part is measured."""
        try:
            while len(self.results) < len(self.parts):
                self.submit()
                self.receive(timeout=0)
                if self.waiting:
                    self.measure_here(self.waiting.pop())
                elif self.running and not self.receive(timeout=0 if self.stalled else self.patience):
                    self.take_over()
        finally:
            for task in self.running:
                self.ray.cancel(task)
        return [self.results[part] for part in range(len(self.parts))]

    def submit(self) -> None:
        """Keep the CPUs busy, with one more part each at the ready."""
        while self.waiting and len(self.running) < 2 * self.cpus:
            part = self.waiting.popleft()
            self.running[self.task.remote(self.measure, self.parts[part])] = part

    def receive(self, timeout: float) -> bool:
        """Take what has been measured; whether there was anything."""
        if not self.running:
            return False
        ended, _ = self.ray.wait(list(self.running), num_returns=1, timeout=timeout)
        for task in ended:
            self.take(task, self.running.pop(task))
        self.stalled = not ended and self.stalled
        return bool(ended)

    def take(self, task: Any, part: int) -> None:
        try:
            # An object that is lost with its node would be computed once more, behind whatever holds the CPUs.
            result, warned = self.ray.get(task, timeout=60)
        except self.ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, RaysysError):
                raise cause from None  # as it would have been raised here
            # Its worker died or lacks something: if it is the part's own fault, this process will find out, too.
            self.waiting.append(part)
            return
        for message, category in warned:
            if message not in self.told:
                self.told.add(message)
                warnings.warn(message, category, stacklevel=6)
        # What Ray hands out lies in its own memory, is read-only, and ends with the connection.
        self.keep(part, copy.deepcopy(result))

    def take_over(self) -> None:
        """Measure the last part that has been given away: its task may never get a CPU."""
        self.stalled = True
        task = next(reversed(self.running))
        part = self.running.pop(task)
        self.ray.cancel(task)
        self.measure_here(part)

    def measure_here(self, part: int) -> None:
        start = time.perf_counter()
        self.keep(part, self.measure(self.parts[part]))
        self.patience = time.perf_counter() - start

    def keep(self, part: int, result: Result) -> None:
        self.results[part] = result
        if self.progress is not None:
            done = self.before + sum(len(self.parts[one]) for one in self.results)
            self.progress(done, self.before + sum(map(len, self.parts)))

    def _environment(self) -> dict[str, Any]:
        """One thread per library, unless the whole job is so: an environment of its own costs workers of its own."""
        from raysys.cluster import ONE_THREAD

        held = self.ray.get_runtime_context().runtime_env.get("env_vars") or {}
        return {} if ONE_THREAD.items() <= held.items() else {"runtime_env": {"env_vars": dict(ONE_THREAD)}}


def _measured(measure: Measure[Result], images: np.ndarray) -> tuple[Result, list[tuple[str, type[Warning]]]]:
    """The task: a part measured, and the warnings, which would else end in a worker's log."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Ray's arrays are read-only, for which numba would compile everything anew.
        result = measure(images.copy())
    return result, [(str(one.message), one.category) for one in caught]
