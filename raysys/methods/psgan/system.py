"""PSGAN (Bergmann, Jetchev and Vollgraf 2017, arXiv:1705.06566): a GAN of textures of global, local and periodic noise.

By default as the baseline of the multi-texture GAN (Alanov et al. 2019, Table 2), whose networks it then has; those of
its own are the recipe `psgan-published`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raysys.errors import RaysysError
from raysys.methods.multi_texture.averaged import set_momentum
from raysys.methods.multi_texture.generator_and_critic import GeneratorAndCritic
from raysys.methods.multi_texture.layers import SLOPE
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.methods.psgan.model import PsganModel, condition_card
from raysys.methods.psgan.network import Psgan
from raysys.methods.psgan.settings import PsganSettings
from raysys.models import Model, ModelCard
from raysys.train.system import unlike

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData


class PsganSystem(GeneratorAndCritic):
    """Generator and critic of textures, of which training is not told which is which."""

    Settings = PsganSettings
    kinds = ("binary", "grey", "colour")
    settings: PsganSettings

    def built(self) -> Psgan:
        """A new generator."""
        settings = self.settings
        self.architecture: dict[str, Any] = {
            "channels": self.form.channels,
            "width": settings.width,
            "levels": self.levels,
            "code": settings.code,
            "local": settings.local,
            "waves": settings.waves,
            "hidden": settings.hidden,
            "along_axes": settings.along_axes,
            "slope": SLOPE[2] if settings.slope is None else settings.slope,
            "noise": settings.noise,
            "momentum": settings.bn_momentum,
            "border": settings.border,
            "upsample": settings.upsample,
        }
        return Psgan(**self.architecture)

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """Of several textures which ones samples show; of anything else the statistics of samples."""
        from raysys.data.textures.selection import Textures
        from raysys.methods.psgan.validation import PriorValidator
        from raysys.train.validation import VALIDATION_SEED
        from raysys.train.validators import validator_of_samples

        served: Any = lambda: self.model(name="validation", card={})  # noqa: E731
        if isinstance(data, Textures):
            grams = RandomGrams(2, self.form.channels, self.device)
            self._validator = PriorValidator(data, served, grams, form=self.form, count=count)
        else:
            draw = lambda: served().sample(count, seed=VALIDATION_SEED)  # noqa: E731
            self._validator = validator_of_samples(data, draw, self.form)
        return self._validator

    def begin_from(self, model: Model) -> None:
        """Take over a generator; the critic begins anew."""
        if not isinstance(model, PsganModel) or model.network.hyperparameters != self.network.hyperparameters:
            raise RaysysError(unlike(model, "psgan", self.architecture))
        for network in (self.network, self.averaged):
            network.load_state_dict(model.network.state_dict())

    def model(self, *, name: str, card: dict[str, Any]) -> PsganModel:
        """The averaged generator as a PsganModel."""
        images = self.images_card(card.pop("images", {}))
        network = copy.deepcopy(self.averaged).cpu().eval()
        set_momentum(network, self.settings.bn_momentum)
        description = ModelCard(
            name=name,
            architecture="psgan",
            hyperparameters=self.architecture,
            images=images,
            condition=condition_card(network),
            **card,
        )
        return PsganModel(description, network)


SYSTEM = PsganSystem
