"""The generator of volumes of the multi-texture GAN, of independent noise alone."""

from __future__ import annotations

from typing import Any

from torch import nn

from raysys.methods.multi_texture.layers import SLOPE, Border, Upsample, initialise
from raysys.methods.multi_texture.networks import Generator


class PorousMedia(nn.Module):
    """Noise to volumes; parameters as of `multi_texture.networks.MultiTexture`.

    Parameters
    ----------
    slope
        Of the leaky ReLUs; 0 is a ReLU, as published.
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        width: int = 64,
        levels: int = 4,
        local: int = 32,
        momentum: float = 0.1,
        border: Border = "interior",
        upsample: Upsample = "transposed",
        slope: float = SLOPE[3],
    ) -> None:
        super().__init__()
        self.hyperparameters: dict[str, Any] = {
            "channels": channels,
            "width": width,
            "levels": levels,
            "local": local,
            "momentum": momentum,
            "border": border,
            "upsample": upsample,
            "slope": slope,
        }
        self.dims, self.channels = 3, channels
        self.generator = Generator(
            3,
            channels,
            width=width,
            levels=levels,
            code=0,
            local=local,
            waves=0,
            momentum=momentum,
            border=border,
            upsample=upsample,
        )
        self.generator.slope = slope
        initialise(self)
