"""Rows of a characterisation in units of length beside pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raysys.spacing import Spacing, physical

__all__ = ["physical_columns"]


def physical_columns(row: Mapping[str, Any], spacing: Spacing | None) -> dict[str, Any]:
    """The lag and the mean of a row of `Characterisation.rows` in units of length; empty where they have none.

    What runs along one axis has lengths of that axis, where pixels are not equally long along all; permeabilities are
    in m^2 where the unit is known.
    """
    own = None if spacing is None else spacing.along_one(row["descriptor"])
    lag = None if row["r"] is None else physical(row["r"], "pixel", own)
    mean = physical(row["mean"], row["unit"], own if row["unit"] == "pixel" else spacing)
    if mean is not None and spacing is not None and row["descriptor"].startswith("permeability"):
        mean = row["mean"] * spacing.metres[0] ** 2 if spacing.metres else mean[0], "m^2"
    return {
        "r_length": "" if lag is None else lag[0],
        "length_unit": "" if lag is None else lag[1],
        "mean_physical": "" if mean is None else mean[0],
        "physical_unit": "" if mean is None else mean[1],
    }
