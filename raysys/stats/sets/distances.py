"""How far two samples of one number are apart, with its bootstrap."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from raysys.stats.sets.two_samples import Groups, Limits, Measure, Pooled, Rule, kuiper_p, measures, resampled


@dataclass(frozen=True)
class Estimate:
    """A distance and how uncertain it is: standard deviation and 95 % interval over bootstrap resamples.

    Resamples are farther apart than the samples themselves: close to 0 the interval may lie above the value. Deviation
    and interval are NaN if a sample is one value, or one group of them: a single image does not say how images vary.
    """

    value: float
    std: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, resamples: np.ndarray) -> Estimate:
        """The estimate of a value from its resamples (B,); NaN where none is defined."""
        if np.isnan(resamples).all():
            return cls(value, *[math.nan] * 3)
        low, high = np.nanpercentile(resamples, [2.5, 97.5])
        return cls(value, float(np.nanstd(resamples)), float(low), float(high))


def kl_divergence(
    real: np.ndarray,
    other: np.ndarray,
    *,
    bins: int = 50,
    rule: Rule = "add_0.1",
    limits: Limits = "trimmed",
    period: float | None = None,
) -> float:
    """Kullback-Leibler divergence KL(real || other) of two histograms, in nats.

    Parameters
    ----------
    real, other
        Samples (n,) and (m,); NaN are left out.
    bins
        Of equal width, with edges shared by both samples.
    rule
        What an empty bin does, which moves the result more than most differences between sets: "add_0.1", "add_one",
        "add_0.5" or "add_0.01" to the count of every bin; "clip" (or "clip_1e-6"): `other` is 1e-10 (1e-6) at least;
        "drop": bins that either leaves empty do not count.
    limits
        Of the edges: "trimmed", from the 0.5 to the 99.5 % quantile of the pooled values, and those beyond count in the
        outer bins; "full", from the smallest to the largest.
    period
        The values lie on a circle, which the edges then divide: 180 for the orientation of axes.

    Raises
    ------
    RaysysError
        If a sample has no finite value, or an option is unknown.

    References
    ----------
    Alanov et al., arXiv:1904.04751 (2019), section 4.7: 500 samples a side in 50 bins; rule and range are not stated.
    """
    return _one("kl", Pooled.of(real, other, period=period), bins, rule, limits)


def wasserstein_1(real: np.ndarray, other: np.ndarray, *, period: float | None = None) -> float:
    """Wasserstein-1 (earth mover's) distance of two samples, in their unit; around the circle if they have a period.

    Raises
    ------
    RaysysError
        If a sample has no finite value.

    References
    ----------
    On a circle: Rabin, Delon & Gousseau, J. Math. Imaging Vis. 41 (2011) 147.
    """
    return _one("w1", Pooled.of(real, other, period=period))


def kolmogorov_smirnov(real: np.ndarray, other: np.ndarray, *, period: float | None = None) -> tuple[float, float]:
    """Kolmogorov-Smirnov statistic of two samples, and the probability that one distribution gives a larger one.

    On a circle it is Kuiper's, which does not depend on where the circle is cut.

    Raises
    ------
    RaysysError
        If a sample has no finite value.
    """
    pooled = Pooled.of(real, other, period=period)
    statistic = _one("ks", pooled)
    return statistic, probability(pooled, statistic)


def gaussian_hellinger(real: np.ndarray, other: np.ndarray, *, period: float | None = None) -> float:
    """Hellinger distance, 0 to 1, of the normal distributions fitted to two samples; of von Mises ones on a circle.

    Raises
    ------
    RaysysError
        If a sample has no finite value.
    """
    return _one("hellinger", Pooled.of(real, other, period=period))


def bootstrap(
    real: np.ndarray,
    other: np.ndarray,
    *,
    groups: Groups = (None, None),
    bins: int = 50,
    rule: Rule = "add_0.1",
    limits: Limits = "trimmed",
    period: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """All distances of two samples and their uncertainty: both samples are drawn anew, with replacement.

    Parameters
    ----------
    real, other, bins, rule, limits, period
        As for `kl_divergence`; the edges stay those of the samples.
    groups
        Labels (n,) and (m,) of values that are drawn together, such as the pores of an image or overlapping windows:
        they are not independent, and drawn one by one would seem surer than they are.
    resamples
        Number of resamples.
    seed
        Of the draws.

    Returns
    -------
    dict
        {"kl", "w1", "ks", "hellinger": Estimate}.
    """
    return estimates_of(Pooled.of(real, other, groups, period), measures(bins, rule, limits), resamples, seed)


def estimates_of(pooled: Pooled, known: dict[str, Measure], resamples: int, seed: int) -> dict[str, Estimate]:
    """`bootstrap` of samples that are counted, in the measures that are known."""
    found = measured(pooled, known, [pooled.counts])
    if min(pooled.real.shape[0], pooled.other.shape[0]) < 2:
        return {name: Estimate(float(found[name][0]), *[math.nan] * 3) for name in known}
    drawn = measured(pooled, known, resampled(pooled, resamples, seed))
    return {name: Estimate.of(float(found[name][0]), drawn[name]) for name in known}


def measured(
    pooled: Pooled, known: dict[str, Measure], counts: Iterable[tuple[np.ndarray, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Every measure of all counts, (B,) each; NaN where one of the two holds nothing."""
    found: dict[str, list[np.ndarray]] = {name: [np.zeros(0)] for name in known}
    for one, two in counts:
        with np.errstate(invalid="ignore"):
            for name, measure in known.items():
                found[name].append(measure(pooled, one, two))
    return {name: np.concatenate(values) for name, values in found.items()}


def _one(name: str, pooled: Pooled, bins: int = 50, rule: Rule = "add_0.1", limits: Limits = "trimmed") -> float:
    return float(measures(bins, rule, limits)[name](pooled, *pooled.counts)[0])


def probability(pooled: Pooled, statistic: float) -> float:
    """Chance of a larger Kolmogorov-Smirnov or Kuiper statistic, for independent samples of one distribution."""
    from scipy.stats import ks_2samp

    if pooled.period is not None:
        return kuiper_p(statistic, *(int(counts[0, -1]) for counts in pooled.counts))
    with warnings.catch_warnings():
        # Of few values with ties it may have to fall back on the asymptotic one, and says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(ks_2samp(pooled.values(0), pooled.values(1)).pvalue)
