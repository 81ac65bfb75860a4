"""Radially averaged two-point correlation: the mean over all lag vectors of about the same length."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.pair_counts import BLOCK, batches, count_pairs, lags_within, positions
from raysys.stats.curve import Boundary, Curve
from raysys.stats.phases import Phase, largest_lag

Bins = Literal["integer"] | np.ndarray
Weights = Literal["pairs", "lags"]


def two_point_radial(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    bins: Bins = "integer",
    weights: Weights = "pairs",
    mask: np.ndarray | None = None,
) -> Curve:
    """Two-point correlation averaged over all directions, exact.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase of interest.
    r_max
        Largest lag, pixels; half the shortest axis less one by default, and at most half of it in periodic images.
    boundary
        "open": pairs lie in the image; "periodic": they wrap around, and every shift counts once, at its shortest lag.
    bins
        Which lag vectors are averaged: "integer", those whose length rounds to r = 0, 1, ..., r_max; or an array of
        increasing edges, pixels, for those from one edge to below the next, and r half way between them.
    weights
        "pairs": all pairs count the same, so each lag vector weighs as many as it has; "lags": all lag vectors do,
        however few pairs they have.
    mask
        As for `two_point`, with the weights "pairs".

    Returns
    -------
    Curve
        "S2_radial"; NaN where a bin holds no lag vector.

    Raises
    ------
    RaysysError
        If the images or the options are not as said.

    Notes
    -----
    PoreSpy's `two_point_correlation(image, bins=n)` takes lengths of 0 to below 1 pixel, 1 to below 2, and so on (or of
    several pixels a bin, if n is fewer than that), and lag vectors as equals: its values are those of the open
    boundary, `weights="lags"` and its `bin_edges` as `bins`.

    References
    ----------
    Torquato, Random Heterogeneous Materials, 2002, section 2.2; PoreSpy 3.2, `porespy.metrics`.
    """
    return two_point_radial_of(Phase.of(images, phase, boundary, mask=mask), r_max, bins=bins, weights=weights)


def two_point_radial_of(
    phase: Phase, r_max: int | None, *, bins: Bins = "integer", weights: Weights = "pairs"
) -> Curve:
    """`two_point_radial` of images that are checked."""
    if weights not in ("pairs", "lags"):
        raise RaysysError(f"weights is {weights!r}; allowed: pairs, lags")
    if weights == "lags" and phase.mask is not None:
        raise RaysysError("weights is 'lags' and there is a mask; allowed with a mask: pairs")
    edges = edges_of(bins, r_max, phase.shape, phase.boundary)
    rings = rings_of(phase.shape, edges, phase.boundary)
    values = phase.within_mask(partial(_measured, rings=rings, weights=weights))
    centres, named = np.convolve(edges, (0.5, 0.5), "valid"), f"{edges[0]:g} to {edges[-1]:g} in {rings.n}"
    if isinstance(bins, str):
        centres, named = np.arange(rings.n), bins
    return phase.curve("S2_radial", centres, values, {"bins": named, "weights": weights})


def edges_of(bins: Bins, r_max: int | None, shape: tuple[int, ...], boundary: Boundary) -> tuple[float, ...]:
    """Edges of the rings, pixels, one more than there are rings.

    Raises
    ------
    RaysysError
        If the bins are unknown, or reach farther than the images do.
    """
    half = min(shape) // 2
    if not isinstance(bins, str):
        if r_max is not None:
            raise RaysysError(f"r_max is {r_max} beside the edges of bins; allowed: one of the two")
        farthest = half if boundary == "periodic" else math.hypot(*shape)
        return _checked(np.asarray(bins, np.float64), farthest + 1)
    if bins != "integer":
        raise RaysysError(f"bins is {bins!r}; allowed: integer, or an array of edges")
    if boundary == "periodic" and r_max is not None and r_max > half:
        raise RaysysError(f"r_max is {r_max}; allowed for periodic images of {shape} pixels: 0 to {half}, half an axis")
    return (0.0, *(np.arange(largest_lag(shape, r_max) + 1) + 0.5))


def _checked(edges: np.ndarray, most: float) -> tuple[float, ...]:
    increase = edges.ndim == 1 and len(edges) > 1 and bool((np.diff(edges) > 0).all())
    if not (increase and edges[0] >= 0 and edges[-1] <= most):
        raise RaysysError(f"bins are {edges}; allowed: two or more edges that increase, from 0 to {most:g} pixels")
    return tuple(edges.tolist())


@dataclass(frozen=True)
class Rings:
    """Lag vectors by length.

    Only those that do not go backwards along the first axis are listed: the others are their mirror images.

    Attributes
    ----------
    shape, boundary
        Of the images.
    lags
        Along each axis.
    ring
        By the square of the length: number of the ring, or `n` if it is in none.
    n
        Number of rings.
    """

    shape: tuple[int, ...]
    boundary: Boundary
    lags: list[np.ndarray]
    ring: np.ndarray
    n: int

    @property
    def times(self) -> np.ndarray:
        """How many lag vectors each stands for, by its lag along the first axis: itself, and its mirror image if that
        is not listed."""
        first = self.lags[0]
        # Halfway around a periodic axis of even length, a plane of lags is its own mirror image.
        halfway = (self.boundary == "periodic") & (2 * first == self.shape[0])
        return np.asarray(np.where((first == 0) | halfway, 1, 2))

    @property
    def slabs(self) -> Iterator[slice]:
        """A few lags along the first axis at a time."""
        step = max(1, BLOCK // math.prod(map(len, self.lags[1:])))
        return (slice(start, start + step) for start in range(0, len(self.lags[0]), step))

    def numbers(self, some: slice) -> np.ndarray:
        """Rings (l, L1, ...) of the lag vectors of some lags along the first axis."""
        squares = sum(np.ix_(self.lags[0][some] ** 2, *[k**2 for k in self.lags[1:]]))
        return np.asarray(self.ring[np.minimum(squares, len(self.ring) - 1)])

    def weights(self, some: slice, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
        """The weight (l, L1, ...) of each lag vector of `numbers` with its mirror image, and its weight per pair."""
        times = self.times[some].reshape(-1, *(1,) * (len(self.lags) - 1))
        rooms = positions(self.shape, [self.lags[0][some], *self.lags[1:]], self.boundary)
        if weights == "pairs":
            return times * rooms, np.broadcast_to(times, rooms.shape)
        return np.broadcast_to(times, rooms.shape), times / rooms


# The same rings are asked for by every batch of a training loop.
@lru_cache(maxsize=8)
def rings_of(shape: tuple[int, ...], edges: tuple[float, ...], boundary: Boundary) -> Rings:
    """Rings between edges, for images of a shape."""
    first, *others = lags_within(shape, edges[-1], boundary)
    lengths, n = np.sqrt(np.arange(int(edges[-1] ** 2) + 2)), len(edges) - 1
    starts = np.searchsorted(lengths, edges)
    ring = np.repeat([n, *range(n), n], np.diff(starts, prepend=0, append=len(lengths)))
    return Rings(shape, boundary, [np.arange(-first[0] + 1), *others], ring, n)


def _measured(phase: Phase, rings: Rings, weights: Weights) -> np.ndarray:
    """(N, R) of all images."""
    values = np.empty((phase.n, rings.n))
    for some in batches(phase.inside, phase.boundary):
        inside = phase.inside[some]
        values[some] = averaged_counts(rings, count_pairs(inside, inside, rings.lags, phase.boundary), weights)
    return values


def averaged_counts(rings: Rings, counts: np.ndarray, weights: Weights) -> np.ndarray:
    """Means (N, R) over rings, of numbers of pairs (N, *lags) by the pairs that there are."""
    totals, weight = np.zeros((len(counts), rings.n + 1)), np.zeros(rings.n + 1)
    for some in rings.slabs:
        numbers, (whole, share) = rings.numbers(some).ravel(), rings.weights(some, weights)
        weight += np.bincount(numbers, whole.ravel(), rings.n + 1)
        for total, count in zip(totals, counts, strict=True):
            total += np.bincount(numbers, (count[some] * share).ravel(), rings.n + 1)
    weight[weight == 0] = np.nan
    return np.asarray(totals / weight)[:, :-1]
