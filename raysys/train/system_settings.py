"""What the hyper-parameters of all systems have in common."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from raysys.errors import RaysysError
from raysys.spacing import told_spacing


class SystemSettings(BaseModel):
    """Hyper-parameters of a method: a field each, with unit, range and one sentence; unknown fields are refused.

    Attributes
    ----------
    compilable
        Whether a recipe may ask for `training.compile`: all of the system's training passes go through
        `System.computed`, where they can.
    of_the_network
        Fields that must be as in the model that a training begins from.
    repeats_of_the_data
        {field: dotted field of the recipe's data section that it repeats}; who sets the one for a recipe sets both.
    renamed_metrics
        {name of a validation metric in earlier versions: its name now}; a recipe that asks for an old one is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    compilable: ClassVar[bool] = False
    of_the_network: ClassVar[tuple[str, ...]] = ()
    repeats_of_the_data: ClassVar[Mapping[str, str]] = {}
    renamed_metrics: ClassVar[Mapping[str, str]] = {}

    method: str

    def completed(self, data: Any) -> Self:
        """Complete the settings by what a data section says, such as the names of classes; most take nothing of it."""
        return self

    def located(self, tracking_uri: str) -> dict[str, Any]:
        """{field: value} of files with their whole paths and of models with their versions; most name none."""
        return {}

    def wanted_model(self) -> str:
        """What is said, after the recipe's name, where no `training.init_from` is given; empty if none is needed."""
        return ""


def check_sides(settings: SystemSettings, provenance: Mapping[str, Any]) -> None:
    """Look whether pixels that are not equally long along all axes are taken for equal ones, which turned tiles do.

    Parameters
    ----------
    settings
        Of the system.
    provenance
        Of the tiles: where it says how far pixels are apart.

    Raises
    ------
    RaysysError
        If tiles of such pixels would be turned; what is measured on them is warned of.
    """
    spacing = told_spacing(provenance.get("spacing"))
    if spacing is None or spacing.isotropic:
        return
    if getattr(settings, "rotations", False):
        raise RaysysError(
            f"pixels are {spacing}, and system.rotations turns tiles as if they were equally long along all axes; set "
            "system.rotations=false, or train on an image of equal pixels"
        )
    warnings.warn(
        f"pixels are {spacing}: descriptors that mix directions, of which validation has some, take them for equally "
        "long along all axes",
        UserWarning,
        stacklevel=2,
    )
