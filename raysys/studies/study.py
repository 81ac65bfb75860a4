"""A study: several recipes trained on the same data in order, some beginning from others, to be compared in the end.

A folder keeps what has ended, so that the same command goes on where an interrupted study stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raysys.cluster import connected
from raysys.data.sources import PREPARED, located_data, prepared, training_data
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.train.folders import Run
from raysys.train.loop import build_system
from raysys.train.metrics import OBJECTIVE
from raysys.train.ray.engine import train
from raysys.train.ray.sweep import TrialRow, sweep
from raysys.train.recipe import Recipe
from raysys.train.recipe_files import find, load_recipe, parsed, read_yaml
from raysys.train.tracking import Tracker, start_run

STATE, CLASSIFIER = "study.json", "classifier"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"  # of a study, and of a model in it; both together name what is registered
Show = Callable[[str, Any], None]


class StudyModel(BaseModel):
    """One of the models of a study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str = Field(description="File, or name of a recipe that comes with raysys.")
    begin_from: str | None = Field(
        None, description="Name of an earlier model of the study whose weights it takes over."
    )
    set: dict[str, Any] = Field(default_factory=dict, description="{dotted field: value} that differ from the recipe.")
    sweep: bool = Field(True, description="Whether trials are made for it, if any are asked for.")


class Study(BaseModel):
    """Which models are trained, on what, and how their recipes differ from those that they come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=f"^{NAME}$", description="Of the MLflow experiment; its models are NAME-MODEL.")
    about: str = Field("", description="What it is for, in a sentence.")
    set: dict[str, Any] = Field(default_factory=dict, description="{dotted field: value} for every model.")
    models: dict[str, StudyModel] = Field(min_length=1, description="By the name that tables and pages show.")
    classifier: StudyModel | None = Field(None, description="Trained first; says which class a reconstruction shows.")

    @model_validator(mode="after")
    def _names_can_be_registered(self) -> Study:
        for name in self.models:
            if name == CLASSIFIER or not re.fullmatch(NAME, name):
                allowed = "letters, digits, '.', '_' and '-', at most 60, and not 'classifier'"
                raise ValueError(f"models: a model is called {name!r}; allowed: {allowed}")
        if self.classifier is not None and self.classifier.begin_from is not None:
            raise ValueError("classifier: begin_from is given; it is trained first and begins from random weights")
        return self

    @model_validator(mode="after")
    def _begins_from_earlier_ones(self) -> Study:
        names = list(self.models)
        for place, (name, model) in enumerate(self.models.items()):
            if model.begin_from is not None and model.begin_from not in names[:place]:
                raise ValueError(f"models.{name}: begin_from is {model.begin_from!r}; allowed: a model before it")
        return self

    def only(self, chosen: list[str] | None) -> Study:
        """The study with the chosen models, and those that they begin from."""
        if not chosen:
            return self
        unknown = [name for name in chosen if name not in self.models]
        if unknown:
            raise RaysysError(f"study {self.name} has no model {unknown[0]!r}; it has: {', '.join(self.models)}")
        wanted = set(chosen)
        for name in reversed(list(self.models)):
            if name in wanted and (earlier := self.models[name].begin_from):
                wanted.add(earlier)
        return self.model_copy(update={"models": {name: one for name, one in self.models.items() if name in wanted}})


@dataclass(frozen=True)
class Outcome:
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


def load_study(name: str | Path) -> Study:
    """Read a study by path, or by the name of one that comes with raysys.

    Raises
    ------
    RaysysError
        One sentence that names the file and the field.
    """
    path = find(name, "study", study_names(), "studies")
    try:
        return Study.model_validate(read_yaml(path, "study"))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "study"
        raise RaysysError(f"{path}: field {where}: {problem['msg'].removeprefix('Value error, ')}") from error


def study_names() -> list[str]:
    """Names of the studies that come with raysys."""
    folder = resources.files("raysys.recipes") / "studies"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


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
) -> dict[str, Outcome]:
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
        "a.b=value" each, for all models, after the study's own.
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
        {name: Outcome}, the classifier's under "classifier".

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
            done[name] = _outcome(name, recipe, _trained(recipe, trials if model.sweep else None, told))
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
    if name == CLASSIFIER:  # another network than the others: it shares their data and machine only
        shared = ("data.", "scaling.", "tracking.")
        values = {field: value for field, value in (study.set | given).items() if field.startswith(shared)}
        if "data.classes" in values:
            values["system.classes"] = values["data.classes"]
        return recipe.with_values(own | values | model.set)
    return recipe.with_values(own | study.set | model.set | given)


def _network(recipe: Recipe, earlier: Outcome) -> dict[str, Any]:
    """What must be as in the model that it begins from, which a sweep may have chosen."""
    system = earlier.recipe["system"]
    return {f"system.{name}": system[name] for name in recipe.system.of_the_network if name in system}


def _outcome(name: str, recipe: Recipe, run: Run) -> Outcome:
    best: Recipe = run.details.get("best_recipe", recipe)
    trials = [asdict(row) for row in run.details.get("trials", [])]
    return Outcome(name, str(run.model), run.run_id, best.model_dump(mode="json"), dict(run.metrics), trials)


def _taken_up(study: Study, asked: dict[str, Any], folder: Path, resume: bool) -> dict[str, Outcome]:
    """What has ended in the folder, if it was asked for in the same way."""
    path = folder / STATE
    if not path.is_file():
        # What was prepared for a study that was then refused is no obstacle.
        if folder.exists() and {path.relative_to(folder).parts[:2] for path in folder.rglob("*") if path.is_file()} - {
            ("runs", PREPARED)
        }:
            raise RaysysError(f"{folder}: is not empty and holds no study; name a new folder")
        return {}
    if not resume:
        raise RaysysError(f"{folder}: holds a study already; go on with --resume, or name another folder")
    content = json.loads(path.read_text())
    if content["study"]["name"] != study.name:
        raise RaysysError(f"{folder}: holds the study {content['study']['name']}, not {study.name}")
    for what, before, now in _differences(content, study, asked):
        raise RaysysError(f"{folder}: was begun with {what} {before}, not {now}; ask as before, or name another folder")
    return {name: Outcome(**one) for name, one in content["done"].items()}


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


def _keep(study: Study, asked: dict[str, Any], folder: Path, done: dict[str, Outcome]) -> None:
    ended = {name: asdict(one) for name, one in done.items()}
    content = {"study": study.model_dump(mode="json"), "asked": asked, "done": ended}
    with written_aside(folder / STATE) as aside:
        aside.write_text(json.dumps(content, indent=1))


def record_assessment(study: Study, done: dict[str, Outcome], files: list[Path], uri: str | None) -> str:
    """An MLflow run of the comparison: every model's objective, and the files."""
    run_id = start_run(
        f"assessment of {study.name}",
        experiment=study.name,
        uri=uri,
        parameters={name: {"model": one.model, "run": one.run_id} for name, one in done.items()},
        tags={"raysys.kind": "assessment"},
    )
    tracker = Tracker(run_id, uri)
    tracker.log(0, {f"objective/{name}": one.metrics[OBJECTIVE] for name, one in done.items()})
    for file in files:
        tracker.artifact(file)
    tracker.finish()
    return run_id
