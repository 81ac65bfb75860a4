"""The engine: one training as a Ray Train run on one or many workers, resumable, tracked, its model registered."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from raysys.cluster import connected, require_places, warn_if_taken
from raysys.data.sources import located_data, prepared, training_data
from raysys.errors import RaysysError
from raysys.models.registry import located_model, tracking_location
from raysys.train.checkpoint import read_progress
from raysys.train.compiling import check_compiler
from raysys.train.folders import (
    Run,
    driving,
    finished_before,
    interrupted_folder,
    leaving_nothing,
    new_folder,
    note,
    noted,
    run_of_checkpoint,
    with_versions_of_begun,
)
from raysys.train.loop import SECONDS_FOR_NUMBERS, begin, build_system, run_training
from raysys.train.publish import publish
from raysys.train.ray.attempts import fitted
from raysys.train.ray.session import RayTrainSession
from raysys.train.ray.snapshot import follow_what_is_there
from raysys.train.recipe import Recipe
from raysys.train.run_facts import training_words
from raysys.train.session import is_complete, newest_checkpoint
from raysys.train.system_settings import check_sides
from raysys.train.tracking import Tracker, continue_run, ending_run, experiment_of, link_runs, start_run
from raysys.train.watching import Show, few_tiles, shown, warning

PATHS = ("start_from", "stop_request", "signs_of_life", "prepared")  # what a worker is told beside the recipe


def train(
    recipe: Recipe,
    *,
    resume: bool = False,
    address: str | None = None,
    start_from: Path | None = None,
    show: Show | None = None,
) -> Run:
    """Train a recipe on its Ray Train workers, track it in MLflow, save and register its best model.

    Parameters
    ----------
    recipe
        What to train.
    resume
        Go on with the newest run of this recipe from its last checkpoint, in the same MLflow run. Of a run that has
        ended nothing is changed, unless the recipe has more steps now.
    address
        Ray cluster; see `raysys.cluster.connected`.
    start_from
        Checkpoint folder of the same system to begin from.
    show
        Called about once a second with {"step", "steps", "steps_per_second", "best", "metrics"}, and now and then a
        "notice" that is to be told.

    Raises
    ------
    RaysysError
        If the data, the cluster, MLflow or the training itself fails; the MLflow run is then marked FAILED. Also if
        another process is at work in the run.
    """
    said: list[str] = []
    recipe = located(with_versions_of_begun(recipe, "train") if resume else recipe, said.append)
    uri = str(recipe.tracking.uri)
    folder = interrupted_folder(recipe, "train", may_differ=("training.steps", "scaling")) if resume else None
    if folder is not None:
        driving(folder).check()
        if is_complete(folder, recipe.training.steps) and (run := finished_before(folder, uri)):
            return replace(run, experiment_id=experiment_of(run.run_id, uri))
    with leaving_nothing(recipe.storage):
        place = prepared(recipe.data, recipe.storage)
        data = check(recipe, begins=folder is None or newest_checkpoint(folder) is None, place=place)
        run_id = _start(recipe, uri, data, start_from) if folder is None else ""
    if folder is None:
        folder = new_folder(recipe, "train")
        note(folder, run_id=run_id)
    with driving(folder):
        note(folder, model=None)  # until it has the one of all its steps, which a kill may yet come before
        run_id = run_id or continue_run(noted(folder)["run_id"], uri=uri)
        with ending_run(run_id, uri, folder), connected(address), shown(folder / "progress.json", show):
            require_workers(recipe)
            warn_if_taken(recipe.scaling.workers, worker_resources(recipe), what="training")
            fit(recipe, folder, run_id=run_id, start_from=start_from, place=place)
            model, metrics = publish(recipe, folder, run_id=run_id, uri=uri, folder=folder / "model", prepared=place)
        note(folder, model=model, metrics=metrics)
    return Run(run_id, folder, metrics, model, uri, {"remarks": said + remarks(folder)}, experiment_of(run_id, uri))


def require_workers(recipe: Recipe, what: str = "training") -> None:
    """Refuse a training whose workers the cluster will never have room for."""
    need = worker_resources(recipe)
    allowed = "a smaller scaling.workers or scaling.cpus_per_worker" + (", scaling.gpu: false" if "GPU" in need else "")
    require_places(recipe.scaling.workers, need, what=what, remedy=allowed)


def worker_resources(recipe: Recipe) -> dict[str, float]:
    """What Ray reserves for each worker."""
    scaling = recipe.scaling
    return {"CPU": scaling.cpus_per_worker} | ({"GPU": 1} if scaling.gpu else {})


def fit(
    recipe: Recipe,
    folder: Path,
    *,
    run_id: str,
    start_from: Path | None = None,
    stop_request: Path | None = None,
    callbacks: list[Any] | None = None,
    place: Path | None = None,
) -> None:
    """Run the recipe's Ray Train workers until it has done its steps, or the file `stop_request` appears.

    Checkpoints go into `folder`; the run's name is the folder's, so that a second call takes up the last checkpoint.
    Where that is the last one of the training nothing is started. The data are read from `place`, where they were
    prepared.
    """
    if is_complete(folder, recipe.training.steps):
        return
    given = {"start_from": start_from, "signs_of_life": folder / "progress.json", "stop_request": stop_request}
    paths: dict[str, Path | None] = given | {"prepared": place}
    told = {name: None if path is None else str(path) for name, path in paths.items()}

    def make() -> Any:
        follow_what_is_there(folder, recipe.training.best_by)
        return _trainer(recipe, folder, run_id, told, callbacks)

    answer = fitted(make, folder, failures=recipe.scaling.max_failures).return_value
    if isinstance(answer, dict) and "error" in answer:
        raise RaysysError(answer["error"])


def _trainer(
    recipe: Recipe, folder: Path, run_id: str, told: dict[str, str | None], callbacks: list[Any] | None
) -> Any:
    """Ray Train's trainer of a recipe, whose workers are told the paths of PATHS, too."""
    from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    scaling = recipe.scaling

    class Trainer(TorchTrainer):
        """Leaves Ctrl-C to the caller; Ray Train's own handler would end this process as if all were well."""

        def _register_sigint_handler(self, controller: Any) -> None:
            pass

    return Trainer(
        _worker,  # type: ignore[arg-type]  # Ray's own annotation forgets that a worker may return something
        train_loop_config={
            "recipe": recipe.model_dump(mode="json"),
            "folder": str(folder),
            "run_id": run_id,
            **told,
        },
        scaling_config=ScalingConfig(
            num_workers=scaling.workers,
            use_gpu=scaling.gpu,
            resources_per_worker=worker_resources(recipe),
        ),
        run_config=RunConfig(
            name=folder.name,
            storage_path=str(folder.parent),
            failure_config=FailureConfig(max_failures=scaling.max_failures),
            checkpoint_config=CheckpointConfig(
                num_to_keep=2,
                checkpoint_score_attribute=recipe.training.best_by.removeprefix("-"),
                checkpoint_score_order="max" if recipe.training.best_by.startswith("-") else "min",
            ),
            callbacks=callbacks,
        ),
    )


def remarks(folder: Path) -> list[str]:
    """What is to be said of the training whose checkpoints are in a folder: an early end, images that are all alike."""
    newest = newest_checkpoint(folder)
    if newest is None:
        return []
    progress = read_progress(newest)
    return [sentence for sentence in (progress.ended, warning(progress)) if sentence]


def check(recipe: Recipe, *, begins: bool = True, place: Path | None = None) -> dict[str, Any]:
    """Find a user's mistake here, before any run or worker is started: data, settings, and the model to begin from.

    A training that goes on from its own checkpoint begins from no other model. The data are read from `place`, if they
    were prepared there; their provenance is returned.
    """
    if recipe.training.init_from is None and (wanted := recipe.system.wanted_model()):
        raise RaysysError(f"recipe {recipe.name} {wanted}")
    data = training_data(recipe.data, place)
    if said := few_tiles(len(data.train)):
        warnings.warn(said, UserWarning, stacklevel=2)
    check_sides(recipe.system, data.provenance)
    system = build_system(recipe, torch.device("cpu"))
    system.check()
    system.prepare(data)
    if begins:
        begin(recipe, system)
    if recipe.training.compile and not recipe.scaling.gpu:
        check_compiler()
    system.record()  # looks up what the settings name beside the data, such as features of a pretrained network
    return data.provenance


def located(recipe: Recipe, say: Callable[[str], None] | None = None) -> Recipe:
    """The recipe with every path and address written out, since workers run in other folders and on other machines.

    A model's alias becomes the version that it means now, so that all workers, and a resumed run, take the same one. A
    window that is to be representative becomes a number, so that the image is looked at once; `say` is told which.
    """
    uri = tracking_location(recipe.tracking.uri)
    values: dict[str, Any] = {"tracking.uri": uri}
    if recipe.training.init_from is not None:
        values["training.init_from"] = located_model(recipe.training.init_from, tracking_uri=uri)
    values |= {f"system.{name}": value for name, value in recipe.system.located(uri).items()}
    values |= {f"data.{name}": value for name, value in located_data(recipe.data, say=say).items()}
    values["storage"] = str(Path(recipe.storage).resolve())
    return recipe.with_values(values)


def _start(recipe: Recipe, uri: str, data: dict[str, Any], start_from: Path | None) -> str:
    earlier = run_of_checkpoint(start_from) if start_from else {}
    run_id = start_run(
        recipe.name,
        experiment=recipe.tracking.experiment,
        uri=uri,
        parameters=recipe.model_dump(mode="json", exclude={"sweep"}),
        tags={"raysys.kind": "train", "raysys.system": recipe.system.method},
        description=training_words(recipe),
        data=data,
    )
    link_runs(run_id, earlier, uri=uri)
    return run_id


def _worker(config: dict[str, Any]) -> dict[str, str] | None:
    """What runs on every Ray Train worker."""
    recipe = Recipe.model_validate(config["recipe"])
    session = RayTrainSession(gpu=recipe.scaling.gpu, folder=Path(config["folder"]) if "folder" in config else None)
    tracker = Tracker(config["run_id"], recipe.tracking.uri, folder=session.folder) if session.rank == 0 else None
    paths = {name: Path(config[name]) for name in PATHS if config.get(name)}
    try:
        run_training(recipe, session, tracker=tracker, **paths)
    except RaysysError as error:
        # A deterministic mistake is not worth Ray's retries; with several workers the others must be told by a failure.
        if session.world_size > 1:
            raise
        return {"error": str(error)}
    finally:
        if tracker:
            tracker.flush(SECONDS_FOR_NUMBERS)  # the driver sends what then still waits
    return None
