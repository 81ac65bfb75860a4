"""Kernels, strides and channels of all five networks, flat and in space, and how a layer that grows treats its border.

Source: Alanov et al. 2019 (arXiv:1904.04751), Tables 4 to 8 for images and 11 to 15 for volumes. Those in space are
not consistent as printed: the generator's layers have no output padding, the encoder halves in its first layer and
gives mean and deviation, and 72 channels stand for the pair critic's 73.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from raysys.errors import RaysysError
from raysys.form import Form

Border = Literal["interior", "valid", "published"]
Upsample = Literal["transposed", "nearest"]

PUBLISHED_WIDTH = 64
CONV: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
CONV_TRANSPOSE: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORM: dict[int, Any] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
SLOPE = {2: 0.2, 3: 0.01}
KERNEL, PADDING = {2: 5, 3: 4}, {2: 2, 3: 1}
OF_VOLUMES = (16, 32, 64, 72, 128)  # channels of the encoder; the pair critic has the first four


def widths(count: int, width: int) -> list[int]:
    """Channels of `count` layers that double, from the one nearest to the image on."""
    return [width * 2**level for level in range(count)]


def scaled(channels: int, width: int) -> int:
    """Published channels, of a network whose layer nearest to the image has `width` instead of 64."""
    return max(1, round(channels * width / PUBLISHED_WIDTH))


def usual_levels(form: Form) -> int:
    """As published for tiles of 160; fewer for smaller ones, so that critics see several cells along each axis."""
    smallest = min(form.shape).bit_length() - 1
    return max(2, min(5, smallest - 2)) if form.dims == 2 else max(1, min(4, smallest - 3))


def check_tile(form: Form, levels: int, *, whole: bool = False) -> None:
    """Refuse tiles of which the critics see too little, or which are no `whole` cells.

    Raises
    ------
    RaysysError
        One sentence that names the fields.
    """
    cell, shape = 2**levels, form.shape
    few = 4 if form.dims == 3 else 2
    if min(shape) < few * cell or (whole and any(side % cell for side in shape)):
        seen = (
            f"see multiples of {cell} pixels, {few * cell} at least" if whole else f"see {few * cell} pixels at least"
        )
        raise RaysysError(
            f"data.tile is {shape[0]}, and networks of {levels} levels {seen}; set data.tile or system.levels "
            "accordingly"
        )


def halving(dims: int, before: int, after: int, *, bias: bool = True) -> Any:
    """A convolution that halves each side."""
    return CONV[dims](before, after, KERNEL[dims], 2, PADDING[dims], bias=bias)


def without_padding(before: int, after: int) -> Any:
    """The last convolution of critics of volumes: 10 points become 7."""
    return nn.Conv3d(before, after, 4, 1, 0)


def normed(network: nn.Module, spectral: bool) -> nn.Module:
    """The network, its linear layers under spectral normalisation where asked for (Miyato et al. 2018)."""
    for part in network.modules() if spectral else ():
        if isinstance(part, (nn.Linear, nn.Conv2d, nn.Conv3d)):
            spectral_norm(part)
    return network


def initialise(network: nn.Module) -> None:
    """Normal weights of deviation 0.02, biases 0; batch normalisation is left at 1 and 0."""
    layers = (nn.Linear, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    for part in network.modules():
        if isinstance(part, layers):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


@dataclass(frozen=True)
class Step:
    """What a layer makes of points [lo, hi): all contributions there are is what [rate lo + low, rate hi - high) has.

    Attributes
    ----------
    rate
        Points after it for each before.
    low, high
        As above.
    crop
        How many points of its output at either end are not complete.
    """

    rate: int
    low: int
    high: int
    crop: tuple[int, int]


class Rising(nn.Module):
    """A layer that doubles each side, or the first one of volumes, which adds three points.

    Parameters
    ----------
    dims, before, after
        Axes, channels it takes and gives.
    upsample
        A transposed convolution as published, or each point four or eight times and a convolution after it (as in the
        PyTorch port of PSGAN: no chequered patterns).
    first
        Whether it is the first layer of volumes (kernel 4, stride 1).
    """

    def __init__(self, dims: int, before: int, after: int, upsample: Upsample, *, first: bool = False) -> None:
        super().__init__()
        self.dims, self.upsample = dims, upsample if not first else "transposed"
        if first:
            self.convolution = CONV_TRANSPOSE[3](before, after, 4, 1, 0, bias=False)
            # A point is made of the four before it; counted from the second of these, cells lie about their images.
            self.step = Step(1, 2, 1, (3, 3))
        elif upsample == "transposed":
            kernel, padding = KERNEL[dims], PADDING[dims]
            self.convolution = CONV_TRANSPOSE[dims](before, after, kernel, 2, padding, kernel - 4, bias=False)
            high = kernel - 3
            self.step = Step(2, 1, high, (1, high))
        else:
            reach = (KERNEL[dims] - 1) // 2
            self.convolution = CONV[dims](before, after, 2 * reach + 1, 1, reach, bias=False)
            self.step = Step(2, reach, reach, (reach, reach))

    def forward(self, points: Tensor, complete: bool) -> Tensor:
        """(B, before, *points) to (B, after, *more); without its incomplete border where asked."""
        if self.upsample == "nearest":
            points = nn.functional.interpolate(points, scale_factor=2, mode="nearest")
        values: Tensor = self.convolution(points)
        return cropped(values, *self.step.crop) if complete else values


def cropped(values: Tensor, low: int, high: int) -> Tensor:
    """Without so many points at the beginning and at the end of each axis."""
    inside = (slice(low, -high or None),) * (values.dim() - 2)
    return values[(slice(None), slice(None), *inside)]
