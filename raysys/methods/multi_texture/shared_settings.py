"""Hyper-parameters that all generators of this family have: the multi-texture GAN, PSGAN and Porous Media GAN."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from raysys.train.system_settings import SystemSettings


class GeneratorSettings(SystemSettings):
    """Size of the networks, what of their output is trained on, and how they are optimised."""

    width: int = Field(
        32, ge=1, le=256, description="Channels of the generator's layer nearest to the image; published: 64."
    )
    levels: int | None = Field(
        None,
        ge=1,
        le=8,
        description="Doublings from a cell of noise to its pixels; published: 5 for images and 4 for volumes of 160, "
        "and as many less for smaller ones if not given.",
    )
    border: Literal["interior", "valid", "published"] = Field(
        "interior",
        description="Which part of its output the generator is trained on: the interior, which large samples are all "
        "of; that behind a complete first layer (in space); or all of it, as published, borders included.",
    )
    upsample: Literal["transposed", "nearest"] = Field(
        "transposed", description="How layers grow: as published, or by repeating pixels, without chequered patterns."
    )
    bn_momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        description="How fast running statistics follow; published: 1, those of the last batch. Those of the model are "
        "measured anew before each validation.",
    )
    learning_rate: float = Field(2e-4, gt=0, le=1, description="Adam's learning rate; published: 2e-4, in space 1e-4.")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's first moment decay.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam's second moment decay.")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Adam's weight decay (published).")
    average: float = Field(
        0.998,
        ge=0,
        lt=1,
        description="Decay of the running average of the networks that are validated and served, at most "
        "(1 + step) / (10 + step) so that short runs do not lag; 0 for none.",
    )
    sync_norm: bool = Field(
        False, description="Normalise by the statistics of all workers' batches together, as one worker would."
    )


class GanSettings(GeneratorSettings):
    """What a generator against an image critic alone is trained with."""

    critic_width: int | None = Field(
        None, ge=1, le=256, description="Channels of the critic's layer nearest to the image; `width` if not given."
    )
    critic_norm: Literal["spectral", "batch", "none"] = Field(
        "spectral",
        description="What the critic is normalised by: its weights' norms, as the multi-texture GAN and its baselines, "
        "or batches, all layers but the first and the last, as PSGAN and Porous Media GAN were.",
    )
    slope: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Slope of the generator's leaky ReLUs for negative values; 0 is a ReLU, as in PSGAN and Porous "
        "Media GAN. Those of the multi-texture GAN by default: 0.2, in space 0.01.",
    )
    critic_slope: float | None = Field(
        None, ge=0, lt=1, description="The same of the critic; 0.2 in PSGAN and Porous Media GAN."
    )
    order: Literal["simultaneous", "alternating"] = Field(
        "simultaneous",
        description="Whether both networks move at once, as those of the multi-texture GAN, or first the critic and "
        "then, on new noise, the generator, as in PSGAN and Porous Media GAN.",
    )
    real_label: float = Field(
        1.0, gt=0.5, le=1, description="What the critic is to say of real images; 0.9 in Porous Media GAN."
    )
