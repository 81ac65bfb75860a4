"""What a study is: several recipes on the same data, some beginning from others, and what compares them in the end."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raysys.errors import RaysysError
from raysys.train.recipe_files import find, read_yaml

CLASSIFIER = "classifier"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}"  # of a study, and of a model in it; both together name what is registered
Judgement = Literal["autoencoding", "methods", "textures", "rocks"]
# Rooms of judging that are to come: a study may not end with them yet.
COMING = ("textures", "rocks")


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
    classifier: StudyModel | None = Field(None, description="Trained first; says which class an autoencoding shows.")
    assess: Judgement | None = Field(
        None,
        description="What compares its models in the end: autoencoding (what they make of images that none was trained "
        "on) or methods (generators against real images); nothing if empty.",
    )
    baseline: str | None = Field(None, description="Model that the others are to beat class by class.")
    sweep_shown: str | None = Field(None, description="Model whose trials the page draws, if it was swept.")

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
    def _ends_with_what_there_is(self) -> Study:
        if self.assess in COMING:
            raise ValueError(f"assess: there is no judging of {self.assess} yet; allowed: autoencoding, methods")
        for field in ("baseline", "sweep_shown"):
            name = getattr(self, field)
            if name is not None and name not in self.models:
                raise ValueError(f"{field}: {name!r} is no model of the study; allowed: {', '.join(self.models)}")
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
        kept = {name: model for name, model in self.models.items() if name in wanted}
        return self.model_copy(update={"models": kept})


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
