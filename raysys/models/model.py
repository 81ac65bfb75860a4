"""A saved network with its card, whatever it does."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

import torch
from torch import nn

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.models.card import ModelCard

if TYPE_CHECKING:
    from raysys.stats import Characterisation

# One is that of binary images; label images have one for each phase, by its name.
References: TypeAlias = "Characterisation | Path | Mapping[str, Characterisation | Path]"
BINARY = "phase"  # name of the only phase of binary images, as of `Form.indicators`


class Model(ABC):
    """A network in evaluation mode and its description.

    Parameters
    ----------
    card
        Description; `card.hyperparameters` are the network's.
    network
        Taken over as it is and put into evaluation mode.
    reference
        Characterisation of the real images, or the file that holds it (read when it is first asked for); of label
        images one for each phase, by its name.

    Raises
    ------
    RaysysError
        If the network has other channels than images of the card's kind, or the references are not of its phases.
    """

    Network: ClassVar[type[nn.Module]]
    purpose: ClassVar[str] = "has a network"  # what a sentence says of a model that is wanted for something else

    def __init__(self, card: ModelCard, network: nn.Module, *, reference: References | None = None) -> None:
        self.card = card
        self.network = network.eval()
        self._references = references_by_phase(card, reference)
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
    def references(self) -> dict[str, Characterisation]:
        """Characterisation of each phase of the real images by its name, "phase" of binary ones; empty without any."""
        return {phase: self._read(phase) for phase in self._references}

    @property
    def reference(self) -> Characterisation | None:
        """That of binary images; None of label images, whose phases have `references`, and without one."""
        held = self.form.kind != "labels" and BINARY in self._references
        return self._read(BINARY) if held else None

    def _read(self, phase: str) -> Characterisation:
        found = self._references[phase] = as_read(self._references[phase])
        return found


def references_by_phase(card: ModelCard, reference: References | None) -> dict[str, Characterisation | Path]:
    """References by the names of the card's phases.

    Raises
    ------
    RaysysError
        If they are of other phases, or of some only.
    """
    if reference is None:
        return {}
    by_phase = dict(reference) if isinstance(reference, Mapping) else {BINARY: reference}
    phases = card.images.phases or (BINARY,)
    if by_phase and set(by_phase) != set(phases):
        raise RaysysError(
            f"model {card.name!r} is given references of {', '.join(by_phase)}; allowed: one for each of its phases, "
            f"{', '.join(phases)}"
        )
    return {phase: by_phase[phase] for phase in phases if by_phase}


def as_read(reference: Characterisation | Path) -> Characterisation:
    """A reference, read from its file if it is one."""
    if not isinstance(reference, Path):
        return reference
    from raysys.stats import Characterisation

    return Characterisation.load(reference)
