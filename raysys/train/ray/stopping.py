"""Which trials are hopeless, by what all of the study had reached; those on Ray Train workers are asked to stop.

Ray Tune stops a trial by killing its process. The Ray Train controller dies with it and leaves its placement group
behind: Ray's own cleaner asks the dashboard whether the controller still lives, so a Ray without dashboard never gives
the CPUs back, and the next trials wait for ever. A trial that ends by itself gives everything back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState
from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler, TrialScheduler

REQUEST = "stop"


class AskingASHA(ASHAScheduler):
    """ASHA that leaves a request in the trial's folder where it would have the trial killed."""

    def on_trial_result(self, controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Ask the trial to stop if ASHA says so; one that has done all its steps is ending anyway."""
        decision = super().on_trial_result(controller, trial, result)
        if decision == TrialScheduler.STOP and result[self._time_attr] < self._max_t:
            (Path(trial.config["folder"]) / REQUEST).touch()
        return TrialScheduler.CONTINUE


def remember(scheduler: ASHAScheduler, study: optuna.Study) -> None:
    """Hold new trials against those of earlier processes, too, which a sweep that goes on would have forgotten.

    ASHA keeps, for each number of steps at which it looks, what every trial had reached at its first report after it.
    """
    sign = scheduler._metric_op
    assert sign is not None  # it was given a mode
    for trial in study.get_trials(deepcopy=False):
        course = trial.intermediate_values
        passed = [
            (recorded, min(step for step in course if step >= milestone))
            for milestone, recorded in scheduler._brackets[0]._rungs  # the last look first
            if any(step >= milestone for step in course)
        ]
        # A trial that is gone on with reports its last step again, and is then noted there by itself.
        for recorded, step in passed[trial.state == TrialState.RUNNING :]:
            recorded[f"trial {trial.number}"] = sign * course[step]
