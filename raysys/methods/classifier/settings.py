"""Hyper-parameters of the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from raysys.train.system_settings import SystemSettings


class ClassifierSettings(SystemSettings):
    """Hyper-parameters of the classifier."""

    repeats_of_the_data: ClassVar[Mapping[str, str]] = {"classes": "data.classes"}

    method: Literal["classifier"] = "classifier"
    classes: tuple[str, ...] = Field(
        min_length=2, description="Names of the classes, as data.classes has them and in that order."
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="AdamW's learning rate.")
    decay_steps: int | None = Field(
        None,
        ge=1,
        description="Steps in which the learning rate falls to a hundredth, by half a cosine; none if empty.",
    )
    weight_decay: float = Field(1e-2, ge=0, le=1, description="AdamW's weight decay.")
    width: int = Field(16, ge=1, le=256, description="Channels of the first level; doubles per level.")
    depth: int = Field(4, ge=1, le=8, description="Levels of two convolutions, halved in between.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of the mean features that a step leaves out.")
    padding: Literal["circular", "zeros"] = Field("circular", description="What a convolution sees beyond the border.")
    shifts: bool = Field(True, description="Shift each image by chance, around its borders: for periodic images.")
    flips: bool = Field(True, description="Mirror each image by chance along either axis.")

    @field_validator("classes")
    @classmethod
    def _different(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) != len(classes):
            raise ValueError("classes must have different names")
        return classes


SETTINGS = ClassifierSettings
