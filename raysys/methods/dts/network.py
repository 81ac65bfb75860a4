"""The diversified texture network (Li et al. 2017, arXiv:1703.01664): its layers as in the authors' programs (MIT).

Noise, told once for each texture, and a unit that selects the texture become 8 x 8 points each. Both branches are
doubled again and again; at every scale the one that makes pictures is joined by the one that knows the texture.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError

Padding = Literal["circular", "zeros"]
Upsample = Literal["nearest", "transposed"]

FIRST = 8  # points a side that a texture begins with
SHARES = (8, 4, 4, 2, 1)  # channels after each doubling, times the selecting branch's; shallower networks have the last
SLOPE = 0.01


class Dts(nn.Module):
    """Noise and a selection to images in [-1, 1], not limited to them.

    Parameters
    ----------
    textures
        How many can be selected, N; the first layers have 34,816 N weights at the published width.
    width
        Channels of the branch that knows the texture; published: 32, and the other one has 256 at first.
    levels
        Doublings from 8 pixels; published: 5.
    noise
        Values of noise; published: 2.
    channels
        Of the images.
    upsample, padding
        How layers grow, and what edges see; published: nearest, circular.
    """

    def __init__(
        self,
        *,
        textures: int,
        width: int = 32,
        levels: int = 5,
        noise: int = 2,
        channels: int = 3,
        upsample: Upsample = "nearest",
        padding: Padding = "circular",
    ) -> None:
        super().__init__()
        if textures < 1 or levels < 1:
            raise RaysysError(f"a network of {textures} textures and {levels} levels; allowed: 1 or more of both")
        self.hyperparameters: dict[str, Any] = {
            "textures": textures,
            "width": width,
            "levels": levels,
            "noise": noise,
            "channels": channels,
            "upsample": upsample,
            "padding": padding,
        }
        self.channels, self.textures, self.noise = channels, textures, noise
        self.side = FIRST * 2**levels
        self.first = _begin(textures * noise, 8 * width)
        self.selected = _begin(textures, width)
        shares = [*SHARES, *SHARES[-1:] * levels][:levels] if levels > len(SHARES) else SHARES[-levels:]
        self.grown, self.known = nn.ModuleList(), nn.ModuleList()
        before = 8 * width
        for share in shares:
            joined, after = before + width, share * width
            self.grown.append(
                nn.Sequential(
                    _grow(joined, upsample), nn.BatchNorm2d(joined), *_block(joined, after, (3, 3, 1), padding)
                )
            )
            self.known.append(
                nn.Sequential(_grow(width, upsample), nn.BatchNorm2d(width), *_block(width, width, (3, 3), padding))
            )
            before = after
        last = before + width
        self.last = nn.Sequential(
            *_block(last, last, (3,), padding),
            *_block(last, last // 2, (3,), padding),
            nn.Conv2d(last // 2, channels, 3, padding=1, padding_mode=padding),
        )

    def forward(self, noise: Tensor) -> Tensor:
        """Images (B, channels, side, side) of (B, noise + textures, 1, 1): noise in [0, 1), and a 1 among zeros."""
        values, selection = torch.split(noise, [self.noise, self.textures], 1)
        # As published, noise is on a simplex, and every texture has weights of its own for each of its values.
        values = values / values.sum(1, keepdim=True).clamp(min=torch.finfo(values.dtype).tiny)
        outer = (values[:, :, None] * selection[:, None]).flatten(1, 2)
        made, known = self.first(outer), self.selected(selection)
        for grown, knowing in zip(self.grown, self.known, strict=True):
            made, known = grown(torch.cat([made, known], 1)), knowing(known)
        images: Tensor = self.last(torch.cat([made, known], 1))
        return images


def _begin(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(before, after, FIRST), nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE))


def _grow(channels: int, upsample: Upsample) -> nn.Module:
    if upsample == "nearest":
        return nn.Upsample(scale_factor=2, mode="nearest")
    return nn.ConvTranspose2d(channels, channels, 4, 2, 1, groups=channels)


def _block(before: int, after: int, kernels: tuple[int, ...], padding: Padding) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for kernel in kernels:
        layers += [
            nn.Conv2d(before, after, kernel, padding=kernel // 2, padding_mode=padding),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(SLOPE),
        ]
        before = after
    return layers
