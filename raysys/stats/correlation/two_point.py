"""Two-point correlation S2(r): the probability that two points a distance r apart lie in the same phase."""

from __future__ import annotations

import math

import numpy as np

from raysys.stats.correlation.axes import along_axes
from raysys.stats.correlation.oblique import Direction
from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import count_pairs
from raysys.stats.phases import Phase


def two_point(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
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
    mask
        Region of interest, (*spatial) for all images or (N, *spatial): only pairs count of which both points lie where
        it is not 0; NaN at lags that it has no pair of along one of the axes.

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
    Amiri et al., Sci. Rep. 13 (2023), Eq. 1: mean of the horizontal and the vertical function; Torquato, Random
    Heterogeneous Materials, 2002.
    """
    return two_point_of(Phase.of(images, phase, boundary, mask=mask), r_max)


def two_point_along(
    images: np.ndarray,
    axis: Direction,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Two-point correlation along one axis (0: slowest, not counting samples); otherwise as `two_point`.

    A direction may stand for the axis, of open images: pixels along each axis from one point to the next, such as
    (1, -1) or (2, 1, 0). The curve's lags are then multiples of its length, up to `r_max` pixels.
    """
    return two_point_of(Phase.of(images, phase, boundary, mask=mask), r_max, axis)


def two_point_of(phase: Phase, r_max: int | None, axis: Direction | None = None) -> Curve:
    """`two_point`, or `two_point_along` an axis, of images that are checked."""
    return along_axes("S2", pairs_along, phase, r_max, axis)


def pairs_along(phase: Phase, axis: int, r_max: int) -> np.ndarray:
    """(N, R) along one axis; along the last one, which runs within words, in the transposed slices."""
    shape = phase.shape
    if axis == phase.dims - 1:
        words = phase.slices.transposed().words
    else:
        words = phase.slices.words.reshape(phase.n * math.prod(shape[:axis]), shape[axis], -1)
    counts = count_pairs(words, r_max + 1, phase.boundary).reshape(phase.n, -1, r_max + 1).sum(axis=1)
    room = shape[axis] - (0 if phase.boundary == "periodic" else np.arange(r_max + 1))
    return np.asarray(counts / (math.prod(shape) // shape[axis] * room))
