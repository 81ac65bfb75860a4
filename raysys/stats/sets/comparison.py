"""How far two sets of images are apart, and how far two sets of real images are apart by chance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.scaled import order, scaled_autocovariance
from raysys.stats.curve import Curve
from raysys.stats.geometry.pores import Pores
from raysys.stats.scalar import Scalar
from raysys.stats.sets.characterisation import Characterisation

# Distinct splits, of which 95 % leaves out one: of fewer, the band's ends would be the nearest and the furthest.
FEWEST_WAYS = 20


@dataclass(frozen=True)
class Baseline:
    """A distance between two disjoint sets of real images over repeated splits: median and 95 % band.

    `ways` is how many distinct splits there are, where that was counted: of fewer than `FEWEST_WAYS` no 95 % can be
    told, and the ends of the band are NaN.
    """

    median: float
    low: float
    high: float
    ways: int | None = None

    @classmethod
    def of(cls, distances: np.ndarray, ways: int | None = None) -> Baseline:
        """Median and band of the distances (splits,); NaN if none is defined."""
        if np.isnan(distances).all():
            return cls(math.nan, math.nan, math.nan, ways)
        low, median, high = np.nanpercentile(distances, [2.5, 50, 97.5])
        if ways is not None and ways < FEWEST_WAYS:
            low = high = np.nan
        return cls(float(median), float(low), float(high), ways)

    @property
    def reason(self) -> str:
        """Why there is no 95 % band, in a few words; empty where there is one, or its splits were not counted."""
        if self.ways is None or self.ways >= FEWEST_WAYS:
            return ""
        ways = f"{self.ways} way{'s' if self.ways != 1 else ''}"
        return f"real images split in {ways} only, and 95 % asks for {FEWEST_WAYS}"


def compare(reference: Characterisation, other: Characterisation, *, scaled: bool = True) -> dict[str, float]:
    """Mean squared error between the mean curves, per descriptor, over the lags that both have.

    Parameters
    ----------
    reference, other
        With the same phase, boundary and protocol.
    scaled
        Compare Fn for S2 and the polytope functions (the published table S3); the lineal path is compared as it is.

    Returns
    -------
    dict
        {descriptor: MSE} for the descriptors that both have; NaN where a scaled curve is not defined.

    Raises
    ------
    RaysysError
        If the protocols differ, or nothing is common.
    """
    common = [name for name in reference.curves if name in other.curves]
    if not common:
        raise RaysysError(f"nothing to compare: {', '.join(reference.curves)} against {', '.join(other.curves)}")
    one = reference.scaled() if scaled else reference.curves
    two = other.scaled() if scaled else other.curves
    for name in common:
        check_protocol(name, one[name], two[name])
    return {name: _mse(one[name], two[name]) for name in common}


def real_against_real(
    characterisation: Characterisation,
    *,
    groups: np.ndarray | None = None,
    size: int | None = None,
    splits: int = 200,
    seed: int = 0,
    scaled: bool = True,
) -> dict[str, Baseline]:
    """How far the mean curves of two disjoint sets of real images are apart.

    Parameters
    ----------
    characterisation
        Of real images.
    groups
        (N,) region labels: regions, not images, are dealt out, as overlapping windows share pixels. By default those
        of the characterisation.
    size
        Images per set; by default as many as both halves have.
    splits
        Random splits.
    seed
        Of the splits.
    scaled
        As for `compare`.

    Raises
    ------
    RaysysError
        If there are fewer than two images or two groups, or a set cannot have that size.
    """
    groups = characterisation.groups if groups is None else groups
    found: dict[str, list[float]] = {name: [] for name in characterisation.curves}
    for halves in halved(characterisation.n, groups=groups, size=size, splits=splits, seed=seed):
        one, two = (_mean_curves(characterisation, half, scaled) for half in halves)
        for name, errors in found.items():
            errors.append(_mse(one[name], two[name]))
    ways = distinct_ways(characterisation.n, groups=groups, size=size)
    return {name: Baseline.of(np.array(errors), ways) for name, errors in found.items()}


def distinct_ways(n: int, *, groups: np.ndarray | None = None, size: int | None = None) -> int:
    """In how many ways `halved` can split: pairs of disjoint sets, of which it does not matter which is the first.

    Of groups, those of a group together: that sets of `size` images leave some out adds no independent ways.
    """
    regions = n if groups is None else len(np.unique(groups))
    half = regions // 2
    if groups is None and size is not None and 0 < 2 * size <= n:
        return math.comb(n, size) * math.comb(n - size, size) // 2
    return math.comb(regions, half) // (2 if 2 * half == regions else 1)


def halved(
    n: int, *, groups: np.ndarray | None = None, size: int | None = None, splits: int = 200, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices of two sets of the same count out of n images, without a region in common: as `real_against_real` says.

    Raises
    ------
    RaysysError
        If there are fewer than two images or two groups, or a set cannot have that size.
    """
    labels = np.arange(n) if groups is None else np.asarray(groups)
    if labels.shape != (n,):
        raise RaysysError(f"groups have shape {labels.shape}; allowed: one label for each of {n} images")
    regions = np.unique(labels)
    if len(regions) < 2:
        raise RaysysError(f"a real-against-real baseline needs two images or regions at least, found {len(regions)}")
    random = np.random.default_rng(seed)
    for _ in range(splits):
        yield _halves(labels, regions, size, random)


def _halves(
    labels: np.ndarray, regions: np.ndarray, size: int | None, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of two sets of the same count without a region in common."""
    first = np.isin(labels, random.permutation(regions)[: len(regions) // 2])
    one, two = (random.permutation(np.flatnonzero(side)) for side in (first, ~first))
    count = min(len(one), len(two)) if size is None else size
    if not 1 <= count <= min(len(one), len(two)):
        raise RaysysError(
            f"a baseline of {size} images a set; this split of {len(labels)} images allows 1 to "
            f"{min(len(one), len(two))}"
        )
    return one[:count], two[:count]


def _mean_curves(characterisation: Characterisation, chosen: np.ndarray, scaled: bool) -> dict[str, Curve]:
    """Each curve's mean over some images, as a curve of one image: Eq. 2 is linear, so its scaling is the mean's."""
    curves = {}
    for name, curve in characterisation.curves.items():
        mean = replace(curve, values=curve.subset(chosen).mean[None], groups=None)
        curves[name] = scaled_autocovariance(mean) if scaled and order(name) else mean
    return curves


def _mse(one: Curve, two: Curve) -> float:
    _, mine, theirs = np.intersect1d(one.r, two.r, return_indices=True)
    difference = one.mean[mine] - two.mean[theirs]
    # Lags that either never samples (odd triangles, windows too small) are left out.
    sampled = np.isfinite(difference)
    return float(np.mean(difference[sampled] ** 2)) if sampled.any() else float("nan")


def check_protocol(name: str, one: Curve | Scalar | Pores, two: Curve | Scalar | Pores) -> None:
    """Let pass what was measured alike.

    Raises
    ------
    RaysysError
        If phase, boundary or an option differ.
    """
    mine = {"phase": str(one.phase), "boundary": one.boundary, **one.protocol}
    theirs = {"phase": str(two.phase), "boundary": two.boundary, **two.protocol}
    for option in sorted((set(mine) | set(theirs)) - {"flagged_beyond"}):
        if mine.get(option) != theirs.get(option):
            raise RaysysError(
                f"{name}: {option} is {mine.get(option)} on one side and {theirs.get(option)} on the other; "
                "sets compare only under the same protocol"
            )
