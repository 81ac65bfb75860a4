"""The trials of a sweep as its folder and its study hold them: rows of tables, checkpoints, prepared data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from raysys.data.sources import prepared
from raysys.errors import RaysysError
from raysys.train.ray.searcher import study_location
from raysys.train.recipe import Recipe


@dataclass(frozen=True)
class TrialRow:
    """One trial as the summary table shows it; `objective` is its best so far, None before the first validation."""

    number: int
    values: dict[str, Any]
    objective: float | None
    status: str
    seconds: float
    step: int


def best_trial(study: optuna.Study, folder: Path) -> optuna.trial.FrozenTrial:
    """The completed trial with the smallest objective."""
    complete = [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
    if not complete:
        states = ", ".join(f"trial {trial.number}: {trial.state.name.lower()}" for trial in study.trials)
        raise RaysysError(f"{folder}: no trial of the sweep was completed ({states}); see the trials' runs in MLflow")
    return min(complete, key=lambda trial: float(trial.value or float("inf")))


def trial_folder(folder: Path, number: int) -> Path:
    """Where a trial keeps its checkpoints."""
    return folder / "trials" / f"trial-{number:04d}"


def trial_rows(study: optuna.Study) -> list[TrialRow]:
    """All trials of a study, in the order they were made."""
    words = {
        "COMPLETE": "finished",
        "PRUNED": "stopped early",
        "FAIL": "failed",
        "RUNNING": "running",
        "WAITING": "waiting",
    }
    rows = []
    for trial in study.trials:
        course = trial.intermediate_values
        begun = trial.datetime_start.timestamp() if trial.datetime_start else time.time()
        ended = trial.datetime_complete.timestamp() if trial.datetime_complete else time.time()
        objective = min(course.values()) if course else None
        values = dict(trial.user_attrs.get("point", trial.params))
        step = max(course) if course else 0
        rows.append(TrialRow(trial.number, values, objective, words[trial.state.name], ended - begun, step))
    return rows


def trials_in(folder: Path) -> list[TrialRow]:
    """All trials of a sweep's folder, whose study is only read.

    Raises
    ------
    RaysysError
        If there is no study in it.
    """
    if not (folder / "study.db").is_file():
        raise RaysysError(f"{folder} is no folder of a sweep: it has no study.db")
    return trial_rows(optuna.load_study(study_name="sweep", storage=study_location(folder)))


class Places:
    """Where the data of trials are prepared: once for all of them, unless their space is one of the data's fields."""

    def __init__(self, recipe: Recipe) -> None:
        self._storage = recipe.storage
        self._known: dict[str, Path | None] = {}

    def of(self, recipe: Recipe) -> Path | None:
        """The folder for a recipe; None for sources without one."""
        said = recipe.data.model_dump_json()
        if said not in self._known:
            self._known[said] = prepared(recipe.data, self._storage)
        return self._known[said]

    def tried(self, recipe: Recipe) -> Path | None:
        """The same; None also for data that cannot be prepared, which the trial itself then says."""
        try:
            return self.of(recipe)
        except RaysysError:
            return None
