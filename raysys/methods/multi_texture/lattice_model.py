"""What models of all generators of this family share: how code, noise and waves lie under their images."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from raysys.methods.multi_texture.layers import cropped
from raysys.methods.multi_texture.networks import Generator
from raysys.models.generative import GenerativeModel
from raysys.models.noise import Broadcast, Joined, LatticeNoise, Noise, Waves
from raysys.models.sampling import Lattice

Layer = tuple[NDArray[np.float64], NDArray[np.float64]]


class LatticeModel(GenerativeModel):
    """Samples of any size and origin of a network that has a `generator`, always of its interior."""

    @property
    def generator(self) -> Generator:
        """What makes images of noise."""
        found: Generator = self.network.generator  # type: ignore[assignment]
        return found

    @property
    def any_size(self) -> bool:
        """Always: the network is convolutional, and normalises by fixed statistics."""
        return True

    @property
    def lattice(self) -> Lattice:
        """Code, independent noise and waves at each point, as far as the generator has them."""
        generator = self.generator
        parts: list[Noise] = [Broadcast(generator.code)] if generator.code else []
        parts.append(LatticeNoise(generator.local, generator.distribution))
        if generator.waves:
            weights = [(_exact(weight), _exact(bias)) for weight, bias in generator.period_layers()]
            scale = _exact(generator.scale)
            parts.append(Waves(generator.waves, partial(frequencies, weights, scale, generator.dims)))
        cells = tuple(-(-side // generator.cell) * generator.cell for side in self.native_size)
        return Lattice(Joined(tuple(parts)), generator.cell, max(generator.reach), cells)

    def grey(self, noise: Tensor) -> Tensor:
        """The interior of the generator's output, from [-1, 1] to [0, 1]."""
        generator = self.generator
        halo = max(generator.reach)
        low, high = (generator.cell * (halo - one) for one in generator.reach)
        images = cropped(generator.interior(generator.as_trained(noise)), low, high)
        return (images + 1) / 2


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


def _exact(values: Tensor) -> NDArray[np.float64]:
    found: NDArray[np.float64] = values.detach().cpu().double().numpy()
    return found
