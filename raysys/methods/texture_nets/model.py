"""A texture network as a model."""

from __future__ import annotations

from torch import Tensor

from raysys.methods.texture_nets.network import TextureNet
from raysys.models.generative import GenerativeModel
from raysys.models.noise import Coarse, Joined, LatticeNoise, Noise
from raysys.models.sampling import Lattice

FIRST = 3  # purposes of the scales' noise, one after the other: smaller ones have a meaning


class TextureNetModel(GenerativeModel):
    """Pictures of one texture, of any size and origin."""

    Network = TextureNet
    network: TextureNet

    @property
    def any_size(self) -> bool:
        """Always: the network is convolutional, and normalises by fixed statistics."""
        return True

    @property
    def lattice(self) -> Lattice:
        """Noise of every scale at every pixel, where that of coarse scales repeats."""
        network = self.network
        scales: list[Noise] = [
            Coarse(LatticeNoise(network.noise, "uniform", FIRST + k), 2**k) for k in range(network.levels)
        ]
        return Lattice(Joined(tuple(scales)), network.cell, network.halo, self.native_size, detail=network.cell)

    def grey(self, noise: Tensor) -> Tensor:
        """The network's output, from [-1, 1] to [0, 1]."""
        images: Tensor = self.network(self.network.scales(noise), self.network.halo)
        return (images + 1) / 2


MODEL = TextureNetModel
