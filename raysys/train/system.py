"""What a system is: one published method, as the engine sees it.

A new method is a new folder in `raysys/methods` (see `raysys.method_folders`), and a recipe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from torch import nn

from raysys.errors import RaysysError
from raysys.form import Form, Kind
from raysys.models import GenerativeModel, ImagesCard, Model
from raysys.models.cleaning import Cleaning
from raysys.train.batches import Batch, Draws
from raysys.train.compiling import compiled
from raysys.train.descent import Average as Average
from raysys.train.system_settings import SystemSettings

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

Precision = Literal["float32", "bfloat16"]


class System(ABC):
    """Networks, optimisers, one training step, what validation looks at, and the model that is left behind.

    Parameters
    ----------
    settings
        The method's own settings.
    form
        Of the training tiles: what their values mean, and how many pixels they have.
    device
        Where the networks live.

    Attributes
    ----------
    kinds, dims
        The images that it can learn from: what their values may mean, and how many axes they may have.
    cleaning
        Which small pieces were removed from the training images, and will be from samples; the engine sets it from the
        recipe.
    precision
        In which networks compute under `autocast`; the engine sets it from the recipe.
    compiled
        Whether networks compute by compiled code in `computed`; the engine sets it from the recipe.
    tracking_uri
        Where MLflow keeps the models that settings may name; the engine sets it from the recipe.
    observed
        Whether the losses of the next step will be recorded; the engine sets it. What is measured for the record only
        may be left out otherwise.
    """

    Settings: ClassVar[type[SystemSettings]]
    kinds: ClassVar[tuple[Kind, ...]] = ("binary", "grey")
    dims: ClassVar[tuple[int, ...]] = (2,)
    batches_per_step: int = 1
    modules: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]
    cleaning: Cleaning | None = None
    precision: Precision = "float32"
    compiled: bool = False
    tracking_uri: str | None = None
    observed: bool = True
    form: Form
    device: torch.device

    @abstractmethod
    def __init__(self, settings: Any, *, form: Form, device: torch.device) -> None: ...

    @classmethod
    def accept(cls, form: Form) -> None:
        """Refuse images that the networks are not made for, before any are built.

        Raises
        ------
        RaysysError
            One sentence that says which images are learned from.
        """
        if form.kind not in cls.kinds or form.dims not in cls.dims:
            name, axes = cls.Settings.model_fields["method"].default, " or ".join(map(str, cls.dims))
            raise RaysysError(
                f"system.method {name} learns from {', '.join(cls.kinds)} images of {axes} axes; the data section "
                f"gives {form.kind} ones of {form.dims}"
            )

    @abstractmethod
    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, torch.Tensor]:
        """Do one training step.

        Parameters
        ----------
        batches
            `batches_per_step` of them; images (local batch, C, *tile) float32 in [-1, 1].
        draws
            The step's random numbers.
        average
            Call it on the parameters between backward and the optimiser's step.

        Returns
        -------
        dict
            Scalar tensors by metric name, of this worker's share of the batch; their mean over the workers is recorded.
        """

    @abstractmethod
    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """What measures this system as it is, by at most `count` images.

        Its answer holds the number that a sweep minimises as OBJECTIVE (`raysys.train.metrics`), and once more under a
        name that says what it is.
        """

    def held_out_validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]] | None:
        """What measures this system against the held-out images, if that is not its validator."""
        return self.validator(data, count=count)

    def prepare(self, data: TrainingData) -> None:  # noqa: B027 - most systems have nothing to do here
        """Take from the training data what the losses need, such as how rare a class is; before the first step."""

    def finish(self, data: TrainingData) -> None:  # noqa: B027 - most systems have nothing to do here
        """Measure what the model needs beside its weights, before it is validated and saved."""

    def begin_from(self, model: Model) -> None:
        """Take over the weights of a saved model, to be trained further.

        Raises
        ------
        RaysysError
            If it is of another kind, or its network has other hyper-parameters.
        """
        raise RaysysError(f"model {model.name!r}: this system cannot begin from a saved model; leave init_from out")

    def check(self) -> None:  # noqa: B027 - most settings can be judged by themselves
        """Refuse settings that do not fit the tile, before any run is started.

        Raises
        ------
        RaysysError
            One sentence that names the field.
        """

    def record(self) -> dict[str, Any]:
        """What is to be known beside the settings, such as which pretrained features served; ready for JSON."""
        return {}

    def preview(self, model: Model, data: TrainingData, *, seed: int) -> np.ndarray | None:
        """Images of the data's form that show what the model does; its samples, unless a system knows better."""
        return model.sample(8, seed=seed) if isinstance(model, GenerativeModel) else None

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Pictures uint8 (H, W) or (H, W, 3) by name, of which MLflow keeps one a validation."""
        return {}

    def autocast(self) -> AbstractContextManager[Any]:
        """Inside it networks compute in the asked precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def computed(self, network: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
        """A network's output in float32, computed in the asked precision and, where asked, by compiled code."""
        if self.compiled and network not in self._forwards:
            self._forwards[network] = compiled(network)
        with self.autocast():
            output: torch.Tensor = self._forwards.get(network, network)(*inputs)
        return output.float()

    @cached_property
    def _forwards(self) -> dict[nn.Module, Callable[..., Any]]:
        """What has been compiled; beside the networks, whose names in checkpoints must not change."""
        return {}

    def images_card(self, known: dict[str, Any]) -> ImagesCard:
        """What a model's card says of the images: their form, and what is `known` of the data beside it."""
        form = {"kind": self.form.kind, "shape": self.form.shape, "phases": self.form.phases, "cleaning": self.cleaning}
        return ImagesCard.model_validate(form | known)

    @abstractmethod
    def model(self, *, name: str, card: dict[str, Any]) -> Model:
        """The model as it would be served now; `card` holds the fields of the card that the system does not know."""


def unlike(model: Model, architecture: str, hyperparameters: dict[str, Any]) -> str:
    """The sentence that says in what a model differs from the network that is to begin from it."""
    if model.card.architecture != architecture:
        return f"init_from: model {model.name!r} is of architecture {model.card.architecture}; allowed: {architecture}"
    # Of the network, which knows its defaults: a card of an earlier raysys leaves out what came later.
    has = getattr(model.network, "hyperparameters", model.card.hyperparameters)
    key = next((one for one in hyperparameters if has.get(one) != hyperparameters[one]), "its hyper-parameters")
    return (
        f"init_from: the network of model {model.name!r} has {key} {has.get(key)!r}, but the recipe asks for "
        f"{hyperparameters.get(key)!r}; set system.{key} alike, or begin from another model"
    )
