"""The toy's network, and the model that it leaves behind."""

import torch
from torch import Tensor, nn

from raysys.models.generative import GenerativeModel
from raysys.models.noise import LatticeNoise
from raysys.models.sampling import Lattice


class Filter(nn.Module):
    """Noise (B, 1, H + 2 reach, W + 2 reach) to grey images (B, 1, H, W) in [0, 1]."""

    def __init__(self, reach: int = 2) -> None:
        super().__init__()
        self.reach, self.channels, self.hyperparameters = reach, 1, {"reach": reach}
        self.filter = nn.Conv2d(1, 1, 2 * reach + 1)

    def forward(self, noise: Tensor) -> Tensor:
        """A share of the phase for each pixel."""
        return torch.sigmoid(8 * self.filter(noise))


class ToyFilterModel(GenerativeModel):
    """Samples of the filter, of any size."""

    Network = Filter
    network: Filter
    any_size = True

    @property
    def lattice(self) -> Lattice:
        """A noise value for each pixel."""
        return Lattice(LatticeNoise(1), 1, self.network.reach, self.native_size)

    def grey(self, noise: Tensor) -> Tensor:
        """The filter's output."""
        return self.network(noise)


MODEL = ToyFilterModel
