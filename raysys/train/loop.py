"""The training loop, the same for every system: data, step, validation, checkpoint, tracking. Knows nothing of Ray."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from raysys.errors import RaysysError
from raysys.models import load
from raysys.train.averaging import any_worker, average_gradients, broadcast_from_first
from raysys.train.batches import BatchOrder, Draws, Feeder
from raysys.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from raysys.train.recipe import Recipe
from raysys.train.searcher import OBJECTIVE
from raysys.train.session import Session
from raysys.train.systems import SYSTEMS, System
from raysys.train.tracking import Tracker
from raysys.train.training_data import TrainingData, training_data

SECONDS_BETWEEN_SIGNS = 1.0


def build_system(recipe: Recipe, device: torch.device) -> System:
    """The recipe's system with fresh weights, which depend on the recipe's seed alone."""
    torch.manual_seed(recipe.training.seed)
    settings = recipe.system.completed(recipe.data)
    system = SYSTEMS[recipe.system.method](settings, tile=recipe.data.tile, device=device)
    system.precision, system.tracking_uri = recipe.training.precision, recipe.tracking.uri
    return system


def run_training(
    recipe: Recipe,
    session: Session,
    *,
    tracker: Tracker | None = None,
    start_from: Path | None = None,
    signs_of_life: Path | None = None,
    stop_request: Path | None = None,
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

    Returns
    -------
    Progress
        Steps done, the best objective and the last validation's metrics.
    """
    torch.set_num_threads(recipe.scaling.threads_per_worker)
    data = training_data(recipe.data)
    system = build_system(recipe, session.device)
    progress = _take_up(recipe, system, session, start_from)
    broadcast_from_first(system.modules.values(), session.world_size)
    run = _Run(recipe, session, system, data, tracker, signs_of_life)
    if progress.step >= recipe.training.steps:
        # Ray Tune wants to hear of a trial at least once, also of one that had ended before it was resumed.
        run.keep(progress)
    while progress.step < recipe.training.steps:
        run.step(progress)
        if progress.step % recipe.training.validate_every == 0 or progress.step == recipe.training.steps:
            run.validate(progress)
            run.keep(progress)
            if stop_request is not None and any_worker(stop_request.exists(), session.world_size):
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
        order = BatchOrder(len(data.train), recipe.training.batch, recipe.training.seed, data.train_weights)
        self.batch = Feeder(data, order, rank=session.rank, world_size=session.world_size, device=session.device)
        self.average: Callable = partial(average_gradients, world_size=session.world_size)
        system.prepare(data)
        count = recipe.training.validation_images
        self.validator = system.validator(data, count=count) if session.rank == 0 else None
        if tracker and (record := system.record()):
            tracker.tag(**{f"raysys.{name}": json.dumps(value) for name, value in record.items()})
        self.signs, self.signed, self.began, self.first_step = signs, 0.0, time.monotonic(), None

    def step(self, progress: Progress) -> None:
        each = self.system.batches_per_step
        batches = [self.batch(progress.step * each + k) for k in range(each)]
        self.system.observed = self._is_logged(progress.step + 1)
        draws = Draws(
            self.recipe.training.seed, progress.step, self.session.rank, self.session.world_size, self.session.device
        )
        losses = self.system.step(batches, draws, self.average)
        progress.step += 1
        if self.session.rank == 0:
            self._log_losses(progress.step, losses)
            self._sign(progress)

    def validate(self, progress: Progress) -> None:
        if self.validator is None:
            return
        self.system.finish(self.data)
        metrics = self.validator()
        progress.metrics = metrics
        if progress.best_objective is None or metrics[OBJECTIVE] < progress.best_objective:
            progress.best_objective, progress.best_step = metrics[OBJECTIVE], progress.step
        if self.tracker:
            self.tracker.log(progress.step, metrics)
            for name, picture in self.system.pictures(self.data).items():
                self.tracker.picture(progress.step, name, picture)
            self.tracker.flush()

    def keep(self, progress: Progress) -> None:
        """Checkpoint and report."""
        self.session.report(
            progress, lambda folder: save_checkpoint(folder, self.system.modules, self.system.optimizers, progress)
        )

    def _is_logged(self, step: int) -> bool:
        return step % self.recipe.training.log_every == 0 or step == self.recipe.training.steps

    def _log_losses(self, step: int, losses: dict[str, torch.Tensor]) -> None:
        if not self._is_logged(step):
            return
        values = {name: float(value) for name, value in losses.items()}
        if not all(map(math.isfinite, values.values())):
            raise RaysysError(
                f"training diverged at step {step} ({', '.join(f'{k} = {v:.3g}' for k, v in values.items())}); "
                "try a smaller system.learning_rate"
            )
        if self.tracker:
            self.tracker.log(step, values)

    def _sign(self, progress: Progress) -> None:
        now = time.monotonic()
        self.first_step = progress.step - 1 if self.first_step is None else self.first_step
        if self.signs is None or (
            now - self.signed < SECONDS_BETWEEN_SIGNS and progress.step < self.recipe.training.steps
        ):
            return
        self.signed = now
        speed = (progress.step - self.first_step) / max(now - self.began, 1e-9)
        sign = {"step": progress.step, "steps": self.recipe.training.steps, "steps_per_second": speed}
        sign |= {"best": progress.best_objective, "metrics": progress.metrics}
        aside = self.signs.with_suffix(".part")
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
        return load_checkpoint(start_from, system.modules, system.optimizers)
    begin(recipe, system)
    return Progress()
