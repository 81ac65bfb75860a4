"""DTS: diversified texture synthesis by one network of many textures (Li et al. 2017, arXiv:1703.01664).

Textures are taken in turns, one a step, and join one after the other (the authors' programs, MIT; `interval`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.features.usual import VARIABLE, usual_kernels
from raysys.features.vgg import Kernels
from raysys.form import Form
from raysys.methods.dts.loss import TextureGrams
from raysys.methods.dts.model import DtsModel
from raysys.methods.dts.network import FIRST, Dts
from raysys.methods.dts.settings import DtsSettings
from raysys.methods.multi_texture.averaged import measure_anew, set_momentum
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.models import ModelCard
from raysys.models.channels import unit_channels
from raysys.models.condition import IndexCard
from raysys.train.batches import Batch, Draws
from raysys.train.decay import set_rate
from raysys.train.descent import Average, descend
from raysys.train.system import System

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData
    from raysys.data.textures.selection import Textures

PIECES = 8  # of each texture, of whose Gram matrices the mean is taken
LEAST_RATE = 1e-4  # from which on the learning rate stays
MEASURED, AT_A_TIME, MOMENTUM = 8, 8, 0.1
OFFERED = (
    f"a file that {VARIABLE} or system.features names, system.features=[torchvision] (a download of 548 MB), or "
    "[random], which was measured to make worse textures"
)


class DtsSystem(System):
    """One network; of a batch its number of images is taken only."""

    Settings = DtsSettings
    kinds = ("binary", "grey", "colour")
    wanted: list[dict[str, Tensor]]
    _validator: Any = None

    def __init__(self, settings: DtsSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.architecture: dict[str, Any] = {
            "textures": max(1, len(settings.textures)),
            "width": settings.width,
            "levels": settings.levels,
            "noise": settings.noise,
            "channels": form.channels,
            "upsample": settings.upsample,
            "padding": settings.padding,
        }
        self.network = Dts(**self.architecture).to(device)
        self.modules = {"network": self.network}
        self.optimizers = {"network": torch.optim.Adam(self.network.parameters(), settings.learning_rate)}
        self.kernels: Kernels | None = None

    def check(self) -> None:
        """Whether tiles are what the network makes, and weights of VGG-19 are there."""
        if set(self.form.shape) != {self.network.side}:
            raise RaysysError(
                f"data.tile is {' x '.join(map(str, self.form.shape))}, and a network of {self.settings.levels} levels "
                f"makes {self.network.side} pixels a side ({FIRST} x 2^levels); set data.tile or system.levels "
                "accordingly"
            )
        self._weights()

    def prepare(self, data: TrainingData) -> None:
        """Look at the textures that are to be learned from."""
        textures = _textures(data)
        settings = self.settings
        self.loss = TextureGrams(
            self._weights(), settings.layers, settings.diversity_layer, unit_gradients=settings.unit_gradients
        ).to(self.device)
        self.wanted = []
        for number in range(len(settings.textures)):
            own = np.flatnonzero(textures.train_targets == number)[:PIECES]
            images = torch.from_numpy(unit_channels(self.form, textures.train[own])).to(self.device)
            self.wanted.append(self.loss.wanted(images))

    def _weights(self) -> Kernels:
        if self.kernels is None:
            deepest = max([*self.settings.layers, self.settings.diversity_layer], key=LAYERS.index)
            sources, sha256 = self.settings.features, self.settings.features_sha256
            self.kernels = usual_kernels(sources, deepest, sha256=sha256, allowed=OFFERED)
        return self.kernels

    def record(self) -> dict[str, Any]:
        """Which weights served."""
        return {"features": self._weights().provenance}

    def texture_of(self, step: int) -> int:
        """Number of the texture whose turn it is: so many have joined as intervals have begun."""
        joined = min(self.network.textures, 1 + step // self.settings.interval)
        return step % joined

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update, by pictures of one texture."""
        settings, number = self.settings, self.texture_of(draws.step)
        times = draws.step // (settings.interval * self.network.textures)
        lowest = min(LEAST_RATE, settings.learning_rate)
        set_rate(self.optimizers["network"], max(lowest, settings.learning_rate * settings.decay**times))
        values = draws.uniform("noise", (len(batches[0].images), settings.noise))
        images = (self.computed(self.network, self._selecting(values, number)) + 1) / 2
        off, differing = self.loss(images, self.wanted[number])
        descend(off - settings.diversity * differing, self.network, self.optimizers["network"], average)
        return {"loss_texture": off.detach(), "diversity": differing.detach()}

    def _selecting(self, values: Tensor, number: int | Tensor) -> Tensor:
        """Noise (B, noise) with the selection of a texture, or of one for each: (B, noise + textures, 1, 1)."""
        selection = values.new_zeros(len(values), self.network.textures)
        selection[torch.arange(len(values)), number] = 1
        return torch.cat([values, selection], 1)[:, :, None, None]

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the statistics of normalisation on pictures of all textures, of each by itself as in training."""
        measure_anew(self.network)
        chance = torch.Generator().manual_seed(0)
        for turn in range(max(MEASURED, self.network.textures)):
            values = torch.rand((AT_A_TIME, self.settings.noise), generator=chance).to(self.device)
            self.network(self._selecting(values, turn % self.network.textures))
        set_momentum(self.network, MOMENTUM)

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """Pictures of each texture against the texture."""
        from raysys.methods.dts.validation import SelectedValidator

        served: Any = lambda: self.model(name="validation", card={})  # noqa: E731
        grams = RandomGrams(2, self.form.channels, self.device)
        self._validator = SelectedValidator(_textures(data), served, grams, form=self.form, count=count)
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Pictures of any texture, and each texture beside what is made of it."""
        return {} if self._validator is None else self._validator.pictures()

    def model(self, *, name: str, card: dict[str, Any]) -> DtsModel:
        """The network as a DtsModel."""
        images = self.images_card(card.pop("images", {}))
        names = self.settings.textures or ("texture",)
        description = ModelCard(
            name=name,
            architecture="dts",
            hyperparameters=self.architecture,
            images=images,
            condition=IndexCard(kind="index", name="texture", names=names),
            **card,
        )
        return DtsModel(description, copy.deepcopy(self.network).cpu().eval())


def _textures(data: TrainingData) -> Textures:
    from raysys.data.textures.selection import Textures

    if not isinstance(data, Textures):
        raise RaysysError("system dts learns from several textures; set data.source=textures")
    return data


SYSTEM = DtsSystem
