"""Running a study: its recipes are trained in order, some beginning from models that have ended.

A folder keeps what has ended, so that the same command goes on where an interrupted study stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from raysys.cluster import connected
from raysys.data.sources import PREPARED, located_data, prepared, training_data
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.studies.study import CLASSIFIER, Study, StudyModel
from raysys.train.folders import Run
from raysys.train.loop import build_system
from raysys.train.ray.engine import train
from raysys.train.ray.sweep import sweep
from raysys.train.ray.trials import TrialRow
from raysys.train.recipe import Recipe
from raysys.train.recipe_files import load_recipe, parsed

STATE = "study.json"
Show = Callable[[str, Any], None]


@dataclass(frozen=True)
class TrainedModel:
    """What has become of one model of a study.

    Attributes
    ----------
    name
        In the study.
    model
        URI in MLflow's registry.
    run_id
        MLflow's, of the training or of the sweep.
    recipe
        As trained, with the values that a sweep has found.
    metrics
        Of the best validation.
    trials
        Of the sweep, as dictionaries of `TrialRow`; empty without one.
    """

    name: str
    model: str
    run_id: str
    recipe: dict[str, Any]
    metrics: dict[str, float]
    trials: list[dict[str, Any]] = field(default_factory=list)

    @property
    def trial_rows(self) -> list[TrialRow]:
        """The trials again."""
        return [TrialRow(**row) for row in self.trials]


def run_study(
    study: Study,
    folder: Path,
    *,
    trials: int | None = None,
    overrides: list[str] | None = None,
    tracking_uri: str | None = None,
    resume: bool = False,
    address: str | None = None,
    show: Show | None = None,
) -> dict[str, TrainedModel]:
    """Train, or sweep, every model of a study.

    Parameters
    ----------
    study
        What is trained.
    folder
        Where its runs and its state are kept; new, unless it is resumed.
    trials
        Of each model's sweep; without it every model is trained once, with its recipe's values.
    overrides
        "a.b=value" each, for all models, after the study's own; of the classifier's recipe data, machine, tracking and
        training.steps only.
    tracking_uri
        Where MLflow keeps runs and models.
    resume
        Go on with what is in the folder: models that have ended are not trained again.
    address
        Ray cluster; see `raysys.cluster.connected`.
    show
        Called with (name of the model, state of its training or list of its trials) while it is trained.

    Returns
    -------
    dict
        {name: TrainedModel}, the classifier's under "classifier".

    Raises
    ------
    RaysysError
        If a recipe or the data are wrong (before anything is trained), the folder holds another study or one that was
        asked for otherwise, or a training fails.
    """
    models = ({CLASSIFIER: study.classifier} if study.classifier else {}) | dict(study.models)
    plain = {name: _recipe(study, name, model, folder, overrides, tracking_uri) for name, model in models.items()}
    asked = {"trials": trials, "overrides": list(overrides or [])}
    done = _taken_up(study, asked, folder, resume)
    _check(list(plain.values()))
    folder.mkdir(parents=True, exist_ok=True)
    _keep(study, asked, folder, done)
    with connected(address):
        for name, model in models.items():
            if name in done:
                continue
            recipe = plain[name]
            if model.begin_from is not None:
                earlier = done[model.begin_from]
                recipe = recipe.with_values({"training.init_from": earlier.model} | _network(recipe, earlier))
            told = (lambda state, name=name: show(name, state)) if show else None
            done[name] = _trained_model(name, recipe, _trained(recipe, trials if model.sweep else None, told))
            _keep(study, asked, folder, done)
    return done


def _check(recipes: list[Recipe]) -> None:
    """Find a mistake in the data or in the settings of any model now, not when its turn comes.

    What is prepared for it is what the trainings read.
    """
    data = {}
    for recipe in _distinct(recipes):
        settings = recipe.data.model_copy(update=located_data(recipe.data))
        data[recipe.data.model_dump_json()] = training_data(settings, prepared(settings, recipe.storage))
    for recipe in recipes:
        system = build_system(recipe, torch.device("cpu"))
        system.check()
        system.prepare(data[recipe.data.model_dump_json()])


def _distinct(recipes: list[Recipe]) -> list[Recipe]:
    """One recipe for each data section."""
    return list({recipe.data.model_dump_json(): recipe for recipe in recipes}.values())


def _trained(recipe: Recipe, trials: int | None, show: Callable[[Any], None] | None) -> Run:
    """One model; a run of it that was interrupted is gone on with."""
    kind = "sweep" if trials else "train"
    begun = any((path / "run.json").is_file() for path in recipe.folder.glob(f"{kind}-*"))
    if trials:
        return sweep(recipe.with_values({"sweep.trials": trials}), resume=begun, show=show)
    return train(recipe, resume=begun, show=show)


def _recipe(
    study: Study, name: str, model: StudyModel, folder: Path, overrides: list[str] | None, tracking_uri: str | None
) -> Recipe:
    """The recipe of a model with the study's fields, its own, and the user's, in this order."""
    recipe = load_recipe(model.recipe)
    own = {"name": f"{study.name}-{name}", "storage": str(folder / "runs"), "tracking.experiment": study.name}
    own |= {"tracking.uri": tracking_uri} if tracking_uri else {}
    given = dict(parsed(one) for one in overrides or [])
    shared: tuple[str, ...] = ("",)
    if name == CLASSIFIER:  # another network than the others: it shares their data, machine and length only
        shared = ("data.", "scaling.", "tracking.", "training.steps")
    of_all, of_user = (
        {one: value for one, value in some.items() if one.startswith(shared)} for some in (study.set, given)
    )
    values = of_all | model.set | of_user
    return recipe.with_values(own | _following(recipe, values) | values)


def _following(recipe: Recipe, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a recipe's system that repeat what the values say of its data."""
    repeated = recipe.system.repeats_of_the_data
    return {f"system.{field}": values[source] for field, source in repeated.items() if source in values}


def _network(recipe: Recipe, earlier: TrainedModel) -> dict[str, Any]:
    """What must be as in the model that it begins from, which a sweep may have chosen."""
    system = earlier.recipe["system"]
    return {f"system.{name}": system[name] for name in recipe.system.of_the_network if name in system}


def _trained_model(name: str, recipe: Recipe, run: Run) -> TrainedModel:
    best: Recipe = run.details.get("best_recipe", recipe)
    trials = [asdict(row) for row in run.details.get("trials", [])]
    return TrainedModel(name, str(run.model), run.run_id, best.model_dump(mode="json"), dict(run.metrics), trials)


def _taken_up(study: Study, asked: dict[str, Any], folder: Path, resume: bool) -> dict[str, TrainedModel]:
    """What has ended in the folder, if it was asked for in the same way."""
    path = folder / STATE
    if not path.is_file():
        files = [path for path in folder.rglob("*") if path.is_file()]
        # What was prepared for a study that was then refused is no obstacle.
        if {path.relative_to(folder).parts[:2] for path in files} - {("runs", PREPARED)}:
            raise RaysysError(f"{folder}: is not empty and holds no study; name a new folder")
        return {}
    if not resume:
        raise RaysysError(f"{folder}: holds a study already; go on with --resume, or name another folder")
    content = json.loads(path.read_text())
    if content["study"]["name"] != study.name:
        raise RaysysError(f"{folder}: holds the study {content['study']['name']}, not {study.name}")
    for what, before, now in _differences(content, study, asked):
        raise RaysysError(f"{folder}: was begun with {what} {before}, not {now}; ask as before, or name another folder")
    return {name: TrainedModel(**one) for name, one in content["done"].items()}


def _differences(content: dict[str, Any], study: Study, asked: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """What a folder's study and this one disagree about; models may be added to it, and left out."""
    before, now = content["study"], study.model_dump(mode="json")
    pairs = {name: (content.get("asked", asked)[name], asked[name]) for name in asked}
    pairs |= {name: (before[name], now[name]) for name in ("set", "classifier")}
    pairs |= {
        f"model {name}": (before["models"][name], now["models"][name])
        for name in before["models"].keys() & now["models"]
    }
    yield from ((name, json.dumps(one), json.dumps(other)) for name, (one, other) in pairs.items() if one != other)


def _keep(study: Study, asked: dict[str, Any], folder: Path, done: dict[str, TrainedModel]) -> None:
    ended = {name: asdict(one) for name, one in done.items()}
    content = {"study": study.model_dump(mode="json"), "asked": asked, "done": ended}
    with written_aside(folder / STATE) as aside:
        aside.write_text(json.dumps(content, indent=1))
