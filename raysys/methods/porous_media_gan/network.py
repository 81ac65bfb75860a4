"""The generator of volumes of the multi-texture GAN, of independent noise alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from raysys.methods.multi_texture.layers import SLOPE, Border, Upsample, initialise
from raysys.methods.multi_texture.networks import Generator


class PorousGenerator(Generator):
    """A generator whose code, if it has one, is a porosity; parameters as of `Generator`.

    Attributes
    ----------
    condition_range
        (1, 3): lowest, mean and highest porosity that can be asked for.
    """

    condition_range: Tensor

    def __init__(self, **size: Any) -> None:
        super().__init__(3, **size)
        self.register_buffer("condition_range", torch.tensor([[0.0, 0.5, 1.0]]))

    def scaled(self, porosity: Tensor) -> Tensor:
        """Porosities as networks are told them: -1 for the lowest, 1 for the highest."""
        low, _, high = self.condition_range[0]
        return 2 * (porosity - low) / (high - low) - 1

    def as_trained(self, noise: Tensor) -> Tensor:
        """Noise of a lattice (B, channels, *points), whose code is a porosity in its own unit."""
        code, rest = torch.split(noise, [self.code, self.channels - self.code], 1)
        return torch.cat([self.scaled(code), rest], 1)


class PorousMedia(nn.Module):
    """Noise to volumes; parameters as of `multi_texture.networks.MultiTexture`.

    Parameters
    ----------
    slope
        Of the leaky ReLUs; 0 is a ReLU, as published.
    conditions
        1 where a porosity can be asked for.
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
        conditions: int = 0,
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
            "conditions": conditions,
        }
        self.dims, self.channels, self.conditions = 3, channels, conditions
        self.generator = PorousGenerator(
            channels=channels,
            width=width,
            levels=levels,
            code=conditions,
            local=local,
            waves=0,
            momentum=momentum,
            border=border,
            upsample=upsample,
        )
        self.generator.slope = slope
        initialise(self)
