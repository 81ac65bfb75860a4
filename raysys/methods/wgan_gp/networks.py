"""Generator and critic of the WGAN-GP, as published (hamediut/GeoWGAN-GP) and on an endless latent lattice."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError

Latent = Literal["vector", "lattice"]
Head = Literal["tanh", "softmax"]

CONV: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
CONV_TRANSPOSE: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORM: dict[int, Any] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


class Generator(nn.Module):
    """Noise to images in [-1, 1].

    `latent="vector"` is the published network: one vector per image, one size (19,538,944 parameters at 128 pixels).

    `latent="lattice"` draws a vector per *cell* of `2**levels` pixels and uses valid transposed convolutions only
    (kernel 4, stride 2, padding 2 at each level, 3 at the last; Kench & Cooper, SliceGAN, 2021), so that every pixel
    is an interior one and the network commutes with shifts by a cell. Its latent lattice reaches one cell beyond the
    image on each side:

        latent coordinates [a, a + n0)  ->  pixels [(a + 1) * 2**levels, (a + n0 - 1) * 2**levels)

    A level turns coordinates [lo, hi) into [2 lo + 1, 2 hi - 1): the kernel of point i is centred on its cell's middle.

    Parameters
    ----------
    size
        Side of the images in pixels: a power of two, at least 16; of a lattice generator, which is trained at that
        size, one for each axis where they differ.
    width
        Channels before the last transposed convolution.
    latent_channels
        Length of a noise vector (standard normal values).
    levels
        Doublings of a lattice generator; `min(log2(size) - 2, 4)` by default.
    channels
        Channels of the images.
    head
        What brings the output into [-1, 1]: "tanh" each channel by itself, "softmax" all of them as shares of phases,
        which add up to one before they are stretched (Kench & Cooper, SliceGAN, 2021, for label images).
    norm_mean
        Mean of the initial batch-norm weights: 1 (DCGAN), or 0 as in the published code.
    dims
        2 for images, 3 for volumes.
    conditions
        Channels of the lattice beside the noise that say what is asked for, such as a phase fraction.

    Attributes
    ----------
    condition_range
        Of a conditional generator: float32 (conditions, 3), the lowest, the mean and the highest value of the training
        images. The network sees values scaled from [lowest, highest] to [-1, 1]. Saved with the weights.

    Raises
    ------
    RaysysError
        If a side is no power of two of at least 16, sides of a vector generator differ, or `levels` does not fit.
    """

    condition_range: Tensor

    def __init__(
        self,
        size: int | Sequence[int],
        *,
        width: int = 64,
        latent_channels: int = 512,
        latent: Latent = "vector",
        levels: int | None = None,
        channels: int = 1,
        norm_mean: float = 1.0,
        dims: int = 2,
        conditions: int = 0,
        head: Head = "tanh",
    ) -> None:
        super().__init__()
        self.shape = shape_of(size, dims)
        doublings = _doublings(self.shape)
        _check_options(latent, head, self.shape)
        if latent == "vector" and levels is not None:
            raise RaysysError(
                "levels belong to a generator with latent: lattice; leave them out, or set latent: lattice"
            )
        self.size, self.dims, self.latent = self.shape[0], dims, latent
        self.latent_channels, self.channels, self.conditions, self.head = latent_channels, channels, conditions, head
        self.levels = min(doublings, 4) if levels is None else levels
        if not 1 <= self.levels <= doublings + 2:
            raise RaysysError(f"{levels} levels do not fit images of {size} pixels; allowed: 1 to {doublings + 2}")
        self.hyperparameters: dict[str, Any] = {
            "size": shortest(self.shape),
            "width": width,
            "latent_channels": latent_channels,
            "latent": latent,
            "levels": levels,
            "channels": channels,
            "norm_mean": norm_mean,
            "dims": dims,
            "conditions": conditions,
            "head": head,
        }
        build = _vector_layers if latent == "vector" else _lattice_layers
        self.layers = nn.Sequential(
            *build(doublings if latent == "vector" else self.levels, width, latent_channels + conditions, dims)
        )
        last = CONV_TRANSPOSE[dims](width, channels, 4, 2, 1 if latent == "vector" else 3, bias=False)
        self.layers.append(last)
        self.apply(lambda module: _initialise(module, norm_mean))
        if conditions:  # networks without conditions keep the tensors that they have always had
            self.register_buffer("condition_range", torch.tensor([[0.0, 0.5, 1.0]]).repeat(conditions, 1))

    @property
    def cell(self) -> int:
        """Pixels of the image per lattice point (the whole image for a vector generator)."""
        return self.size if self.latent == "vector" else 2**self.levels

    def latent_shape(self, size: int | tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Lattice points along each axis that one image of `size` (native by default) needs."""
        sides = (size,) * self.dims if isinstance(size, int) else size or self.shape
        if self.latent == "vector":
            if sides != self.shape:
                raise RaysysError(f"this generator makes images of {self.size} pixels only, not {sides}")
            return (1,) * self.dims
        if any(side % self.cell or side < 1 for side in sides):
            raise RaysysError(f"size {sides} is no positive multiple of the lattice cell of {self.cell} pixels")
        return tuple(side // self.cell + 2 for side in sides)

    def scaled(self, asked: Tensor) -> Tensor:
        """Conditions (N, conditions, ...) as the networks see them: the training range becomes [-1, 1]."""
        limits = self.condition_range.view(self.conditions, 3, *(1,) * (asked.dim() - 2))
        low, high = limits[:, 0], limits[:, 2]
        return (2 * asked - low - high) / (high - low)

    def forward(self, z: Tensor) -> Tensor:
        """Noise and conditions (N, latent_channels + conditions, *lattice points) to images in [-1, 1].

        The conditions are in their own units and may differ from point to point; images are (N, channels, *spatial).
        """
        if self.conditions:
            z = torch.cat([z[:, : self.latent_channels], self.scaled(z[:, self.latent_channels :])], 1)
        values: Tensor = self.layers(z)
        return torch.tanh(values) if self.head == "tanh" else 2 * values.softmax(1) - 1


class Critic(nn.Module):
    """Images (N, channels, *spatial) in [-1, 1] to unbounded scores (N,); no normalisation, as the penalty needs.

    11,158,528 parameters at 128 pixels. Parameters and errors as for `Generator`.
    """

    def __init__(self, size: int | Sequence[int], *, width: int = 64, channels: int = 1, dims: int = 2) -> None:
        super().__init__()
        shape = shape_of(size, dims)
        doublings = _doublings(shape)
        self.hyperparameters: dict[str, Any] = {
            "size": shortest(shape),
            "width": width,
            "channels": channels,
            "dims": dims,
        }
        layers: list[nn.Module] = []
        for level in range(doublings):
            out = width * 2**level
            layers += [CONV[dims](channels, out, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
            channels = out
        last = tuple(side // 2**doublings for side in shape)  # all that is left: 4 pixels of the shortest axis
        layers.append(CONV[dims](channels, 1, last, 1, 0, bias=False))
        self.layers = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor:
        """Score of each image, (N,)."""
        scores: Tensor = self.layers(images)
        return scores.flatten()


def shape_of(size: int | Sequence[int], dims: int) -> tuple[int, ...]:
    """Pixels along each axis of images, of which `size` says one side or all.

    Raises
    ------
    RaysysError
        If there are other than two or three axes, or another number of sides.
    """
    if dims not in (2, 3):
        raise RaysysError(f"networks were asked for {dims} dimensions; allowed: 2 or 3")
    shape = (size,) * dims if isinstance(size, int) else tuple(int(side) for side in size)
    if len(shape) != dims:
        raise RaysysError(f"networks were asked for images of {shape} pixels in {dims} dimensions; give {dims} sides")
    return shape


def shortest(shape: Sequence[int]) -> int | list[int]:
    """The shortest way to write a shape: one side where all are equal, as cards have always had it."""
    return shape[0] if len(set(shape)) == 1 else list(shape)


def _doublings(shape: Sequence[int]) -> int:
    """Doublings from 4 pixels to the shortest side. The published constructor never ends for 48, 80 or 96 pixels."""
    for side in shape:
        if side < 16 or side & (side - 1):
            raise RaysysError(f"networks were asked for images of {side} pixels; allowed: a power of two, 16 or more")
    return min(shape).bit_length() - 3


def _check_options(latent: str, head: str, shape: Sequence[int]) -> None:
    if latent not in ("vector", "lattice"):
        raise RaysysError(f"latent is {latent!r}; allowed: 'vector' or 'lattice'")
    if head not in ("tanh", "softmax"):
        raise RaysysError(f"head is {head!r}; allowed: 'tanh' or 'softmax'")
    if latent == "vector" and len(set(shape)) > 1:
        raise RaysysError(f"a generator with latent: vector makes images of equal sides, not {tuple(shape)}")


def _vector_layers(doublings: int, width: int, latent_channels: int, dims: int) -> list[nn.Module]:
    """1 -> 4 -> 8 ... -> size / 2 pixels, halving the channels at each doubling down to `width`."""
    channels = width * 2 ** (doublings - 1)
    layers = [CONV_TRANSPOSE[dims](latent_channels, channels, 4, 1, 0, bias=False), NORM[dims](channels), nn.ReLU()]
    for _ in range(doublings - 1):
        layers += [
            CONV_TRANSPOSE[dims](channels, channels // 2, 4, 2, 1, bias=False),
            NORM[dims](channels // 2),
            nn.ReLU(),
        ]
        channels //= 2
    return layers + _extra_layer(channels, width, dims)


def _lattice_layers(levels: int, width: int, latent_channels: int, dims: int) -> list[nn.Module]:
    """All levels but the last, with width * 2**(levels - 1 - i) channels after level i = 1, 2, ..."""
    layers: list[nn.Module] = []
    channels = latent_channels
    for level in range(1, levels):
        out = width * 2 ** (levels - 1 - level)
        layers += [CONV_TRANSPOSE[dims](channels, out, 4, 2, 2, bias=False), NORM[dims](out), nn.ReLU()]
        channels = out
    return layers + _extra_layer(channels, width, dims)


def _extra_layer(channels: int, width: int, dims: int) -> list[nn.Module]:
    """The published 1x1 layer against checkerboards."""
    return [CONV[dims](channels, width, 1, bias=False), NORM[dims](width), nn.ReLU()]


def _initialise(module: nn.Module, norm_mean: float = 1.0) -> None:
    """N(0, .02) for convolutions, N(norm_mean, .02) and 0 for batch norm: DCGAN's, Radford et al. 2016."""
    if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, (nn.BatchNorm2d, nn.BatchNorm3d)):
        nn.init.normal_(module.weight, norm_mean, 0.02)
        nn.init.zeros_(module.bias)
