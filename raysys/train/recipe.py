"""A recipe: one validated YAML file that says data, system, training, scaling, tracking and the sweep's space.

Every section's settings stand beside the code that uses them; this file only puts them together.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SerializeAsAny,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from raysys.data.settings import LocalPath
from raysys.data.sources import SOURCES, AnyDataSettings
from raysys.errors import RaysysError
from raysys.method_folders import method_names, settings_class
from raysys.train.metrics import grouped
from raysys.train.ray.space import SweepSettings
from raysys.train.system_settings import SystemSettings


class Section(BaseModel):
    """A part of a recipe; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingSettings(Section):
    """How long, how much at a time, and how often to look."""

    steps: int = Field(1000, ge=1, description="Training steps (WGAN-GP: generator updates).")
    batch: int = Field(32, ge=1, description="Images per step over all workers together (published WGAN-GP: 128).")
    seed: int = Field(0, ge=0, lt=2**31, description="Of initial weights, order of images and noise.")
    init_from: str | None = Field(
        None,
        description="Model whose weights are trained further: a registered name (its champion), models:/NAME/VERSION, "
        "models:/NAME@ALIAS, trained:NAME, a folder.",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="Of the networks' passes, forward and back; transforms, statistics, weights, averages and the "
        "gradient penalty stay float32. bfloat16 is for GPUs.",
    )
    compile: bool = Field(
        False,
        description="Compile the networks' passes (torch.compile, about a minute once) for long trainings on GPUs; on "
        "CPUs it gains nothing. For wgan-gp, whose penalty stays as it is; checkpoints and models do not depend on it.",
    )
    validate_every: int = Field(100, ge=1, description="Steps between validations; each one is also a checkpoint.")
    validation_images: int = Field(64, ge=2, description="Images compared with the held-out ones at each validation.")
    best_by: str = Field(
        "objective",
        min_length=1,
        description="Validation metric by which the best checkpoint is chosen, the smaller the better; -NAME for the "
        "larger. A sweep compares its trials by the objective all the same.",
    )
    stop_inside_band: int | None = Field(
        None,
        ge=1,
        description="Validations in a row with all descriptors inside the real-against-real band, after which training "
        "ends; null trains all steps.",
    )
    log_every: int = Field(10, ge=1, description="Steps between the losses that MLflow is told.")

    @field_validator("best_by")
    @classmethod
    def _as_it_is_called_now(cls, value: str) -> str:
        return grouped(value)

    @field_validator("precision", mode="before")
    @classmethod
    def _no_float16(cls, value: Any) -> Any:
        if value in ("float16", "fp16", "half"):
            raise ValueError(
                "small gradients vanish in float16 unless losses are scaled, which nothing here does; "
                "allowed: float32, bfloat16"
            )
        return value


class ScalingSettings(Section):
    """The machine that a training runs on."""

    workers: int = Field(1, ge=1, le=1024, description="Ray Train workers; each takes its share of every batch.")
    gpu: bool = Field(False, description="One GPU per worker.")
    cpus_per_worker: float = Field(1, gt=0, description="CPUs that Ray reserves for a worker.")
    threads_per_worker: int = Field(1, ge=1, description="Numerical threads of a worker.")
    max_failures: int = Field(
        3, ge=-1, description="How often a lost worker is replaced before giving up; -1 for ever."
    )


class TrackingSettings(Section):
    """Where MLflow keeps the runs."""

    uri: str | None = Field(
        None, description="MLflow server; MLFLOW_TRACKING_URI or ./mlflow.db (SQLite) if not given."
    )
    experiment: str = Field("raysys", min_length=1, description="MLflow experiment.")


def _of_its_method(section: Any) -> SystemSettings:
    """The settings of the method that a system section names; pydantic adds the errors in them to the recipe's."""
    if isinstance(section, SystemSettings):
        return section
    method = section.get("method") if isinstance(section, dict) else section
    if method not in method_names():
        raise PydanticCustomError("unknown_method", "unknown system {found}", {"found": repr(method)})
    settings: SystemSettings = settings_class(method).model_validate(section)
    return settings


class Recipe(Section):
    """Everything that decides a training or a sweep."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="Of the run and of the registered model."
    )
    storage: LocalPath = Field(
        "runs", description="Folder for checkpoints and results; on a cluster, one that all nodes see."
    )
    data: AnyDataSettings
    system: Annotated[SerializeAsAny[SystemSettings], PlainValidator(_of_its_method)]
    training: TrainingSettings = TrainingSettings.model_validate({})
    scaling: ScalingSettings = ScalingSettings.model_validate({})
    tracking: TrackingSettings = TrackingSettings.model_validate({})
    sweep: SweepSettings = SweepSettings.model_validate({})

    @model_validator(mode="after")
    def _batch_divides(self) -> Recipe:
        if self.training.batch % self.scaling.workers:
            raise ValueError(
                f"training.batch ({self.training.batch}) must be a multiple of scaling.workers ({self.scaling.workers})"
            )
        return self

    @model_validator(mode="after")
    def _compiles(self) -> Recipe:
        if self.training.compile and not self.system.compilable:
            # Asked of the methods, so that one of others' is named too.
            able = [name for name in method_names() if settings_class(name).compilable]
            raise ValueError(
                f"training.compile serves system.method {' and '.join(able)}, not {self.system.method}; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _best_by_a_metric_of_today(self) -> Recipe:
        name = self.training.best_by.removeprefix("-")
        # Otherwise the run would begin, and be refused at its first validation.
        if new := self.system.renamed_metrics.get(name):
            raise ValueError(f"training.best_by: the metric {name} is called {new} now; write {new}")
        return self

    def with_values(self, values: dict[str, Any]) -> Recipe:
        """The recipe with some fields replaced, given by dotted path; checked like a file."""
        nested = self.model_dump(mode="json")
        for path, value in values.items():
            set_field(nested, path, value)
        return checked(nested, source=f"recipe {self.name}")

    @property
    def folder(self) -> Path:
        """Where runs of this recipe are kept."""
        return Path(self.storage).resolve() / self.name


def checked(content: dict[str, Any], *, source: str) -> Recipe:
    """The recipe in a nested dictionary, or a RaysysError that names `source` and the field."""
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise RaysysError(f"{source}: {_first_problem(error, content)}") from error


def set_field(nested: dict[str, Any], path: str, value: Any) -> None:
    """Set a field of a nested dictionary, given by its dotted path."""
    *sections, last = path.split(".")
    place = nested
    for section in sections:
        inner = place.setdefault(section, {})
        if not isinstance(inner, dict):
            raise RaysysError(f"field {path}: {section} is a value, not a section")
        place = inner
    place[last] = value


def _first_problem(error: ValidationError, content: dict[str, Any]) -> str:
    # One sentence for the first; who mends it will hear of the next.
    problem = error.errors()[0]
    # The union of sources puts the chosen one into the location; a user never wrote it.
    location = [str(part) for part in problem["loc"] if part not in SOURCES]
    field = ".".join(location) or "recipe"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if problem["type"] == "extra_forbidden":
        return f"unknown field {field}; {_allowed(problem['loc'], content)}{more}"
    if problem["type"] == "missing":
        return f"field {field} is missing{more}"
    if problem["type"] == "unknown_method":
        return f"field system.method: {problem['msg']}; allowed: {', '.join(method_names())}{more}"
    if problem["type"] == "union_tag_invalid" and problem["loc"] == ("data",):
        return f"field data.source: unknown source {problem['ctx']['tag']!r}; allowed: {', '.join(SOURCES)}{more}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"field {field}: {message}, found {problem['input']!r:.80}{more}"


def _allowed(location: tuple[int | str, ...], content: dict[str, Any]) -> str:
    owner: Any = Recipe
    for part in location[:-1]:
        if owner is Recipe and part == "system":
            owner = settings_class(content["system"]["method"])
        elif isinstance(part, str) and part in SOURCES:
            owner = SOURCES[part]
        elif isinstance(owner, type) and issubclass(owner, BaseModel) and part in owner.model_fields:
            annotation = owner.model_fields[str(part)].annotation
            owner = annotation if isinstance(annotation, type) else owner
    names = sorted(owner.model_fields)
    # Most unknown fields are typing errors.
    close = difflib.get_close_matches(str(location[-1]), names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}allowed here: {', '.join(names)}"
