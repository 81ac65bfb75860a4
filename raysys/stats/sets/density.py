"""How a number is distributed: kernel densities, also on logarithmic and circular axes, and orientation roses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.errors import RaysysError

# Kernels are cut off where they are less than 1e-8 of their height.
REACH = 6.0
POINTS = 512
# Directions whose resultant is less cancel out: rounding of float64, with room.
BALANCED = 1e-12


@dataclass(frozen=True)
class Density:
    """A kernel density.

    Attributes
    ----------
    x
        (G,) where it is given, in the unit of the values.
    y
        (G,) per unit of x; per decade of x on a logarithmic axis. Its integral over that axis is 1.
    n
        Number of values.
    bandwidth
        Standard deviation of the kernel: in the unit of x, or in decades.
    log
        Whether the axis is logarithmic: plot y against log10 x.
    period
        Of a circular axis; None of a straight one.
    """

    x: np.ndarray
    y: np.ndarray
    n: int
    bandwidth: float
    log: bool = False
    period: float | None = None


@dataclass(frozen=True)
class Rose:
    """Shares of directions that have no sign, drawn both ways.

    Attributes
    ----------
    edges
        (bins + 1,) degrees from -90 to 270.
    shares
        (bins,) of the weight; the second half repeats the first, and each sums to 1.
    mean
        Mean direction in degrees in (-90, 90]; NaN if there is none.
    order
        R = |mean exp(2 i theta)|: 1 if all are parallel, about sqrt(pi / 4 n) if n directions are random.
    n
        Number of directions.
    """

    edges: np.ndarray
    shares: np.ndarray
    mean: float
    order: float
    n: int


def density(
    values: np.ndarray,
    *,
    grid: np.ndarray | None = None,
    bandwidth: Literal["scott"] | float = "scott",
    log: bool = False,
    period: float | None = None,
) -> Density:
    """Gaussian kernel density of a sample.

    Parameters
    ----------
    values
        (n,) numbers; NaN are left out.
    grid
        (G,) where the density is wanted; by default 512 points, beyond which it is next to 0, or one period.
    bandwidth
        Standard deviation of the kernel, in decades if `log`; "scott": n^(-1/5) times the sample's own, which is
        circular where there is a period.
    log
        Take the density of log10 of the values, as befits areas.
    period
        The values lie on a circle: 180 for the orientation of axes.

    Raises
    ------
    RaysysError
        If there is no value, one is not positive on a logarithmic axis, all are equal and no bandwidth is given, or a
        bandwidth or period is not positive.

    References
    ----------
    Scott, Multivariate Density Estimation, 1992; wrapped: Mardia & Jupp, Directional Statistics, 2000, section 12.1.
    """
    held = np.asarray(values, np.float64).ravel()
    held = held[~np.isnan(held)]
    _check(held, log, period)
    held = np.log10(held) if log else held
    width = _scott(held, period) if bandwidth == "scott" else float(bandwidth)
    if not width > 0:
        raise RaysysError(f"the bandwidth of a density is {width:g} ({len(held)} values, all equal?); give one above 0")
    if grid is None:
        margin = REACH * width
        axis = np.linspace(held.min() - margin, held.max() + margin, POINTS)
        axis = axis if period is None else np.linspace(-period / 2, period / 2, POINTS)
        x = 10**axis if log else axis
    else:
        x = np.asarray(grid, np.float64)
        axis = np.log10(x) if log else x
    return Density(x, _kernels(axis, held, width, period), len(held), width, log, period)


def _check(values: np.ndarray, log: bool, period: float | None) -> None:
    if len(values) == 0:
        raise RaysysError("a density needs one value at least, found none")
    if log and (values <= 0).any():
        raise RaysysError(f"a density on a logarithmic axis needs positive values, found {values.min():g}")
    if period is not None and (log or not period > 0):
        raise RaysysError(f"period is {period:g}{' on a logarithmic axis' if log else ''}; allowed: a positive angle")


def _scott(values: np.ndarray, period: float | None) -> float:
    if period is None:
        spread = values.std(ddof=1) if len(values) > 1 else 0.0
    else:
        R = min(1.0, abs(np.exp(2j * np.pi * values / period).mean()))
        # Circular deviation has no bound where there is no order; that of a flat density is one.
        spread = period * min(math.sqrt(max(0.0, -2 * math.log(max(R, 1e-300)))) / (2 * np.pi), 1 / math.sqrt(12))
    return float(spread * len(values) ** -0.2)


def _kernels(axis: np.ndarray, values: np.ndarray, width: float, period: float | None) -> np.ndarray:
    """Mean (G,) of the kernels on all values; equal ones are taken together."""
    if period is not None:
        turns = np.arange(-math.ceil(REACH * width / period) - 1, math.ceil(REACH * width / period) + 2) * period
        axis, values = axis % period, (values % period)[:, None] + turns
    places, counts = np.unique(values, return_counts=True)
    n = counts.sum() if period is None else counts.sum() / len(turns)
    found = np.empty(len(axis))
    for i, x in enumerate(axis):
        near = slice(*np.searchsorted(places, (x - REACH * width, x + REACH * width)))
        found[i] = counts[near] @ np.exp(-0.5 * ((x - places[near]) / width) ** 2)
    return found / (n * width * math.sqrt(2 * math.pi))


def rose(orientations: np.ndarray, bins: int = 36, weights: np.ndarray | None = None) -> Rose:
    """Histogram of directions without a sign, such as those of major axes.

    Parameters
    ----------
    orientations
        (n,) degrees; NaN, which have no direction, are left out.
    bins
        Petals of the whole rose: an even number.
    weights
        (n,) such as areas; by default each direction counts alike.

    Raises
    ------
    RaysysError
        If the number of bins is odd or not positive, or the weights do not fit.

    References
    ----------
    Mardia & Jupp, Directional Statistics, 2000, section 2.3 (doubled angles).
    """
    theta = np.asarray(orientations, np.float64).ravel()
    if bins < 2 or bins % 2:
        raise RaysysError(f"bins of a rose are {bins}; allowed: 2, 4, 6, ...")
    w = np.ones(theta.shape) if weights is None else np.asarray(weights, np.float64).ravel()
    if w.shape != theta.shape or not (w >= 0).all():
        raise RaysysError(
            f"weights of a rose have shape {w.shape}; allowed: one, not negative, per direction {theta.shape}"
        )
    theta, w = theta[~np.isnan(theta)], w[~np.isnan(theta)]
    edges = np.linspace(-90, 270, bins + 1)
    total = w.sum()
    if not total > 0:
        return Rose(edges, np.full(bins, np.nan), math.nan, math.nan, len(theta))
    half, _ = np.histogram((theta + 90) % 180 - 90, edges[: bins // 2 + 1], weights=w)
    resultant = (w * np.exp(2j * np.radians(theta))).sum() / total
    order = float(min(1.0, abs(resultant)))
    mean = math.degrees(np.angle(resultant)) / 2 if order > BALANCED else math.nan
    return Rose(edges, np.tile(half / total, 2), 90.0 if mean <= -90 else mean, order, len(theta))
