"""Hyper-parameters of PSGAN; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from raysys.methods.multi_texture.shared_settings import GanSettings


class PsganSettings(GanSettings):
    """Hyper-parameters of PSGAN, by default of the baseline of the multi-texture GAN (Alanov et al. 2019)."""

    method: Literal["psgan"] = "psgan"
    code: int = Field(
        2,
        ge=1,
        le=512,
        description="Values of global noise, which all of an image has; published: 60, and 5, its best of several, "
        "beside the multi-texture GAN.",
    )
    local: int = Field(
        20,
        ge=1,
        le=512,
        description="Channels of independent noise; published: 30, and 20 beside the multi-texture GAN.",
    )
    waves: int = Field(
        4,
        ge=0,
        le=128,
        description="Periodic channels; published: 6, in pairs of one frequency, and 4 beside the multi-texture GAN.",
    )
    hidden: int = Field(
        40,
        ge=1,
        le=1024,
        description="Units between the global noise and the waves' frequencies; published: 50, and 40 beside the "
        "multi-texture GAN.",
    )
    along_axes: bool = Field(
        False,
        description="Let each wave run along one axis, as published by default, rather than anywhere in the plane.",
    )
    noise: Literal["normal", "uniform"] = Field(
        "normal", description="Distribution of global and local noise; published: uniform in [-1, 1)."
    )


SETTINGS = PsganSettings
