"""Encoder and generator of many textures, of images and of volumes, as one network that is saved with its codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.methods.multi_texture.layers import (
    CONV,
    NORM,
    OF_VOLUMES,
    SLOPE,
    Border,
    Rising,
    Upsample,
    cropped,
    halving,
    initialise,
    scaled,
    widths,
)
from raysys.models.philox import Distribution

HIDDEN = 40  # of the layer between a code and the frequencies of its waves


class Encoder(nn.Module):
    """Images to the mean and the logarithm of the deviation of their code (Tables 4 and 11).

    Parameters
    ----------
    dims, channels
        Axes and channels of the images.
    width
        Channels of the layer nearest to the image of the generator; published: 64.
    levels
        Times that a cell is halved to a pixel; volumes are halved once more.
    code
        Values of a code.
    momentum
        Of batch normalisation.
    """

    def __init__(self, dims: int, channels: int, *, width: int, levels: int, code: int, momentum: float) -> None:
        super().__init__()
        flat = dims == 2
        sides = widths(levels - 1, width) if flat else [scaled(one, width) for one in OF_VOLUMES[: levels + 1]]
        layers: list[nn.Module] = []
        for place, after in enumerate(sides):
            plain = flat and place == 0  # the first layer of images has no normalisation
            layers.append(halving(dims, channels, after, bias=plain))
            layers += [] if plain else [NORM[dims](after, momentum=momentum)]
            layers.append(nn.LeakyReLU(SLOPE[dims]))
            channels = after
        layers.append(halving(dims, channels, 2 * code) if flat else CONV[3](channels, 2 * code, 1))
        self.layers = nn.Sequential(*layers)

    def local(self, images: Tensor) -> Tensor:
        """Means of the codes of cells: (B, C, *spatial) to (B, code, *points)."""
        values: Tensor = self.layers(images)
        return values.chunk(2, 1)[0]

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, C, *spatial) to mean and logarithm of the deviation, (B, code) each."""
        mean, deviation = self.layers(images).flatten(2).mean(2).chunk(2, 1)
        return mean, deviation


class Generator(nn.Module):
    """Noise to images in [-1, 1]: code, local noise and waves at each point (Tables 5 and 12).

    A large sample is all interior: each of its pixels has all contributions of the points around it. As published, a
    network is trained on images whose borders lack some, in space 93.6 % of them. `border` says what it is trained on:
    the interior, a volume whose first layer is complete ("valid"), or what was published.

    Attributes
    ----------
    cell
        Pixels for each point.
    reach
        Points that an image needs before and after itself to be complete.
    distribution
        Of the local noise.
    """

    distribution: Distribution = "normal"

    def __init__(
        self,
        dims: int,
        channels: int,
        *,
        width: int,
        levels: int,
        code: int,
        local: int,
        waves: int,
        momentum: float,
        border: Border,
        upsample: Upsample,
    ) -> None:
        super().__init__()
        self.dims, self.code, self.local, self.waves, self.border = dims, code, local, waves, border
        self.cell = 2**levels
        sides = widths(levels - (dims == 2), width)[::-1]
        before = code + local + waves
        self.stages, self.norms = nn.ModuleList(), nn.ModuleList()
        for place, after in enumerate([*sides, channels]):
            self.stages.append(Rising(dims, before, after, upsample, first=dims == 3 and place == 0))
            self.norms.append(nn.Identity() if place == len(sides) else NORM[dims](after, momentum=momentum))
            before = after
        self.slope = SLOPE[dims]
        self.low, self.high = 0, 0
        for stage in self.rising:
            self.low = stage.step.rate * self.low + stage.step.low
            self.high = stage.step.rate * self.high + stage.step.high
        self.reach = (math.ceil(self.low / self.cell), math.ceil(self.high / self.cell))
        if waves:
            self.periods = nn.Sequential(nn.Linear(code, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, dims * waves))

    @property
    def rising(self) -> list[Rising]:
        """The layers that raise the number of points."""
        return [stage for stage in self.stages if isinstance(stage, Rising)]

    @property
    def channels(self) -> int:
        """Of the noise."""
        return self.code + self.local + self.waves

    @property
    def scale(self) -> Tensor:
        """What each wave's frequency is multiplied by, (waves,): pi/2 to pi radians a point (PSGAN, section 4.1)."""
        return math.pi * (0.5 * torch.arange(1, self.waves + 1) / max(self.waves, 1) + 0.5)

    def begin_waves(self) -> None:
        """Let each wave run along one axis at first, in turns from the last axis on, with frequency `scale`.

        The weights stay small, as all others: drawn around 1, as PSGAN's were, they would let a wave of a usual code
        repeat many times between two points.
        """
        if not self.waves:
            return
        last = self.periods[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.bias.copy_(self.axes_of_waves().flatten())

    def axes_of_waves(self) -> Tensor:
        """Float32 (waves, dims): 1 for the axis along which a wave runs at first, in turns from the last one on."""
        along = torch.zeros(self.waves, self.dims)
        for wave in range(self.waves):
            along[wave, -1 - wave % self.dims] = 1
        return along

    def frequencies(self, codes: Tensor) -> Tensor:
        """Radians a point along each axis, (B, waves, dims), of codes (B, code)."""
        found: Tensor = self.periods(codes).unflatten(1, (self.waves, self.dims))
        return found * self.scale.to(codes.device)[:, None]

    def period_layers(self) -> list[tuple[Tensor, Tensor]]:
        """Weights and biases of the layers between a code and its frequencies, before `scale`."""
        return [(layer.weight, layer.bias) for layer in self.periods if isinstance(layer, nn.Linear)]

    def as_trained(self, noise: Tensor) -> Tensor:
        """Noise of a lattice (B, channels, *points) as `forward` takes it: uniform values then lie in [-1, 1)."""
        if self.distribution == "normal":
            return noise
        codes, local, waves = torch.split(noise, [self.code, self.local, self.waves], 1)
        return torch.cat([codes, 2 * local - 1, waves], 1)

    def points(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Points that training images of `shape` pixels are made of; see `border`."""
        more = {"interior": sum(self.reach), "valid": 3 * (self.dims == 3), "published": -3 * (self.dims == 3)}
        return tuple(math.ceil(side / self.cell) + more[self.border] for side in shape)

    def noise(self, codes: Tensor, local: Tensor, phases: Tensor) -> Tensor:
        """What images are made of, in training.

        Parameters
        ----------
        codes
            (B, code).
        local
            (B, local, *points), of the `distribution`.
        phases
            (B, waves) in [0, 1), of a turn.
        """
        points = local.shape[2:]
        parts = [codes.reshape(*codes.shape, *(1,) * self.dims).expand(-1, -1, *points), local]
        if self.waves:
            angle = (2 * math.pi * phases).reshape(*phases.shape, *(1,) * self.dims)
            for axis, rate in enumerate(self.frequencies(codes).unbind(2)):
                line = torch.arange(points[axis], device=codes.device, dtype=codes.dtype)
                along = [1, 1, *(1,) * self.dims]
                along[2 + axis] = -1
                angle = angle + rate.reshape(*rate.shape, *(1,) * self.dims) * line.reshape(along)
            parts.append(torch.sin(angle))
        return torch.cat(parts, 1)

    def forward(self, noise: Tensor, shape: Sequence[int] | None = None) -> Tensor:
        """Noise (B, channels, *points) to training images (B, C, *shape); all that they make without a shape."""
        if self.border == "interior":
            values = self.interior(noise)
        else:
            values = self._raised(noise, 1 if self.border == "valid" and self.dims == 3 else 0)
        return values if shape is None else values[(slice(None), slice(None), *map(slice, shape))]

    def interior(self, noise: Tensor) -> Tensor:
        """The whole cells whose pixels all are complete: (B, C, *(points - sum(reach)) * cell) in [-1, 1]."""
        values = self._raised(noise, len(self.stages))
        low, high = self.reach[0] * self.cell - self.low, self.reach[1] * self.cell - self.high
        return cropped(values, low, high)

    def _raised(self, values: Tensor, complete: int) -> Tensor:
        """Through all layers, of which the first `complete` drop their incomplete borders."""
        last = len(self.stages) - 1
        for place, (stage, norm) in enumerate(zip(self.rising, self.norms, strict=True)):
            values = norm(stage(values, place < complete))
            values = torch.tanh(values) if place == last else nn.functional.leaky_relu(values, self.slope)
        return values


class MultiTexture(nn.Module):
    """Encoder and generator, and the mean code of each texture that has a name.

    Parameters
    ----------
    dims, channels
        Axes and channels of the images.
    width
        Channels of the generator's layer nearest to the image; published: 64.
    levels
        Doublings from a point to its pixels; published: 5 for images, 4 for volumes.
    code, local, waves
        Channels of noise; published: 2, 20, 4 for images and 16, 16, 0 for volumes.
    textures
        How many textures have names.
    momentum
        Of batch normalisation.
    border, upsample
        As of `Generator` and `layers.Rising`.

    Attributes
    ----------
    codes
        float32 (textures, code), the mean code of each texture; measured after training.
    """

    codes: Tensor

    def __init__(
        self,
        *,
        dims: int = 2,
        channels: int = 3,
        width: int = 64,
        levels: int = 5,
        code: int = 2,
        local: int = 20,
        waves: int = 4,
        textures: int = 0,
        momentum: float = 0.1,
        border: Border = "interior",
        upsample: Upsample = "transposed",
    ) -> None:
        super().__init__()
        most = 8 if dims == 2 else len(OF_VOLUMES) - 1
        if dims not in (2, 3) or not 2 - (dims == 3) <= levels <= most:
            raise RaysysError(
                f"networks of {levels} levels in {dims} dimensions were asked for; allowed: 2 to 8 in two, 1 to 4 in "
                "three"
            )
        self.hyperparameters: dict[str, Any] = {
            "dims": dims,
            "channels": channels,
            "width": width,
            "levels": levels,
            "code": code,
            "local": local,
            "waves": waves,
            "textures": textures,
            "momentum": momentum,
            "border": border,
            "upsample": upsample,
        }
        self.dims, self.channels, self.code, self.local, self.waves = dims, channels, code, local, waves
        self.encoder = Encoder(dims, channels, width=width, levels=levels, code=code, momentum=momentum)
        self.generator = Generator(
            dims,
            channels,
            width=width,
            levels=levels,
            code=code,
            local=local,
            waves=waves,
            momentum=momentum,
            border=border,
            upsample=upsample,
        )
        initialise(self)
        self.generator.begin_waves()
        self.register_buffer("codes", torch.zeros(textures, code))
