"""A farm from its call to its results: a few Ray actors pull jobs; a job whose actor dies goes on from its checkpoint.

The driver keeps the last state of every job (and writes it to `checkpoint_folder`), so that actors hold nothing that
could be lost, and no file system needs to be shared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from raysys.cluster import connected
from raysys.errors import RaysysError
from raysys.farm.alone import Alone, is_small
from raysys.farm.desk import Desk
from raysys.farm.dispatch import Dispatch
from raysys.farm.failure import failure
from raysys.farm.folder import Folder
from raysys.farm.order import Order, Result
from raysys.farm.patience import Patience
from raysys.farm.progress import Progress

__all__ = ["run"]


def run(
    order: Order[Result],
    jobs: int,
    *,
    address: str | None = None,
    checkpoint_folder: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    finished: Callable[[Result], None] | None = None,
    deadline: float | None = None,
    patience: Patience = Patience(),
) -> list[Result]:
    """Carry out the jobs 0..jobs-1 of an order.

    Parameters
    ----------
    order
        What is made; a result depends on it and on the job's number only.
    jobs
        How many.
    address
        Where Ray is ("local", "auto", "HOST:PORT"); None: the Ray that is connected, or else as `raysys.cluster`. Where
        none is, an order that is small is carried out in this process (`Order.small`).
    checkpoint_folder
        Where the driver keeps the jobs; the same call with the same folder continues them, also with more jobs.
    workers
        Actors, spread over the nodes, each with the order's resources; None: as many as the cluster has room for. There
        are never more of them than jobs.
    progress, finished
        Called after each checkpoint of a job (or once for several short jobs), and with each result as it comes; those
        that an earlier run has left in the folder come first. What they raise ends the farm, and is passed on.
    deadline
        Seconds after which the jobs that still run count as failed.
    patience
        The other time limits, such as the time between two checkpoints.

    Returns
    -------
    list of results, in the order of the jobs' numbers

    Raises
    ------
    FarmError
        If any job failed; it carries the results of the others.
    RaysysError
        If no Ray answers, no worker gets its resources in time, or the folder holds jobs of other settings or another
        driver is at work in it.
    """
    if jobs < 1 or (workers is not None and workers < 1):
        raise RaysysError(
            f"{order.nouns.work}: {jobs} {order.nouns.jobs} on {workers} workers; allowed: at least one of each"
        )
    folder = Folder(checkpoint_folder, order) if checkpoint_folder is not None else None
    with ExitStack() as stack:
        if folder:
            folder.check()
            stack.enter_context(folder.lock)
        states, results = folder.open(jobs) if folder else ({}, {})
        farm: Desk[Result]
        if is_small(order, jobs, address, workers):
            farm = Alone(order, jobs, folder, patience, progress, finished)
        else:
            stack.enter_context(connected(address))
            farm = Dispatch(order, jobs, folder, workers, patience, progress, finished)
        stack.callback(farm.close)
        farm.resume(states, results)
        farm.run(time.monotonic() + deadline if deadline is not None else float("inf"))
    ledger = farm.ledger
    if ledger.failed:
        raise failure(order.nouns, jobs, ledger.failed, ledger.results, folder.path if folder else None)
    return [ledger.results[number] for number in range(jobs)]
