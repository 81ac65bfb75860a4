"""WGAN-GP reconstruction of binary microstructures: Wasserstein critic with gradient penalty.

Source: the rock-micrograph study of seed 001 (Eq. 5-6, section 2.4) and its public networks; `preset published` is the
recipe `wgan-gp-published`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.models import GanModel, Model, ModelCard
from raysys.models.wasserstein import Critic, Generator
from raysys.train.batches import Batch, Draws
from raysys.train.losses import gradient_penalty
from raysys.train.synchronised_norm import synchronise_norms
from raysys.train.systems.base import Average, System, unlike
from raysys.train.systems.critic_views import changed, turned
from raysys.train.systems.settings import SystemSettings

if TYPE_CHECKING:
    import numpy as np

    from raysys.train.training_data import TrainingData
    from raysys.train.validation import DescriptorValidator

# Noise from which the batch-norm statistics of the averaged generator are measured.
NORM_BATCH, NORM_BATCHES = 32, 8


class WganGpSettings(SystemSettings):
    """Hyper-parameters of the WGAN-GP."""

    method: Literal["wgan-gp"] = "wgan-gp"
    width: int = Field(32, ge=1, le=512, description="Channels of the layer nearest to the image; doubles per level.")
    critic_width: int | None = Field(
        None, ge=1, le=512, description="The same for the critic; as `width` if not given."
    )
    latent: Literal["lattice", "vector"] = Field(
        "lattice",
        description="`lattice`: every pixel is an interior one, so any size can be sampled; `vector`: as published.",
    )
    latent_channels: int = Field(64, ge=1, le=4096, description="Noise channels per latent cell (published: 512).")
    levels: int | None = Field(
        None, ge=2, le=8, description="Doublings from latent cell to pixel (lattice only); from the tile if not given."
    )
    norm_mean: float = Field(
        1.0, ge=0, le=1, description="Mean of the initial batch-norm weights: 1 (DCGAN) or 0 (published)."
    )
    learning_rate: float = Field(
        2e-4, gt=0, le=1, description="Adam's learning rate of both networks (published: 1e-4)."
    )
    critic_learning_rate: float | None = Field(None, gt=0, le=1, description="The critic's own, if it differs.")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's first moment decay.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam's second moment decay.")
    penalty: float = Field(10.0, ge=0, description="Weight lambda of the gradient penalty.")
    critic_updates: int = Field(5, ge=1, le=100, description="Critic updates per generator update.")
    real_batch: Literal["fresh", "reuse"] = Field(
        "fresh", description="A fresh real batch for every critic update, or one for all of them (published)."
    )
    flips: tuple[Literal["left-right", "up-down"], ...] = Field(
        (), description="Mirror half of the real tiles, where the material looks the same mirrored."
    )
    rotations: bool = Field(
        False,
        description="Turn real tiles by 0, 90, 180 or 270 degrees; only for what looks the same in all directions.",
    )
    augment: tuple[Literal["translation", "cutout"], ...] = Field(
        (),
        description="Move by up to 1/8 of the side, blank a square, in all that the critic sees: for few real tiles.",
    )
    average: float = Field(
        0.995,
        ge=0,
        lt=1,
        description="Decay of the running average of the generator that is validated and served; 0 for none.",
    )
    sync_norm: bool = Field(
        False,
        description="Normalise by the statistics of all workers' batches together, so that several workers train as "
        "one does on the joined batch; otherwise each normalises its own share alone (published).",
    )


class WganGp(System):
    """Generator, critic and the averaged generator that becomes the model.

    With several workers batch normalisation uses each worker's own share of the batch, as the published
    data-parallel training did, unless `sync_norm` is set; everything else equals one worker on the joined batch.

    With `training.precision: bfloat16` generator and critic compute in it, forward and back; images, scores, losses,
    weights, optimisers and the averaged generator are float32, and so is the gradient penalty from end to end. With
    `training.compile` the same passes are compiled; the penalty's is not, as torch cannot differentiate it twice then.
    """

    Settings = WganGpSettings
    compilable = True
    _validator: DescriptorValidator | None = None

    def __init__(self, settings: WganGpSettings, *, tile: int, device: torch.device) -> None:
        self.settings, self.tile, self.device = settings, tile, device
        self.architecture = {
            "size": tile,
            "width": settings.width,
            "latent_channels": settings.latent_channels,
            "latent": settings.latent,
            "levels": settings.levels if settings.latent == "lattice" else None,
            "norm_mean": settings.norm_mean,
        }
        self.generator = Generator(**self.architecture).to(device)
        self.critic = Critic(tile, width=settings.critic_width or settings.width).to(device)
        self.averaged = copy.deepcopy(self.generator)  # with plain norms: the first worker measures and validates it
        if settings.sync_norm:
            synchronise_norms(self.generator)
        self.modules = {"generator": self.generator, "critic": self.critic, "averaged": self.averaged}
        betas = (settings.beta1, settings.beta2)
        critic_rate = settings.critic_learning_rate or settings.learning_rate
        self.optimizers = {
            "generator": torch.optim.Adam(self.generator.parameters(), settings.learning_rate, betas),
            "critic": torch.optim.Adam(self.critic.parameters(), critic_rate, betas),
        }
        self.batches_per_step = settings.critic_updates if settings.real_batch == "fresh" else 1

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """`critic_updates` critic updates, then one generator update."""
        for k in range(self.settings.critic_updates):
            critic_loss, distance, penalty = self._update_critic(batches[k % len(batches)].images, draws, k, average)
        generator_loss = self._update_generator(len(batches[0].images), draws, average)
        self._follow()
        return {
            "critic_loss": critic_loss,
            "wasserstein_distance": distance,
            "gradient_penalty": penalty,
            "generator_loss": generator_loss,
        }

    def _update_critic(self, real: Tensor, draws: Draws, k: int, average: Average) -> tuple[Tensor, Tensor, Tensor]:
        with torch.no_grad():
            fake = self.computed(self.generator, self._noise(real.shape[0], draws, f"critic {k}"))
            fake = self._seen(fake, draws, f"fake {k}")
            real = self._seen(self._varied(real, draws, k), draws, f"real {k}")
        distance = self.computed(self.critic, real).mean() - self.computed(self.critic, fake).mean()
        epsilon = draws.uniform(f"epsilon {k}", (real.shape[0],))
        penalty = gradient_penalty(self.critic, real, fake, epsilon)
        loss = -distance + self.settings.penalty * penalty
        _descend(loss, self.critic, self.optimizers["critic"], average)
        return loss.detach(), distance.detach(), penalty.detach()

    def _update_generator(self, count: int, draws: Draws, average: Average) -> Tensor:
        self.critic.requires_grad_(False)
        fake = self.computed(self.generator, self._noise(count, draws, "generator"))
        loss = -self.computed(self.critic, self._seen(fake, draws, "generator")).mean()
        _descend(loss, self.generator, self.optimizers["generator"], average)
        self.critic.requires_grad_(True)
        return loss.detach()

    def _varied(self, real: Tensor, draws: Draws, k: int) -> Tensor:
        """Real tiles in all ways that the material is said to look alike."""
        return turned(real, self.settings.flips, self.settings.rotations, draws, f"real {k}")

    def _seen(self, images: Tensor, draws: Draws, label: str) -> Tensor:
        """What the critic is shown of real or generated images; the penalty is taken between those."""
        return changed(images, self.settings.augment, draws, label)

    def _noise(self, count: int, draws: Draws, label: str) -> Tensor:
        shape = self.generator.latent_shape(self.tile)
        return draws.normal(label, (count, self.settings.latent_channels, *shape))

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged generator towards the trained one; running statistics are taken over as they are."""
        decay = self.settings.average
        for averaged, trained in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            averaged.lerp_(trained, 1 - decay)
        for averaged, trained in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            averaged.copy_(trained)

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the batch-norm statistics of the averaged weights; those of the trained ones do not fit them."""
        norms = [module for module in self.averaged.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
        self.averaged.train()
        chance = torch.Generator().manual_seed(0)
        shape = (NORM_BATCH, self.settings.latent_channels, *self.generator.latent_shape(self.tile))
        for _ in range(NORM_BATCHES):
            self.averaged(torch.randn(shape, generator=chance).to(self.device))

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The descriptors of `count` samples of the model as it would be served."""
        from raysys.train.validation import VALIDATION_SEED, DescriptorValidator

        self._validator = DescriptorValidator(
            data, lambda: self.model(name="validation", card={}).sample(count, seed=VALIDATION_SEED)
        )
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples of the same noise at every validation, and the curves of all over those of the held-out tiles."""
        return {} if self._validator is None else self._validator.pictures()

    def begin_from(self, model: Model) -> None:
        """Take over a generator; the critic begins anew."""
        if not isinstance(model, GanModel) or model.network.hyperparameters != self.generator.hyperparameters:
            raise RaysysError(unlike(model, "wgan-gp", self.generator.hyperparameters))
        for network in (self.generator, self.averaged):
            network.load_state_dict(model.network.state_dict())

    def model(self, *, name: str, card: dict[str, Any]) -> GanModel:
        """The averaged generator as a GanModel."""
        images = {"kind": "binary", "shape": [self.tile, self.tile]} | card.pop("images", {})
        description = ModelCard(
            name=name, architecture="wgan-gp", hyperparameters=self.architecture, images=images, **card
        )
        return GanModel(description, copy.deepcopy(self.averaged).cpu().eval())


def _descend(loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer, average: Average) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    average(network.parameters())
    optimizer.step()
