"""The Bayesian searcher inside Ray Tune: an Optuna study in a file, which a new process can take up where it stopped.

Differences from Ray's own OptunaSearch: trials that were stopped early are told as pruned and not as complete with a
truncated value; the sampler's seed depends on the number of trials already told, so that a resumed sweep does not
repeat its first points; interrupted trials are handed out again before new ones are made.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from ray.tune.search import Searcher

from raysys.train.metrics import OBJECTIVE
from raysys.train.ray.space import SweepSettings

Point = dict[str, Any]
SECONDS_OF_PATIENCE = 600


def open_study(folder: Path, settings: SweepSettings, seed: int) -> optuna.Study:
    """The study kept in `folder`/study.db, made if absent; its sampler goes on where the last process stopped."""
    optuna.logging.set_verbosity(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    # SQLite itself gives up after five seconds when another program, such as a backup, has locked the file.
    storage = RDBStorage(study_location(folder), engine_kwargs={"connect_args": {"timeout": SECONDS_OF_PATIENCE}})
    study = optuna.create_study(study_name="sweep", storage=storage, load_if_exists=True, direction="minimize")
    study.sampler = sampler(settings, seed=seed, told=len(study.trials))
    if not study.trials:
        for point in settings.start:
            study.enqueue_trial(point)
    return study


def study_location(folder: Path) -> str:
    """Address of the study's file; the name of a folder may have characters that mean something else in an address."""
    return f"sqlite:///{quote(str(folder / 'study.db'))}"


def sampler(settings: SweepSettings, *, seed: int, told: int) -> BaseSampler:
    """The sampler that a recipe asks for, seeded by the recipe's seed and the number of trials already told."""
    own_seed = int(np.random.SeedSequence([seed, told]).generate_state(1)[0])
    startup = settings.startup_trials or max(2, min(10, settings.trials // 3))
    if settings.searcher == "gp":
        # Conditional fields lie outside the Gaussian process and are drawn independently; that is meant, so no warning.
        return GPSampler(seed=own_seed, n_startup_trials=startup, warn_independent_sampling=False)
    if settings.searcher == "tpe":
        return TPESampler(seed=own_seed, n_startup_trials=startup)
    return RandomSampler(seed=own_seed)


def next_trial(study: optuna.Study, wanted: int) -> optuna.Trial | None:
    """The trial that was interrupted, or a new one; None where as many as wanted have ended.

    For searches whose trials are made one after the other, without Ray Tune.
    """
    for frozen in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        return optuna.Trial(study, frozen._trial_id)
    ended = sum(one.state.is_finished() for one in study.get_trials(deepcopy=False))
    return study.ask() if ended < wanted else None


def fail_trial(study: optuna.Study, trial: optuna.Trial) -> None:
    """Tell the study that a point cannot be had."""
    study.tell(trial, state=TrialState.FAIL)


class StudySearcher(Searcher):
    """Hands points of an Optuna study to Ray Tune and tells it how they ended.

    Parameters
    ----------
    study
        From `open_study`.
    settings
        The sweep's settings.
    steps
        Steps of a full trial; one that ended before them was stopped early.
    configure
        Called with (trial number, point); returns the configuration that Tune hands to the trial.
    ended
        Called with (trial number, "FINISHED" | "STOPPED" | "FAILED").
    heard
        Called with (trial number, step, objective) at every report.
    """

    def __init__(
        self,
        study: optuna.Study,
        settings: SweepSettings,
        *,
        steps: int,
        configure: Callable[[int, Point], dict[str, Any]],
        ended: Callable[[int, str], None],
        heard: Callable[[int, int, float], None],
    ) -> None:
        super().__init__(metric=OBJECTIVE, mode="min")
        self._study, self._settings, self._steps = study, settings, steps
        self._configure, self._ended, self._heard = configure, ended, heard
        self._trials: dict[str, optuna.Trial] = {}
        self._best: dict[str, float] = {}
        self._steps_told: dict[str, set[int]] = {}
        self._interrupted = deque(trial for trial in study.trials if trial.state == TrialState.RUNNING)

    @property
    def remaining(self) -> int:
        """Trials still to run: the interrupted ones, and new ones up to the number asked for."""
        ended = sum(trial.state.is_finished() for trial in self._study.trials)
        return max(0, self._settings.trials - ended)

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        """The next point, with what the trial needs to know."""
        if self._interrupted:
            frozen = self._interrupted.popleft()
            trial = optuna.Trial(self._study, frozen._trial_id)
            point = frozen.user_attrs.get("point") or self._settings.suggest(trial)
        else:
            trial = self._study.ask()
            point = self._settings.suggest(trial)
        trial.set_user_attr("point", point)
        self._trials[trial_id] = trial
        # Of a trial that a killed sweep had begun: what it had reached, which its process takes up from its checkpoint.
        course = self._study.trials[trial.number].intermediate_values
        self._steps_told[trial_id] = set(course)
        if course:
            self._best[trial_id] = min(course.values())
        return self._configure(trial.number, point)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Keep the course of the objective, so that pruned trials still teach the sampler."""
        value, step = float(result[OBJECTIVE]), int(result["step"])
        if "failed" in result or not math.isfinite(value):  # the study takes numbers only
            return
        self._best[trial_id] = min(value, self._best.get(trial_id, value))
        told = self._steps_told[trial_id]
        # A trial that was continued from its checkpoint reports its last step again; the first report stands.
        if step not in told:
            told.add(step)
            self._trials[trial_id].report(value, step)
        self._heard(self._trials[trial_id].number, step, value)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tell the study: complete with the best objective met, pruned if stopped early, failed on an error."""
        if result and OBJECTIVE in result:
            self.on_trial_result(trial_id, result)
        number, best = self._trials.pop(trial_id).number, self._best.pop(trial_id, None)
        if error or best is None or (result and "failed" in result):
            state, word = TrialState.FAIL, "FAILED"
        elif result and (result.get("step", 0) >= self._steps or result.get("ended")):
            state, word = TrialState.COMPLETE, "FINISHED"
        else:
            state, word = TrialState.PRUNED, "STOPPED"
        self._study.tell(number, best if state == TrialState.COMPLETE else None, state=state, skip_if_finished=True)
        self._ended(number, word)

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Ray Tune pickles its searcher for a restore that is not used; the callbacks may not be picklable."""
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study's file is the state."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the study's file is the state."""
