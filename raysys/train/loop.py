"""The training loop, the same for every system: data, step, validation, checkpoint, tracking. Knows nothing of Ray."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch

from raysys.data.sources import AnySettings, TrainingData, training_data
from raysys.method_folders import system_class
from raysys.models import load
from raysys.models.cleaning import Cleaning
from raysys.train.averaging import any_worker, average_gradients, average_losses, broadcast_from_first
from raysys.train.batches import BatchSequence, Draws, Feeder
from raysys.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from raysys.train.recipe import Recipe
from raysys.train.session import Session, newest_checkpoint
from raysys.train.system import System
from raysys.train.tracking import Tracker
from raysys.train.watching import Divergence, all_finite, diverged, judge, warning

SECONDS_BETWEEN_SIGNS = 1.0  # steps of small networks take milliseconds, and a file each would slow them
HELD_UP = (
    "MLflow takes no numbers: its server is away, or another program has locked its database; they wait on disk, and "
    "training goes on"
)
SECONDS_FOR_NUMBERS = 5.0  # after a validation, since a sweep may end the trial then
PICTURED = 64  # validations of a run, at most, that leave pictures


def build_system(recipe: Recipe, device: torch.device) -> System:
    """The recipe's system with fresh weights, which depend on the recipe's seed alone.

    Raises
    ------
    RaysysError
        If the system cannot learn from images of the data's form.
    """
    kind: type[System] = system_class(recipe.system.method)
    settings = recipe.system.completed(recipe.data)
    kind.accept(recipe.data.form)
    torch.manual_seed(recipe.training.seed)
    system = kind(settings, form=recipe.data.form, device=device)
    system.cleaning = cleaning_of(recipe.data)
    system.precision, system.compiled = recipe.training.precision, recipe.training.compile
    system.tracking_uri = recipe.tracking.uri
    return system


def cleaning_of(data: AnySettings) -> Cleaning | None:
    """What the preparation of binary tiles removed from them; None where it left everything in."""
    pixels = getattr(data, "minimum_object", 0)
    if data.form.kind != "binary" or pixels < 2:
        return None
    return Cleaning(minimum_object=pixels, minimum_hole=pixels)


def run_training(
    recipe: Recipe,
    session: Session,
    *,
    tracker: Tracker | None = None,
    start_from: Path | None = None,
    signs_of_life: Path | None = None,
    stop_request: Path | None = None,
    prepared: Path | None = None,
) -> Progress:
    """Train until the recipe's number of steps, from the newest checkpoint on.

    Parameters
    ----------
    recipe
        What to train.
    session
        Where it runs: rank, device, checkpoints.
    tracker
        Is told losses and validation metrics; only rank 0 needs one.
    start_from
        A checkpoint folder of the same system to start from where the session has none of its own.
    signs_of_life
        File that rank 0 rewrites about once a second with {"step", "steps", ...}, for a progress bar elsewhere.
    stop_request
        File whose appearance ends the training after the next validation.
    prepared
        Folder in which the data were prepared (`raysys.data.sources.prepared`); without it they are prepared here.

    Returns
    -------
    Progress
        Steps done, the best objective, the last validation's metrics, and why training ended early, if it did.

    Raises
    ------
    RaysysError
        If losses or weights are no numbers any more; the newest checkpoint is then from before.
    """
    # Ray reserves CPUs and limits no threads: each of several workers would take the whole machine.
    torch.set_num_threads(recipe.scaling.threads_per_worker)
    data = training_data(recipe.data, prepared)
    system = build_system(recipe, session.device)
    progress = _take_up(recipe, system, session, start_from)
    # Only gradients are averaged, so that weights that began unequal would stay unequal.
    broadcast_from_first(system.modules.values(), session.world_size)
    run = _Run(recipe, session, system, data, tracker, signs_of_life)
    run.warned, progress.record = warning(progress), run.record
    if progress.ended or progress.step >= recipe.training.steps:
        # Ray Tune wants to hear of a trial at least once, also of one that had ended before it was resumed.
        run.keep(progress)
    while progress.step < recipe.training.steps and not progress.ended:
        run.step(progress)
        if progress.step % recipe.training.validate_every == 0 or progress.step == recipe.training.steps:
            run.validate(progress)
            run.keep(progress)
            # Only the first worker validates, and a request may be seen by one worker earlier than by another.
            asked = stop_request is not None and stop_request.exists()
            if any_worker(asked or bool(progress.ended), session.world_size):
                break
    return progress


class _Run:
    """What stays the same from step to step of one worker's training."""

    def __init__(
        self,
        recipe: Recipe,
        session: Session,
        system: System,
        data: TrainingData,
        tracker: Tracker | None,
        signs: Path | None,
    ) -> None:
        self.recipe, self.session, self.system, self.data, self.tracker = recipe, session, system, data, tracker
        order = BatchSequence(len(data.train), recipe.training.batch, recipe.training.seed, data.train_weights)
        self.batch = Feeder(
            data, system.form, order, rank=session.rank, world_size=session.world_size, device=session.device
        )
        self.average: Callable = partial(average_gradients, world_size=session.world_size)
        system.prepare(data)
        count = recipe.training.validation_images
        # All workers have the same weights: one validates, and the others wait at the checkpoint.
        self.validator = system.validator(data, count=count) if session.rank == 0 else None
        self.record = system.record()
        if tracker and self.record:
            tracker.note(**{f"raysys.{name}": json.dumps(value) for name, value in self.record.items()})
        self.divergence, self.warned = Divergence(session.device), ""
        self.losses: dict[str, torch.Tensor] = {}
        self.signs, self.signed, self.began = signs, 0.0, time.monotonic()
        self.first_step: int | None = None

    def step(self, progress: Progress) -> None:
        each = self.system.batches_per_step
        # By their numbers since the first step, so that a resumed run sees what the undisturbed one would.
        batches = [self.batch(progress.step * each + k) for k in range(each)]
        self.system.observed = self._is_logged(progress.step + 1)
        draws = Draws(
            self.recipe.training.seed, progress.step, self.session.rank, self.session.world_size, self.session.device
        )
        losses = self.system.step(batches, draws, self.average)
        if self.system.observed:
            # An all-reduce for the record's sake; the step alone decides on it, so that all workers join in.
            losses = average_losses(losses, self.session.world_size)
        progress.step += 1
        if self.session.rank == 0:
            self._log_losses(progress.step, losses)
            self._sign(progress)

    def validate(self, progress: Progress) -> None:
        if self.validator is None:
            return
        self._stop_if_diverged(progress.step)
        self.system.finish(self.data)
        progress.metrics = self.validator()
        judge(progress, self.recipe.training, getattr(self.validator, "names", ()))
        if self.tracker:
            self._tell(self.tracker, progress)

    def _tell(self, tracker: Tracker, progress: Progress) -> None:
        tracker.log(progress.step, progress.metrics)
        if self._is_pictured(progress.step):
            for name, picture in self.system.pictures(self.data).items():
                tracker.picture(progress.step, name, picture)
        if progress.ended:
            tracker.note(**{"raysys.ended": progress.ended})
        found = warning(progress)
        if found or self.warned:  # a network that has recovered is no longer warned of
            tracker.note(**{"raysys.warning": found})
        self.warned = found
        tracker.flush(SECONDS_FOR_NUMBERS)

    def keep(self, progress: Progress) -> None:
        """Checkpoint and report."""
        self.session.report(
            progress, lambda folder: save_checkpoint(folder, self.system.modules, self.system.optimizers, progress)
        )

    def _is_logged(self, step: int) -> bool:
        return step % self.recipe.training.log_every == 0 or step == self.recipe.training.steps

    def _is_pictured(self, step: int) -> bool:
        """Evenly over the run, and at its end; decided by the step alone, so that a resumed run agrees."""
        settings = self.recipe.training
        every = settings.validate_every * -(-settings.steps // (settings.validate_every * PICTURED))
        return step % every == 0 or step == settings.steps

    def _log_losses(self, step: int, losses: dict[str, torch.Tensor]) -> None:
        self.divergence.see(step, losses)
        self.losses = losses
        if self._is_logged(step) or self.divergence.free:
            self._stop_if_no_numbers()
        if self.tracker and self._is_logged(step):
            self.tracker.log(step, {name: float(value) for name, value in losses.items()})

    def _stop_if_no_numbers(self) -> None:
        if (step := self.divergence.first_step) is not None:
            values = {name: float(value) for name, value in self.losses.items()}
            raise diverged(step, values, self._kept())

    def _stop_if_diverged(self, step: int) -> None:
        """Before a checkpoint: what the last update has done to the weights no loss has told yet."""
        self._stop_if_no_numbers()
        if not all_finite(self.system.modules.values()):
            raise diverged(step, {}, self._kept())

    def _kept(self) -> Path | None:
        return None if self.session.folder is None else newest_checkpoint(self.session.folder)

    def _sign(self, progress: Progress) -> None:
        now = time.monotonic()
        # Speed is this process's: what an earlier one did before an interruption took its own time.
        self.first_step = progress.step - 1 if self.first_step is None else self.first_step
        if self.signs is None or (
            now - self.signed < SECONDS_BETWEEN_SIGNS and progress.step < self.recipe.training.steps
        ):
            return
        self.signed = now
        speed = (progress.step - self.first_step) / max(now - self.began, 1e-9)
        sign: dict[str, Any] = {"step": progress.step, "steps": self.recipe.training.steps, "steps_per_second": speed}
        sign |= {"best": progress.best_objective, "metrics": progress.metrics}
        if self.tracker and self.tracker.held_up:
            sign["notice"] = HELD_UP
        # Another process reads the file whenever it likes.
        aside = self.signs.with_suffix(".part")
        with suppress(OSError):  # a full disk ends a training at its checkpoint, and not before
            aside.write_text(json.dumps(sign))
            aside.replace(self.signs)


def begin(recipe: Recipe, system: System) -> None:
    """Give a new system the weights of the recipe's `training.init_from`, if there is one."""
    if recipe.training.init_from is not None:
        system.begin_from(load(recipe.training.init_from, tracking_uri=recipe.tracking.uri))


def _take_up(recipe: Recipe, system: System, session: Session, start_from: Path | None) -> Progress:
    with session.last_checkpoint() as folder:
        if folder is not None:
            return load_checkpoint(folder, system.modules, system.optimizers)
    if start_from is not None:
        return _go_on_from(start_from, system)
    begin(recipe, system)
    return Progress()


def _go_on_from(folder: Path, system: System) -> Progress:
    """Another run's weights and step, with this recipe's learning rates; its best checkpoint is not one of this run."""
    own = {
        name: [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
        for name, optimizer in system.optimizers.items()
    }
    earlier = load_checkpoint(folder, system.modules, system.optimizers)
    for name, optimizer in system.optimizers.items():
        for group, settings in zip(optimizer.param_groups, own[name], strict=True):
            group.update(settings)
    # The best of another run may not be among this one's checkpoints.
    return Progress(step=earlier.step, metrics=earlier.metrics)
