"""Two-point correlations at every lag vector: of one phase, and of two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.pairs import batches, count_pairs, lags_within, positions
from raysys.stats.curve import Boundary
from raysys.stats.phases import Phase


def autocorrelation(
    images: np.ndarray, *, phase: int = 1, boundary: Boundary = "periodic", r_max: int | None = None
) -> np.ndarray:
    """Two-point correlation at every lag vector.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase of interest.
    boundary
        "periodic": pairs wrap around; "open": each lag is divided by its own number of pairs, which is 1 in the corners
        of the map.
    r_max
        Only lags of -r_max to r_max pixels along each axis; all by default.

    Returns
    -------
    np.ndarray
        float64 (N, *lags), exact, zero lag at the centre, at half of each length rounded down: as many lags as pixels
        in periodic images, whose map has the phase fraction squared as its mean, and 2 H - 1, 2 W - 1 in open ones;
        2 r_max + 1 if asked for. NaN if the phase does not occur in the images.

    Raises
    ------
    RaysysError
        If the images, the boundary or r_max are not as said.

    References
    ----------
    Torquato, Random Heterogeneous Materials, 2002, section 2.2.
    """
    one = Phase.of(images, phase, boundary)
    lags = _window(one, r_max)
    half = [np.arange(-lags[0][0] + 1), *lags[1:]]
    maps = np.empty((one.n, *map(len, lags)))
    if one.absent:
        return np.full_like(maps, np.nan)
    for some in batches(one.inside, boundary):
        inside = one.inside[some]
        maps[some] = _both_halves(count_pairs(inside, inside, half, boundary), lags)
    return np.divide(maps, positions(one.shape, lags, boundary), out=maps)


def cross_correlation(
    images: np.ndarray,
    phases: tuple[int, int] = (1, 2),
    *,
    boundary: Boundary = "periodic",
    r_max: int | None = None,
) -> np.ndarray:
    """Two-point correlation of two phases at every lag vector.

    S_ij(r) is the probability that a point lies in phase i, and the one a lag r from it in phase j. So
    S_ji(r) = S_ij(-r), and in periodic images the sum over all phases j is the fraction of phase i at every lag.

    Parameters
    ----------
    images, boundary, r_max
        As for `autocorrelation`.
    phases
        Their values i and j.

    Returns
    -------
    np.ndarray
        As of `autocorrelation`, which it is for i = j; NaN if one of the phases does not occur in the images.

    Raises
    ------
    RaysysError
        If the images, the boundary or r_max are not as said.
    """
    one, other = (Phase.of(images, value, boundary) for value in phases)
    if one.value == other.value:
        return autocorrelation(images, phase=one.value, boundary=boundary, r_max=r_max)
    lags = _window(one, r_max)
    maps = np.empty((one.n, *map(len, lags)))
    if one.absent or other.absent:
        return np.full_like(maps, np.nan)
    for some in batches(one.inside, boundary):
        maps[some] = count_pairs(one.inside[some], other.inside[some], lags, boundary)
    return np.divide(maps, positions(one.shape, lags, boundary), out=maps)


def _window(phase: Phase, r_max: int | None) -> list[np.ndarray]:
    """Lags of a map along each axis."""
    if r_max is None:
        return lags_within(phase.shape, max(phase.shape), phase.boundary)
    shortest = min(phase.shape)
    most = (shortest - 1) // 2 if phase.boundary == "periodic" else shortest - 1
    if not 0 <= r_max <= most:
        raise RaysysError(f"r_max is {r_max}; allowed for {phase.boundary} maps of {phase.shape} pixels: 0 to {most}")
    return lags_within(phase.shape, r_max, phase.boundary)


def _both_halves(half: np.ndarray, lags: Sequence[np.ndarray]) -> np.ndarray:
    """A map from its half of lags that are not negative along the first axis: S(-r) = S(r)."""
    behind = half[:, -lags[0][lags[0] < 0]]
    for axis, along in enumerate(lags[1:], start=2):
        # Where -r stands; of an even length half the length stands for both.
        behind = behind.take((-along - along[0]) % len(along), axis)
    return np.concatenate([behind, half[:, lags[0][lags[0] >= 0]]], axis=1)
