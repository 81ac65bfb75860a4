"""The convolutions of VGG-19 or VGG-16 as a frozen extractor of features; weights are handed in, see `pretrained`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS, TITLES, Network, layers_of

Pooling = Literal["average", "maximum"]
Padding = Literal["zeros", "circular", "reflect"]
Tap = Literal["convolution", "relu"]


@dataclass(frozen=True)
class Kernels:
    """Weights of the first layers, and the input that they were trained on.

    Attributes
    ----------
    layers
        {layer: (kernel (out, in, 3, 3), bias (out,))} float32, from conv1_1 on without a gap.
    mean, std
        Of red, green and blue: an input in [0, 1] becomes (scale * input - mean) / std.
    scale
        255 for networks that see bytes, else 1.
    provenance
        Where they come from: source, what was asked before it, checksum, licence.
    network
        Whose they are.
    """

    layers: dict[str, tuple[Tensor, Tensor]]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    scale: float
    provenance: dict[str, object] = field(default_factory=dict)
    network: Network = "vgg19"


class Vgg19(nn.Module):
    """Features of images at layers of VGG-19.

    The weights are constants that stay out of `state_dict`: checkpoints and models never carry them.

    Parameters
    ----------
    kernels
        See `pretrained`.
    layers
        Whose features are wanted; nothing deeper is computed.
    pooling
        Between blocks; "average" as in style transfer, "maximum" as the network was trained.
    padding
        "zeros" as it was trained; with "circular" the features of periodic images move with the image; "reflect" shows
        a texture no black frame.
    tap
        Features are taken from the "convolution" (the published precursor's code) or after its "relu" (Gatys et al.).

    Raises
    ------
    RaysysError
        If a layer is none of VGG-19's, or the kernels end before it or are another network's.
    """

    network: ClassVar[Network] = "vgg19"
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        kernels: Kernels,
        layers: Sequence[str],
        *,
        pooling: Pooling = "average",
        padding: Padding = "zeros",
        tap: Tap = "convolution",
    ) -> None:
        super().__init__()
        order = layers_of(self.network)
        _check(kernels, layers, self.network, pooling, padding, tap)
        self.layers, self.padding, self.tap = tuple(layers), padding, tap
        self.pool = functional.avg_pool2d if pooling == "average" else functional.max_pool2d
        self.names = order[: max(order.index(layer) for layer in layers) + 1]
        for name in self.names:
            for kind, values in zip(("weight", "bias"), kernels.layers[name], strict=True):
                self.register_buffer(f"{name}_{kind}", values.detach().clone(), persistent=False)
        self.scale = kernels.scale
        self.register_buffer("mean", torch.tensor(kernels.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(kernels.std).view(1, 3, 1, 1), persistent=False)
        self.provenance = kernels.provenance | {"pooling": pooling, "padding": padding, "tap": tap}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Features {layer: (B, channels, H / 2^block, W / 2^block)} of images (B, 1 or 3, H, W) in [0, 1]."""
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            title = TITLES[self.network]
            raise RaysysError(f"images have shape {tuple(images.shape)}; {title} sees (B, 1, H, W) or (B, 3, H, W)")
        # Grey images are shown three times.
        values = (self.scale * images.expand(-1, 3, -1, -1) - self.mean) / self.std
        found = {}
        for name in self.names:
            if name.endswith("_1") and name != LAYERS[0]:
                values = self.pool(values, 2)
            before = self._convolved(values, name)
            values = before.relu()
            if name in self.layers:
                found[name] = before if self.tap == "convolution" else values
        return found

    def _convolved(self, values: Tensor, name: str) -> Tensor:
        weight, bias = self.get_buffer(f"{name}_weight"), self.get_buffer(f"{name}_bias")
        if self.padding == "zeros":
            return functional.conv2d(values, weight, bias, padding=1)
        return functional.conv2d(functional.pad(values, (1, 1, 1, 1), mode=self.padding), weight, bias)


class Vgg16(Vgg19):
    """Features of images at layers of VGG-16, whose kernels `pretrained(..., network="vgg16")` reads."""

    network: ClassVar[Network] = "vgg16"


def _check(kernels: Kernels, layers: Sequence[str], network: Network, pooling: str, padding: str, tap: str) -> None:
    title, order = TITLES[network], layers_of(network)
    if kernels.network != network:
        raise RaysysError(f"the weights given are {TITLES[kernels.network]}'s; wanted: {title}'s")
    if not layers:
        raise RaysysError(f"no layer of {title} was named; allowed: {', '.join(order)}")
    for layer in layers:
        if layer not in order:
            raise RaysysError(f"{layer!r} is no layer of {title}; allowed: {', '.join(order)}")
        missing = [name for name in order[: order.index(layer) + 1] if name not in kernels.layers]
        if missing:
            raise RaysysError(f"the weights given lack {missing[0]}, which {layer} needs")
    for name, value, allowed in (
        ("pooling", pooling, ("average", "maximum")),
        ("padding", padding, ("zeros", "circular", "reflect")),
        ("tap", tap, ("convolution", "relu")),
    ):
        if value not in allowed:
            raise RaysysError(f"{name} is {value!r}; allowed: {', '.join(map(repr, allowed))}")
