"""Trainings without MLflow: a recorder in the tracker's place, and what a run leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from raysys.train.checkpoint import Progress
from raysys.train.loop import run_training
from raysys.train.recipe import Recipe
from raysys.train.session import LocalSession, newest_checkpoint


class Recorder:
    """Stands where MLflow's tracker stands and keeps what it is told."""

    def __init__(self) -> None:
        self.told: dict[int, dict[str, float]] = {}
        self.tags: dict[str, str] = {}
        self.pictures: dict[str, list[int]] = {}

    def log(self, step: int, metrics: dict[str, float]) -> None:
        self.told.setdefault(step, {}).update(metrics)

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        assert pixels.dtype == np.uint8
        assert max(pixels.shape) <= 1024
        self.pictures.setdefault(name, []).append(step)

    def note(self, **tags: str) -> None:
        self.tags.update(tags)

    def flush(self, seconds: float | None = None) -> None: ...


def trained(
    recipe: Recipe, folder: str, *, prepared: Path | None = None
) -> tuple[Progress, Recorder, dict[str, torch.Tensor]]:
    recorder = Recorder()
    progress = run_training(
        recipe,
        LocalSession(Path(folder)),
        tracker=recorder,  # type: ignore[arg-type]
        prepared=prepared,
    )
    newest = newest_checkpoint(Path(folder))
    assert newest is not None
    return progress, recorder, load_file(newest / "state.safetensors")


def cut_in_two(make: Callable[..., Recipe]) -> None:
    """A training of 8 steps equals one of 4 that goes on to 8: losses, metrics, weights and optimisers, bit for bit."""
    whole, told, tensors = trained(make(), "whole")
    trained(make(training={"steps": 4}), "cut")
    resumed, told_after, tensors_after = trained(make(), "cut")
    assert resumed == whole
    assert set(told_after.told) == {5, 6, 7, 8}
    assert all(told_after.told[step] == told.told[step] for step in told_after.told)
    assert set(tensors) == set(tensors_after)
    assert all(torch.equal(tensors[name], tensors_after[name]) for name in tensors)
