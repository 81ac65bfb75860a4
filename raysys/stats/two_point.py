"""Two-point correlation S2(r): the probability that two points a distance r apart lie in the same phase."""

from __future__ import annotations

import numpy as np

from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import count_coincidences, pack
from raysys.stats.phases import indicator, largest_lag


def two_point(images: np.ndarray, *, phase: int = 1, r_max: int | None = None, boundary: Boundary = "open") -> Curve:
    """Two-point correlation along the axes, averaged over them.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase of interest.
    r_max
        Largest lag, pixels; half the shortest axis less one by default.
    boundary
        "open": each lag is divided by its own number of pairs; "periodic": pairs wrap around.

    Returns
    -------
    Curve
        "S2", with S2(0) = phase fraction.

    Raises
    ------
    RaysysError
        If the images or r_max are not as said.

    References
    ----------
    Seed 001, Eq. 1: mean of the horizontal and the vertical function; Torquato, Random Heterogeneous Materials, 2002.
    """
    inside = indicator(images, phase)
    axes = range(inside.ndim - 1)
    r_max = largest_lag(inside.shape[1:], r_max)
    values = np.mean([_along(inside, axis, r_max, boundary) for axis in axes], axis=0)
    return Curve("S2", np.arange(r_max + 1), values, phase, boundary)


def two_point_along(
    images: np.ndarray, axis: int, *, phase: int = 1, r_max: int | None = None, boundary: Boundary = "open"
) -> Curve:
    """Two-point correlation along one axis (0: slowest, not counting samples); otherwise as `two_point`."""
    inside = indicator(images, phase)
    r_max = largest_lag(inside.shape[1:], r_max)
    return Curve("S2", np.arange(r_max + 1), _along(inside, axis, r_max, boundary), phase, boundary)


def _along(inside: np.ndarray, axis: int, r_max: int, boundary: Boundary) -> np.ndarray:
    """(N, R) along one axis; lines are laid as rows of one flat image per sample."""
    lines = np.moveaxis(inside, axis + 1, -1)
    length = lines.shape[-1]
    flat = lines.reshape(len(lines), -1, length)
    lags = np.arange(r_max + 1)
    columns = np.stack([np.zeros_like(lags), lags], axis=1)
    counts = count_coincidences(pack(flat, boundary), np.zeros_like(columns), columns, flat.shape[1], length)
    pairs = flat.shape[1] * (length - lags if boundary == "open" else np.full_like(lags, length))
    return counts / pairs
