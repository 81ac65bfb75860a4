"""A descriptor over lags, for every image of a set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from raysys.stats.frames import array, frame, html_table, numbers_of
from raysys.stats.groups import checked, half_widths

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Boundary = Literal["open", "periodic"]

# Two-sided 95 % of the normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Curve:
    """One descriptor over lags for N images.

    Attributes
    ----------
    name
        "S2", "P3H", ..., "L"; scaled ones "F2", "F3H", ...
    r
        Lags (R,) in pixels.
    values
        (N, R) float64; NaN where the descriptor is not defined or not sampled.
    phase
        Value of the phase in the images.
    boundary
        "open" (each lag divided by its own number of positions) or "periodic".
    protocol
        Further choices by name, such as {"rounding": "nearest"}; two curves compare only if they agree. Not a choice
        but a warning is "flagged_beyond": the lag beyond which the values are not to be trusted.
    groups
        (N,) labels of images that belong together, such as tiles of one region: the band takes each group for one
        unit. None where every image stands for itself.
    """

    name: str
    r: np.ndarray
    values: np.ndarray
    phase: int = 1
    boundary: Boundary = "open"
    protocol: dict[str, str] = field(default_factory=dict)
    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.r.shape != self.values.shape[1:]:
            raise ValueError(f"{self.name}: {self.r.shape} lags, {self.values.shape} values; (R,) and (N, R) needed")
        object.__setattr__(self, "groups", checked(self.groups, self.n))

    def __repr__(self) -> str:
        """In one line."""
        lags = f"{len(self.r)} lags, {numbers_of(self.r)} pixels"
        return f"<Curve {self.name}: {self.n} images, {lags}, phase {self.phase}, {self.boundary}>"

    def _repr_html_(self) -> str:
        """The mean and its band at a few lags, for notebooks."""
        mean, (lower, upper) = self.mean, self.band
        few = np.unique(np.searchsorted(self.r, [0, *(2.0**k for k in range(12))]).clip(max=len(self.r) - 1))
        rows = [(f"{self.r[k]:g}", float(mean[k]), float(lower[k]), float(upper[k])) for k in few]
        return html_table(repr(self)[1:-1], ("r", "mean", "lower", "upper"), rows)

    def to_frame(self) -> pd.DataFrame:
        """Mean, 95 % band and whether a lag is flagged, by lag; RaysysError if pandas is not installed."""
        lower, upper = self.band
        columns = {"r": self.r, "mean": self.mean, "lower": lower, "upper": upper, "flagged": self.flagged}
        return frame(columns, index="r")

    def to_xarray(self) -> xr.DataArray:
        """Values of every image (image, r), with the protocol as attributes; RaysysError if xarray is not installed."""
        told = {"phase": self.phase, "boundary": self.boundary, **self.protocol}
        return array(self.name, self.values, self.r, told)

    @property
    def n(self) -> int:
        """Number of images."""
        return int(self.values.shape[0])

    @property
    def units(self) -> int:
        """How many independent units the band stands on: groups where there are any, else images."""
        return self.n if self.groups is None else len(np.unique(self.groups))

    @property
    def mean(self) -> np.ndarray:
        """Mean (R,) over the images that have a value; NaN where none has."""
        sampled = ~np.isnan(self.values)
        return _ratio(np.where(sampled, self.values, 0.0).sum(axis=0), sampled.sum(axis=0))

    @property
    def band(self) -> np.ndarray:
        """95 % confidence band of the mean, (2, R): lower and upper; NaN where fewer than two units have a value."""
        half = self._half if self.groups is None else half_widths(self.values, self.groups)
        return np.stack([self.mean - half, self.mean + half])

    @property
    def _half(self) -> np.ndarray:
        count = np.sum(~np.isnan(self.values), axis=0)
        deviation = np.nan_to_num(self.values - self.mean, nan=0.0)
        return np.asarray(Z95 * np.sqrt(_ratio(_ratio((deviation**2).sum(axis=0), count - 1), count)))

    @property
    def flagged(self) -> np.ndarray:
        """Lags (R,) bool not to be trusted (periodic P6: its hexagons wrap onto themselves)."""
        return np.asarray(self.r > float(self.protocol.get("flagged_beyond", np.inf)))

    def subset(self, indices: np.ndarray) -> Curve:
        """The same curve of some of the images."""
        groups = None if self.groups is None else self.groups[indices]
        return Curve(self.name, self.r, self.values[indices], self.phase, self.boundary, self.protocol, groups)


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """total / count, NaN where count is not positive."""
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
