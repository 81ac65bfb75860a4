"""How the toy learns: its images get the mean, and the products of neighbours, that real ones have."""

import copy

import torch
from raysys_methods.toy_filter.model import Filter, ToyFilterModel
from raysys_methods.toy_filter.settings import ToyFilterSettings
from torch import Tensor

from raysys.form import Form
from raysys.models import Model, ModelCard
from raysys.train.batches import Batch, Draws
from raysys.train.descent import descend
from raysys.train.system import Average, System
from raysys.train.validation import VALIDATION_SEED
from raysys.train.validators import validator_of_samples


class ToyFilter(System):
    """One network and one optimiser."""

    Settings = ToyFilterSettings
    kinds = ("binary",)

    def __init__(self, settings: ToyFilterSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.filter = Filter(settings.reach).to(device)
        self.modules = {"filter": self.filter}
        self.optimizers = {"filter": torch.optim.Adam(self.filter.parameters(), settings.learning_rate)}

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        real = (batches[0].images + 1) / 2
        sides = [side + 2 * self.settings.reach for side in self.form.shape]
        made = self.filter(draws.normal("noise", (len(real), 1, *sides)))
        loss = (statistics(made) - statistics(real)).square().sum()
        descend(loss, self.filter, self.optimizers["filter"], average)
        return {"loss": loss.detach()}

    def validator(self, data, *, count):
        return validator_of_samples(
            data, lambda: self.model(name="now", card={}).sample(count, seed=VALIDATION_SEED), self.form
        )

    def model(self, *, name: str, card: dict) -> Model:
        images = self.images_card(card.pop("images", {}))
        description = ModelCard(
            name=name, architecture="toy-filter", hyperparameters=self.filter.hyperparameters, images=images, **card
        )
        return ToyFilterModel(description, copy.deepcopy(self.filter).cpu())


def statistics(images: Tensor) -> Tensor:
    """Mean, and mean products of pixels 1, 2 and 3 apart along both axes, (7,)."""
    products = [
        (images.narrow(axis, lag, images.shape[axis] - lag) * images.narrow(axis, 0, images.shape[axis] - lag)).mean()
        for axis in (2, 3)
        for lag in (1, 2, 3)
    ]
    return torch.stack([images.mean(), *products])


SYSTEM = ToyFilter
