"""Distances between two samples of one number, and how far they are uncertain.

Both samples are counted on the values that either has, up to each value. A resample, or a half of a sample, is then a
matrix product, and every measure is a function of those cumulative counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import i0e, i1e

from raysys.errors import RaysysError

Rule = Literal["add_0.1", "add_one", "add_0.5", "add_0.01", "clip", "clip_1e-6", "drop"]
Limits = Literal["trimmed", "full"]
Groups = tuple[np.ndarray | None, np.ndarray | None]

ADDED = {"add_0.1": 0.1, "add_one": 1.0, "add_0.5": 0.5, "add_0.01": 0.01}
CLIPPED = {"clip": 1e-10, "clip_1e-6": 1e-6}
RULES = (*ADDED, *CLIPPED, "drop")
# Share of the pooled values between the outer edges of a histogram.
LIMITS = {"trimmed": (0.005, 0.995), "full": (0.0, 1.0)}
# Counts held at a time while resampling: few enough for a processor's cache.
CHUNK = 1 << 19
# Kappa from which on its start is exact to a thousandth, while Newton's steps begin to cancel.
CONCENTRATED = 1e3


@dataclass(frozen=True)
class Pooled:
    """Two samples, counted on the values that either has.

    Attributes
    ----------
    support
        (U,) float64, growing; on a circle in [-period / 2, period / 2).
    real, other
        Sparse (units, U): how often each unit (a value, or a group of values that are drawn together) holds each value.
    period
        Of a circle; None of a straight axis.
    """

    support: np.ndarray
    real: Any
    other: Any
    period: float | None = None

    @classmethod
    def of(
        cls, real: np.ndarray, other: np.ndarray, groups: Groups = (None, None), period: float | None = None
    ) -> Pooled:
        """Count two samples (n,) and (m,); NaN are left out.

        Raises
        ------
        RaysysError
            If a sample has no value or an infinite one, or its groups do not fit.
        """
        sides = [_held(values, labels) for values, labels in zip((real, other), groups, strict=True)]
        if period is not None:
            sides = [((values + period / 2) % period - period / 2, labels) for values, labels in sides]
        support, place = np.unique(np.concatenate([values for values, _ in sides]), return_inverse=True)
        one, two = np.split(place, [len(sides[0][0])])
        return cls(support, _units(one, sides[0][1], len(support)), _units(two, sides[1][1], len(support)), period)

    @cached_property
    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Values of either sample up to each of the support: (1, U) twice."""
        real, other = (counted(units, np.ones((1, units.shape[0]))) for units in (self.real, self.other))
        return real, other

    def values(self, side: Literal[0, 1]) -> np.ndarray:
        """The values of a sample, growing."""
        return np.repeat(self.support, np.diff(self.counts[side][0], prepend=0).astype(np.int64))

    def edges(self, bins: int, limits: Limits) -> np.ndarray:
        """Edges (bins + 1,) of a histogram of both samples; of the whole circle where there is one."""
        if self.period is not None:
            return np.linspace(-self.period / 2, self.period / 2, bins + 1)
        low, high = np.quantile(np.concatenate([self.values(0), self.values(1)]), LIMITS[limits])
        return np.linspace(low, high, bins + 1)

    def histograms(self, counts: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """(B, bins) of cumulative counts (B, U); what lies beyond the edges counts in the outer bins."""
        cuts = np.searchsorted(self.support, edges[1:-1])
        below = np.where(cuts > 0, counts[:, cuts - 1], 0)
        return np.diff(below, axis=1, prepend=0, append=counts[:, -1:])

    def chunks(self, b: int) -> Iterator[range]:
        """Rows 0 to b of counts, so many at a time as memory should hold."""
        step = max(1, CHUNK // max(len(self.support), self.real.shape[0], self.other.shape[0]))
        yield from (range(start, min(start + step, b)) for start in range(0, b, step))


def _held(values: np.ndarray, labels: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values, np.float64).ravel()
    labels = np.arange(len(values)) if labels is None else np.asarray(labels)
    if labels.shape != values.shape:
        raise RaysysError(f"groups have shape {labels.shape}; allowed: one label for each of {len(values)} values")
    held = ~np.isnan(values)
    if not held.any() or np.isinf(values[held]).any():
        raise RaysysError(f"a sample of {len(values)} values has {'infinite ones' if held.any() else 'none but NaN'}")
    return values[held], labels[held]


def _units(place: np.ndarray, labels: np.ndarray, size: int) -> Any:
    units, unit = np.unique(labels, return_inverse=True)
    return csr_matrix((np.ones(len(place)), (unit, place)), (len(units), size))


def _kl(pooled: Pooled, real: np.ndarray, other: np.ndarray, bins: int, rule: Rule, limits: Limits) -> np.ndarray:
    if len(pooled.support) == 1:
        # What is added to empty bins would tell samples of different size apart that are all of one value.
        return np.zeros(len(real))
    edges = pooled.edges(bins, limits)
    p, q = pooled.histograms(real, edges), pooled.histograms(other, edges)
    added = ADDED.get(rule, 0.0)
    p, q = ((x + added) / (x + added).sum(axis=1, keepdims=True) for x in (p, q))
    if rule in CLIPPED:
        q = np.maximum(q, CLIPPED[rule])
    counted = (p > 0) & (q > 0)
    return np.where(counted, p * np.log(np.where(counted, p, 1) / np.where(counted, q, 1)), 0).sum(axis=1)


def _excess(real: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Difference (B, U) of the distribution functions, from each value to the next."""
    return np.asarray(real / real[:, -1:] - other / other[:, -1:])


def _mean(of: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean (B,) of a function (U,) of the support, summed by parts."""
    return np.asarray(of[-1] - counts[:, :-1] @ np.diff(of) / counts[:, -1])


def _w1(pooled: Pooled, real: np.ndarray, other: np.ndarray) -> np.ndarray:
    excess = _excess(real, other)
    if pooled.period is None:
        return np.abs(excess[:, :-1]) @ np.diff(pooled.support)
    # On a circle mass may travel around either way: the flow is free up to a constant, the weighted median is the best.
    gaps = np.diff(pooled.support, append=pooled.support[0] + pooled.period)
    order = excess.argsort(axis=1)
    middle = (gaps[order].cumsum(axis=1) >= pooled.period / 2).argmax(axis=1)[:, None]
    flow = np.take_along_axis(excess, np.take_along_axis(order, middle, 1), 1)
    return np.abs(excess - flow) @ gaps


def _ks(pooled: Pooled, real: np.ndarray, other: np.ndarray) -> np.ndarray:
    excess = _excess(real, other)
    if pooled.period is None:
        return np.abs(excess).max(axis=1)
    return excess.max(axis=1) - excess.min(axis=1)


def _hellinger(pooled: Pooled, real: np.ndarray, other: np.ndarray) -> np.ndarray:
    if pooled.period is None:
        overlap = _normal_overlap(pooled.support, real, other)
    else:
        overlap = _von_mises_overlap(2 * np.pi / pooled.period * pooled.support, real, other)
    return np.sqrt(np.maximum(0, 1 - overlap))


def _normal_overlap(support: np.ndarray, real: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Bhattacharyya coefficient (B,) of the fitted normal distributions."""
    # Squares about a point within the samples, or they would cancel.
    centred = support - support[len(support) // 2]
    means = [_mean(centred, counts) for counts in (real, other)]
    squares = [_mean(centred**2, counts) for counts in (real, other)]
    variances = [np.maximum(0, square - mean**2) for square, mean in zip(squares, means, strict=True)]
    both, apart = variances[0] + variances[1], (means[0] - means[1]) ** 2
    # Two samples without any spread overlap if they are equal.
    some = np.where(both > 0, both, 1)
    overlap = np.sqrt(2 * np.sqrt(variances[0] * variances[1]) / some) * np.exp(-apart / some / 4)
    return np.asarray(np.where(both > 0, overlap, apart == 0))


def _von_mises_overlap(angles: np.ndarray, real: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Bhattacharyya coefficient (B,) of the fitted von Mises distributions, on a circle."""
    vectors = [_mean(np.cos(angles), counts) + 1j * _mean(np.sin(angles), counts) for counts in (real, other)]
    one, two = (_concentration(np.abs(vector)) for vector in vectors)
    apart = np.angle(vectors[0]) - np.angle(vectors[1])
    half = np.sqrt(np.maximum(0, one**2 + two**2 + 2 * one * two * np.cos(apart))) / 2
    return np.asarray(i0e(half) / np.sqrt(i0e(one) * i0e(two)) * np.exp(half - (one + two) / 2))


def _concentration(R: np.ndarray) -> np.ndarray:
    """Kappa of the von Mises distribution of mean resultant length R: Banerjee's start, and Newton steps."""
    R = np.clip(R, 1e-9, 1 - 1e-9)
    start = R * (2 - R**2) / (1 - R**2)
    kappa = np.minimum(start, CONCENTRATED)
    for _ in range(4):
        A = i1e(kappa) / i0e(kappa)
        kappa = np.maximum(kappa - (A - R) / (1 - A / kappa - A**2), 1e-9)
    return np.asarray(np.where(start < CONCENTRATED, kappa, start))


Measure = Callable[[Pooled, np.ndarray, np.ndarray], np.ndarray]


def measures(bins: int = 50, rule: Rule = "add_0.1", limits: Limits = "trimmed") -> dict[str, Measure]:
    """Functions of the cumulative counts (B, U) of two samples that give B distances: "kl", "w1", "ks", "hellinger".

    Raises
    ------
    RaysysError
        If there is no bin, or the rule or the limits are unknown.
    """
    if bins < 1:
        raise RaysysError(f"bins are {bins}; allowed: 1 or more")
    for name, found, allowed in (("rule", rule, RULES), ("limits", limits, LIMITS)):
        if found not in allowed:
            raise RaysysError(f"{name} is {found!r}; allowed: {', '.join(allowed)}")
    return {"kl": partial(_kl, bins=bins, rule=rule, limits=limits), "w1": _w1, "ks": _ks, "hellinger": _hellinger}


def resampled(pooled: Pooled, resamples: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cumulative counts of both samples with their units drawn anew, some resamples (B, U) at a time."""
    random = np.random.default_rng(seed)
    for rows in pooled.chunks(resamples):
        real = _draws(pooled.real.shape[0], len(rows), random)
        other = _draws(pooled.other.shape[0], len(rows), random)
        yield counted(pooled.real, real), counted(pooled.other, other)


def _draws(n: int, b: int, random: np.random.Generator) -> np.ndarray:
    """How often each of n units is drawn (b, n) if n are, with replacement."""
    draws = random.integers(n, size=(b, n)) + n * np.arange(b)[:, None]
    return np.bincount(draws.ravel(), minlength=b * n).reshape(b, n)


def counted(units: Any, times: np.ndarray) -> np.ndarray:
    """Cumulative counts (B, U) over the support, if each unit is taken so many times (B, units)."""
    return np.asarray(np.ascontiguousarray((units.T @ times.T.astype(np.float64)).T).cumsum(axis=1))


def kuiper_p(statistic: float, n: int, m: int) -> float:
    """Probability of a larger Kuiper statistic of two samples of one distribution (Stephens, JRSS B 32 (1970) 115)."""
    size = math.sqrt(n * m / (n + m))
    scaled = (size + 0.155 + 0.24 / size) * statistic
    if scaled < 0.4:
        return 1.0
    j = np.arange(1, 101)
    return float(min(1.0, 2 * np.sum((4 * (j * scaled) ** 2 - 1) * np.exp(-2 * (j * scaled) ** 2))))
