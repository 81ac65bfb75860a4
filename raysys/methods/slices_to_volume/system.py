"""Volumes from flat sections: a generator in space, and Wasserstein critics that see slices of what it makes.

Source: SliceGAN (Kench and Cooper 2021, Nature Machine Intelligence 3, 299-305; arXiv:2102.07708): slices across all
three axes of generated volumes are shown to a critic of flat images, one where the material is the same in every
direction and three where it is not, under a gradient penalty. As there the generator's transposed convolutions have
kernel 4, stride 2 and a padding that leaves only voxels with all of their neighbours (latent "lattice" of
`raysys.methods.wgan_gp.networks.Generator`): what it is taught on is what a large sample is everywhere, and any size
can be drawn.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.losses import gradient_penalty
from raysys.methods.slices_to_volume.model import SlicesToVolumeModel
from raysys.methods.slices_to_volume.settings import SlicesToVolumeSettings
from raysys.methods.slices_to_volume.slices import all_slices, some_slices
from raysys.methods.wgan_gp.averaged import follow, measure_norms
from raysys.methods.wgan_gp.critic_views import turned
from raysys.methods.wgan_gp.networks import Critic, Generator
from raysys.models import Model, ModelCard
from raysys.spacing import Spacing, told_spacing
from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine, set_rate
from raysys.train.descent import Average, descend
from raysys.train.system import System, unlike

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sources import TrainingData
    from raysys.methods.slices_to_volume.validation import SlicesValidator
    from raysys.train.validation import DescriptorValidator

AXES = (0, 1, 2)
# Noise from which the batch-norm statistics of the averaged generator are measured.
NORM_BATCH, NORM_BATCHES = 4, 8


class SlicesToVolume(System):
    """Generator, one critic or three, and the averaged generator that becomes the model.

    Batches are of flat tiles; the volumes have a tile's side along each axis. Every slice of every volume teaches the
    generator, and as many slices as there are real tiles the critic. With several workers each makes volumes for its
    share of the batch, and batch normalisation is each one's own.
    """

    Settings = SlicesToVolumeSettings
    kinds = ("binary", "grey", "colour", "labels")
    dims = (2,)
    _validator: SlicesValidator | None = None

    def __init__(self, settings: SlicesToVolumeSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.volume_form = Form(form.kind, (form.side,) * 3, form.phases)
        self.architecture: dict[str, Any] = {
            "size": form.side,
            "width": settings.width,
            "latent_channels": settings.latent_channels,
            "latent": "lattice",
            "levels": settings.levels,
            "channels": form.channels,
            "dims": 3,
            "head": "softmax" if form.kind == "labels" else "tanh",
        }
        self.generator = Generator(**self.architecture).to(device)
        self.critics = nn.ModuleList(
            Critic(form.side, width=settings.critic_width, channels=form.channels) for _ in range(settings.critics or 1)
        ).to(device)
        self.averaged = copy.deepcopy(self.generator)
        self.modules = {"generator": self.generator, "critics": self.critics, "averaged": self.averaged}
        betas = (settings.beta1, settings.beta2)
        self.optimizers = {
            name: torch.optim.Adam(self.modules[name].parameters(), settings.learning_rate, betas)
            for name in ("generator", "critics")
        }
        self.batches_per_step = settings.critic_updates

    @property
    def directions(self) -> list[tuple[int, ...]]:
        """Across which axes each critic is shown slices."""
        return [AXES] if len(self.critics) == 1 else [(axis,) for axis in AXES]

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """`critic_updates` updates of all critics, then one of the generator."""
        if self.settings.decay_steps:
            rate = half_cosine(self.settings.learning_rate, draws.step, self.settings.decay_steps)
            for optimizer in self.optimizers.values():
                set_rate(optimizer, rate)
        for k in range(self.settings.critic_updates):
            losses = self._update_critics(batches[k], draws, k, average)
        generator_loss = self._update_generator(len(batches[0].images), draws, average)
        follow(self.averaged, self.generator, self.settings.average)
        return losses | {"generator_loss": generator_loss}

    def _update_critics(self, batch: Batch, draws: Draws, k: int, average: Average) -> dict[str, Tensor]:
        count = len(batch.images)
        with torch.no_grad():
            volumes = self._volumes(count, draws, f"critic {k}")
        found = []
        for number, (critic, axes) in enumerate(zip(self.critics, self.directions, strict=True)):
            label = f"{number} {k}"
            real = self._real(batch, number, draws, label)
            fake = some_slices(volumes, axes, draws.uniform(f"slices {label}", (count,)))
            distance = self.computed(critic, real).mean() - self.computed(critic, fake).mean()
            penalty = gradient_penalty(critic, real, fake, draws.uniform(f"epsilon {label}", (count,)))
            found.append(torch.stack([distance, penalty]))
        distance, penalty = torch.stack(found).mean(0)
        loss = len(found) * (self.settings.penalty * penalty - distance)
        descend(loss, self.critics, self.optimizers["critics"], average)
        measured = {"critic_loss": loss, "wasserstein_distance": distance, "gradient_penalty": penalty}
        return {name: value.detach() for name, value in measured.items()}

    def _update_generator(self, count: int, draws: Draws, average: Average) -> Tensor:
        self.critics.requires_grad_(False)
        volumes = self._volumes(count, draws, "generator")
        scores = [
            self.computed(self.critics[axis % len(self.critics)], all_slices(volumes, axis)).mean() for axis in AXES
        ]
        loss = -torch.stack(scores).mean()
        descend(loss, self.generator, self.optimizers["generator"], average)
        self.critics.requires_grad_(True)
        return loss.detach()

    def _volumes(self, count: int, draws: Draws, label: str) -> Tensor:
        """Volumes for so many slices of each direction's critic, (B, C, S, S, S)."""
        shape = (self.settings.latent_channels, *self.generator.latent_shape())
        noise = draws.normal(label, (max(1, round(count / self.settings.slices)), *shape))
        return self.computed(self.generator, noise)

    def _real(self, batch: Batch, number: int, draws: Draws, label: str) -> Tensor:
        """Real tiles for a critic, in all ways that the material is said to look alike."""
        tiles = batch.images if number == 0 else batch["others"][:, :, number - 1]
        return turned(tiles, self.settings.flips, bool(self.settings.rotations), draws, f"real {label}")

    def check(self) -> None:
        """Refuse to turn tiles of sections that are told apart."""
        if self.settings.critics == 3 and self.settings.rotations:
            raise RaysysError(
                "system.rotations turn tiles as if all directions were alike, and system.critics is 3; leave one out"
            )

    def prepare(self, data: TrainingData) -> None:
        """Look whether the sections are those that the critics need."""
        directions = len(getattr(data, "directions", (data,)))
        if len(self.critics) > directions:
            raise RaysysError(
                "system.critics is 3, and the data hold one image; allowed: 1, or data.source: sections with data.xz "
                "and data.yz"
            )
        spacing = told_spacing(data.provenance.get("spacing"))
        if directions == 1 and spacing is not None and not spacing.isotropic:
            raise RaysysError(
                f"pixels are {spacing}, and one image for all directions has equal ones; allowed: an image of equal "
                "pixels (raysys data segment --resample), or data.source: sections with data.xz and data.yz"
            )

    def finish(self, data: TrainingData) -> None:
        """Measure the batch-norm statistics of the averaged weights; those of the trained ones do not fit them."""
        chance = torch.Generator().manual_seed(0)
        shape = (NORM_BATCH, self.settings.latent_channels, *self.generator.latent_shape())
        measure_norms(
            self.averaged, (torch.randn(shape, generator=chance).to(self.device) for _ in range(NORM_BATCHES))
        )

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The statistics of `count` slices in every direction of volumes of the model as it would be served."""
        from raysys.methods.slices_to_volume.validation import SlicesValidator

        self._validator = SlicesValidator(data, self._drawn, self.form, count=count)
        return self._validator

    def held_out_validator(self, data: TrainingData, *, count: int) -> DescriptorValidator | None:
        """The same of slices like those that were held out: of the first section where there are three."""
        from raysys.methods.slices_to_volume.validation import flat_validator

        return flat_validator(data, self._drawn, self.form, count=count)

    def _drawn(self, count: int) -> np.ndarray:
        from raysys.train.validation import VALIDATION_SEED

        return self.model(name="validation", card={}).sample(count, seed=VALIDATION_SEED)

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Slices of the same noise at every validation, and the curves of all over those of the tiles."""
        return {} if self._validator is None else self._validator.pictures()

    def begin_from(self, model: Model) -> None:
        """Take over a generator; the critics begin anew."""
        if (
            not isinstance(model, SlicesToVolumeModel)
            or model.network.hyperparameters != self.generator.hyperparameters
        ):
            raise RaysysError(unlike(model, "slices-to-volume", self.generator.hyperparameters))
        for network in (self.generator, self.averaged):
            network.load_state_dict(model.network.state_dict())

    def model(self, *, name: str, card: dict[str, Any]) -> SlicesToVolumeModel:
        """The averaged generator as a model of volumes."""
        known = dict(card.pop("images", {}))
        if (size := told_spacing(card.get("provenance", {}).get("data", {}).get("spacing"))) is not None:
            known["pixel_size"] = size if len(size.sizes) == 3 else Spacing(size.sizes[:1] * 3, size.unit)
        whole = {"kind": self.form.kind, "shape": self.volume_form.shape, "phases": self.form.phases}
        description = ModelCard(
            name=name,
            architecture="slices-to-volume",
            hyperparameters=self.architecture,
            images=whole | {"cleaning": self.cleaning} | known,
            **card,
        )
        return SlicesToVolumeModel(description, copy.deepcopy(self.averaged).cpu().eval())


SYSTEM = SlicesToVolume
