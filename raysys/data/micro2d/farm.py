"""Blocks drawn by Ray tasks: the one file of this room that knows Ray. The images are the same as without."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from raysys.cluster import connected
from raysys.data.micro2d.layout import Block, Order, draw
from raysys.errors import RaysysError

PATIENCE = 600.0  # seconds without any block, which takes one or two, after which nothing more is expected


def on_ray(
    orders: Sequence[Order], *, workers: int | None = None, address: str | None = None, patience: float = PATIENCE
) -> Iterator[Block]:
    """Draw blocks, as they come.

    Parameters
    ----------
    orders
        What is to be drawn.
    workers
        Tasks at a time, of one CPU each; None: as many as the cluster has CPUs.
    address
        Where Ray is, as for `raysys.cluster.connected`; not asked for if there is nothing to draw.
    patience
        Seconds without any block after which the call gives up.

    Raises
    ------
    RaysysError
        If no Ray answers, or no block comes.
    """
    if not orders:
        return
    with connected(address):
        import ray

        task: Any = ray.remote(draw).options(num_cpus=1, scheduling_strategy="SPREAD")
        width = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting = deque(orders)
        running: list[Any] = []
        try:
            while waiting or running:
                while waiting and len(running) < width:
                    running.append(task.remote(waiting.popleft()))
                ready, running = ray.wait(running, timeout=patience)
                if not ready:
                    raise RaysysError(f"no block of images came within {patience:g} s; is a CPU of the cluster free?")
                yield ray.get(ready[0])
        finally:
            for one in running:
                ray.cancel(one)
