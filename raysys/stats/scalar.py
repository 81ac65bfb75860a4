"""A descriptor that is one number for every image of a set."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from raysys.stats.curve import Z95, Boundary
from raysys.stats.groups import checked, half_widths


@dataclass(frozen=True)
class Scalar:
    """One number for each of N images.

    Attributes
    ----------
    name
        "specific_surface", "euler_characteristic", "permeability", ...
    values
        (N,) float64; NaN where it is not defined.
    unit
        In pixels: "1/pixel", "pixel^2", or "" for a pure number.
    phase
        Value of the phase in the images.
    boundary
        "open" or "periodic".
    protocol
        Further choices by name, such as {"connectivity": "6"}; two scalars compare only if they agree.
    groups
        (N,) labels of images that belong together, as of `Curve`.
    """

    name: str
    values: np.ndarray
    unit: str = ""
    phase: int = 1
    boundary: Boundary = "open"
    protocol: dict[str, str] = field(default_factory=dict)
    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 1:
            raise ValueError(f"{self.name}: values have shape {self.values.shape}; (N,) needed")
        object.__setattr__(self, "groups", checked(self.groups, self.n))

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.values)

    @property
    def units(self) -> int:
        """How many independent units the interval stands on: groups where there are any, else images."""
        return self.n if self.groups is None else len(np.unique(self.groups))

    @property
    def mean(self) -> float:
        """Mean over the images that have a value; NaN if none has."""
        held = self._held
        return float(held.mean()) if len(held) else float("nan")

    @property
    def half_width(self) -> float:
        """Half the 95 % confidence interval of the mean; NaN for fewer than two values, or units of them."""
        if self.groups is not None:
            return float(half_widths(self.values[:, None], self.groups)[0])
        held = self._held
        return float(Z95 * held.std(ddof=1) / np.sqrt(len(held))) if len(held) > 1 else float("nan")

    def subset(self, indices: np.ndarray) -> Scalar:
        """The same number of some of the images."""
        groups = None if self.groups is None else self.groups[indices]
        return Scalar(self.name, self.values[indices], self.unit, self.phase, self.boundary, self.protocol, groups)

    @property
    def _held(self) -> np.ndarray:
        return self.values[~np.isnan(self.values)]
