"""Porous Media GAN (Mosser et al. 2017, arXiv:1704.03225): a GAN of volumes of one rock.

By default with the networks and hyper-parameters of the multi-texture GAN, as it is the baseline there (Alanov et al.
2019, section 4.7); those of its own are the recipe `porous-media-gan-published`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raysys.errors import RaysysError
from raysys.methods.multi_texture.averaged import set_momentum
from raysys.methods.multi_texture.generator_and_critic import GeneratorAndCritic
from raysys.methods.multi_texture.layers import SLOPE
from raysys.methods.porous_media_gan.model import PorousMediaModel
from raysys.methods.porous_media_gan.network import PorousMedia
from raysys.methods.porous_media_gan.settings import PorousMediaGanSettings
from raysys.models import Model, ModelCard
from raysys.train.system import unlike

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData


class PorousMediaGan(GeneratorAndCritic):
    """Generator and critic of one rock."""

    Settings = PorousMediaGanSettings
    kinds = ("binary", "grey")
    dims = (3,)
    settings: PorousMediaGanSettings

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
        }
        return PorousMedia(**self.architecture)

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The statistics of `count` samples of the model as it would be served."""
        from raysys.train.validation import VALIDATION_SEED
        from raysys.train.validators import validator_of_samples

        self._validator = validator_of_samples(
            data, lambda: self.model(name="validation", card={}).sample(count, seed=VALIDATION_SEED), self.form
        )
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
            name=name, architecture="porous-media-gan", hyperparameters=self.architecture, images=images, **card
        )
        return PorousMediaModel(description, network)


SYSTEM = PorousMediaGan
