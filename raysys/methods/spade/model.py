"""SPADE's generator as a model that is asked with a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from raysys.errors import RaysysError
from raysys.methods.spade.generator import Generator
from raysys.models.card import ModelCard
from raysys.models.condition import MapCard
from raysys.models.generative import GenerativeModel
from raysys.models.model import References
from raysys.models.noise import Broadcast, Coarse, Elsewhere, Joined, LatticeNoise, Noise
from raysys.models.sampling import Lattice
from raysys.models.window import Points


@dataclass(frozen=True)
class Lines(Noise):
    """The direction asked for at every point, (cos, sin), as cosine and sine of twice its angle."""

    channels: int = 2

    def at(
        self,
        seed: int,
        coordinates: Points,
        code: NDArray[np.float32] | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> NDArray[np.float32]:
        """Values as `Noise.at` says; the seed changes nothing."""
        across, up = Broadcast(2).at(seed, coordinates, code).astype(np.float64)
        angle = 2 * np.arctan2(up, across)
        return np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


class SpadeModel(GenerativeModel):
    """Pictures of one texture under a map, of any size and origin.

    A map is (grid) from 0 to 1 for a progression, and (2, grid) for an orientation: cosine and sine of the angle of the
    line at each place, anticlockwise from the horizontal.
    """

    Network = Generator
    network: Generator

    def __init__(self, card: ModelCard, network: Generator, *, reference: References | None = None) -> None:
        super().__init__(card, network, reference=reference)
        told = 0 if card.condition is None else card.condition.channels
        if network.told != told:
            raise RaysysError(
                f"model {card.name!r} has a network that is told {network.told} channels of a map, and its card tells "
                f"of {told or 'none'}; allowed: as many on both"
            )

    @property
    def any_size(self) -> bool:
        """Always: the network is convolutional, and normalises by fixed statistics."""
        return True

    @property
    def lattice(self) -> Lattice:
        """The map at every pixel, and noise at the points of the coarsest scale, where the network has any."""
        network = self.network
        parts: tuple[Noise, ...] = (Broadcast(1) if network.told == 1 else Lines(),)
        if network.noise:
            parts = (*parts, Coarse(LatticeNoise(network.noise), network.cell))
        return Lattice(Joined(parts), network.cell, network.halo, self.native_size, detail=network.cell)

    def grey(self, noise: Tensor) -> Tensor:
        """The network's output, from [-1, 1] to [0, 1]."""
        told, drawn = noise[:, : self.network.told], noise[:, self.network.told :]
        step = self.network.cell
        coarse = drawn[:, :, ::step, ::step] if self.network.noise else None
        images: Tensor = self.network(told, coarse, self.network.halo)
        return (images + 1) / 2


def condition_card(network: Generator) -> MapCard:
    """What can be asked for, and what a picture has where nothing is."""
    usual = tuple(round(float(value), 4) for value in network.usual)
    return MapCard(
        kind="map",
        name=network.guide,
        channels=network.told,
        low=0.0 if network.told == 1 else -1.0,
        high=1.0,
        mean=usual,
    )


MODEL = SpadeModel
