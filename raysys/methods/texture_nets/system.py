"""Texture networks: taught by one image, whose patches, distributions or products of features theirs are to have.

Sources: Ulyanov et al. 2016 (arXiv:1603.03417) for the network and for Gram matrices as its teacher; Zhou et al. 2023
(CVPR), supplement, appendix F, for Guided Correspondence in their place.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.features.usual import VARIABLE, usual_kernels
from raysys.features.vgg import Kernels
from raysys.form import Form
from raysys.losses.texture import LAYERS_OF, TextureLoss, grid_patches, layers_with_a_patch, value_distance
from raysys.methods.texture_nets.model import TextureNetModel
from raysys.methods.texture_nets.network import TextureNet
from raysys.methods.texture_nets.settings import TextureNetsSettings
from raysys.models import ModelCard
from raysys.models.channels import unit_channels
from raysys.train.batches import Batch, Draws
from raysys.train.decay import set_rate
from raysys.train.descent import Average, descend
from raysys.train.system import System

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData
    from raysys.models import Model
    from raysys.train.validators import SampleValidator

MEASURED, AT_A_TIME = 8, 8  # batches, and images in each, from which the statistics of normalisation are taken
OFFERED = (
    f"a file that {VARIABLE} or system.features names, system.features=[torchvision] (a download of 548 MB), or "
    "[random], which was measured to make worse textures"
)


class TextureNets(System):
    """One network; the image that it learns from is the part of the data that tiles are cut from for training.

    The pictures it is judged by in training repeat: its convolutions wrap at the edges.
    """

    Settings = TextureNetsSettings
    kinds = ("binary", "grey", "colour")
    loss: TextureLoss
    source: Tensor
    _validator: SampleValidator | None = None

    def __init__(self, settings: TextureNetsSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.network = TextureNet(
            levels=settings.levels, width=settings.width, noise=settings.noise, channels=form.channels
        ).to(device)
        self.modules = {"network": self.network}
        self.optimizers = {"network": torch.optim.Adam(self.network.parameters(), settings.learning_rate)}
        self.patches = grid_patches(occurrence=settings.occurrence, h=settings.bandwidth)
        self.kernels: Kernels | None = None

    def check(self) -> None:
        """Whether tiles are whole cells, hold a patch, and weights of VGG-19 are there."""
        cell, shape = self.network.cell, self.form.shape
        if any(side % cell for side in shape):
            raise RaysysError(
                f"data.tile is {shape[0]} x {shape[1]}, and a texture network of {self.settings.levels} levels makes "
                f"multiples of {cell} pixels; set data.tile or system.levels accordingly"
            )
        self._layers()
        self._weights()

    def prepare(self, data: TrainingData) -> None:
        """Look at the image that is to be learned from."""
        image = source_image(data, self.form)
        self.source = torch.from_numpy(image).to(self.device)
        layers = self._layers((image.shape[1], image.shape[2]))
        self.loss = TextureLoss(self._weights(), self.settings.loss, [self.source], layers=layers, patches=self.patches)

    def _layers(self, *sizes: tuple[int, int]) -> tuple[str, ...]:
        layers = self.settings.layers or LAYERS_OF[self.settings.loss]
        if self.settings.loss != "guided-correspondence":
            return layers
        rows, columns = self.form.shape
        return layers_with_a_patch(layers, self.patches, (rows, columns), *sizes)

    def _weights(self) -> Kernels:
        if self.kernels is None:
            sources, sha256 = self.settings.features, self.settings.features_sha256
            deepest = max(self._layers(), key=LAYERS.index)
            self.kernels = usual_kernels(sources, deepest, sha256=sha256, allowed=OFFERED)
        return self.kernels

    def record(self) -> dict[str, Any]:
        """Which weights served, and which layers were compared."""
        return {"features": self._weights().provenance, "layers": list(self.loss.layers)}

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update; of a batch its number of images is taken only."""
        count = len(batches[0].images)
        settings = self.settings
        rate = settings.learning_rate * settings.decay ** (draws.step // settings.decay_every)
        set_rate(self.optimizers["network"], rate)
        noise = [
            draws.uniform(f"scale {k}", (count, *shape)) for k, shape in enumerate(self.network.shapes(self.form.shape))
        ]
        with self.autocast():
            images = (self.network(noise).float() + 1) / 2
            texture = self.loss(images, generator=draws.generator("texture"))
        values = value_distance(images, self.source, generator=draws.generator("values"))
        loss = texture + settings.values * values
        descend(loss, self.network, self.optimizers["network"], average)
        return {"loss": loss.detach(), "loss_texture": texture.detach(), "loss_values": values.detach()}

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the statistics that the model normalises by: those of batches of its own pictures."""
        for norm in (one for one in self.network.modules() if isinstance(one, nn.BatchNorm2d)):
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
        chance = torch.Generator().manual_seed(0)
        for _ in range(MEASURED):
            shapes = self.network.shapes(self.form.shape)
            self.network([torch.rand(AT_A_TIME, *shape, generator=chance).to(self.device) for shape in shapes])

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The statistics of `count` samples of the model as it would be served."""
        from raysys.train.validation import VALIDATION_SEED
        from raysys.train.validators import validator_of_samples

        def drawn() -> np.ndarray:
            return self.model(name="validation", card={}).sample(count, seed=VALIDATION_SEED)

        self._validator = validator_of_samples(data, drawn, self.form)
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples of the same noise at every validation."""
        return {} if self._validator is None else self._validator.pictures()

    def begin_from(self, model: Model) -> None:
        """Take over the weights of another texture's network."""
        from raysys.train.system import unlike

        if not isinstance(model, TextureNetModel) or model.network.hyperparameters != self.network.hyperparameters:
            raise RaysysError(unlike(model, "texture-nets", self.network.hyperparameters))
        self.network.load_state_dict(model.network.state_dict())

    def model(self, *, name: str, card: dict[str, Any]) -> TextureNetModel:
        """The network as a TextureNetModel."""
        images = self.images_card(card.pop("images", {}))
        network = copy.deepcopy(self.network).cpu().eval()
        description = ModelCard(
            name=name, architecture="texture-nets", hyperparameters=network.hyperparameters, images=images, **card
        )
        return TextureNetModel(description, network)


def source_image(data: TrainingData, form: Form) -> np.ndarray:
    """The part of an image that training tiles are cut from, float32 (C, h, w) in [0, 1].

    Raises
    ------
    RaysysError
        If the data are no tiles of one flat image.
    """
    image, origins = getattr(data, "image", None), getattr(data, "train_origins", None)
    if image is None or origins is None or origins.shape[1] != form.dims:
        raise RaysysError("the data are no tiles of one flat image, which a texture is learned from; name one image")
    first, last = origins.min(0), origins.max(0) + np.array(form.shape)
    part = np.asarray(image[first[0] : last[0], first[1] : last[1]])
    return np.ascontiguousarray(unit_channels(form, part[None])[0])


SYSTEM = TextureNets
