"""The sweep: trials as child runs, early stops told honestly, a killed driver resumed, trials of Ray Train workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from support.launching import Launched

from raysys.cluster import connected
from raysys.models import load
from raysys.models.registry import tracking_location
from raysys.train import Recipe, sweep
from raysys.train.ray.trials import trial_folder

pytestmark = pytest.mark.cluster
SPACE = {"system.learning_rate": {"kind": "log-uniform", "low": 1e-4, "high": 1e-2}}


def sweep_folder(recipe: Recipe) -> Path:
    return recipe.folder / "sweep-001"


def children(folder: Path) -> tuple[list, str]:
    parent = json.loads((folder / "run.json").read_text())["run_id"]
    client = MlflowClient(tracking_location())
    experiment = client.get_run(parent).info.experiment_id
    return client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'"), parent


def test_a_killed_sweep_is_resumed_with_every_trial_counted_once(tiny, recipe_file):
    long = {"steps": 300, "validate_every": 50, "log_every": 50}
    plan = {"trials": 4, "concurrent": 2, "searcher": "gp", "startup_trials": 2, "stop_hopeless": False, "space": SPACE}
    recipe = tiny(training=long, sweep=plan)
    path = recipe_file(training=long, sweep=plan)
    second_trial = trial_folder(sweep_folder(recipe), 2) / "step-00000100"
    with Launched("sweep", path, "--address", "local") as command:
        command.wait_until(second_trial.is_dir)
        command.kill()
    with Launched("sweep", path, "--address", "local", "--resume") as command:
        printed = command.succeed()
    assert "models:/blobs/1" in printed
    runs, parent = children(sweep_folder(recipe))
    assert sorted(run.data.tags["trial_id"] for run in runs) == ["0", "1", "2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len({run.data.params["system.learning_rate"] for run in runs}) == 4
    best = min(runs, key=lambda run: min_of(run, "descriptor_error"))
    tags = MlflowClient(tracking_location()).get_run(parent).data.tags
    assert tags["best_trial"] == best.data.tags["trial_id"]
    chosen = load("models:/blobs@champion").card.provenance["recipe"]["system"]["learning_rate"]
    assert chosen == float(best.data.params["system.learning_rate"])


@pytest.mark.slow
def test_trials_of_ray_train_workers_stop_early_and_leave_room_for_the_next(tiny):
    # Only the first trial can learn at all, so that every later one is hopeless at its first look.
    recipe = tiny(
        "autoencoder",
        training={"steps": 600, "batch": 16, "validate_every": 200, "log_every": 200},
        scaling={"cpus_per_worker": 0.9},
        sweep={
            "trials": 3, "concurrent": 1, "searcher": "random", "launch": "ray-train", "grace": 0.3, "reduction": 3,
            "space": {"system.learning_rate": {"kind": "choice", "values": [5e-3, 1e-9]}},
            "start": [{"system.learning_rate": 5e-3}] + 2 * [{"system.learning_rate": 1e-9}],
        },
    )  # fmt: skip
    # One CPU: what a stopped trial does not give back, the next one waits for in vain.
    with connected("local", num_cpus=1):
        run = sweep(recipe)
    objectives = [row.objective for row in run.details["trials"]]
    assert objectives[0] < 0.1 * min(objectives[1:])
    statuses = [row.status for row in run.details["trials"]]
    assert statuses[0] == "finished"
    assert set(statuses[1:]) <= {"stopped early", "finished"}
    assert "stopped early" in statuses
    runs, _ = children(run.folder)
    ended = {int(child.data.tags["trial_id"]): child.info.status for child in runs}
    assert [ended[k] for k in range(3)] == ["KILLED" if s == "stopped early" else "FINISHED" for s in statuses]


def test_a_trial_that_goes_astray_fails_alone(tiny):
    # A penalty beyond what float32 holds: its losses are no numbers from the first step on.
    space = {"system.penalty": {"kind": "choice", "values": [1e39, 10.0]}}
    plan = {"trials": 2, "concurrent": 1, "searcher": "random", "space": space, "stop_hopeless": False}
    recipe = tiny(sweep=plan | {"start": [{"system.penalty": 1e39}, {"system.penalty": 10.0}]})
    with connected("local", num_cpus=1):
        run = sweep(recipe)
    assert [row.status for row in run.details["trials"]] == ["failed", "finished"]
    assert run.details["best_trial"] == 1
    runs, _ = children(run.folder)
    ended = {int(child.data.tags["trial_id"]): child for child in runs}
    assert (ended[0].info.status, ended[1].info.status) == ("FAILED", "FINISHED")
    assert "diverged at step 1" in ended[0].data.tags["error"]
    kept = {file: file.read_bytes() for file in run.folder.rglob("state.*")}
    again = sweep(recipe, resume=True)
    assert (again.model, again.metrics, again.folder) == (run.model, run.metrics, run.folder)
    assert [(row.number, row.objective) for row in again.details["trials"]] == [
        (row.number, row.objective) for row in run.details["trials"]
    ]
    assert "had ended before, so nothing was done" in again.details["remarks"][0]
    assert kept
    assert kept == {file: file.read_bytes() for file in run.folder.rglob("state.*")}


def min_of(run, metric: str) -> float:
    history = MlflowClient(tracking_location()).get_metric_history(run.info.run_id, metric)
    return min(point.value for point in history)
