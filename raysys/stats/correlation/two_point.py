"""Two-point correlation S2(r): the probability that two points a distance r apart lie in the same phase."""

from __future__ import annotations

import math

import numpy as np

from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import count_coincidences
from raysys.stats.phases import Phase, axis_of, largest_lag


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
    return two_point_of(Phase.of(images, phase, boundary), r_max)


def two_point_along(
    images: np.ndarray, axis: int, *, phase: int = 1, r_max: int | None = None, boundary: Boundary = "open"
) -> Curve:
    """Two-point correlation along one axis (0: slowest, not counting samples); otherwise as `two_point`."""
    return two_point_of(Phase.of(images, phase, boundary), r_max, axis)


def two_point_of(phase: Phase, r_max: int | None, axis: int | None = None) -> Curve:
    """`two_point`, or `two_point_along` an axis, of images that are checked."""
    r_max = largest_lag(phase.shape, r_max)
    lags = np.arange(r_max + 1)
    if axis is not None:
        axis = axis_of(axis, phase.shape)
        return phase.curve(f"S2_axis{axis}", lags, _along(phase, axis, r_max))
    return phase.curve("S2", lags, np.mean([_along(phase, k, r_max) for k in range(phase.dims)], axis=0))


def _along(phase: Phase, axis: int, r_max: int) -> np.ndarray:
    """(N, R) along one axis: as a shift by columns for the last axis, by rows for the others."""
    shape, lags = phase.shape, np.arange(r_max + 1)
    by_columns, through = axis == len(shape) - 1, axis == len(shape) - 3
    planes = phase.upright_planes if through else phase.planes
    offsets = np.zeros((len(lags), 2, 2), np.int64)
    offsets[:, 1, int(by_columns)] = lags
    lengths = np.full_like(lags, shape[axis]) if phase.boundary == "periodic" else shape[axis] - lags
    extents = np.empty((len(lags), 2), np.int64)
    extents[:] = (shape[0 if through else -2], shape[-1])
    extents[:, int(by_columns)] = lengths
    counts = count_coincidences(planes, offsets, extents).reshape(phase.n, -1, len(lags)).sum(axis=1)
    return np.asarray(counts / (math.prod(shape) // shape[axis] * lengths))
