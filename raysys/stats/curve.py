"""A descriptor over lags, for every image of a set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

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
        Further choices by name, such as {"rounding": "nearest"}; two curves compare only if they agree.
    """

    name: str
    r: np.ndarray
    values: np.ndarray
    phase: int = 1
    boundary: Boundary = "open"
    protocol: dict[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of images."""
        return int(self.values.shape[0])

    @property
    def mean(self) -> np.ndarray:
        """Mean over the images (R,); NaN where any image has none."""
        return np.asarray(self.values.mean(axis=0))

    @property
    def band(self) -> np.ndarray:
        """95 % confidence band of the mean, (2, R): lower and upper; NaN for a single image."""
        if self.n < 2:
            return np.full((2, len(self.r)), np.nan)
        half = Z95 * self.values.std(axis=0, ddof=1) / np.sqrt(self.n)
        return np.stack([self.mean - half, self.mean + half])

    def subset(self, indices: np.ndarray) -> Curve:
        """The same curve of some of the images."""
        return Curve(self.name, self.r, self.values[indices], self.phase, self.boundary, self.protocol)
