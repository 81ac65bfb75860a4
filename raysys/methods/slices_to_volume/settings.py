"""Hyper-parameters of volumes from slices; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from raysys.train.system_settings import SystemSettings


class SlicesToVolumeSettings(SystemSettings):
    """Hyper-parameters of volumes from slices."""

    compilable: ClassVar[bool] = True

    method: Literal["slices-to-volume"] = "slices-to-volume"
    critics: Literal[1, 3] | None = Field(
        None,
        description="One critic for slices in every direction, or one for each of three; by default one for one image "
        "and three for data.source: sections.",
    )
    width: int = Field(
        16, ge=1, le=512, description="Channels of the generator's layer nearest to the volume; doubles per level."
    )
    critic_width: int = Field(32, ge=1, le=512, description="The same for the critic of flat images.")
    latent_channels: int = Field(32, ge=1, le=4096, description="Noise channels per latent cell (SliceGAN: 64).")
    levels: int | None = Field(
        None, ge=2, le=8, description="Doublings from latent cell to voxel; from the tile if not given."
    )
    slices: int = Field(
        12,
        ge=3,
        le=4096,
        description="Slices of one volume that a critic's update takes, in turns of every direction; a batch of so "
        "many times more images takes more volumes.",
    )
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Adam's learning rate of all networks (SliceGAN: 1e-4).")
    decay_steps: int | None = Field(
        None, ge=1, description="Steps in which learning rates fall to a hundredth, by half a cosine; none if empty."
    )
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's first moment decay (SliceGAN: 0).")
    beta2: float = Field(0.99, ge=0, lt=1, description="Adam's second moment decay (SliceGAN: 0.9).")
    penalty: float = Field(10.0, ge=0, description="Weight lambda of the gradient penalty.")
    critic_updates: int = Field(3, ge=1, le=100, description="Critic updates per generator update (SliceGAN: 5).")
    flips: tuple[Literal["left-right", "up-down"], ...] = Field(
        (), description="Mirror half of the real tiles, where the material looks the same mirrored."
    )
    rotations: bool | None = Field(
        None,
        description="Turn real tiles by quarters; by default where one image stands for all directions, which says it.",
    )
    average: float = Field(
        0.99,
        ge=0,
        lt=1,
        description="Decay of the running average of the generator that is validated and served; 0 for none.",
    )

    def completed(self, data: Any) -> Self:
        """Take from the data section how many directions there are."""
        critics = self.critics or (3 if getattr(data, "source", "") == "sections" else 1)
        rotations = critics == 1 if self.rotations is None else self.rotations
        return self.model_copy(update={"critics": critics, "rotations": rotations})


SETTINGS = SlicesToVolumeSettings
