"""Encoder and generator of many textures as a model that is asked with a code, a name or an example."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from raysys.errors import RaysysError
from raysys.methods.multi_texture.layers import cropped
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.models.abilities import FindsCodes
from raysys.models.card import ModelCard
from raysys.models.channels import unit_channels
from raysys.models.condition import CodeCard
from raysys.models.generative import GenerativeModel
from raysys.models.model import References
from raysys.models.noise import Broadcast, Joined, LatticeNoise, Noise, Waves
from raysys.models.sampling import Lattice

Layer = tuple[NDArray[np.float64], NDArray[np.float64]]
DIGITS = 5  # of a code on a card


class MultiTextureModel(GenerativeModel, FindsCodes):
    """Samples of a texture that a code says, of any size and origin; the code may vary over space."""

    Network = MultiTexture
    network: MultiTexture

    def __init__(self, card: ModelCard, network: MultiTexture, *, reference: References | None = None) -> None:
        super().__init__(card, network, reference=reference)
        told = card.condition.channels if isinstance(card.condition, CodeCard) else 0
        if network.code != told:
            raise RaysysError(
                f"model {card.name!r} has a network of codes of {network.code} values, and its card tells of "
                f"{told or 'none'}; allowed: as many on both"
            )

    @property
    def any_size(self) -> bool:
        """Always: the network is convolutional, and normalises by fixed statistics."""
        return True

    @property
    def lattice(self) -> Lattice:
        """Code, independent noise and waves at each point."""
        generator = self.network.generator
        parts: tuple[Noise, ...] = (Broadcast(generator.code), LatticeNoise(generator.local))
        if generator.waves:
            layers = [layer for layer in generator.periods if isinstance(layer, torch.nn.Linear)]
            weights = [(_exact(layer.weight), _exact(layer.bias)) for layer in layers]
            scale = _exact(generator.scale)
            parts = (*parts, Waves(generator.waves, partial(frequencies, weights, scale, generator.dims)))
        cells = tuple(-(-side // generator.cell) * generator.cell for side in self.native_size)
        return Lattice(Joined(parts), generator.cell, max(generator.reach), cells)

    def grey(self, noise: Tensor) -> Tensor:
        """The interior of the generator's output, from [-1, 1] to [0, 1]."""
        generator = self.network.generator
        halo = max(generator.reach)
        low, high = (generator.cell * (halo - one) for one in generator.reach)
        images = cropped(generator.interior(noise), low, high)
        return (images + 1) / 2

    @property
    def names(self) -> tuple[str, ...]:
        """Of the textures that can be asked for by name."""
        return tuple(self.card.condition.named) if isinstance(self.card.condition, CodeCard) else ()

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Codes float32 (N, code) of images (N, *spatial) of the card's form, of any size that the encoder halves.

        Raises
        ------
        RaysysError
            If they are of other channels or axes, or smaller than the training images.
        """
        shape = self.form.array_shape(1)[1:]
        if images.ndim != len(shape) + 1 or (self.form.kind == "colour" and images.shape[-1] != shape[-1]):
            raise RaysysError(
                f"an example of shape {images.shape[1:]} was given to model {self.name!r}, which knows "
                f"{self.form.kind} images of {self.form.dims} axes; convert it first"
            )
        small = min(self.form.spatial(images))
        if small < min(self.native_size):
            raise RaysysError(
                f"an example of {small} pixels was given to model {self.name!r}; allowed: {min(self.native_size)} or "
                "more along each axis, as it was trained on"
            )
        channels = torch.from_numpy(unit_channels(self.form, images)).to(self.device)
        with torch.inference_mode():
            found: np.ndarray = self.network.encoder(channels * 2 - 1)[0].float().cpu().numpy()
        return found


def frequencies(
    layers: list[Layer], scale: NDArray[np.float64], dims: int, code: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """Radians a point (waves, dims, *points) of codes (code, *points), as `Generator.frequencies` has them.

    Place by place in one order of adding, so that they do not depend, to the last bit, on how many points there are.
    """
    assert code is not None
    values = list(code.astype(np.float64))
    for number, (weight, bias) in enumerate(layers):
        after = []
        for row, start in zip(weight, bias, strict=True):
            total = np.full(values[0].shape, start)
            for factor, value in zip(row, values, strict=True):
                total = total + factor * value
            after.append(total if number == len(layers) - 1 else np.maximum(total, 0))
        values = after
    found = np.stack(values)
    found = found.reshape(-1, dims, *found.shape[1:])
    return found * scale.reshape(-1, *(1,) * (found.ndim - 1))


def condition_card(network: MultiTexture, names: tuple[str, ...]) -> CodeCard:
    """What can be asked for: a code of the normal prior, or the mean code of a texture by its name."""
    means = network.codes.double().cpu().numpy().round(DIGITS)
    return CodeCard(
        kind="code",
        name="texture",
        length=network.code,
        mean=(0.0,) * network.code,
        std=(1.0,) * network.code,
        named={name: tuple(row) for name, row in zip(names, means.tolist(), strict=True)},
    )


def _exact(values: Tensor) -> NDArray[np.float64]:
    found: NDArray[np.float64] = values.detach().cpu().double().numpy()
    return found


MODEL = MultiTextureModel
