"""A network that makes a texture of noise at several scales (Ulyanov et al. 2016, arXiv:1603.03417, section 3.2).

From the coarsest scale on, what is there is doubled in size and joined with the next finer noise. Each scale is a block
of 3x3, 3x3 and 1x1 convolutions with batch normalisation, and both sides are normalised before they are joined.

Normalisation is by batches in training and by fixed statistics afterwards. Statistics of the picture itself, as of
instance normalisation, would make every pixel depend on how much of the picture is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from raysys.errors import RaysysError

REACH = 2  # pixels that a block of two 3x3 convolutions looks beyond an edge


class TextureNet(nn.Module):
    """Noise to images in [-1, 1].

    Parameters
    ----------
    levels
        Scales of noise; the coarsest has one point per 2**(levels - 1) pixels.
    width
        Channels that each scale adds.
    noise
        Channels of noise at each scale.
    channels
        Of the images.

    Attributes
    ----------
    cell
        Pixels per point of the coarsest scale.
    halo
        Points of the coarsest scale beyond an image on which its pixels depend.
    """

    def __init__(self, *, levels: int = 5, width: int = 8, noise: int = 3, channels: int = 3) -> None:
        super().__init__()
        if levels < 2:
            raise RaysysError(f"a texture network of {levels} levels; allowed: 2 or more")
        self.levels, self.noise, self.channels = levels, noise, channels
        self.hyperparameters: dict[str, Any] = {
            "levels": levels,
            "width": width,
            "noise": noise,
            "channels": channels,
        }
        self.cell = 2 ** (levels - 1)
        # Pixels of each scale, finest first, that must be known beyond the image.
        self.beyond = [0]
        for _ in range(levels - 1):
            self.beyond.append((self.beyond[-1] + REACH + 1) // 2)
        self.halo = self.beyond[-1] + REACH
        self.branches = nn.ModuleList(_block(noise, width) for _ in range(levels))
        self.joined = nn.ModuleList(_block(width * (levels - k), width * (levels - k)) for k in range(levels - 1))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width * (levels - 1 - k)) for k in range(levels - 1))
        self.own_norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(levels - 1))
        self.last = nn.Conv2d(width * levels, channels, 1)

    def shapes(self, size: Sequence[int]) -> list[tuple[int, ...]]:
        """Points of each scale's noise for an image of `size`, finest first: (noise, *points)."""
        return [(self.noise, *(side // 2**k for side in size)) for k in range(self.levels)]

    def scales(self, values: Tensor) -> list[Tensor]:
        """Noise of each scale, of all of them at every pixel: (B, levels * noise, H, W)."""
        parts = values.chunk(self.levels, 1)
        return [part[:, :, :: 2**k, :: 2**k] for k, part in enumerate(parts)]

    def forward(self, noise: Sequence[Tensor], halo: int = 0) -> Tensor:
        """Images (B, channels, H, W) of noise of each scale, finest first.

        With a halo, in points of the coarsest scale, the noise reaches so far beyond the image on each side; without,
        edges see what stands at the opposite ones, so that images repeat.
        """
        values = noise[0].new_zeros(0)
        for k in reversed(range(self.levels)):
            around = halo * 2 ** (self.levels - 1 - k)
            if k == self.levels - 1:
                values = self.branches[k](noise[k])
                margin = around
            else:
                keep = min(around, self.beyond[k] + REACH)
                own = self.branches[k](_trimmed(noise[k], around, min(around, keep + REACH)))
                own = _trimmed(own, min(around, keep + REACH), keep)
                coarse = _trimmed(functional.interpolate(values, scale_factor=2, mode="nearest"), 2 * margin, keep)
                joined = torch.cat([self.norms[k](coarse), self.own_norms[k](own)], 1)
                values, margin = self.joined[k](joined), keep
            values, margin = _trimmed(values, margin, min(margin, self.beyond[k])), min(margin, self.beyond[k])
        return torch.tanh(self.last(values))


def _block(channels: int, width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for kernel in (3, 3, 1):
        layers += [
            nn.Conv2d(channels, width, kernel, padding=kernel // 2, padding_mode="circular"),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.01, inplace=True),
        ]
        channels = width
    return nn.Sequential(*layers)


def _trimmed(values: Tensor, margin: int, kept: int) -> Tensor:
    """Values that reach `margin` beyond an image, so that they reach `kept` beyond it."""
    rim = margin - kept
    return values[:, :, rim : values.shape[2] - rim, rim : values.shape[3] - rim] if rim > 0 else values
