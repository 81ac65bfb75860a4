"""SPADE's generator: a map modulates normalised activations at every scale (Park et al. 2019, arXiv:1903.07291).

Published: Eq. 1, with 1 + gamma for gamma as in its code; figures 2 to 4; the appendix's table of layers, of which
`levels=5` is the one for images of 256 pixels.

Activations are normalised by their batch in training and by fixed statistics afterwards, so that a window of a picture
is what stands there in the whole.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from raysys.errors import RaysysError

Padding = Literal["reflect", "zeros"]
LEAK = 0.2
LOOKED = 2  # pixels that the two convolutions of a map look beyond an edge, and as many those of a block


class Modulation(nn.Module):
    """Normalised activations times (1 + gamma) plus beta, both functions of the map at each place.

    Parameters
    ----------
    channels
        Of the activations.
    told
        Channels of the map.
    hidden
        Channels between the map and gamma and beta.
    """

    def __init__(self, channels: int, told: int, hidden: int, padding: Padding) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.shared = _conv(told, hidden, 3, padding)
        self.gamma = _conv(hidden, channels, 3, padding)
        self.beta = _conv(hidden, channels, 3, padding)

    def forward(self, values: Tensor, told: Tensor) -> Tensor:
        """Activations (B, channels, h, w) under a map of the same size, or of one that reaches further around."""
        looked = functional.relu(self.shared(told))
        rim = (told.shape[2] - values.shape[2]) // 2
        gamma, beta = (_without_rim(conv(looked), rim) for conv in (self.gamma, self.beta))
        modulated: Tensor = self.norm(values) * (1 + gamma) + beta
        return modulated


class Block(nn.Module):
    """A residual block whose normalisations are modulated; its shortcut is learned where the widths differ."""

    def __init__(
        self, channels: int, out: int, told: int, hidden: int, padding: Padding, *, spectral: bool = True
    ) -> None:
        super().__init__()
        middle = min(channels, out)
        normed = spectral_norm if spectral else _as_it_is
        self.modulation_0 = Modulation(channels, told, hidden, padding)
        self.conv_0 = normed(_conv(channels, middle, 3, padding))
        self.modulation_1 = Modulation(middle, told, hidden, padding)
        self.conv_1 = normed(_conv(middle, out, 3, padding))
        self.learned = channels != out
        if self.learned:
            self.modulation_s = Modulation(channels, told, hidden, padding)
            self.conv_s = normed(_conv(channels, out, 1, padding, bias=False))

    def forward(self, values: Tensor, told: Tensor) -> Tensor:
        """(B, channels, h, w) -> (B, out, h, w)."""
        shortcut = self.conv_s(self.modulation_s(values, told)) if self.learned else values
        found = self.conv_0(functional.leaky_relu(self.modulation_0(values, told), LEAK))
        found = self.conv_1(functional.leaky_relu(self.modulation_1(found, told), LEAK))
        return shortcut + found


class Generator(nn.Module):
    """A map, and noise beside it at the coarsest scale, to images in [-1, 1].

    92.0 million parameters for width 64, 29.3 for 32 and 10.5 for 16, at five levels without noise.

    Parameters
    ----------
    guide
        What the map says: a "progression" of one channel, or an "orientation", of which the cosine and the sine of
        twice the angle are two.
    width
        Channels before the image; doubled at each coarser scale.
    levels
        Doublings from the coarsest scale to the image.
    hidden
        See `Modulation`.
    noise
        Channels of noise.
    channels
        Of the images.
    spectral
        Whether the blocks' convolutions carry their spectral normalisation, as they do while it is learned.

    Attributes
    ----------
    cell
        Pixels per point of the coarsest scale.
    halo
        Points of the coarsest scale beyond an image on which its pixels depend.
    usual
        The map's mean, float32 (map channels,) of a progression, or the direction that most of the texture has.
    """

    usual: Tensor

    def __init__(
        self,
        *,
        guide: str = "progression",
        width: int = 64,
        levels: int = 5,
        hidden: int = 128,
        noise: int = 0,
        channels: int = 3,
        padding: Padding = "reflect",
        spectral: bool = True,
    ) -> None:
        super().__init__()
        if guide not in ("progression", "orientation") or levels < 1:
            raise RaysysError(f"guide {guide!r} of {levels} levels; allowed: progression or orientation, 1 or more")
        self.guide, self.levels, self.noise, self.channels = guide, levels, noise, channels
        self.told = 1 if guide == "progression" else 2
        self.hyperparameters: dict[str, Any] = {
            "guide": guide,
            "width": width,
            "levels": levels,
            "hidden": hidden,
            "noise": noise,
            "channels": channels,
            "padding": padding,
            "spectral": spectral,
        }
        widths = widths_of(width, levels)
        self.head = _conv(self.told + noise, widths[0][0], 3, padding)
        self.blocks = nn.ModuleList(
            Block(before, after, self.told, hidden, padding, spectral=spectral) for before, after, _ in widths
        )
        self.at = [level for _, _, level in widths]
        self.last = _conv(widths[-1][1], channels, 3, padding)
        self.cell = 2**levels
        self.beyond, self.halo = _margins(self.at)
        self.register_buffer("usual", torch.tensor([0.5] if self.told == 1 else [1.0, 0.0]))
        self.apply(initialise)

    def forward(self, told: Tensor, noise: Tensor | None = None, halo: int = 0) -> Tensor:
        """Images (B, channels, H, W) under a map (B, map channels, H, W) with noise (B, noise, H / cell, W / cell).

        With a halo, in points of the coarsest scale, map and noise reach so far beyond the image on each side.
        """
        coarsest = told[:, :, :: self.cell, :: self.cell]
        values = self.head(coarsest if noise is None else torch.cat([coarsest, noise.to(coarsest)], 1))
        margin, level = halo, 0
        for block, at, beyond in zip(self.blocks, self.at, self.beyond, strict=True):
            if at > level:
                values, margin, level = functional.interpolate(values, scale_factor=2), 2 * margin, at
            # What the rest looks at is kept only; at fine scales that is little more than the image.
            values, margin = _trimmed(values, margin, beyond + LOOKED)
            seen, _ = _trimmed(self._seen(told, at), halo * 2**at, margin + LOOKED)
            values, margin = _trimmed(block(values, seen), margin, beyond)
        values = self.last(functional.leaky_relu(values, LEAK))
        return torch.tanh(_without_rim(values, margin))

    def _seen(self, told: Tensor, level: int) -> Tensor:
        """The map at a scale: the nearest pixel, which of whole factors is each square's first."""
        step = 2 ** (self.levels - level)
        return told[:, :, ::step, ::step]


def widths_of(width: int, levels: int) -> list[tuple[int, int, int]]:
    """Channels before and after each block, and its level: two blocks at the second scale, one at the others."""
    widest = width * 2 ** (levels - 1)
    blocks = [(widest, widest, 0), (widest, widest, 1), (widest, widest, 1)]
    for level in range(2, levels + 1):
        before = blocks[-1][1]
        blocks.append((before, before // 2, level))
    return blocks


def without_spectral_norm(generator: Generator) -> Generator:
    """The same network on the CPU, with the weights as its spectral normalisation makes them: nothing is computed."""
    plain = Generator(**(generator.hyperparameters | {"spectral": False}))
    was, _ = generator.training, generator.eval()  # in training a look at the weights changes them
    state = {name: value for name, value in generator.state_dict().items() if ".parametrizations." not in name}
    for name, module in generator.named_modules():
        if parametrize.is_parametrized(module):
            state[f"{name}.weight"] = module.weight.detach()
    generator.train(was)
    plain.load_state_dict(state)
    return plain.eval()


def _margins(levels: list[int]) -> tuple[list[int], int]:
    """Pixels beyond the image that each block's result must be known at, and points of the coarsest scale for all."""
    beyond, needed = [0] * len(levels), 1  # the last convolution looks one further
    for place in reversed(range(len(levels))):
        beyond[place] = needed
        needed += LOOKED
        if place and levels[place] > levels[place - 1]:
            needed = (needed + 1) // 2
    return beyond, needed + LOOKED


def _conv(channels: int, out: int, kernel: int, padding: Padding, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel, padding=kernel // 2, padding_mode=padding, bias=bias)


def _as_it_is(module: nn.Module) -> nn.Module:
    return module


def initialise(module: nn.Module) -> None:
    """Xavier's normal distribution with a gain of .02, as published, of every convolution."""
    if not isinstance(module, nn.Conv2d):
        return
    for name, values in module.named_parameters():
        if name == "bias":
            nn.init.zeros_(values)
        else:  # under spectral normalisation the original of the weight
            nn.init.xavier_normal_(values, gain=0.02)


def _trimmed(values: Tensor, margin: int, kept: int) -> tuple[Tensor, int]:
    """Values that reach `margin` beyond an image, so that they reach `kept` beyond it at most; and how far they do."""
    return (_without_rim(values, margin - kept), kept) if margin > kept else (values, margin)


def _without_rim(values: Tensor, rim: int) -> Tensor:
    return values[:, :, rim : values.shape[2] - rim, rim : values.shape[3] - rim] if rim else values
