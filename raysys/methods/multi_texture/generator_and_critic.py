"""A generator against an image critic alone, as the baselines of the multi-texture GAN: cross-entropy over the map."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from raysys.form import Form
from raysys.methods.multi_texture.averaged import follow, measure_anew
from raysys.methods.multi_texture.critics import ImageCritic
from raysys.methods.multi_texture.layers import check_tile, usual_levels
from raysys.methods.multi_texture.loss import as_fake, as_real
from raysys.methods.multi_texture.networks import Generator
from raysys.methods.multi_texture.shared_settings import GanSettings
from raysys.train.batches import Batch, Draws
from raysys.train.descent import descend
from raysys.train.synchronised_norm import synchronise_norms
from raysys.train.system import Average, System

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sources import TrainingData

NORM_BATCH, NORM_BATCHES = {2: 32, 3: 8}, 8  # samples from which the statistics of the averaged network are measured

Draw = Callable[[str, tuple[int, ...]], Tensor]  # uniform values in [0, 1) or normal ones, by a label


class GeneratorAndCritic(System):
    """Generator, critic and the averaged network that becomes the model; a subclass builds the network.

    Batch normalisation uses each worker's own share of the batch, unless `sync_norm` is set; everything else equals one
    worker on the joined batch.

    Attributes
    ----------
    levels
        Doublings of the generator.
    network, averaged
        Of one architecture; each has a `generator`.
    """

    settings: GanSettings
    _validator: Any = None

    def __init__(self, settings: GanSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.levels = usual_levels(form) if settings.levels is None else settings.levels
        self.network: Any = self.built().to(device)
        self.image_critic = ImageCritic(
            form.dims,
            form.channels,
            width=settings.critic_width or settings.width,
            levels=self.levels,
            spectral=settings.critic_norm == "spectral",
            batch_norm=settings.critic_norm == "batch",
            slope=settings.critic_slope,
        ).to(device)
        self.averaged: Any = copy.deepcopy(self.network)  # with plain norms: the first worker measures and validates it
        for one in (self.network, self.image_critic) if settings.sync_norm else ():
            synchronise_norms(one)
        self.modules = {"network": self.network, "averaged": self.averaged, "image_critic": self.image_critic}
        betas, decay = (settings.beta1, settings.beta2), settings.weight_decay
        self.optimizers = {
            name: torch.optim.Adam(
                self.modules[name].parameters(), settings.learning_rate, betas, weight_decay=decay
            )
            for name in ("network", "image_critic")
        }  # fmt: skip

    @abstractmethod
    def built(self) -> nn.Module:
        """A new network, which has a `generator`."""

    def check(self) -> None:
        """Whether the critic sees enough of a tile."""
        check_tile(self.form, self.levels)

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update of both networks."""
        move = self._in_turns if self.settings.order == "alternating" else self._at_once
        of_generator, of_critic = move(batches[0].images, draws, average)
        follow(self.averaged, self.network, self.settings.average, draws.step)
        return {"loss_generator_images": of_generator.detach(), "loss_image_critic": of_critic.detach()}

    def _at_once(self, real: Tensor, draws: Draws, average: Average) -> tuple[Tensor, Tensor]:
        """Both gradients are of the weights as they are."""
        fakes = self._fakes(draws, len(real), "fakes")
        of_generator = self._deceived(fakes)
        self.optimizers["network"].zero_grad(set_to_none=True)
        of_generator.backward()  # type: ignore[no-untyped-call]
        average(self.network.parameters())
        of_critic = self._told_apart(real, fakes.detach())
        descend(of_critic, self.image_critic, self.optimizers["image_critic"], average)
        self.optimizers["network"].step()
        return of_generator, of_critic

    def _in_turns(self, real: Tensor, draws: Draws, average: Average) -> tuple[Tensor, Tensor]:
        """First the critic moves, then the generator on noise of its own."""
        with torch.no_grad():
            fakes = self._fakes(draws, len(real), "critic")
        of_critic = self._told_apart(real, fakes)
        descend(of_critic, self.image_critic, self.optimizers["image_critic"], average)
        of_generator = self._deceived(self._fakes(draws, len(real), "generator"))
        descend(of_generator, self.network, self.optimizers["network"], average)
        return of_generator, of_critic

    def _deceived(self, fakes: Tensor) -> Tensor:
        """What the generator pays."""
        self.image_critic.requires_grad_(False)
        logits = self.computed(self.image_critic, fakes)
        self.image_critic.requires_grad_(True)
        return as_real(logits)

    def _told_apart(self, real: Tensor, fakes: Tensor) -> Tensor:
        """What the critic pays; batch normalisation sees real images and fakes by themselves."""
        label, logits = self.settings.real_label, self.computed(self.image_critic, real)
        of_real = as_real(logits) if label == 1 else label * as_real(logits) + (1 - label) * as_fake(logits)
        return of_real + as_fake(self.computed(self.image_critic, fakes))

    def _fakes(self, draws: Draws, count: int, turn: str) -> Tensor:
        draw = draws.uniform if self.network.generator.distribution == "uniform" else draws.normal
        named = lambda label, shape: draw(f"{turn} {label}", shape)  # noqa: E731
        phases = draws.uniform(f"{turn} phases", (count, self.network.generator.waves))
        images = self.computed(self.network.generator, self._noise(self.network.generator, count, named, phases))
        return images[(slice(None), slice(None), *map(slice, self.form.shape))]

    def _noise(self, generator: Generator, count: int, draw: Draw, phases: Tensor) -> Tensor:
        """Noise of prior codes; uniform values lie in [-1, 1)."""
        shapes = {
            "codes": (count, generator.code),
            "local": (count, generator.local, *generator.points(self.form.shape)),
        }
        values = {name: draw(name, shape) for name, shape in shapes.items()}
        if generator.distribution == "uniform":
            values = {name: 2 * one - 1 for name, one in values.items()}
        return generator.noise(values["codes"], values["local"], phases)

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the statistics of normalisation of the averaged network on samples of the prior."""
        measure_anew(self.averaged)
        chance, generator, count = torch.Generator().manual_seed(0), self.averaged.generator, NORM_BATCH[self.form.dims]
        drawn = torch.rand if generator.distribution == "uniform" else torch.randn
        for _ in range(NORM_BATCHES):
            draw = lambda _, shape: drawn(shape, generator=chance).to(self.device)  # noqa: E731
            phases = torch.rand((count, generator.waves), generator=chance).to(self.device)
            generator(self._noise(generator, count, draw, phases))
        self.averaged.eval()

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples of the last validation, and what they are compared by."""
        return {} if self._validator is None else dict(self._validator.pictures())
