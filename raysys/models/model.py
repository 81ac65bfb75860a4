"""A saved network with its card, whatever it does."""

from __future__ import annotations

from abc import ABC
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import nn

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.models.card import ModelCard

if TYPE_CHECKING:
    from raysys.stats import Characterisation


class Model(ABC):
    """A network in evaluation mode and its description.

    Parameters
    ----------
    card
        Description; `card.hyperparameters` are the network's.
    network
        Taken over as it is and put into evaluation mode.
    reference
        Characterisation of the real images, or the file that holds it (read when it is first asked for).

    Raises
    ------
    RaysysError
        If the network has other channels than images of the card's kind.
    """

    Network: ClassVar[type[nn.Module]]
    purpose: ClassVar[str] = "has a network"  # what a sentence says of a model that is wanted for something else

    def __init__(
        self, card: ModelCard, network: nn.Module, *, reference: Characterisation | Path | None = None
    ) -> None:
        self.card = card
        self.network = network.eval()
        self._reference = reference
        if network.channels != self.form.channels:
            raise RaysysError(
                f"model {card.name!r} has a network of {network.channels} channels, and its card tells of "
                f"{self.form.kind} images, which have {self.form.channels}; allowed: as many on both"
            )

    @property
    def name(self) -> str:
        """Name of the model, as on its card."""
        return self.card.name

    @property
    def form(self) -> Form:
        """The form of the training images: what their values mean, how many pixels and channels they have."""
        return self.card.images.form

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images, which need not be equal."""
        return self.form.shape

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def to(self, device: str | torch.device) -> Self:
        """Move the network, and return the model."""
        self.network.to(device)
        return self

    @property
    def reference(self) -> Characterisation | None:
        """Characterisation of the real images, or None if the model was saved without one."""
        if isinstance(self._reference, Path):
            from raysys.stats import Characterisation

            self._reference = Characterisation.load(self._reference)
        return self._reference
