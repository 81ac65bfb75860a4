"""SPADE's discriminators: patches of (map, image) at two sizes (Park et al. 2019; Wang et al. 2018, pix2pixHD)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from raysys.methods.spade.generator import initialise

LAYERS = 4  # strided ones, the last but one with stride 1; the published option says 3 and the author 4 (issue 50)


class PatchDiscriminator(nn.Module):
    """Scores of overlapping patches, and the activations on the way to them.

    2.77 million parameters at width 64; of 256 pixels its maps have 129, 65, 33, 34 and 35 a side.

    Parameters
    ----------
    channels
        Of map and image together.
    width
        Channels of the first layer.
    """

    def __init__(self, channels: int, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Sequential(nn.Conv2d(channels, width, 4, 2, 2), nn.LeakyReLU(0.2))]
        for layer in range(1, LAYERS):
            before, width = width, 2 * width
            stride = 1 if layer == LAYERS - 1 else 2
            convolution = spectral_norm(nn.Conv2d(before, width, 4, stride, 2, bias=False))
            layers.append(nn.Sequential(convolution, nn.InstanceNorm2d(width), nn.LeakyReLU(0.2)))
        layers.append(nn.Sequential(nn.Conv2d(width, 1, 4, 1, 2)))
        self.layers = nn.ModuleList(layers)

    def forward(self, seen: Tensor) -> list[Tensor]:
        """What each layer makes of (B, channels, H, W); the last are the scores (B, 1, h, w)."""
        found = []
        for layer in self.layers:
            seen = layer(seen)
            found.append(seen)
        return found


class Discriminators(nn.Module):
    """Several of them, each of which sees half of what the one before does."""

    def __init__(self, channels: int, *, width: int = 64, count: int = 2) -> None:
        super().__init__()
        self.each = nn.ModuleList(PatchDiscriminator(channels, width) for _ in range(count))
        self.apply(initialise)

    def forward(self, told: Tensor, images: Tensor) -> list[list[Tensor]]:
        """Activations of every layer of every discriminator."""
        seen, found = torch.cat([told, images], 1), []
        for place, one in enumerate(self.each):
            if place:
                seen = functional.avg_pool2d(seen, 3, 2, 1, count_include_pad=False)
            found.append(one(seen))
        return found
