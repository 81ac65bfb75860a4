"""Whether two sets of images are drawn from the same: energy distances of their vectors, permuted by whole blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.sets.vectors import Vectors, whitened

__all__ = ["ALPHA", "Distances", "EnergyTest", "Part", "distances_between", "energy_test", "permutation_test"]

ALPHA = 0.05
FEWEST = 20  # permutations that differ; of fewer none could be called rare
MOST = 512  # images of a set that are tested; pairwise distances of more take long and say little more
TOGETHER, SPREAD, NEIGHBOURS = "all together", "variety", "neighbours"  # what is tested beside each group
TIE = 1e-9  # relative difference of two statistics below which they are the same one, rounded otherwise


@dataclass(frozen=True)
class Part:
    """One group of numbers, or another statistic of the whole.

    Attributes
    ----------
    statistic
        n m / (n + m) times the energy distance; of "variety" and "neighbours" see `energy_test`.
    p
        Of this statistic alone; None where there are too few blocks.
    adjusted
        With all others tested at the same time: the chance that any of them would look as odd.
    score
        How many standard deviations the cube root of the statistic lies above its mean over the permutations.
    """

    statistic: float
    p: float | None
    adjusted: float | None
    score: float


@dataclass(frozen=True)
class EnergyTest:
    """A two-sample test of whole vectors.

    Attributes
    ----------
    p
        That any part looks as odd as the oddest does, if both sets are drawn from the same; None where there are too
        few blocks to permute.
    parts
        By the name of each group, and "all together", "variety", "neighbours".
    spread
        Mean distance of the other set's images from their centre, as a multiple of the real ones'.
    blocks
        How many were permuted of either set.
    images
        How many were tested of either set.
    permutations
        How many were looked at; all there are where these are few.
    """

    p: float | None
    parts: dict[str, Part]
    spread: float
    blocks: tuple[int, int]
    images: tuple[int, int]
    permutations: int


@dataclass(frozen=True)
class Distances:
    """Squared distances between N images.

    Attributes
    ----------
    squared
        {group: (N, N) float32}, each divided by the count of its numbers, so that every group counts alike.
    """

    squared: dict[str, np.ndarray]

    @property
    def n(self) -> int:
        """Number of images."""
        return len(next(iter(self.squared.values())))

    @property
    def together(self) -> np.ndarray:
        """(N, N) float32 by all groups."""
        return np.asarray(sum(self.squared.values()))

    def subset(self, indices: np.ndarray) -> Distances:
        """Those between some of the images; an image named twice comes twice."""
        chosen = np.ix_(indices, indices)
        return Distances({name: values[chosen] for name, values in self.squared.items()})


def energy_test(
    real: Vectors,
    other: Vectors,
    *,
    real_groups: np.ndarray | None = None,
    other_groups: np.ndarray | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> EnergyTest:
    """Test whether two sets of images are drawn from the same distribution.

    Every group of numbers is whitened (see `whitened`) and tested by the energy distance 2 E|X - Y| - E|X - X'| -
    E|Y - Y'|, which is zero for equal distributions alone; all groups together likewise, each counting alike. Three
    more statistics look at the whole: the ratio of the mean distances to the own set's centre ("variety", Anderson),
    and, where every image is its own block, how often the nearest image of all is of the own set ("neighbours",
    Schilling), which copies among the images change.

    Images that share pixels, a region or a volume are no independent witnesses. Where both sets have such blocks, whole
    blocks are permuted, each counting alike, and images of one block are not compared with each other. Where one set
    has blocks and the other none, one image of each block is tested: a region full of windows is not exchangeable with
    a single image, nor with as many independent ones, which vary less (of four regions against independent images of
    the same field, dealt into four blocks, a test of level 0.05 rejected in a quarter of the cases).

    Cube roots of the statistics, which are sums of squares, are about normal (Wilson & Hilferty), so that they
    may be standardised over the permutations and the largest of them be compared with the largest of each permutation
    (Westfall & Young): one p for the whole, and for each part one that has the others taken into account.

    Parameters
    ----------
    real, other
        Vectors of N and M images.
    real_groups, other_groups
        (N,) and (M,) labels of blocks; None where the images are independent.
    permutations
        Random ones, beside the one that is there; where fewer exist, all are looked at.
    seed
        Of the permutations.

    Raises
    ------
    RaysysError
        If a set has no image, labels do not fit, or the sets have no group in common.

    References
    ----------
    Szekely & Rizzo, J. Stat. Plan. Inference 143 (2013) 1249; Anderson, Biometrics 62 (2006) 245; Schilling, JASA 81
    (1986) 799; Westfall & Young, Resampling-Based Multiple Testing, 1993; Wilson & Hilferty, PNAS 17 (1931) 684.
    """
    real, real_groups = _thinned(real, real_groups)
    other, other_groups = _thinned(other, other_groups)
    if real_groups is None or other_groups is None:
        random = np.random.default_rng(seed)
        real, other = (
            each if groups is None else _one_of_each(each, groups, random)
            for each, groups in ((real, real_groups), (other, other_groups))
        )
    apart = distances_between(Vectors.joined([real, other]))
    groups = None if real_groups is None or other_groups is None else (real_groups, other_groups)
    return permutation_test(apart, real.n, groups, permutations=permutations, seed=seed)


def distances_between(whole: Vectors) -> Distances:
    """Squared distances of all images by each group of numbers, whitened over all of them."""
    squared = {}
    for name, values in whole.groups.items():
        scores = whitened(values)
        squared[name] = (_squared(scores) / max(1, scores.shape[1])).astype(np.float32)
    return Distances(squared)


def permutation_test(
    apart: Distances,
    n: int,
    groups: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    permutations: int = 999,
    seed: int = 0,
) -> EnergyTest:
    """`energy_test` of images whose distances are known, the first `n` of which are real, in blocks or each its own."""
    random = np.random.default_rng(seed)
    m = apart.n - n
    given = (np.arange(n), np.arange(m)) if groups is None else groups
    sides = [np.unique(labels, return_inverse=True)[1] for labels in given]
    count = int(sides[0].max()) + 1, int(sides[1].max()) + 1
    labels = np.concatenate([sides[0], count[0] + sides[1]])
    chosen = _assignments(count, permutations, random)
    statistics = {name: _energies(np.sqrt(values), labels, chosen) for name, values in apart.squared.items()}
    whole = apart.together
    statistics[TOGETHER] = _energies(np.sqrt(whole), labels, chosen)
    if groups is None and apart.n > 2:
        statistics[NEIGHBOURS] = _neighbourly(whole, chosen)
    spread = _spread(whole, labels, chosen)
    statistics[SPREAD] = np.log(spread) ** 2
    parts, p = _judged(statistics, _distinct(*count) >= FEWEST)
    return EnergyTest(p, parts, float(spread[0]), count, (n, m), len(chosen))


def _thinned(vectors: Vectors, groups: np.ndarray | None) -> tuple[Vectors, np.ndarray | None]:
    """At most so many images, evenly spaced."""
    if vectors.n < 1:
        raise RaysysError("a set without an image cannot be tested; allowed: one or more in each")
    if groups is not None and np.shape(groups) != (vectors.n,):
        raise RaysysError(f"groups have shape {np.shape(groups)}; allowed: one label for each of {vectors.n} images")
    if vectors.n <= MOST:
        return vectors, groups
    kept = np.linspace(0, vectors.n - 1, MOST).astype(int)
    return vectors.subset(kept), None if groups is None else np.asarray(groups)[kept]


def _one_of_each(vectors: Vectors, groups: np.ndarray, random: np.random.Generator) -> Vectors:
    """One image of every block, chosen by chance."""
    order = random.permutation(vectors.n)
    _, first = np.unique(np.asarray(groups)[order], return_index=True)
    return vectors.subset(np.sort(order[first]))


def _distinct(one: int, two: int) -> int:
    """Permutations that can differ in a statistic which does not care which set is called the real one."""
    return math.comb(one + two, one) // (2 if one == two else 1)


def _assignments(count: tuple[int, int], permutations: int, random: np.random.Generator) -> np.ndarray:
    """(B, K) of 1.0 for blocks that are dealt to the real set, first as they are; all there are, if these are few."""
    total = sum(count)
    if math.comb(total, count[0]) <= permutations + 1:
        rows = list(islice(combinations(range(total), count[0]), permutations + 1))
    else:
        first = tuple(range(count[0]))
        rows = [first, *(tuple(random.permutation(total)[: count[0]]) for _ in range(permutations))]
    chosen = np.zeros((len(rows), total))
    chosen[np.arange(len(rows))[:, None], np.array(rows)] = 1.0
    return chosen


def _squared(scores: np.ndarray) -> np.ndarray:
    """Squared distances (N, N) between rows."""
    lengths = (scores**2).sum(axis=1)
    squared = np.maximum(0.0, lengths[:, None] + lengths - 2 * scores @ scores.T)
    np.fill_diagonal(squared, 0.0)
    return np.asarray(squared)


def _energies(apart: np.ndarray, labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Energy statistic (B,) of every assignment, from distances (N, N) averaged over blocks.

    Distances within a block are left out as those of an image to itself are: windows of one region are alike, and would
    make their set look narrower than it is.
    """
    means = _of_blocks(apart, labels)
    np.fill_diagonal(means, 0.0)
    mine = chosen @ means
    within = np.einsum("bk,bk->b", mine, chosen)
    touching = mine.sum(axis=1)
    total, n = len(means), chosen[0].sum()
    m = total - n
    others = means.sum() - 2 * touching + within
    energy = 2 * (touching - within) / (n * m) - within / n**2 - others / m**2
    return np.asarray(np.maximum(0.0, energy * n * m / total))


def _of_blocks(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(K, K) means of (N, N) over the rows and columns of each block."""
    weights = _weights(labels)
    if len(weights) == len(labels):
        order = np.argsort(labels)
        return values[np.ix_(order, order)].astype(np.float64)
    return np.asarray(weights @ values @ weights.T)


def _weights(labels: np.ndarray) -> np.ndarray:
    """(K, N) of what each image counts in the mean of its block."""
    member = np.zeros((int(labels.max()) + 1, len(labels)))
    member[labels, np.arange(len(labels))] = 1.0
    return np.asarray(member / member.sum(axis=1, keepdims=True))


def _neighbourly(squared: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """How far (B,) the share of images whose nearest is of their own set is from what chance expects, squared."""
    away = squared.copy()
    np.fill_diagonal(away, np.inf)
    nearest = away.argmin(axis=1)
    same = (chosen == chosen[:, nearest]).mean(axis=1)
    return np.asarray((same - same.mean()) ** 2)


def _spread(squared: np.ndarray, labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Mean distance (B,) from the own set's centre of the images dealt to the other set, over those of the real one.

    Distances are taken once, from the centres of the sets as they are, and then permuted: what is asked is whether the
    sets scatter alike, wherever their centres lie. An image's own block is left out of its centre, which would follow
    it, the more the fewer blocks there are.
    """
    weights = _weights(labels)
    to_blocks, means = squared @ weights.T, _of_blocks(squared, labels)
    distances = np.zeros(len(means))
    for side in (chosen[0] > 0, chosen[0] == 0):
        count = side.sum()
        pairs = means[np.ix_(side, side)]
        between = (pairs.sum() - np.trace(pairs)) / max(1, count * (count - 1))
        inside = side[labels]
        away = to_blocks[np.ix_(inside, side)].sum(axis=1) - to_blocks[inside, labels[inside]]
        from_centre = np.maximum(0.0, away / max(1, count - 1) - between / 2)
        distances += weights[:, inside] @ np.sqrt(from_centre)
    n = chosen[0].sum()
    mine = chosen @ distances
    tiny = TIE * max(1.0, float(distances.mean()))
    return np.asarray(((distances.sum() - mine) / (len(means) - n) + tiny) / (mine / n + tiny))


def _judged(statistics: dict[str, np.ndarray], enough: bool) -> tuple[dict[str, Part], float | None]:
    """Every part with its own p and the adjusted one; and the p of the whole."""
    scores = {name: _normal(values) for name, values in statistics.items()}
    if not enough:
        return {name: Part(float(of[0]), None, None, float(scores[name][0])) for name, of in statistics.items()}, None
    largest = np.max(list(scores.values()), axis=0)
    parts = {
        name: Part(float(statistics[name][0]), _share(score, score[0]), _share(largest, score[0]), float(score[0]))
        for name, score in scores.items()
    }
    return parts, _share(largest, largest[0])


def _normal(values: np.ndarray) -> np.ndarray:
    """Standardised cube roots; zeros where all are the same."""
    roots = np.cbrt(values)
    spread = roots.std()
    return np.asarray((roots - roots.mean()) / spread if spread > TIE * max(1e-300, roots.max()) else roots * 0)


def _share(values: np.ndarray, least: float) -> float:
    """Share of the values that are no smaller, up to rounding."""
    return float(np.mean(values >= least - TIE * (1 + abs(least))))
