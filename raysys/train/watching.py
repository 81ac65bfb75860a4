"""What a training is watched for: its progress, losses that are no numbers, images all alike, being good enough."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from raysys.errors import RaysysError
from raysys.train.checkpoint import Progress
from raysys.train.metrics import BAND, COLLAPSED, DIVERSITY, INSIDE

if TYPE_CHECKING:
    from raysys.train.recipe import TrainingSettings

Show = Callable[[dict[str, Any]], None]
SECONDS_BETWEEN_LOOKS = 0.5  # at the file that the first worker rewrites about once a second
FEW_TILES = 32  # the usual batch: every step would show every tile
ADVICE = "try a smaller system.learning_rate"


class Divergence:
    """Notices the first step whose losses are no numbers, without waiting for an accelerator at every step.

    Parameters
    ----------
    device
        Where the losses are; on a CPU nothing is waited for, and every step is looked at.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.free = device.type == "cpu"
        self._first = torch.zeros((), dtype=torch.int64, device=device)

    def see(self, step: int, losses: dict[str, torch.Tensor]) -> None:
        """Note the losses of a step, scalars; those that live elsewhere are settings and not looked at."""
        # Reading a number from an accelerator waits for all of its queue; this stays on it.
        there = [loss.detach().float() for loss in losses.values() if loss.device.type == self.device.type]
        if there:
            finite = torch.isfinite(torch.stack(there)).all()
            self._first = torch.where(finite | (self._first > 0), self._first, step)

    @property
    def first_step(self) -> int | None:
        """The first step without numbers; asking waits for the accelerator."""
        return int(self._first) or None


def diverged(step: int, losses: dict[str, float], kept: Path | None) -> RaysysError:
    """What is said of a training that went astray; `kept` is the newest checkpoint, which is from before."""
    names = ", ".join(f"{name} = {value:.3g}" for name, value in losses.items() if not math.isfinite(value))
    found = f"training diverged at step {step}" + (f" ({names})" if names else " (weights that are no numbers)")
    if kept is None:
        return RaysysError(f"{found}, before its first checkpoint; {ADVICE}")
    return RaysysError(f"{found}; the last good checkpoint is {kept}; {ADVICE}, from there on with --start-from")


def all_finite(modules: Iterable[nn.Module]) -> bool:
    """Whether every weight is a number."""
    return all(bool(torch.isfinite(weight).all()) for module in modules for weight in module.parameters())


def judge(progress: Progress, settings: TrainingSettings, known: Iterable[str] = ()) -> None:
    """Settle after a validation which step is the best, and whether the training may end, in `progress`.

    Parameters
    ----------
    progress
        With the metrics of its step.
    settings
        Say by which metric, and after how many validations inside the band.
    known
        Metrics that a validation may have and this one has not.

    Raises
    ------
    RaysysError
        If a setting names what the validation does not measure.
    """
    metrics, name = progress.metrics, settings.best_by.removeprefix("-")
    if name not in {*metrics, *known}:
        raise RaysysError(f"training.best_by: {name!r} is not validated here; allowed: {', '.join(sorted(metrics))}")
    sign = -1 if settings.best_by.startswith("-") else 1
    value = metrics.get(name, math.nan)
    # What is no number would stay the best: nothing is smaller than NaN.
    if math.isfinite(value) and (progress.best_objective is None or sign * value < sign * progress.best_objective):
        progress.best_objective, progress.best_step = value, progress.step
    if settings.stop_inside_band is not None:
        _count_inside(progress, settings, settings.stop_inside_band)


def _count_inside(progress: Progress, settings: TrainingSettings, wanted: int) -> None:
    banded = [name for name in progress.metrics if name.startswith(BAND)]
    if INSIDE not in progress.metrics:
        raise RaysysError(
            "training.stop_inside_band: this system's validation has no real-against-real band, or its tiles are too "
            "few for one; leave it out"
        )
    everything = progress.metrics[INSIDE] == len(banded)
    progress.validations_inside = progress.validations_inside + 1 if everything else 0
    if progress.validations_inside >= wanted and progress.step < settings.steps:
        progress.ended = (
            f"training ended at step {progress.step} of {settings.steps}: all {len(banded)} descriptors lay inside the "
            f"real-against-real band in {wanted} validation{'s' if wanted > 1 else ''} in a row "
            "(training.stop_inside_band)"
        )


def warning(progress: Progress) -> str:
    """What is wrong with the images of the last validation, in one sentence; empty if nothing is."""
    if not progress.metrics.get(COLLAPSED):
        return ""
    share = progress.metrics.get(DIVERSITY, 0.0)
    return (
        f"the images of step {progress.step} are constant or all alike (they differ by {100 * share:.2g} % of what "
        f"real ones do): the network has collapsed; {ADVICE}, or another training.seed"
    )


def few_tiles(count: int) -> str:
    """What is to be said of so many training images; empty if they are enough."""
    if count >= FEW_TILES:
        return ""
    return (
        f"{count} training images are few (fewer than {FEW_TILES}): a network will know them by heart; take a larger "
        "image, or smaller values of data.stride or data.tile"
    )


@contextmanager
def shown(signs_of_life: Path, show: Show | None) -> Iterator[None]:
    """Call `show` with the content of the workers' progress file whenever it changes."""
    if show is None:
        yield
        return
    # A thread, since the caller waits for Ray, which says nothing before the end.
    ended = threading.Event()

    def watch() -> None:
        last = ""
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            text = signs_of_life.read_text() if signs_of_life.is_file() else ""
            if text and text != last:
                last = text
                show(json.loads(text))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
