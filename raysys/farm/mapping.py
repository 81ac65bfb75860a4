"""A function mapped over many arguments by Ray tasks: for work that takes seconds each and has nothing to resume."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from raysys.cluster import connected
from raysys.errors import RaysysError

PATIENCE = 600.0  # seconds without any result, which takes one or two, after which nothing more is expected
Argument = TypeVar("Argument")
Result = TypeVar("Result")


def mapped(
    function: Callable[[Argument], Result],
    arguments: Sequence[Argument],
    *,
    workers: int | None = None,
    address: str | None = None,
    patience: float = PATIENCE,
) -> Iterator[Result]:
    """Results as they come, in any order.

    Parameters
    ----------
    function
        Of one argument, written in Python; both can be pickled.
    arguments
        What it is called with, each in a task of its own.
    workers
        Tasks at a time, of one CPU each; None: as many as the cluster has CPUs.
    address
        Where Ray is, as for `raysys.cluster.connected`; not asked for if there are no arguments.
    patience
        Seconds without any result after which the call gives up.

    Raises
    ------
    RaysysError
        If no Ray answers, or no result comes.
    """
    if not arguments:
        return
    with connected(address):
        import ray

        task: Any = ray.remote(function).options(num_cpus=1, scheduling_strategy="SPREAD")
        resources: Any = ray.cluster_resources  # Ray's own, without types
        width = workers or max(1, int(resources().get("CPU", 1)))
        waiting = deque(arguments)
        running: list[Any] = []
        try:
            while waiting or running:
                while waiting and len(running) < width:
                    running.append(task.remote(waiting.popleft()))
                ready, running = ray.wait(running, timeout=patience)
                if not ready:
                    raise RaysysError(f"no result came within {patience:g} s; is a CPU of the cluster free?")
                yield ray.get(ready[0])
        finally:
            for one in running:
                ray.cancel(one)
