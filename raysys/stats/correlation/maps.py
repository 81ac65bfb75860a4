"""Two-point correlations at every lag vector: of one phase, and of two."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.pair_counts import batches, count_all_pairs, count_pairs, lags_within, positions
from raysys.stats.curve import Boundary
from raysys.stats.phases import Phase


def autocorrelation(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "periodic",
    r_max: int | None = None,
    mask: np.ndarray | None = None,
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
    mask
        As for `two_point`; NaN at lags that it has no pair of.

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
    one = Phase.of(images, phase, boundary, mask=mask)
    lags = _window(one, r_max)
    if one.absent:
        return np.full((one.n, *map(len, lags)), np.nan)
    if one.region is None and _is_whole(one, lags):
        return _counts(one, lags, math.prod(one.shape))
    return _shares(_counts(one, lags), one, lags)


def cross_correlation(
    images: np.ndarray,
    phases: tuple[int, int] = (1, 2),
    *,
    boundary: Boundary = "periodic",
    r_max: int | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Two-point correlation of two phases at every lag vector.

    S_ij(r) is the probability that a point lies in phase i, and the one a lag r from it in phase j. So
    S_ji(r) = S_ij(-r), and in periodic images the sum over all phases j is the fraction of phase i at every lag.

    Parameters
    ----------
    images, boundary, r_max, mask
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
    one, other = (Phase.of(images, value, boundary, mask=mask) for value in phases)
    if one.value == other.value:
        return autocorrelation(images, phase=one.value, boundary=boundary, r_max=r_max, mask=mask)
    lags = _window(one, r_max)
    maps = np.empty((one.n, *map(len, lags)))
    if one.absent or other.absent:
        return np.full_like(maps, np.nan)
    for some in batches(one.inside, boundary):
        maps[some] = count_pairs(one.inside[some], other.inside[some], lags, boundary)
    return _shares(maps, one, lags)


def _is_whole(phase: Phase, lags: Sequence[np.ndarray]) -> bool:
    return phase.boundary == "periodic" and tuple(map(len, lags)) == phase.shape


def _counts(phase: Phase, lags: Sequence[np.ndarray], room: int = 1) -> np.ndarray:
    """Pairs (N, *lags) of one phase; of whole periodic maps by their room, in passing."""
    half = [np.arange(-lags[0][0] + 1), *lags[1:]]
    maps = np.empty((phase.n, *map(len, lags)))
    if _is_whole(phase, lags):
        for some in batches(phase.inside, phase.boundary):
            count_all_pairs(phase.inside[some], maps[some], room)
        return maps
    for some in batches(phase.inside, phase.boundary):
        inside = phase.inside[some]
        maps[some] = _both_halves(count_pairs(inside, inside, half, phase.boundary), lags)
    return maps


def _shares(counts: np.ndarray, phase: Phase, lags: Sequence[np.ndarray]) -> np.ndarray:
    """Pairs by all pairs that there are, of the images or within the mask."""
    if phase.region is None:
        return np.divide(counts, positions(phase.shape, lags, phase.boundary), out=counts)
    room = np.broadcast_to(_counts(phase.region, lags), counts.shape)
    return np.divide(counts, room, out=np.full(counts.shape, np.nan), where=room > 0)


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
