"""Hyper-parameters of Porous Media GAN; what was published is named beside the defaults."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from raysys.methods.multi_texture.shared_settings import GanSettings


class PorousMediaGanSettings(GanSettings):
    """Hyper-parameters of Porous Media GAN, one rock each, as the multi-texture GAN is compared with (section 4.7)."""

    method: Literal["porous-media-gan"] = "porous-media-gan"
    local: int = Field(
        32,
        ge=1,
        le=1024,
        description="Channels of independent noise; published: 512, and 32, as many as code and noise together, "
        "beside the multi-texture GAN.",
    )
    condition: Literal["none", "porosity"] = Field(
        "none",
        description="What samples can be asked for beside their seed: the porosity of binary volumes, the same "
        "anywhere or varying over space.",
    )
    condition_weight: float = Field(
        10.0, ge=0, description="Weight of the squared difference between the porosity of a sample and that asked for."
    )
    learning_rate: float = Field(
        1e-4, gt=0, le=1, description="Adam's learning rate; published: 1e-5, and 1e-4 beside the multi-texture GAN."
    )


SETTINGS = PorousMediaGanSettings
