"""A Ray Train worker as the loop sees it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import ray.train
import ray.train.torch
import torch

from raysys.files import settle
from raysys.train.checkpoint import Progress, read_progress
from raysys.train.session import CHECKPOINT, Session, Write, whole_or_not_at_all


class RayTrainSession(Session):
    """One Ray Train worker; Ray keeps the checkpoints below the run's storage folder, `folder`."""

    def __init__(self, *, gpu: bool, folder: Path | None = None) -> None:
        self.folder = folder
        self._taken_up: int | None = None  # the step of the checkpoint that the training goes on from
        context = ray.train.get_context()
        self.rank, self.world_size = context.get_world_rank(), context.get_world_size()
        self.device = ray.train.torch.get_device() if gpu else torch.device("cpu")

    @contextmanager
    def last_checkpoint(self) -> Iterator[Path | None]:
        """The checkpoint that Ray Train offers after a failure, or in a run that is resumed."""
        checkpoint = ray.train.get_checkpoint()
        if checkpoint is None:
            yield None
            return
        with checkpoint.as_directory() as folder:
            self._taken_up = read_progress(Path(folder)).step
            yield Path(folder)

    def report(self, progress: Progress, write: Write) -> None:
        """Hand rank 0's checkpoint to Ray Train; waits until all workers have reported."""
        metrics = progress.reported()
        # Ray Train counts a second checkpoint of the same name as another one, and deletes both with the first.
        if self.rank != 0 or progress.step == self._taken_up:
            ray.train.report(metrics, checkpoint=None, checkpoint_dir_name=CHECKPOINT.format(progress.step))
            return
        name = CHECKPOINT.format(progress.step)
        # Ray copies file by file: a folder that is there in part would be taken for a checkpoint.
        with whole_or_not_at_all((self.folder or Path()) / name), tempfile.TemporaryDirectory() as folder:
            write(Path(folder))
            checkpoint = ray.train.Checkpoint.from_directory(folder)
            ray.train.report(metrics, checkpoint=checkpoint, checkpoint_dir_name=name)
        # Not there where storage is no folder, or where an even better one has taken its place already.
        with suppress(FileNotFoundError):
            settle((self.folder or Path()) / name)
