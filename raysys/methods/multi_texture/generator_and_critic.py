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
    conditions
        Values that images are asked to have, of which both networks are told.
    """

    settings: GanSettings
    conditions: int = 0
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
            code=self.conditions,
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

    def asked(self, real: Tensor) -> Tensor | None:
        """What real images have that is told to both networks, (B, conditions) as these see it; None for nothing."""
        return None

    def asked_anywhere(self, count: int) -> Tensor | None:
        """As `asked`, of values evenly over what can be asked for."""
        return None

    def missed(self, fakes: Tensor, asked: Tensor) -> Tensor:
        """What the generator pays for images that do not have what they were asked for."""
        return fakes.new_zeros(())

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update of both networks."""
        real = batches[0].images
        move = self._in_turns if self.settings.order == "alternating" else self._at_once
        of_generator, of_critic = move(real, self.asked(real), draws, average)
        follow(self.averaged, self.network, self.settings.average, draws.step)
        return {"loss_generator_images": of_generator.detach(), "loss_image_critic": of_critic.detach()}

    def _at_once(self, real: Tensor, asked: Tensor | None, draws: Draws, average: Average) -> tuple[Tensor, Tensor]:
        """Both gradients are of the weights as they are."""
        fakes = self._fakes(draws, len(real), "fakes", asked)
        of_generator = self._deceived(fakes, asked)
        self.optimizers["network"].zero_grad(set_to_none=True)
        of_generator.backward()  # type: ignore[no-untyped-call]
        average(self.network.parameters())
        of_critic = self._told_apart(real, fakes.detach(), asked)
        descend(of_critic, self.image_critic, self.optimizers["image_critic"], average)
        self.optimizers["network"].step()
        return of_generator, of_critic

    def _in_turns(self, real: Tensor, asked: Tensor | None, draws: Draws, average: Average) -> tuple[Tensor, Tensor]:
        """First the critic moves, then the generator on noise of its own."""
        with torch.no_grad():
            fakes = self._fakes(draws, len(real), "critic", asked)
        of_critic = self._told_apart(real, fakes, asked)
        descend(of_critic, self.image_critic, self.optimizers["image_critic"], average)
        of_generator = self._deceived(self._fakes(draws, len(real), "generator", asked), asked)
        descend(of_generator, self.network, self.optimizers["network"], average)
        return of_generator, of_critic

    def _judged(self, images: Tensor, asked: Tensor | None) -> Tensor:
        return self.computed(self.image_critic, images, *(() if asked is None else (asked,)))

    def _deceived(self, fakes: Tensor, asked: Tensor | None) -> Tensor:
        """What the generator pays."""
        self.image_critic.requires_grad_(False)
        loss = as_real(self._judged(fakes, asked))
        self.image_critic.requires_grad_(True)
        return loss if asked is None else loss + self.missed(fakes, asked)

    def _told_apart(self, real: Tensor, fakes: Tensor, asked: Tensor | None) -> Tensor:
        """What the critic pays; batch normalisation sees real images and fakes by themselves."""
        label, logits = self.settings.real_label, self._judged(real, asked)
        of_real = as_real(logits) if label == 1 else label * as_real(logits) + (1 - label) * as_fake(logits)
        return of_real + as_fake(self._judged(fakes, asked))

    def _fakes(self, draws: Draws, count: int, turn: str, asked: Tensor | None) -> Tensor:
        draw = draws.uniform if self.network.generator.distribution == "uniform" else draws.normal
        named = lambda label, shape: draw(f"{turn} {label}", shape)  # noqa: E731
        phases = draws.uniform(f"{turn} phases", (count, self.network.generator.waves))
        noise = self._noise(self.network.generator, count, named, phases, asked)
        images = self.computed(self.network.generator, noise)
        return images[(slice(None), slice(None), *map(slice, self.form.shape))]

    def _noise(self, generator: Generator, count: int, draw: Draw, phases: Tensor, asked: Tensor | None) -> Tensor:
        """Noise of prior codes, or of what is asked; uniform values lie in [-1, 1)."""
        points = generator.points(self.form.shape)
        shapes = {"codes": (count, generator.code), "local": (count, generator.local, *points)}
        values = {name: draw(name, shape) for name, shape in shapes.items()}
        if generator.distribution == "uniform":
            values = {name: 2 * one - 1 for name, one in values.items()}
        return generator.noise(values["codes"] if asked is None else asked, values["local"], phases)

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the statistics of normalisation of the averaged network on samples of the prior."""
        measure_anew(self.averaged)
        chance, generator, count = torch.Generator().manual_seed(0), self.averaged.generator, NORM_BATCH[self.form.dims]
        drawn = torch.rand if generator.distribution == "uniform" else torch.randn
        for _ in range(NORM_BATCHES):
            draw = lambda _, shape: drawn(shape, generator=chance).to(self.device)  # noqa: E731
            phases = torch.rand((count, generator.waves), generator=chance).to(self.device)
            generator(self._noise(generator, count, draw, phases, self.asked_anywhere(count)))
        self.averaged.eval()

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples of the last validation, and what they are compared by."""
        return {} if self._validator is None else dict(self._validator.pictures())
