"""The diversified texture network as a model that is asked for a texture by its name."""

from __future__ import annotations

from torch import Tensor

from raysys.errors import RaysysError
from raysys.methods.dts.network import Dts
from raysys.models.card import ModelCard
from raysys.models.condition import IndexCard
from raysys.models.generative import GenerativeModel
from raysys.models.model import References
from raysys.models.noise import Broadcast, Joined, LatticeNoise
from raysys.models.sampling import Lattice


class DtsModel(GenerativeModel):
    """Pictures of one size, of the texture that is named."""

    Network = Dts
    network: Dts

    def __init__(self, card: ModelCard, network: Dts, *, reference: References | None = None) -> None:
        super().__init__(card, network, reference=reference)
        told = card.condition.channels if isinstance(card.condition, IndexCard) else 0
        if network.textures != told:
            raise RaysysError(
                f"model {card.name!r} has a network of {network.textures} textures, and its card tells of "
                f"{told or 'none'}; allowed: as many on both"
            )

    @property
    def any_size(self) -> bool:
        """Never: the first layer makes all points of a picture at once."""
        return False

    @property
    def lattice(self) -> Lattice:
        """A single point, with the noise and the selection."""
        network = self.network
        noise = Joined((LatticeNoise(network.noise, "uniform"), Broadcast(network.textures)))
        return Lattice(noise, network.side, 0, (network.side,) * 2)

    def grey(self, noise: Tensor) -> Tensor:
        """The network's output, from [-1, 1] to [0, 1]."""
        images: Tensor = self.network(noise)
        return ((images + 1) / 2).clamp(0, 1)


MODEL = DtsModel
