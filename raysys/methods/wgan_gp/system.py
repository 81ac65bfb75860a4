"""WGAN-GP of microstructures and textures, flat or in space: Wasserstein critic with gradient penalty.

Source: the rock-micrograph study of Amiri et al. 2023 (Scientific Reports 13; Eq. 5-6, section 2.4) and its public
networks, which are the recipe `wgan-gp-published`. Label images are a channel for each phase, of which the generator
makes shares by a softmax (Kench & Cooper, SliceGAN, 2021). With `condition: phase-fraction` generator and critic are
told a phase fraction as further channels (conditional GANs: Mirza & Osindero 2014, arXiv:1411.1784; the expectation
over conditions of Wasserstein distances: Adler & Oektem 2018, arXiv:1811.05910).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.losses import gradient_penalty
from raysys.methods.wgan_gp.averaged import follow, measure_norms
from raysys.methods.wgan_gp.condition import DIGITS, anywhere, beside, condition_card, fractions, ladder, missed
from raysys.methods.wgan_gp.critic_views import changed, turned
from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Critic, Generator, shortest
from raysys.methods.wgan_gp.settings import WganGpSettings
from raysys.models import Model, ModelCard
from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine, set_rate
from raysys.train.descent import descend
from raysys.train.synchronised_norm import synchronise_norms
from raysys.train.system import Average, System, unlike

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sources import TrainingData
    from raysys.train.validators import SampleValidator

# Noise from which the batch-norm statistics of the averaged generator are measured.
NORM_BATCH, NORM_BATCHES = 32, 8


class WganGp(System):
    """Generator, critic and the averaged generator that becomes the model.

    With several workers batch normalisation uses each worker's own share of the batch, as the published
    data-parallel training did, unless `sync_norm` is set; everything else equals one worker on the joined batch.

    With `training.precision: bfloat16` generator and critic compute in it, forward and back; images, scores, losses,
    weights, optimisers and the averaged generator are float32, and so is the gradient penalty from end to end. With
    `training.compile` the same passes are compiled; the penalty's is not, as torch cannot differentiate it twice then.
    """

    Settings = WganGpSettings
    kinds = ("binary", "grey", "colour", "labels")
    dims = (2, 3)
    _validator: SampleValidator | None = None

    def __init__(self, settings: WganGpSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.architecture: dict[str, Any] = {
            "size": shortest(form.shape),
            "width": settings.width,
            "latent_channels": settings.latent_channels,
            "latent": settings.latent,
            "levels": settings.levels if settings.latent == "lattice" else None,
            "norm_mean": settings.norm_mean,
            "conditions": int(settings.condition != "none"),
            "channels": form.channels,
            "dims": form.dims,
            "head": "softmax" if form.kind == "labels" else "tanh",
        }
        self.generator = Generator(**self.architecture).to(device)
        self.critic = Critic(
            form.shape,
            width=settings.critic_width or settings.width,
            channels=form.channels + self.generator.conditions,
            dims=form.dims,
        ).to(device)
        self.averaged = copy.deepcopy(self.generator)  # with plain norms: the first worker measures and validates it
        if settings.sync_norm:
            synchronise_norms(self.generator)
        self.modules = {"generator": self.generator, "critic": self.critic, "averaged": self.averaged}
        betas = (settings.beta1, settings.beta2)
        self.rates = {
            "generator": settings.learning_rate,
            "critic": settings.critic_learning_rate or settings.learning_rate,
        }
        self.optimizers = {
            name: torch.optim.Adam(self.modules[name].parameters(), rate, betas) for name, rate in self.rates.items()
        }
        self.batches_per_step = settings.critic_updates if settings.real_batch == "fresh" else 1

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """`critic_updates` critic updates, then one generator update."""
        for name, rate in self.rates.items() if self.settings.decay_steps else ():
            set_rate(self.optimizers[name], half_cosine(rate, draws.step, self.settings.decay_steps))
        for k in range(self.settings.critic_updates):
            critic_loss, distance, penalty = self._update_critic(batches[k % len(batches)].images, draws, k, average)
        generator_loss = self._update_generator(len(batches[0].images), draws, average)
        follow(self.averaged, self.generator, self.settings.average)
        return {
            "critic_loss": critic_loss,
            "wasserstein_distance": distance,
            "gradient_penalty": penalty,
            "generator_loss": generator_loss,
        }

    def _update_critic(self, real: Tensor, draws: Draws, k: int, average: Average) -> tuple[Tensor, Tensor, Tensor]:
        # Fakes are asked for what the real images have, so that the penalty's images lie between two of one condition.
        asked = fractions(real) if self.generator.conditions else None
        with torch.no_grad():
            fake = self.computed(self.generator, self._noise(real.shape[0], draws, f"critic {k}", asked))
            fake = self._seen(fake, draws, f"fake {k}")
            real = self._seen(self._varied(real, draws, k), draws, f"real {k}")
        of_real, of_fake = (self.computed(self.critic, self._told(images, asked)) for images in (real, fake))
        distance = of_real.mean() - of_fake.mean()
        epsilon = draws.uniform(f"epsilon {k}", (real.shape[0],))
        penalty = gradient_penalty(lambda images: self.critic(self._told(images, asked)), real, fake, epsilon)
        loss = -distance + self.settings.penalty * penalty
        descend(loss, self.critic, self.optimizers["critic"], average)
        return loss.detach(), distance.detach(), penalty.detach()

    def _update_generator(self, count: int, draws: Draws, average: Average) -> Tensor:
        self.critic.requires_grad_(False)
        asked = anywhere(self.generator, count, draws) if self.generator.conditions else None
        fake = self.computed(self.generator, self._noise(count, draws, "generator", asked))
        loss = -self.computed(self.critic, self._told(self._seen(fake, draws, "generator"), asked)).mean()
        if asked is not None:
            loss = loss + self.settings.condition_weight * missed(fake, asked)
        descend(loss, self.generator, self.optimizers["generator"], average)
        self.critic.requires_grad_(True)
        return loss.detach()

    def _varied(self, real: Tensor, draws: Draws, k: int) -> Tensor:
        """Real tiles in all ways that the material is said to look alike."""
        return turned(real, self.settings.flips, self.settings.rotations, draws, f"real {k}")

    def _seen(self, images: Tensor, draws: Draws, label: str) -> Tensor:
        """What the critic is shown of real or generated images; the penalty is taken between those."""
        return changed(images, self.settings.augment, draws, label)

    def _noise(self, count: int, draws: Draws, label: str, asked: Tensor | None = None) -> Tensor:
        shape = self.generator.latent_shape()
        noise = draws.normal(label, (count, self.settings.latent_channels, *shape))
        return beside(noise, asked)

    def _told(self, images: Tensor, asked: Tensor | None) -> Tensor:
        """What the critic sees: images and, as constant channels, what they were asked for, (B, 1)."""
        return images if asked is None else beside(images, self.generator.scaled(asked))

    def check(self) -> None:
        """Whether the form of the tiles allows what is asked of them."""
        settings, form = self.settings, self.form
        if self.generator.conditions and form.channels > 1:
            raise RaysysError(
                f"system.condition: phase-fraction is of binary and grey images, and these are {form.kind} ones; leave "
                "it out"
            )
        if "front-back" in settings.flips and form.dims < 3:
            raise RaysysError("system.flips: front-back is of volumes, and these images are flat; leave it out")
        if settings.rotations and len(set(form.shape)) > 1:
            raise RaysysError(f"system.rotations turn tiles of equal sides, and these have {form.shape}; leave it out")

    def prepare(self, data: TrainingData) -> None:
        """Tell a conditional generator what can be asked for."""
        if self.generator.conditions:
            from raysys.methods.wgan_gp.validation import phase_fraction_range

            limits = torch.tensor([phase_fraction_range(data.train)])
            for network in (self.generator, self.averaged):
                network.condition_range.copy_(limits)

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the batch-norm statistics of the averaged weights; those of the trained ones do not fit them."""
        chance = torch.Generator().manual_seed(0)
        shape = (NORM_BATCH, self.settings.latent_channels, *self.generator.latent_shape())
        asked = ladder(self.generator, NORM_BATCH) if self.generator.conditions else None
        noise = (torch.randn(shape, generator=chance).to(self.device) for _ in range(NORM_BATCHES))
        measure_norms(self.averaged, (beside(one, asked) for one in noise))

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The statistics of `count` samples of the model as it would be served."""
        from raysys.methods.wgan_gp.validation import ConditionedValidator
        from raysys.train.validation import VALIDATION_SEED
        from raysys.train.validators import validator_of_samples

        if (condition := condition_card(self.generator)) is not None and self.form.kind == "binary":

            def sample(asked: np.ndarray, seed: int) -> np.ndarray:
                return self.model(name="validation", card={}).sample(len(asked), seed=seed, condition=asked)

            self._validator = ConditionedValidator(data, sample, count=count, low=condition.low, high=condition.high)
            return self._validator
        self._validator = validator_of_samples(
            data, lambda: self.model(name="validation", card={}).sample(count, seed=VALIDATION_SEED), self.form
        )
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples of the same noise at every validation, and the curves of all over those of the training tiles."""
        return {} if self._validator is None else self._validator.pictures()

    def begin_from(self, model: Model) -> None:
        """Take over a generator; the critic begins anew."""
        if isinstance(model, GanModel) and model.network.conditions != self.generator.conditions:
            found = "conditional" if model.network.conditions else "not conditional"
            raise RaysysError(
                f"init_from: model {model.name!r} is {found}, and system.condition is {self.settings.condition}; set "
                "it alike, or begin from another model"
            )
        if not isinstance(model, GanModel) or model.network.hyperparameters != self.generator.hyperparameters:
            raise RaysysError(unlike(model, "wgan-gp", self.architecture))
        for network in (self.generator, self.averaged):
            network.load_state_dict(model.network.state_dict())

    def preview(self, model: Model, data: TrainingData, *, seed: int) -> np.ndarray | None:
        """Samples; of a conditional generator from the lowest phase fraction to the highest."""
        if not (self.generator.conditions and isinstance(model, GanModel)):
            return super().preview(model, data, seed=seed)
        return model.sample(8, seed=seed, condition=ladder(model.network, 8)[:, 0].double().numpy().round(DIGITS))

    def model(self, *, name: str, card: dict[str, Any]) -> GanModel:
        """The averaged generator as a GanModel."""
        images = self.images_card(card.pop("images", {}))
        description = ModelCard(
            name=name,
            architecture="wgan-gp",
            hyperparameters=self.architecture,
            images=images,
            condition=condition_card(self.generator),
            **card,
        )
        return GanModel(description, copy.deepcopy(self.averaged).cpu().eval())


SYSTEM = WganGp
