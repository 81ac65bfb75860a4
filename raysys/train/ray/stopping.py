"""Hopeless trials that train on Ray Train workers are asked to stop, and end by themselves.

Ray Tune stops a trial by killing its process. The Ray Train controller dies with it and leaves its placement group
behind: Ray's own cleaner asks the dashboard whether the controller still lives, so a Ray without dashboard never gives
the CPUs back, and the next trials wait for ever. A trial that ends by itself gives everything back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
