"""What a search says: which textures are continued, by which settings, and which of these are varied."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raysys.data.settings import LocalPath
from raysys.errors import RaysysError
from raysys.synthesis.presets import METHODS, Preset, preset_named
from raysys.train.ray.space import SweepSettings
from raysys.train.recipe import TrackingSettings, set_field
from raysys.train.recipe_files import find, parsed, read_yaml

__all__ = ["SynthesisSection", "TextureSearch", "is_search", "load_search", "search_names"]

FOLDER = "searches"
OF_PATCHES = ("h", "eps", "occurrence", "memory", "patch", "stride")


class SynthesisSection(BaseModel):
    """How pictures are made; what is not given is as the preset says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exemplars: list[LocalPath] = Field(min_length=1, description="Images of the textures, each continued by itself.")
    kind: Literal["auto", "colour", "grey", "binary"] = Field("auto", description="What the images hold.")
    size: int = Field(256, ge=32, description="Rows and columns of a picture.")
    variations: int = Field(2, ge=1, description="Pictures of each texture by which a trial is judged.")
    seed: int = Field(0, ge=0, description="Picture k of every trial draws from (seed, k) only.")
    method: str = Field("guided-correspondence", description=f"One of {', '.join(METHODS)}.")
    preset: Literal["fast", "published"] = Field("fast", description="What the other settings are taken from.")
    weights: str | None = Field(None, description="VGG-19's, as of `raysys synthesise`.")
    h: float | None = Field(None, gt=0, description="Bandwidth: how much nearer the nearest patch is to be.")
    eps: float | None = Field(None, gt=0, description="Added to the least distance.")
    occurrence: float | None = Field(None, ge=0, description="Weight of the use of a source's place.")
    memory: float | None = Field(None, ge=0, lt=1, description="Of the use, from step to step.")
    patch: int | None = Field(None, ge=1, le=15, description="Cells of features a side.")
    stride: int | None = Field(None, ge=1, le=8, description="Cells between patches.")
    block: int | None = Field(None, ge=8, description="Side of the quilt's windows, in pixels of the first scale.")
    steps: float = Field(1.0, gt=0, description="Steps of every scale, in those of the preset.")
    rate: float = Field(1.0, gt=0, description="Learning rate of every scale, in that of the preset.")

    @model_validator(mode="after")
    def _method_is_known(self) -> SynthesisSection:
        if self.method not in METHODS:
            raise ValueError(f"method is {self.method!r}; allowed: {', '.join(METHODS)}")
        return self

    def adapted(self) -> Preset:
        """The preset with the values that are given."""
        preset = preset_named(self.preset)
        given = {name: value for name in OF_PATCHES if (value := getattr(self, name)) is not None}
        scales = tuple(
            replace(scale, steps=max(1, round(scale.steps * self.steps)), rate=scale.rate * self.rate)
            for scale in preset.scales
        )
        block = preset.block if self.block is None else self.block
        return replace(preset, scales=scales, patches=replace(preset.patches, **given), block=block)


class TextureSearch(BaseModel):
    """Everything that decides a search."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="Of the run, and of its folder.")
    storage: LocalPath = Field("runs", description="Folder for the pictures, the study and the results.")
    synthesis: SynthesisSection
    sweep: SweepSettings
    tracking: TrackingSettings = TrackingSettings.model_validate({})

    @model_validator(mode="after")
    def _space_is_of_the_synthesis(self) -> TextureSearch:
        if not self.sweep.space:
            raise ValueError("sweep.space is empty; say which fields of the section synthesis are varied")
        for field, dimension in self.sweep.space.items():
            ends = dimension.values if dimension.kind == "choice" else [dimension.low, dimension.high]
            for value in ends:
                try:
                    self.at({field: value})
                except ValidationError as error:
                    raise ValueError(f"sweep.space: {field} cannot be {value!r}: {error.errors()[0]['msg']}") from error
        return self

    def at(self, point: dict[str, Any]) -> SynthesisSection:
        """The section synthesis at a point {"synthesis.FIELD": value} of the space."""
        values = self.synthesis.model_dump()
        for field, value in point.items():
            section, _, name = field.partition(".")
            if section != "synthesis" or name not in values or name in ("exemplars", "seed", "size", "kind"):
                raise ValueError(f"sweep.space: {field} cannot be varied; allowed: synthesis.h, synthesis.rate, ...")
            values[name] = value
        return SynthesisSection.model_validate(values)

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return Path(self.storage).resolve() / self.name / "search"


def search_names() -> list[str]:
    """Names of the searches that come with raysys."""
    folder = resources.files("raysys.recipes") / FOLDER
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


def is_search(name: str) -> bool:
    """Whether a file, or a name, is of a search and not of a recipe."""
    if not Path(name).is_file():
        return name in search_names()
    try:
        return "synthesis" in read_yaml(Path(name), "recipe")
    except RaysysError:  # which whoever reads it as a recipe says
        return False


def load_search(name: str | Path, overrides: list[str] | None = None) -> TextureSearch:
    """Read a search by path, or by the name of one that comes with raysys; "a.b=value" replaces a field.

    Raises
    ------
    RaysysError
        One sentence that names the file and the field.
    """
    path = find(name, "search", search_names(), FOLDER)
    content = read_yaml(path, "search")
    for override in overrides or []:
        set_field(content, *parsed(override, example="synthesis.size=256"))
    try:
        return TextureSearch.model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "search"
        raise RaysysError(f"{path}: field {where}: {problem['msg'].removeprefix('Value error, ')}") from error
