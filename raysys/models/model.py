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
from raysys.shapes import by

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

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

    def __repr__(self) -> str:
        """In one line."""
        form, weights = self.form, sum(one.numel() for one in self.network.parameters())
        return (
            f"<{type(self).__name__} {self.name}: {self.card.architecture} of {form.kind} images of {by(form.shape)} "
            f"pixels, {weights:,} weights, on {self.device}>"
        )

    def _repr_html_(self) -> str:
        """What its card says, for notebooks."""
        from raysys.stats.frames import html_table

        card = self.card
        rows: list[tuple[object, object]] = [
            ("architecture", card.architecture),
            ("images", f"{self.form.kind}, {by(self.form.shape)} pixels"),
            ("conditional", "no" if card.condition is None else "yes"),
            *((name, value) for name, value in card.metrics.items() if value is not None),
            ("created", card.created),
        ]
        return html_table(repr(self)[1:-1], ("", ""), rows)

    def to_frame(self) -> pd.DataFrame:
        """What was measured of the real images that it was held against, `name` being the phase's.

        Raises
        ------
        RaysysError
            If it has no reference, or pandas is not installed.
        """
        from raysys.stats.frames import frame

        self._require_references()
        return frame([{"name": name, **row} for name, one in self.references.items() for row in one.rows()])

    def to_xarray(self) -> xr.Dataset:
        """The same by descriptor and image, of label images with the phase's name before the descriptor's.

        Raises
        ------
        RaysysError
            If it has no reference, or xarray is not installed.
        """
        from raysys.stats.frames import dataset

        self._require_references()
        if self.reference is not None:
            return self.reference.to_xarray()
        arrays = [
            variable.rename(f"{name}/{key}")
            for name, one in self.references.items()
            for key, variable in one.to_xarray().data_vars.items()
        ]
        return dataset(arrays, {"model": self.name})

    def _require_references(self) -> None:
        if not self._references:
            raise RaysysError(f"model {self.name!r} has no characterisation of real images, since none were held out")

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
