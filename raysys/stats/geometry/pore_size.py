"""Pore sizes: how far the points of the phase are from the other phase."""

from __future__ import annotations

import numpy as np

from raysys.stats.curve import Boundary, Curve
from raysys.stats.geometry.distance import mean_distances, shares_within, squared_distances
from raysys.stats.phases import Phase, largest_lag
from raysys.stats.scalar import Scalar


def pore_size(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Pore-size function P(delta): density of the distance from a random point of the phase to the other phase.

    Distances are Euclidean, from pixel centre to pixel centre, so that 1 is the smallest.

    Parameters
    ----------
    images, phase
        As for `two_point`.
    r_max
        Largest distance listed, pixels; half the shortest axis less one by default.
    boundary
        "open": what lies beyond the border is unknown and no interface, so that distances near the border are upper
        bounds; "periodic": distances wrap around.
    mask
        As for `two_point`: distances from points in it to the other phase in it; its border is no interface either.

    Returns
    -------
    Curve
        "pore_size": r = 1, 2, ..., r_max and the share of the phase at distances in (r - 1, r], 1/pixel. Over all
        distances, also those beyond r_max, the sum is 1; NaN for an image without the phase, or without another.

    Raises
    ------
    RaysysError
        If the images or r_max are not as said.

    References
    ----------
    Torquato, Random Heterogeneous Materials, 2002, section 2.6; Prager, Physica 29 (1963) 129.
    """
    return pore_size_of(Phase.of(images, phase, boundary, mask=mask), r_max)


def pore_size_of(phase: Phase, r_max: int | None) -> Curve:
    """`pore_size` of images that are checked."""
    lags = np.arange(largest_lag(phase.shape, r_max) + 1)
    within = shares_within(squared_distances_of(phase), lags**2)
    return phase.curve("pore_size", lags[1:], np.diff(within, axis=1), border_protocol(phase))


def pore_size_cumulative(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Cumulative pore-size function F(delta): share of the phase that is farther than delta from the other phase.

    Parameters
    ----------
    images, phase, r_max, boundary, mask
        As for `pore_size`.

    Returns
    -------
    Curve
        "pore_size_cumulative": r = 0, 1, ..., r_max; F(0) = 1, and F(r - 1) - F(r) = P(r).

    Raises
    ------
    RaysysError
        If the images or r_max are not as said.
    """
    found = Phase.of(images, phase, boundary, mask=mask)
    lags = np.arange(largest_lag(found.shape, r_max) + 1)
    within = shares_within(squared_distances_of(found), lags**2)
    return found.curve("pore_size_cumulative", lags, 1 - within, border_protocol(found))


def mean_pore_size(
    images: np.ndarray, *, phase: int = 1, boundary: Boundary = "open", mask: np.ndarray | None = None
) -> Scalar:
    """Mean distance <delta> from the points of the phase to the other phase, of all distances and not of their bins.

    Parameters
    ----------
    images, phase, boundary, mask
        As for `pore_size`.

    Returns
    -------
    Scalar
        "mean_pore_size", pixels; NaN for an image without the phase, or without another.

    Raises
    ------
    RaysysError
        If the images are not as said.
    """
    found = Phase.of(images, phase, boundary, mask=mask)
    values = mean_distances(squared_distances_of(found))
    return found.scalar("mean_pore_size", values, "pixel", border_protocol(found))


def squared_distances_of(phase: Phase) -> np.ndarray:
    """`squared_distances` of a phase; what a mask leaves out is unknown, as what lies beyond the border is."""
    if phase.mask is None:
        return squared_distances(phase.inside, phase.boundary)
    squared = squared_distances(phase.inside | ~phase.mask, phase.boundary)
    squared[~phase.inside] = 0
    return squared


def border_protocol(phase: Phase) -> dict[str, str]:
    """What the border of open images is to distances."""
    return {"border": "no_interface"} if phase.boundary == "open" else {}
