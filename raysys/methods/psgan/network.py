"""PSGAN's generator: that of the multi-texture GAN, with waves in pairs and layers that give 2n - 1 points of n.

Source: Bergmann, Jetchev and Vollgraf 2017 (arXiv:1705.06566) and the authors' programs (MIT).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from raysys.methods.multi_texture.layers import SLOPE, Border, Upsample, initialise
from raysys.methods.multi_texture.networks import Generator
from raysys.models.philox import Distribution


class PsganGenerator(Generator):
    """Generator of pictures; parameters as of `Generator` and `Psgan`.

    With `border` "published" its layers drop the last point of each axis: 6 points become 161 pixels. In the interior
    it is the same network.
    """

    def __init__(
        self, *, hidden: int, along_axes: bool, slope: float, noise: Distribution, channels: int, **size: Any
    ) -> None:
        super().__init__(2, channels, **size)
        self.along_axes, self.slope, self.distribution = along_axes, slope, noise
        if self.waves:
            self.periods = nn.Sequential(
                nn.Linear(self.code, hidden), nn.ReLU(), nn.Linear(hidden, self.dims * self.waves)
            )

    @property
    def scale(self) -> Tensor:
        """What each wave's frequency is multiplied by, (waves,): the same for both of a pair."""
        pair = torch.arange(self.waves) // self.dims + 1
        return math.pi * (0.5 * pair / max(-(-self.waves // self.dims), 1) + 0.5)

    def period_layers(self) -> list[tuple[Tensor, Tensor]]:
        """As of `Generator`; across the axis of a wave there is no frequency where waves run along axes."""
        first, (weight, bias) = super().period_layers()
        if not self.along_axes:
            return [first, (weight, bias)]
        mask = self.axes_of_waves().flatten().to(weight)
        return [first, (weight * mask[:, None], bias * mask)]

    def frequencies(self, codes: Tensor) -> Tensor:
        """Radians a point along each axis, (B, waves, dims), of codes (B, code)."""
        found = super().frequencies(codes)
        return found * self.axes_of_waves().to(found) if self.along_axes else found

    def _raised(self, values: Tensor, complete: int) -> Tensor:
        if self.border != "published" or complete:
            return super()._raised(values, complete)
        last = len(self.stages) - 1
        for place, (stage, norm) in enumerate(zip(self.rising, self.norms, strict=True)):
            values = norm(stage(values, False)[:, :, :-1, :-1])
            values = torch.tanh(values) if place == last else nn.functional.leaky_relu(values, self.slope)
        return values

    def points(self, shape: Sequence[int]) -> tuple[int, ...]:
        """As of `Generator`; with the published border 161 pixels are 6 points, 32 (6 - 1) + 1."""
        if self.border != "published":
            return super().points(shape)
        return tuple(-(-(side - 1) // self.cell) + 1 for side in shape)


class Psgan(nn.Module):
    """Noise to pictures.

    Parameters
    ----------
    channels
        Of the pictures.
    width, levels, code, local, waves, momentum, border, upsample
        As of `multi_texture.networks.MultiTexture`.
    hidden
        Units between a code and the frequencies of its waves.
    along_axes
        Whether each wave runs along one axis.
    slope
        Of the leaky ReLUs; 0 is a ReLU.
    noise
        Distribution of codes and local noise.
    """

    def __init__(
        self,
        *,
        channels: int = 3,
        width: int = 64,
        levels: int = 5,
        code: int = 2,
        local: int = 20,
        waves: int = 4,
        hidden: int = 40,
        along_axes: bool = False,
        slope: float = SLOPE[2],
        noise: Distribution = "normal",
        momentum: float = 0.1,
        border: Border = "interior",
        upsample: Upsample = "transposed",
    ) -> None:
        super().__init__()
        self.hyperparameters: dict[str, Any] = {
            "channels": channels,
            "width": width,
            "levels": levels,
            "code": code,
            "local": local,
            "waves": waves,
            "hidden": hidden,
            "along_axes": along_axes,
            "slope": slope,
            "noise": noise,
            "momentum": momentum,
            "border": border,
            "upsample": upsample,
        }
        self.dims, self.channels, self.code = 2, channels, code
        self.generator = PsganGenerator(**self.hyperparameters)
        initialise(self)
        self.generator.begin_waves()
