"""Images that belong together, as regions of one image or slices of one volume do: each group of them is one unit."""

from __future__ import annotations

import numpy as np

from raysys.errors import RaysysError

COVERED = 0.975  # of Student's distribution, on either side of a 95 % interval


def checked(groups: np.ndarray | None, n: int) -> np.ndarray | None:
    """Labels (N,) of what belongs together, as an array; None where every image stands for itself.

    Raises
    ------
    RaysysError
        If there is not one label for each image.
    """
    if groups is None:
        return None
    labels = np.asarray(groups)
    if labels.shape != (n,):
        raise RaysysError(f"groups have shape {labels.shape}; allowed: one label for each of {n} images")
    return labels


def half_widths(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Half the 95 % confidence interval of means over images of which some belong together.

    Parameters
    ----------
    values
        (N, R); NaN where there is no value.
    groups
        (N,) labels of what belongs together.

    Returns
    -------
    (R,); NaN where fewer than two groups have a value.

    Notes
    -----
    The variance of the mean is that of the groups' sums of deviations, G / (G - 1) sum_g (sum_i d_gi)^2 / n^2, which
    for groups of one image is the usual s^2 / n, and for equal groups s^2 of their means over G. Few groups say little
    of their own spread, hence Student's quantile of G - 1 degrees of freedom. Groups are taken for independent.

    References
    ----------
    Cameron & Miller, J. Hum. Resour. 50 (2015) 317, section II: variance of a mean by clusters, and few of them.
    """
    from scipy.special import stdtrit

    sampled = ~np.isnan(values)
    count = sampled.sum(axis=0)
    mean = np.where(sampled, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    deviation = np.where(sampled, values - mean, 0.0)
    names, place = np.unique(groups, return_inverse=True)
    sums, held = np.zeros((2, len(names), values.shape[1]))
    np.add.at(sums, place, deviation)
    np.add.at(held, place, sampled)
    units = (held > 0).sum(axis=0)
    freedom = np.maximum(units - 1, 1)
    variance = units / freedom * (sums**2).sum(axis=0) / np.maximum(count, 1) ** 2
    return np.asarray(np.where(units > 1, stdtrit(freedom, COVERED) * np.sqrt(variance), np.nan))
