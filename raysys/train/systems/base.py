"""What a system is: one published method, as the engine sees it.

A new method is one new file beside this one, an entry in `raysys.train.systems.SYSTEMS`, and a recipe.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

from raysys.models import Model
from raysys.train.batches import Draws

Average = Callable[[Iterable[nn.Parameter]], None]


class SystemSettings(BaseModel):
    """Hyper-parameters of a method: a field each, with unit, range and one sentence; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class System(ABC):
    """Networks, optimisers, one training step, what validation looks at, and the model that is left behind.

    Parameters
    ----------
    settings
        The method's own settings.
    tile
        Side of the square training tiles, pixels.
    device
        Where the networks live.
    """

    Settings: ClassVar[type[SystemSettings]]
    batches_per_step: int = 1
    modules: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]

    @abstractmethod
    def __init__(self, settings: Any, *, tile: int, device: torch.device) -> None: ...

    @abstractmethod
    def step(self, batches: list[torch.Tensor], draws: Draws, average: Average) -> dict[str, torch.Tensor]:
        """Do one training step.

        Parameters
        ----------
        batches
            `batches_per_step` tensors (local batch, 1, tile, tile) float32 in [-1, 1].
        draws
            The step's random numbers.
        average
            Call it on the parameters between backward and the optimiser's step.

        Returns
        -------
        dict
            Scalar tensors by metric name, of this worker's share of the batch.
        """

    @abstractmethod
    def validation_images(self, held_out: np.ndarray, *, count: int, seed: int) -> np.ndarray:
        """Images uint8 {0, 1} (n, tile, tile) whose statistics are compared with the held-out tiles'."""

    def finish(self, tiles: np.ndarray) -> None:  # noqa: B027 - most systems have nothing to do here
        """Measure what the model needs beside its weights, before it is validated and saved; tiles (N, tile, tile)."""

    @abstractmethod
    def model(self, *, name: str, card: dict[str, Any]) -> Model:
        """The model as it would be served now; `card` holds the fields of the card that the system does not know."""
