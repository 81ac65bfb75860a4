"""Errors against those that real images have between themselves: what makes any two trials comparable."""

from __future__ import annotations

import math
from collections.abc import Mapping

from raysys.stats import Baseline
from raysys.train.metrics import BAND, HOPELESS, INSIDE, MSE

TINY = 1e-300  # beside which no error is zero, so that ratios and logarithms stay numbers


def against_floors(errors: Mapping[str, float], floors: Mapping[str, Baseline]) -> tuple[dict[str, float], float]:
    """Metrics of some errors, and the geometric mean of their ratios to the medians of real against real.

    Parameters
    ----------
    errors
        {name: error}, squared; NaN or infinite where it is not defined.
    floors
        {name: the same error between two disjoint sets of real images}.

    Returns
    -------
    {metric: number}, and the geometric mean
        `mse/NAME` where it is finite; `band/NAME`, the error over the upper end of the floor's 95 % band, and
        `inside_band`, how many of those are at most 1, where the floors have such a band. The mean is 1 where images
        are as near to the training images as real ones are to each other, and HOPELESS where an error is not defined.
    """
    finite = {name: error for name, error in errors.items() if math.isfinite(error)}
    metrics = {f"{MSE}{name}": error for name, error in finite.items()} | _bands(errors, floors)
    # A missing error is hopeless, not left out: a mean over fewer descriptors could win a sweep.
    return metrics, _mean_ratio(finite, floors) if len(finite) == len(errors) else HOPELESS


def _bands(errors: Mapping[str, float], floors: Mapping[str, Baseline]) -> dict[str, float]:
    if any(floors[name].reason for name in errors):  # all are of the same images
        return {}
    bands = {f"{BAND}{name}": _bounded(error / max(floors[name].high, TINY)) for name, error in errors.items()}
    return bands | {INSIDE: float(sum(value <= 1 for value in bands.values()))}


def _bounded(ratio: float) -> float:
    return ratio if math.isfinite(ratio) else HOPELESS


def _mean_ratio(errors: Mapping[str, float], floors: Mapping[str, Baseline]) -> float:
    ratios = [math.log(max(error, TINY) / max(floors[name].median, TINY)) for name, error in errors.items()]
    return math.exp(sum(ratios) / len(ratios))
