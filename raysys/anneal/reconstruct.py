"""Many reconstructions on Ray: a few actors pull chains; a chain whose actor dies goes on from its checkpoint.

The driver keeps the last state of every chain (and writes it to `checkpoint_folder`), so that actors hold nothing that
could be lost, and no file system needs to be shared. What a chain becomes depends on target, shape, schedule, seed,
known pixels and its number only: the images are the same whatever the number of workers, deaths and resumes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from raysys.anneal.order import Order
from raysys.anneal.reconstruction import Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.cluster import connected
from raysys.errors import RaysysError
from raysys.farm.dispatch import Dispatch, Patience
from raysys.farm.folder import Folder
from raysys.farm.progress import Progress

__all__ = ["FarmError", "Patience", "reconstruct"]


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
    known: Known | None = None,
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
    target, shape, schedule, known
        As for `anneal`.
    chains, seed
        Number of images; chain k = 0..chains-1 draws from (seed, k) only.
    address
        Where Ray is ("local", "auto", "HOST:PORT"); None: the Ray that is connected, or else as `raysys.cluster`.
    checkpoint_folder
        Where the driver keeps the chains; the same call with the same folder continues them, also with more chains.
    workers
        Actors, of one CPU each, spread over the nodes; None: as many as the cluster has CPUs, and not more than chains.
    progress, finished
        Called after each checkpoint of a chain (or once for several short chains), and with each result as it comes;
        those that an earlier run has left in the folder come first.
    deadline
        Seconds after which the chains that still run count as failed.
    patience
        The other time limits, such as the time between two checkpoints.

    Returns
    -------
    list of Reconstruction, in the order of the chains' numbers

    Raises
    ------
    FarmError
        If any chain failed; it carries the results of the others.
    RaysysError
        If no Ray answers, no worker gets a CPU in time, shape, schedule or known pixels do not suit the target, or the
        folder holds chains of other settings or another driver is at work in it.
    """
    if chains < 1 or (workers is not None and workers < 1):
        raise RaysysError(f"annealing: {chains} chains on {workers} workers; allowed: at least one of each")
    order = Order.of(target, shape, schedule, seed, known)
    folder = Folder(checkpoint_folder, order) if checkpoint_folder is not None else None
    with ExitStack() as held:
        if folder:
            folder.check()
            held.enter_context(folder.lock)
        states, results = folder.open() if folder else ({}, {})
        held.enter_context(connected(address))
        farm = Dispatch(order, chains, folder, workers, patience, progress, finished)
        held.callback(farm.close)
        farm.resume(states, results)
        farm.run(time.monotonic() + deadline if deadline is not None else float("inf"))
    if farm.failed:
        raise _failure(farm, chains, folder)
    return [farm.results[number] for number in range(chains)]


def _failure(farm: Dispatch, chains: int, folder: Folder | None) -> FarmError:
    reasons = "; ".join(f"chain {number}: {reason}" for number, reason in sorted(farm.failed.items())[:5])
    more = f"; and {len(farm.failed) - 5} more" if len(farm.failed) > 5 else ""
    resume = f"; the same call with checkpoint folder {folder.path} continues them" if folder else ""
    return FarmError(
        f"annealing: {len(farm.failed)} of {chains} chains failed ({reasons}{more}){resume}",
        dict(sorted(farm.failed.items())),
        [farm.results[number] for number in sorted(farm.results)],
    )
