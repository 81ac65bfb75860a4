"""What a figure draws of a curve: the sampled lags, the mean over the images and its 95 % band."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raysys.stats import Characterisation, Curve


@dataclass(frozen=True)
class Series:
    """A line over lags with its band.

    Attributes
    ----------
    symbol
        Of what is drawn: "S2", or "F2" once it is scaled.
    r
        Sampled lags (R,) in pixels.
    mean, low, high
        (R,) float64; `low` and `high` are NaN for a set of one image.
    """

    symbol: str
    r: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def banded(self) -> "Series":
        """The lags at which there is a band; a filled area must not be handed NaN."""
        return self.at(np.isfinite(self.low) & np.isfinite(self.high))

    def at(self, keep: np.ndarray) -> "Series":
        """The same at some of the lags, by index or mask."""
        return Series(self.symbol, self.r[keep], self.mean[keep], self.low[keep], self.high[keep])


def of_curve(curve: Curve) -> Series:
    """Take mean and band at the lags that have a value; odd edges of triangles have none."""
    low, high = np.asarray(curve.band, dtype=np.float64)
    r, mean = np.asarray(curve.r, dtype=np.float64), np.asarray(curve.mean, dtype=np.float64)
    whole = Series(curve.name, r, mean, low, high)
    return whole.at(np.isfinite(whole.mean))


def difference(series: Series, reference: Series) -> Series:
    """Subtract the reference's mean at the lags both have; the band stays that of `series`."""
    _, ours, theirs = np.intersect1d(series.r, reference.r, return_indices=True)
    base = reference.mean[theirs]
    less = (values[ours] - base for values in (series.mean, series.low, series.high))
    return Series(series.symbol, series.r[ours], *less)


def all_series(
    characterisations: dict[str, Characterisation], descriptors: Sequence[str], *, scaled: bool
) -> dict[str, dict[str, Series]]:
    """Return {descriptor: {set: Series}} in the order of the descriptors; what has no value at any lag is left out."""
    curves = {name: one.scaled() if scaled else one.curves for name, one in characterisations.items()}
    table: dict[str, dict[str, Series]] = {}
    for descriptor in descriptors:
        for name, held in curves.items():
            series = of_curve(held[descriptor]) if descriptor in held else None
            if series is not None and len(series.r):
                table.setdefault(descriptor, {})[name] = series
    return table


def differences(table: dict[str, dict[str, Series]], reference: str) -> dict[str, dict[str, Series]]:
    """Return every series less the reference's mean; descriptors that the reference lacks are left out."""
    return {
        descriptor: {name: difference(series, of_sets[reference]) for name, series in of_sets.items()}
        for descriptor, of_sets in table.items()
        if reference in of_sets
    }
