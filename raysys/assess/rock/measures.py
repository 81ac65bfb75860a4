"""What is measured of each sample of rock: one number each, so that a set is a distribution of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raysys.assess.rock.protocol import Protocol
from raysys.stats import characterise

__all__ = ["PERMEABILITY", "Measured", "lags", "measured"]

PERMEABILITY = "permeability"
CURVES = ("S2", "L")


@dataclass(frozen=True, eq=False)
class Measured:
    """One number of each sample of a set.

    Attributes
    ----------
    values
        (N,) float64; NaN where it is not defined, or a flow did not become steady.
    unit
        In voxels: "1/pixel", "pixel^2", ...; empty of a pure number.
    protocol
        Further choices by name.
    """

    values: np.ndarray
    unit: str
    protocol: dict[str, str]


def lags(edge: int) -> tuple[int, ...]:
    """At which the curves of a sample are read: 2, 4, 8, ... voxels, below half of its side."""
    return tuple(1 << k for k in range(1, max(edge // 2 - 1, 0).bit_length()))


def measured(images: np.ndarray, protocol: Protocol) -> dict[str, Measured]:
    """Porosity, S2 and lineal path at some lags, and the Minkowski functionals by volume of samples (N, D, H, W).

    The volume is the porosity; surface, mean breadth and Euler characteristic are those of windows, by voxel.
    """
    found = characterise(images, (*CURVES, "minkowski"), connectivity=protocol.connectivity)
    porosity = Measured(images.mean(axis=(1, 2, 3)), "", {})
    numbers = {
        f"{name} at {lag}": Measured(curve.values[:, np.flatnonzero(curve.r == lag)[0]], "", dict(curve.protocol))
        for name, curve in found.curves.items()
        for lag in lags(protocol.edge)
    }
    scalars = {one.name: Measured(one.values, one.unit, dict(one.protocol)) for one in found.scalars.values()}
    return {"porosity": porosity, **numbers, **scalars}
