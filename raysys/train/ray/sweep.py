"""The Bayesian sweep: Ray Tune runs the trials of an Optuna study, MLflow shows them below one parent run.

All that a later process needs to go on is in the sweep's folder: the study, the trials' checkpoints, MLflow's ids.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from raysys.cluster import connected, places
from raysys.errors import RaysysError
from raysys.models.patience import AwayError
from raysys.train.checkpoint import read_progress
from raysys.train.folders import (
    Run,
    driving,
    finished_before,
    interrupted_folder,
    leaving_nothing,
    new_folder,
    note,
    noted,
    with_versions_of_begun,
)
from raysys.train.loop import SECONDS_FOR_NUMBERS, run_training
from raysys.train.metrics import OBJECTIVE
from raysys.train.publish import publish
from raysys.train.ray.engine import check, fit, located, remarks, require_workers, worker_resources
from raysys.train.ray.searcher import StudySearcher, open_study
from raysys.train.ray.stopping import REQUEST, AskingASHA, remember
from raysys.train.ray.trials import Places, TrialRow, best_trial, trial_folder, trial_rows
from raysys.train.recipe import Recipe
from raysys.train.run_facts import sweep_words, trial_words
from raysys.train.session import LocalSession, newest_checkpoint
from raysys.train.tracking import SECONDS_AT_A_FAILURE, Tracker, continue_run, ending_run, experiment_of, start_run

# What a trial that starts Ray Train workers needs itself; Ray Tune refuses zero.
LAUNCHER_CPUS = 0.01
Show = Callable[[list[TrialRow]], None]


def sweep(recipe: Recipe, *, resume: bool = False, address: str | None = None, show: Show | None = None) -> Run:
    """Search the recipe's space for the values with the smallest objective, and register the best trial's model.

    Parameters
    ----------
    recipe
        With a `sweep.space`.
    resume
        Go on with the newest sweep of this recipe: interrupted trials from their checkpoints, then new ones up to
        `sweep.trials`. Of a sweep that has ended nothing is changed.
    address
        Ray cluster; see `raysys.cluster.connected`.
    show
        Called with all trials whenever one reports or ends.

    Returns
    -------
    Run
        Of the sweep; `details` holds "trials" (list of TrialRow), "best_trial" and "best_recipe".

    Raises
    ------
    RaysysError
        If the recipe has no space, the cluster is too small for one trial, or every trial failed.
    """
    if not recipe.sweep.space:
        raise RaysysError(
            f"recipe {recipe.name}: sweep.space is empty; say which fields to vary, for example "
            "system.learning_rate: {kind: log-uniform, low: 1e-5, high: 1e-3}"
        )
    recipe = located(with_versions_of_begun(recipe, "sweep") if resume else recipe)
    uri = str(recipe.tracking.uri)
    folder = interrupted_folder(recipe, "sweep", may_differ=("sweep.trials", "sweep.concurrent")) if resume else None
    if folder is not None:
        driving(folder).check()
        if run := _ended_before(recipe, folder, uri):
            return run
    prepared_places = Places(recipe)
    with leaving_nothing(recipe.storage):
        data = check(recipe, begins=not resume, place=prepared_places.of(recipe))
        _check_space(recipe)
        parent = _start(recipe, uri, data) if folder is None else ""
    if folder is None:
        folder = new_folder(recipe, "sweep")
        note(folder, run_id=parent)
    with driving(folder):
        note(folder, model=None)  # until it has the best one of all its trials, which a kill may yet come before
        parent = parent or continue_run(noted(folder)["run_id"], uri=uri)
        with ending_run(parent, uri), connected(address):
            study = open_study(folder, recipe.sweep, recipe.training.seed)
            with _study_written(folder), _ending_trials(folder, study, uri):
                _run_trials(recipe, folder, study, parent, uri, prepared_places, show)
            return _published(recipe, folder, study, parent, uri, prepared_places)


def _published(
    recipe: Recipe, folder: Path, study: optuna.Study, parent: str, uri: str, prepared_places: Places
) -> Run:
    """Register the best trial's model, and say what the sweep came to."""
    best = best_trial(study, folder)
    best_recipe = recipe.with_values(best.user_attrs["point"])
    child = noted(folder)["trials"][str(best.number)]
    model, metrics = publish(
        best_recipe,
        trial_folder(folder, best.number),
        run_id=child,
        uri=uri,
        folder=folder / "model",
        prepared=prepared_places.of(best_recipe),
    )
    tracker = Tracker(parent, uri)
    tracker.log(0, {f"best/{name}": value for name, value in metrics.items()})
    tracker.pictures_of(child)
    tracker.tag(best_trial=str(best.number), model=model)
    tracker.flush()
    note(folder, model=model, best_trial=best.number, metrics=metrics)
    return Run(parent, folder, metrics, model, uri, _details(recipe, folder, study), experiment_of(parent, uri))


def _details(recipe: Recipe, folder: Path, study: optuna.Study) -> dict[str, Any]:
    best = best_trial(study, folder)
    best_recipe = recipe.with_values(best.user_attrs["point"])
    return {
        "trials": trial_rows(study),
        "best_trial": best.number,
        "best_recipe": best_recipe,
        "remarks": remarks(trial_folder(folder, best.number)),
    }


def _ended_before(recipe: Recipe, folder: Path, uri: str) -> Run | None:
    """What a sweep left behind that has all its trials and its model."""
    run = finished_before(folder, uri)
    if run is None or not (folder / "study.db").is_file():
        return None
    study = open_study(folder, recipe.sweep, recipe.training.seed)
    ended = [trial for trial in study.trials if trial.state.is_finished()]
    if len(ended) < recipe.sweep.trials:
        return None
    details = _details(recipe, folder, study)
    details["remarks"] = run.details["remarks"] + details["remarks"]
    return replace(run, details=details, experiment_id=experiment_of(run.run_id, uri))


def _run_trials(
    recipe: Recipe, folder: Path, study: optuna.Study, parent: str, uri: str, prepared_places: Places, show: Show | None
) -> None:
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler

    settings, steps = recipe.sweep, recipe.training.steps

    def configure(number: int, point: dict[str, Any]) -> dict[str, Any]:
        return _trial_config(recipe, folder, number, point, parent, uri, prepared_places)

    def ended(number: int, word: str) -> None:
        tracker = Tracker(noted(folder)["trials"][str(number)], uri, folder=trial_folder(folder, number))
        tracker.note(ended=word.lower())
        tracker.finish({"FINISHED": "FINISHED", "STOPPED": "KILLED", "FAILED": "FAILED"}[word])
        _tell(study, show)

    searcher = StudySearcher(
        study, settings, steps=steps, configure=configure, ended=ended, heard=lambda *_: _tell(study, show)
    )
    if searcher.remaining == 0:
        return
    grace = max(recipe.training.validate_every, round(settings.grace * steps))
    scheduler = (AskingASHA if launch(recipe) == "ray-train" else ASHAScheduler)(
        time_attr="step",
        metric=OBJECTIVE,
        mode="min",
        max_t=steps,
        grace_period=min(grace, steps),
        reduction_factor=settings.reduction,
    )
    remember(scheduler, study)
    trainable = tune.with_resources(_trial, {"CPU": _trial_cpus(recipe)})
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=scheduler if settings.stop_hopeless else None,
            num_samples=searcher.remaining,
            max_concurrent_trials=_concurrent(recipe),
            trial_dirname_creator=lambda trial: trial.trial_id,
        ),
        run_config=tune.RunConfig(
            name=f"tune-{int(time.time())}",
            storage_path=str(folder),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=2),
        ),
    )
    tuner.fit()


@contextmanager
def _study_written(folder: Path) -> Iterator[None]:
    """Say in one sentence that the study takes no more, as on a full disk; what it has taken is kept."""
    try:
        yield
    except optuna.exceptions.StorageInternalError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise RaysysError(
            f"{folder / 'study.db'} cannot be written ({reason}); make room, or unlock it, and go on with --resume"
        ) from error


@contextmanager
def _ending_trials(folder: Path, study: optuna.Study, uri: str) -> Iterator[None]:
    """Mark the runs of trials that are under way as KILLED where the sweep ends before them; it can go on with them."""
    try:
        yield
    except BaseException:
        runs = noted(folder).get("trials", {})
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if run_id := runs.get(str(trial.number)):
                with suppress(AwayError):  # what ended the sweep is to be told; its run is taken up by --resume
                    place = trial_folder(folder, trial.number)
                    Tracker(run_id, uri, folder=place, seconds=SECONDS_AT_A_FAILURE).finish("KILLED")
        raise


def _trial_config(
    recipe: Recipe, folder: Path, number: int, point: dict[str, Any], parent: str, uri: str, prepared_places: Places
) -> dict[str, Any]:
    own = recipe.with_values(point)
    run_id = start_run(
        f"trial-{number:04d}",
        experiment=recipe.tracking.experiment,
        uri=uri,
        parameters=own.model_dump(mode="json", exclude={"sweep"}),
        parent=parent,
        tags={"trial_id": str(number), "raysys.kind": "trial", "raysys.system": own.system.method},
        description=trial_words(number, point),
    )
    note(folder, trials=noted(folder).get("trials", {}) | {str(number): run_id})
    place = prepared_places.tried(own)
    return {
        "recipe": own.model_dump(mode="json"),
        "folder": str(trial_folder(folder, number)),
        "run_id": run_id,
        "prepared": str(place) if place else None,
    }


def _trial(config: dict[str, Any]) -> None:
    """One trial, in a process of Ray Tune: trains itself, or starts Ray Train workers and passes on their reports."""
    import ray
    from ray import tune
    from ray.tune.integration.ray_train import TuneReportCallback

    recipe, folder = Recipe.model_validate(config["recipe"]), Path(config["folder"])
    place = Path(config["prepared"]) if config["prepared"] else None
    folder.mkdir(parents=True, exist_ok=True)
    _note(config, node=ray.util.get_node_ip_address())
    last: dict[str, float] = {}

    def report(metrics: dict[str, float]) -> None:
        last.update(metrics)
        tune.report(metrics)

    try:
        if launch(recipe) == "ray-train":
            fit(
                recipe,
                folder,
                run_id=config["run_id"],
                stop_request=folder / REQUEST,
                callbacks=[TuneReportCallback()],
                place=place,
            )
            # A resumed trial whose training had ended reports nothing of itself; Ray Tune takes that for an error.
            report(_last_metrics(folder))
        else:
            tracker = Tracker(config["run_id"], recipe.tracking.uri, folder=folder)
            try:
                run_training(recipe, LocalSession(folder, report), tracker=tracker, prepared=place)
            finally:
                tracker.flush(SECONDS_FOR_NUMBERS)  # the driver sends what then still waits
    except RaysysError as error:
        # Not worth a retry: the same recipe would fail the same way.
        _note(config, error=str(error))
        tune.report({OBJECTIVE: 1e9, "step": int(last.get("step", 0)), "failed": str(error)})


def _note(config: dict[str, Any], **tags: str) -> None:
    """Tags of a trial's run, after all that was said of it until now."""
    tracker = Tracker(config["run_id"], config["recipe"]["tracking"]["uri"], folder=Path(config["folder"]))
    tracker.note(**tags)
    tracker.flush(SECONDS_FOR_NUMBERS)


def launch(recipe: Recipe) -> str:
    """How a trial trains: "inline" in its own process, or "ray-train" on workers of its own."""
    plain = recipe.scaling.workers == 1 and not recipe.scaling.gpu
    if recipe.sweep.launch == "auto":
        return "inline" if plain else "ray-train"
    if recipe.sweep.launch == "inline" and not plain:
        raise RaysysError(
            f"sweep.launch: inline trains on one worker without a GPU, but scaling.workers is {recipe.scaling.workers} "
            f"and scaling.gpu {recipe.scaling.gpu}; allowed then: auto, ray-train"
        )
    return recipe.sweep.launch


def _last_metrics(folder: Path) -> dict[str, float]:

    newest = newest_checkpoint(folder)
    if newest is None:
        raise RaysysError(f"{folder}: the training left no checkpoint")
    return read_progress(newest).reported()


def _trial_cpus(recipe: Recipe) -> float:
    return LAUNCHER_CPUS if launch(recipe) == "ray-train" else recipe.scaling.cpus_per_worker


def _concurrent(recipe: Recipe) -> int:
    """As many trials as asked for, but no more than the cluster can hold: a trial without room would wait for ever."""
    import ray

    require_workers(recipe, "a trial")
    workers, each = recipe.scaling.workers, worker_resources(recipe)
    need = workers * recipe.scaling.cpus_per_worker + (LAUNCHER_CPUS if launch(recipe) == "ray-train" else 0)
    have = ray.cluster_resources().get("CPU", 0)
    if have < need:
        raise RaysysError(
            f"a trial needs {need:g} CPUs (scaling.workers x scaling.cpus_per_worker) but the cluster has {have:g}; "
            "lower one of them or add nodes"
        )
    return max(1, min(recipe.sweep.concurrent, int(have / need), places(each) // workers))


def _check_space(recipe: Recipe) -> None:
    """Every field of the space must exist and accept the ends of its range."""
    for name, dimension in recipe.sweep.space.items():
        ends = dimension.values if dimension.kind == "choice" else [dimension.low, dimension.high]
        for value in ends:
            recipe.with_values({**dimension.when, name: value})


def _tell(study: optuna.Study, show: Show | None) -> None:
    if show:
        show(trial_rows(study))


def _start(recipe: Recipe, uri: str, data: dict[str, Any]) -> str:
    return start_run(
        f"sweep of {recipe.name}",
        experiment=recipe.tracking.experiment,
        uri=uri,
        parameters=recipe.model_dump(mode="json"),
        tags={"raysys.kind": "sweep", "raysys.system": recipe.system.method},
        description=sweep_words(recipe),
        data=data,
    )
