"""Hyper-parameters of the WGAN-GP; what was published is named beside the defaults."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from raysys.train.system_settings import SystemSettings


class WganGpSettings(SystemSettings):
    """Hyper-parameters of the WGAN-GP."""

    compilable: ClassVar[bool] = True

    method: Literal["wgan-gp"] = "wgan-gp"
    width: int = Field(32, ge=1, le=512, description="Channels of the layer nearest to the image; doubles per level.")
    critic_width: int | None = Field(
        None, ge=1, le=512, description="The same for the critic; as `width` if not given."
    )
    latent: Literal["lattice", "vector"] = Field(
        "lattice",
        description="`lattice`: every pixel is an interior one, so any size can be sampled; `vector`: as published.",
    )
    latent_channels: int = Field(64, ge=1, le=4096, description="Noise channels per latent cell (published: 512).")
    levels: int | None = Field(
        None, ge=2, le=8, description="Doublings from latent cell to pixel (lattice only); from the tile if not given."
    )
    norm_mean: float = Field(
        1.0, ge=0, le=1, description="Mean of the initial batch-norm weights: 1 (DCGAN) or 0 (published)."
    )
    learning_rate: float = Field(
        2e-4, gt=0, le=1, description="Adam's learning rate of both networks (published: 1e-4)."
    )
    critic_learning_rate: float | None = Field(None, gt=0, le=1, description="The critic's own, if it differs.")
    decay_steps: int | None = Field(
        None,
        ge=1,
        description="Steps in which both learning rates fall to a hundredth, by half a cosine; none if empty.",
    )
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's first moment decay.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam's second moment decay.")
    penalty: float = Field(10.0, ge=0, description="Weight lambda of the gradient penalty.")
    critic_updates: int = Field(5, ge=1, le=100, description="Critic updates per generator update.")
    real_batch: Literal["fresh", "reuse"] = Field(
        "fresh", description="A fresh real batch for every critic update, or one for all of them (published)."
    )
    flips: tuple[Literal["left-right", "up-down", "front-back"], ...] = Field(
        (),
        description="Mirror half of the real tiles, where the material looks the same mirrored; front-back of volumes.",
    )
    rotations: bool = Field(
        False,
        description="Turn real tiles by 0, 90, 180 or 270 degrees, volumes about all axes; only for what looks the "
        "same in all directions.",
    )
    augment: tuple[Literal["translation", "cutout"], ...] = Field(
        (),
        description="Move by up to 1/8 of the side, blank a square or cube, in all that the critic sees: for few real "
        "tiles.",
    )
    average: float = Field(
        0.995,
        ge=0,
        lt=1,
        description="Decay of the running average of the generator that is validated and served; 0 for none.",
    )
    sync_norm: bool = Field(
        False,
        description="Normalise by the statistics of all workers' batches together, so that several workers train as "
        "one does on the joined batch; otherwise each normalises its own share alone (published).",
    )
    condition: Literal["none", "phase-fraction"] = Field(
        "none",
        description="What the generator can be asked for when it is sampled. phase-fraction: anything within the range "
        "of the training tiles, which may come from one heterogeneous image or from a folder of several.",
    )
    condition_weight: float = Field(
        1000.0,
        ge=0,
        description="Weight of the mean squared (phase fraction obtained - asked) in the generator's loss.",
    )


SETTINGS = WganGpSettings
