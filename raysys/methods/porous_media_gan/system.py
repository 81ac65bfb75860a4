"""Porous Media GAN (Mosser et al. 2017, arXiv:1704.03225): a GAN of volumes of one rock.

By default with the networks and hyper-parameters of the multi-texture GAN, as it is the baseline there (Alanov et al.
2019, section 4.7); those of its own are the recipe `porous-media-gan-published`. With `condition: porosity` both
networks are told a porosity: the generator beside its noise, the critic by an inner product with its features.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.methods.multi_texture.averaged import set_momentum
from raysys.methods.multi_texture.generator_and_critic import GeneratorAndCritic
from raysys.methods.multi_texture.layers import SLOPE
from raysys.methods.porous_media_gan.model import PorousMediaModel, condition_card
from raysys.methods.porous_media_gan.network import PorousMedia
from raysys.methods.porous_media_gan.settings import PorousMediaGanSettings
from raysys.methods.wgan_gp.condition import fractions
from raysys.models import Model, ModelCard
from raysys.train.system import unlike

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sources import TrainingData


class PorousMediaGan(GeneratorAndCritic):
    """Generator and critic of one rock."""

    Settings = PorousMediaGanSettings
    kinds = ("binary", "grey")
    dims = (3,)
    settings: PorousMediaGanSettings

    def __init__(self, settings: PorousMediaGanSettings, *, form: Form, device: torch.device) -> None:
        self.conditions = int(settings.condition != "none")
        super().__init__(settings, form=form, device=device)

    def built(self) -> PorousMedia:
        """A new generator."""
        settings = self.settings
        self.architecture: dict[str, Any] = {
            "channels": self.form.channels,
            "width": settings.width,
            "levels": self.levels,
            "local": settings.local,
            "momentum": settings.bn_momentum,
            "border": settings.border,
            "upsample": settings.upsample,
            "slope": SLOPE[3] if settings.slope is None else settings.slope,
            "conditions": self.conditions,
        }
        return PorousMedia(**self.architecture)

    def check(self) -> None:
        """Whether the critic sees enough of a tile, and tiles have a porosity."""
        super().check()
        if self.conditions and self.form.kind != "binary":
            raise RaysysError(
                f"system.condition: porosity is of binary volumes, and these are {self.form.kind} ones; leave it out"
            )

    def prepare(self, data: TrainingData) -> None:
        """Tell a conditional generator what can be asked for."""
        if self.conditions:
            from raysys.methods.wgan_gp.validation import phase_fraction_range

            limits = torch.tensor([phase_fraction_range(data.train, self.settings.condition)])
            for network in (self.network, self.averaged):
                network.generator.condition_range.copy_(limits)

    def asked(self, real: Tensor) -> Tensor | None:
        """Porosities of real volumes, (B, 1) scaled."""
        return self.network.generator.scaled(fractions(real)) if self.conditions else None

    def asked_anywhere(self, count: int) -> Tensor | None:
        """From the lowest porosity to the highest, (B, 1) scaled."""
        return torch.linspace(-1, 1, count, device=self.device)[:, None] if self.conditions else None

    def missed(self, fakes: Tensor, asked: Tensor) -> Tensor:
        """The mean squared difference of porosities, in units of half their range, by its weight."""
        off = self.network.generator.scaled(fractions(fakes)) - asked
        return self.settings.condition_weight * off.square().mean()

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The statistics of `count` samples of the model as it would be served, and whether porosities are obtained."""
        from raysys.train.validation import VALIDATION_SEED
        from raysys.train.validators import validator_of_samples

        def sample(asked: np.ndarray | None, seed: int) -> np.ndarray:
            n = count if asked is None else len(asked)
            return self.model(name="validation", card={}).sample(n, seed=seed, condition=asked)

        if condition := condition_card(self.network):
            from raysys.methods.wgan_gp.validation import ConditionedValidator

            self._validator = ConditionedValidator(data, sample, count=count, low=condition.low, high=condition.high)
        else:
            self._validator = validator_of_samples(data, lambda: sample(None, VALIDATION_SEED), self.form)
        return self._validator

    def begin_from(self, model: Model) -> None:
        """Take over a generator; the critic begins anew."""
        if not isinstance(model, PorousMediaModel) or model.network.hyperparameters != self.network.hyperparameters:
            raise RaysysError(unlike(model, "porous-media-gan", self.architecture))
        for network in (self.network, self.averaged):
            network.load_state_dict(model.network.state_dict())

    def model(self, *, name: str, card: dict[str, Any]) -> PorousMediaModel:
        """The averaged generator as a PorousMediaModel."""
        images = self.images_card(card.pop("images", {}))
        network = copy.deepcopy(self.averaged).cpu().eval()
        set_momentum(network, self.settings.bn_momentum)
        description = ModelCard(
            name=name,
            architecture="porous-media-gan",
            hyperparameters=self.architecture,
            images=images,
            condition=condition_card(network),
            **card,
        )
        return PorousMediaModel(description, network)


SYSTEM = PorousMediaGan
