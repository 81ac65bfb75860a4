"""The WGAN-GP's generator as a model."""

from __future__ import annotations

from torch import Tensor

from raysys.errors import RaysysError
from raysys.methods.wgan_gp.networks import Generator
from raysys.models.card import ModelCard
from raysys.models.generative import GenerativeModel
from raysys.models.model import References
from raysys.models.noise import Broadcast, Joined, LatticeNoise, Noise
from raysys.models.sampling import Lattice


class GanModel(GenerativeModel):
    """Samples of a generator; any size and origin if its latent is a lattice."""

    Network = Generator
    network: Generator

    def __init__(self, card: ModelCard, network: Generator, *, reference: References | None = None) -> None:
        super().__init__(card, network, reference=reference)
        told = 0 if card.condition is None else card.condition.channels
        if network.conditions != told:
            raise RaysysError(
                f"model {card.name!r} has a network of {network.conditions} conditions, and its card tells of "
                f"{told or 'none'}; allowed: as many on both, or none"
            )

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images."""
        return self.network.shape

    @property
    def any_size(self) -> bool:
        """Whether the latent is a lattice."""
        return self.network.latent == "lattice"

    @property
    def lattice(self) -> Lattice:
        """One point beyond the image on each side; a vector is a lattice of one point."""
        noise: Noise = LatticeNoise(self.network.latent_channels)
        if self.network.conditions:
            noise = Joined((noise, Broadcast(self.network.conditions)))
        return Lattice(noise, self.network.cell, int(self.any_size), self.native_size)

    def grey(self, noise: Tensor) -> Tensor:
        """The generator's output, from [-1, 1] to [0, 1]."""
        images: Tensor = self.network(noise)
        return (images + 1) / 2


MODEL = GanModel
