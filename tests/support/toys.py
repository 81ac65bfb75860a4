"""A toy sampler of every kind, in two and three dimensions, with any noise: what the models room must carry.

Its network is untrained and local: a lattice point is seen two points away, so that its halo is two.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from raysys.models import Broadcast, GenerativeModel, ImagesCard, Joined, LatticeNoise, ModelCard, Noise, Waves
from raysys.models.condition import CodeCard, IndexCard, MapCard, NumberCard
from raysys.models.sampling import Lattice

PLUGGED = Path(__file__).with_name("plugged")  # to be put on the path, so that `toy-sampler` is found as a method
HALO = 2
PHASES = ("pore", "clay", "quartz")
CODE = {"kind": "code", "name": "texture", "length": 2, "mean": (0.0, 0.0), "std": (1.0, 1.0)}
INDEX = {"kind": "index", "name": "rock", "names": ("berea", "ketton", "doddington")}
MAP = {"kind": "map", "name": "direction", "channels": 2, "low": -1.0, "high": 1.0, "mean": (0.0, 0.0)}
NUMBER = {"name": "phase_fraction", "low": 0.1, "high": 0.7, "mean": 0.4}


class ToyGenerator(nn.Module):
    """Noise on a lattice to images (B, channels, *block) in [0, 1]: shares of phases where `softmax` says so."""

    def __init__(
        self, *, dims: int, channels: int, cell: int = 4, local: int = 3, waves: int = 0, codes: int = 0,
        softmax: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        conv, transposed = {2: (nn.Conv2d, nn.ConvTranspose2d), 3: (nn.Conv3d, nn.ConvTranspose3d)}[dims]
        self.hyperparameters = {
            "dims": dims, "channels": channels, "cell": cell, "local": local, "waves": waves, "codes": codes,
            "softmax": softmax,
        }  # fmt: skip
        self.dims, self.channels, self.cell = dims, channels, cell
        self.local, self.waves, self.codes, self.softmax = local, waves, codes, softmax
        self.points = conv(local + waves + codes, 8, 3)
        self.pixels = transposed(8, 6, cell, cell)
        self.last = conv(6, channels, 3)
        self.periods = nn.Linear(max(codes, 1), max(waves, 1) * dims)

    def forward(self, noise: Tensor) -> Tensor:
        values = self.last(torch.relu(self.pixels(torch.relu(self.points(noise)))))
        inside = (slice(None), slice(None), *(slice(self.cell - 1, 1 - self.cell),) * self.dims)
        return values[inside].softmax(1) if self.softmax else values[inside].sigmoid()


class ToySampler(GenerativeModel):
    """Samples of the toy network."""

    Network = ToyGenerator
    network: ToyGenerator

    @property
    def any_size(self) -> bool:
        return True

    @property
    def lattice(self) -> Lattice:
        parts: list[Noise] = [LatticeNoise(self.network.local)]
        if self.network.waves:
            parts.append(Waves(self.network.waves, self._frequencies))
        if self.network.codes:
            parts.append(Broadcast(self.network.codes))
        return Lattice(Joined(tuple(parts)), self.network.cell, HALO, self.native_size)

    def grey(self, noise: Tensor) -> Tensor:
        return self.network(noise)

    def _frequencies(self, code: np.ndarray | None) -> np.ndarray:
        """A linear function of the code, at every point where it varies."""
        weight, bias = (value.detach().cpu().double().numpy() for value in self.network.periods.parameters())
        shape = (self.network.waves, self.network.dims)
        if code is None:
            return bias.reshape(*shape, *(1,) * self.network.dims)
        values = np.tensordot(weight, code.astype(np.float64), 1) + bias.reshape(-1, *(1,) * self.network.dims)
        return values.reshape(*shape, *code.shape[1:])


def toy(
    kind: str = "binary",
    shape: tuple[int, ...] = (16, 12),
    *,
    condition: Mapping[str, object] | None = None,
    **options: int,
) -> ToySampler:
    """An untrained toy whose images vary."""
    torch.manual_seed(4)
    images = ImagesCard(kind=kind, shape=shape, phases=PHASES if kind == "labels" else ())
    card_of = {"code": CodeCard, "index": IndexCard, "map": MapCard, "number": NumberCard}
    told = None if condition is None else card_of[condition.get("kind", "number")](**condition)
    network = ToyGenerator(
        dims=len(shape),
        channels=images.channels,
        softmax=kind == "labels",
        codes=0 if told is None else told.channels,
        **options,
    )
    with torch.no_grad():
        for name, value in network.named_parameters():
            if value.ndim > 1 and "periods" not in name:
                value.mul_(4)
    card = ModelCard(
        name=f"toy-{kind}",
        architecture="toy-sampler",
        hyperparameters=network.hyperparameters,
        images=images,
        condition=told,
    )
    return ToySampler(card, network)
