"""A fully convolutional autoencoder of images in [0, 1], with a latent lattice of constant size whatever its depth."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError

Padding = Literal["circular", "zeros"]
Head = Literal["sigmoid", "relu", "identity", "softmax"]
LatentActivation = Literal["none", "relu"]

HEADS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
    "identity": nn.Identity,
    "softmax": partial(nn.Softmax, dim=1),
}
POOL: dict[int, Any] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}


class Autoencoder(nn.Module):
    """Levels of two 3x3 convolutions with ReLU and max-pooling, mirrored with nearest upsampling; no skips.

    With circular padding it commutes with shifts by `2**depth` pixels. The published text leaves channels and latent
    size open; ours keep the number of latent values at `latent_budget` for every depth, since otherwise the shallowest
    network wins any comparison by autoencoding error.

    Parameters
    ----------
    size
        Side of the training images in pixels, a multiple of `2**depth`, or one for each axis where they differ; any
        other multiple works too.
    depth
        Number of poolings, 1 or more.
    width
        Channels of the first level, doubled at each further one.
    latent_channels
        Values per latent point; by default as many as `latent_budget` allows at `size`, at least 1.
    latent_budget
        Latent values of an image of `size`.
    padding
        "circular" for periodic images, "zeros" for others.
    head
        What bounds the output: "sigmoid" each channel in [0, 1], "softmax" all of them as shares of phases, which add
        up to 1, "relu" (the published one) from 0, "identity" not at all.
    channels
        Channels of the images.
    dims
        2 for images, 3 for volumes.
    phase_fraction
        Mean of the images: the last bias starts there, so that a ReLU head does not die on a sparse phase. A softmax
        starts with equal shares.
    variational
        The encoder gives a normal distribution of every latent value (Kingma and Welling 2014); `encode` is its mean.
    latent_activation
        What follows the convolution that the latents come from: "relu" (the published one) keeps them from 0, "none"
        leaves them as they are, as a normal distribution wants it.

    Attributes
    ----------
    latent_mean, latent_std
        Buffers (latent_channels,): statistics of the training latents, from which images are sampled.

    Raises
    ------
    RaysysError
        If `size` does not fit `depth`, or an option is unknown.
    """

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(
        self,
        size: int | Sequence[int],
        *,
        depth: int,
        width: int = 32,
        latent_channels: int | None = None,
        latent_budget: int = 4096,
        padding: Padding = "circular",
        head: Head = "sigmoid",
        channels: int = 1,
        dims: int = 2,
        phase_fraction: float = 0.5,
        variational: bool = False,
        latent_activation: LatentActivation = "none",
    ) -> None:
        super().__init__()
        self.shape = _checked(size, depth, padding, head, dims, phase_fraction)
        _check_latents(latent_activation, variational)
        self.size, self.depth, self.dims, self.cell, self.channels = self.shape[0], depth, dims, 2**depth, channels
        points = math.prod(side // self.cell for side in self.shape)
        self.latent_channels = latent_channels or max(1, latent_budget // points)
        self.hyperparameters: dict[str, Any] = {
            # One side where all are equal, as cards have always had it.
            "size": self.size if len(set(self.shape)) == 1 else list(self.shape),
            "depth": depth,
            "width": width,
            "latent_channels": self.latent_channels,
            "padding": padding,
            "head": head,
            "channels": channels,
            "dims": dims,
            "phase_fraction": phase_fraction,
            "variational": variational,
            "latent_activation": latent_activation,
        }
        self.variational, self.latent_activation = variational, latent_activation
        widths = [width * 2**level for level in range(depth)]
        encoded = self.latent_channels * (2 if variational else 1)
        ends = [nn.ReLU()] if latent_activation == "relu" else []
        self.encoder = nn.Sequential(*_encoder(widths, channels, encoded, dims, padding), *ends)
        self.decoder = nn.Sequential(*_decoder(widths, channels, self.latent_channels, dims, padding))
        self.apply(_initialise)
        _start_at(self.decoder[-1], phase_fraction, head)
        self.head = HEADS[head]()
        self.register_buffer("latent_mean", torch.zeros(self.latent_channels))
        self.register_buffer("latent_std", torch.ones(self.latent_channels))

    def latent_shape(self, size: int | tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Lattice points along each axis of the latents of one image of `size` (native by default)."""
        sides = (size,) * self.dims if isinstance(size, int) else size or self.shape
        if any(side % self.cell or side < 1 for side in sides):
            raise RaysysError(
                f"size {sides} is no positive multiple of the {self.cell} pixels of {self.depth} poolings"
            )
        return tuple(side // self.cell for side in sides)

    def encode(self, images: Tensor) -> Tensor:
        """Images (N, channels, *spatial) in [0, 1] to latents (N, latent_channels, *spatial / 2**depth)."""
        return self.distribution(images)[0]

    def distribution(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and log variance of the latents, each as of `encode`; None for the latter if not variational."""
        self.latent_shape(tuple(images.shape[2:]))
        encoded: Tensor = self.encoder(images)
        if not self.variational:
            return encoded, None
        mean, log_variance = encoded.chunk(2, dim=1)
        # Beyond this the exponential leaves single precision, and a first step may get there.
        return mean, log_variance.clamp(-20, 20)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents to images (N, channels, *spatial)."""
        images: Tensor = self.head(self.decoder(latents))
        return images

    def forward(self, images: Tensor) -> Tensor:
        """Autoencodings of images (N, channels, *spatial) in [0, 1]."""
        return self.decode(self.encode(images))

    @torch.no_grad()
    def fit_latents(self, batches: Iterable[Tensor]) -> None:
        """Store mean and standard deviation of each latent channel over batches of images (N, channels, *spatial)."""
        count, total, squares = (
            0,
            torch.zeros(self.latent_channels).double(),
            torch.zeros(self.latent_channels).double(),
        )
        for images in batches:
            latents = self.encode(images).double().transpose(0, 1).flatten(1).cpu()
            count, total, squares = count + latents.shape[1], total + latents.sum(1), squares + latents.square().sum(1)
        if not count:
            raise RaysysError("no images were given to measure the latents of the autoencoder")
        mean = total / count
        self.latent_mean.copy_(mean)
        self.latent_std.copy_((squares / count - mean.square()).clamp(min=0).sqrt())


def _checked(
    size: int | Sequence[int], depth: int, padding: str, head: str, dims: int, phase_fraction: float
) -> tuple[int, ...]:
    """Pixels along each axis, of a network that can be built."""
    if dims not in (2, 3):
        raise RaysysError(f"networks were asked for {dims} dimensions; allowed: 2 or 3")
    shape = (size,) * dims if isinstance(size, int) else tuple(int(side) for side in size)
    if len(shape) != dims:
        raise RaysysError(f"networks were asked for images of {shape} pixels in {dims} dimensions; give {dims} sides")
    for side in shape:
        if not 1 <= depth < side.bit_length() or side % 2**depth:
            raise RaysysError(
                f"{side} pixels cannot be halved {depth} times; allowed: depth 1 or more, size a multiple of 2**depth"
            )
    if padding not in ("circular", "zeros"):
        raise RaysysError(f"padding is {padding!r}; allowed: 'circular' or 'zeros'")
    if head not in HEADS:
        raise RaysysError(f"head is {head!r}; allowed: {', '.join(map(repr, HEADS))}")
    if not 0 < phase_fraction < 1:
        raise RaysysError(f"phase_fraction is {phase_fraction}; allowed: between 0 and 1, ends excluded")
    return shape


def _check_latents(activation: str, variational: bool) -> None:
    if activation not in ("none", "relu"):
        raise RaysysError(f"latent_activation is {activation!r}; allowed: 'none' or 'relu'")
    if activation == "relu" and variational:
        raise RaysysError("latent_activation is 'relu', and variational latents are normal; allowed: 'none'")


class _Conv2d(nn.Conv2d):
    """A convolution with the same weights, and a periodic border where padding_mode says so."""

    def _conv_forward(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode != "circular":
            return super()._conv_forward(images, weight, bias)
        return nn.functional.conv2d(_periodic(images), weight, bias)


class _Conv3d(nn.Conv3d):
    """The same for volumes."""

    def _conv_forward(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.padding_mode != "circular":
            return super()._conv_forward(images, weight, bias)
        return nn.functional.conv3d(_periodic(images), weight, bias)


CONV: dict[int, Any] = {2: _Conv2d, 3: _Conv3d}


def _periodic(images: Tensor) -> Tensor:
    """Opposite borders repeated, one pixel wide; torch's own circular padding copies twice as much."""
    for axis in range(2, images.dim()):
        images = torch.cat([images.narrow(axis, -1, 1), images, images.narrow(axis, 0, 1)], axis)
    return images


def _pair(channels: int, out: int, dims: int, padding: str) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before in (channels, out):
        layers += [CONV[dims](before, out, 3, padding=1, padding_mode=padding), nn.ReLU()]
    return layers


def _encoder(widths: list[int], channels: int, latent_channels: int, dims: int, padding: str) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for out in widths:
        layers += [*_pair(channels, out, dims, padding), POOL[dims](2)]
        channels = out
    return [*layers, CONV[dims](channels, latent_channels, 3, padding=1, padding_mode=padding)]


def _decoder(widths: list[int], channels: int, latent_channels: int, dims: int, padding: str) -> list[nn.Module]:
    layers: list[nn.Module] = [CONV[dims](latent_channels, widths[-1], 3, padding=1, padding_mode=padding), nn.ReLU()]
    before = widths[-1]
    for out in reversed(widths):
        layers += [nn.Upsample(scale_factor=2), *_pair(before, out, dims, padding)]
        before = out
    return [*layers, CONV[dims](before, channels, 3, padding=1, padding_mode=padding)]


def _initialise(module: nn.Module) -> None:
    """He et al. 2015. With torch's smaller default weights some seeds start with a layer that is zero everywhere."""
    if isinstance(module, (nn.Conv2d, nn.Conv3d)):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _start_at(last: Any, phase_fraction: float, head: str) -> None:
    """Start near a flat image of the phase fraction."""
    value = math.log(phase_fraction / (1 - phase_fraction)) if head == "sigmoid" else phase_fraction
    nn.init.constant_(last.bias, value)
    with torch.no_grad():
        last.weight.mul_(0.1)
