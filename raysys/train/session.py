"""Where a training runs: what the loop needs to know of it, and where it leaves its checkpoints.

The loop is the same in a notebook, inside a Ray Tune trial, and on many Ray Train workers.
"""

from __future__ import annotations

import os
import shutil
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from raysys.errors import RaysysError
from raysys.files import UNWRITABLE, folder_written_aside
from raysys.train.checkpoint import LACKS, Progress, damage, read_progress

Write = Callable[[Path], None]
CHECKPOINT = "step-{:08d}"
DAMAGED = "damaged-"  # before the name of a checkpoint that was set aside


class Session(ABC):
    """One worker's view of its surroundings."""

    rank: int = 0
    world_size: int = 1
    device: torch.device = torch.device("cpu")
    folder: Path | None = None  # of the checkpoints, where it is known

    @contextmanager
    @abstractmethod
    def last_checkpoint(self) -> Iterator[Path | None]:
        """The folder of the newest checkpoint, or None at the beginning."""

    @abstractmethod
    def report(self, progress: Progress, write: Write) -> None:
        """Keep a checkpoint (`write(folder)` fills it) and make the metrics known. Every worker must call it."""


class LocalSession(Session):
    """One process; checkpoints in a folder, of which the newest and the best are kept.

    Parameters
    ----------
    folder
        Where the checkpoints are kept.
    report
        Called with the metrics after every checkpoint (Ray Tune's `report`, or a progress bar).
    """

    def __init__(self, folder: Path, report: Callable[[dict[str, float]], None] | None = None) -> None:
        self.folder: Path = folder
        self._report = report

    @contextmanager
    def last_checkpoint(self) -> Iterator[Path | None]:
        """The newest checkpoint in the folder that is whole."""
        set_damaged_aside(self.folder)
        yield newest_checkpoint(self.folder)

    def report(self, progress: Progress, write: Write) -> None:
        """Write the checkpoint aside, rename it, and drop those no longer needed."""
        final = self.folder / CHECKPOINT.format(progress.step)
        # A run that is resumed at its end reports once more what is there already.
        if not final.exists():
            with whole_or_not_at_all(final), folder_written_aside(final) as aside:
                write(aside)
        self._drop_old(progress)
        # Once the checkpoint is there: Ray Tune may end the trial as soon as it hears.
        if self._report:
            self._report(progress.reported())

    def _drop_old(self, progress: Progress) -> None:
        keep = {CHECKPOINT.format(progress.step), CHECKPOINT.format(progress.best_step or progress.step)}
        for folder in self.folder.glob("step-*"):
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def whole_or_not_at_all(checkpoint: Path) -> Iterator[None]:
    """Leave nothing of a checkpoint for which there is no room, and say so; the ones before it are as they were.

    Raises
    ------
    RaysysError
        If the disk is full, over quota or read-only.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        shutil.rmtree(checkpoint, ignore_errors=True)
        raise RaysysError(
            f"{checkpoint.parent}: no checkpoint {checkpoint.name} can be written ({os.strerror(error.errno)}); "
            "earlier ones are kept: make room, and go on with --resume"
        ) from error


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint in a folder of them that is there with all its bytes, or None."""
    # Numbers are padded to eight digits, so that names sort as steps do.
    newest_first = sorted(folder.glob("step-*"), reverse=True)
    return next((path for path in newest_first if not damage(path, bytes_too=False)), None)


def set_damaged_aside(folder: Path) -> None:
    """Rename the checkpoints that are not as they were written, and say so: the training goes on from an older one.

    Called by whoever is about to go on, since another process may be writing a checkpoint otherwise.
    """
    for unfinished in folder.glob(".step-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    for path in sorted(folder.glob("step-*")):
        if not (found := damage(path)):
            continue
        if found.startswith(LACKS):  # cut off by a kill while it was written: nothing of worth
            shutil.rmtree(path, ignore_errors=True)
            continue
        aside = path.with_name(DAMAGED + path.name)
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
        warnings.warn(
            f"{path}: the checkpoint is damaged ({found}); it is now called {aside.name}, and training goes on from "
            "the newest one that is whole",
            stacklevel=2,
        )


def is_complete(folder: Path, steps: int) -> bool:
    """Whether the training whose checkpoints are in a folder has done its steps, or ended of itself before."""
    newest = newest_checkpoint(folder)
    if newest is None:
        return False
    progress = read_progress(newest)
    return progress.step >= steps or bool(progress.ended)


def best_checkpoint(folder: Path) -> Path:
    """The best checkpoint of those kept in a folder, by the metric that its recipe names.

    Raises
    ------
    RaysysError
        If there is none.
    """
    newest = newest_checkpoint(folder)
    if newest is None:
        raise RaysysError(f"{folder}: holds no complete training checkpoint; train first, or name another folder")
    best_step = read_progress(newest).best_step
    best = folder / CHECKPOINT.format(best_step) if best_step is not None else newest
    return newest if damage(best) else best
