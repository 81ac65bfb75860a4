"""Many reconstructions on Ray, as the chains of one farm.

What a chain becomes depends on target, shape, schedule, seed, known pixels and its number only: the images are the same
whatever the number of workers, deaths and resumes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from raysys import farm
from raysys.anneal.order import AnnealingOrder
from raysys.anneal.progress import Progress
from raysys.anneal.reconstruction import Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.farm.failure import FarmError
from raysys.farm.patience import Patience

__all__ = ["FarmError", "Patience", "reconstruct"]


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

    def hear(told: farm.Progress) -> None:
        if progress is not None:
            progress(Progress.of(told))

    # `farm.run` is loaded when it is first asked for: to load this room does not load the platform.
    return farm.run(
        AnnealingOrder.of(target, shape, schedule, seed, known),
        chains,
        address=address,
        checkpoint_folder=checkpoint_folder,
        workers=workers,
        progress=hear if progress is not None else None,
        finished=finished,
        deadline=deadline,
        patience=patience,
    )
