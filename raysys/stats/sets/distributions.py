"""How far two sets are apart in the numbers that each image or pore has: whole distributions, not just means."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.geometry.pores import SHAPED, Pores
from raysys.stats.scalar import Scalar
from raysys.stats.sets.characterisation import Characterisation
from raysys.stats.sets.comparison import FEWEST_WAYS, Baseline, check_protocol, distinct_ways, halved
from raysys.stats.sets.distances import Estimate, estimates_of, measured, probability
from raysys.stats.sets.two_samples import Limits, Measure, Pooled, Rule, counted, measures

# Properties of pores that are compared, and the period of those that lie on a circle.
PORE_PROPERTIES: dict[str, float | None] = {
    "area": None,
    "volume": None,
    "equivalent_diameter": None,
    "orientation": 180,
    "azimuth": 360,
    "inclination": None,
    "elongation": None,
    "flatness": None,
    "circularity": None,
    "sphericity": None,
}
SIZES = ("area", "volume", "equivalent_diameter")  # the others are shapes and directions


@dataclass(frozen=True)
class Sample:
    """One number of a set: values (n,), the image (n,) that each is of, and what they were taken from.

    Of pores' shapes and directions these are the pores of `shaped` pixels or more.
    """

    values: np.ndarray
    image: np.ndarray
    source: Scalar | Pores
    period: float | None = None
    shaped: int | None = None

    @property
    def n(self) -> int:
        """Number of values that are defined."""
        return int(np.sum(~np.isnan(self.values)))

    @property
    def protocol(self) -> dict[str, str]:
        """How it was measured."""
        own = {} if self.shaped is None else {"shaped": str(self.shaped)}
        own |= {} if self.period is None else {"circle": f"{self.period:g}"}
        return {"phase": str(self.source.phase), "boundary": self.source.boundary, **self.source.protocol, **own}


@dataclass(frozen=True)
class Distance:
    """How far two sets are apart in one number.

    Attributes
    ----------
    name
        "phase_fraction", that of a Scalar, or "pores/area" and the like.
    measures
        {"kl", "w1", "ks", "hellinger": Estimate}; W1 has the unit of the number, the others none.
    baseline
        {measure: Baseline} between halves of the reference, which are farther apart by chance than sets of its size:
        W1, KS and Hellinger by a factor of about sqrt 2, KL, which goes as bins / n, of about 2.
    p
        Of the Kolmogorov-Smirnov statistic, for independent values: too small for pores of the same images.
    n_reference, n_other
        Values on either side.
    protocol
        How the number was measured and compared.
    """

    name: str
    measures: dict[str, Estimate]
    baseline: dict[str, Baseline]
    p: float
    n_reference: int
    n_other: int
    protocol: dict[str, str]

    def rows(self) -> list[dict[str, Any]]:
        """One row per measure, as for a CSV file."""
        return [
            {
                "name": self.name,
                "measure": measure,
                "value": found.value,
                "std": found.std,
                "lower": found.low,
                "upper": found.high,
                "baseline": self.baseline[measure].median,
                "baseline_lower": self.baseline[measure].low,
                "baseline_upper": self.baseline[measure].high,
                "p": self.p if measure == "ks" else math.nan,
                "n_reference": self.n_reference,
                "n_other": self.n_other,
                "protocol": " ".join(f"{key}={value}" for key, value in self.protocol.items()),
            }
            for measure, found in self.measures.items()
        ]


def distances(
    reference: Characterisation,
    other: Characterisation,
    *,
    bins: int = 50,
    rule: Rule = "add_0.1",
    limits: Limits = "trimmed",
    resamples: int = 1000,
    splits: int = 200,
    groups: np.ndarray | None = None,
    band_of: Characterisation | None = None,
    seed: int = 0,
    shaped: int = SHAPED,
) -> list[Distance]:
    """How far two sets are apart in every number that both have for each image or pore.

    Parameters
    ----------
    reference, other
        With the same phase, boundary and protocol. Numbers per image vary less among larger images: take the same size;
        others are warned of, and both sizes stand in the protocol.
    bins, rule, limits
        As for `kl_divergence`.
    resamples
        Of the bootstrap, which draws images with all their pores, or regions of the reference where `groups` has them.
    splits
        Of the reference into halves, for the baseline; it is NaN where the reference cannot be split.
    groups
        (N,) region labels of the reference's images, as for `real_against_real`; by default the reference's own.
    band_of
        Other real images, measured alike, that the baseline is taken from, in sets as large as the reference where they
        allow it; by default the reference, in halves.
    seed
        Of draws and splits.
    shaped
        Pixels of the smallest pore whose shape and direction count, since those of smaller ones are the grid's; sizes
        are of all pores. It stands in the protocol.

    Returns
    -------
    list of Distance
        Phase fraction, scalars, and the size, direction and shape of pores. Directions are compared on their circle.

    Notes
    -----
    How far sets of one kind are apart by chance falls with their size: two samples of n values of one distribution
    have a KL of about 0.025, 0.05, 0.11, 0.22, 0.55, 0.9 for n = 2000, 1000, 500, 250, 100, 50 (50 bins, "add_0.1").
    The baseline is that of sets half as large as the reference, and so generous to those that are as large.
    Distances compare with each other only where `n_reference` and `n_other` are alike.

    Raises
    ------
    RaysysError
        If protocols differ, or the groups do not fit.
    """
    theirs = samples_of(other, shaped)
    common = {name: sample for name, sample in samples_of(reference, shaped).items() if name in theirs}
    for name, sample in common.items():
        check_protocol(name, sample.source, theirs[name].source)
    known = measures(bins, rule, limits)
    groups = reference.groups if groups is None else np.asarray(groups)
    regions = np.arange(reference.n) if groups is None else groups
    split, dealt_by = (reference, groups) if band_of is None else (band_of, band_of.groups)
    # Splitting comes first, since it refuses groups that do not fit.
    divisible = dealt_by is None or len(np.unique(dealt_by)) > 1 or len(dealt_by) != split.n
    size = None if band_of is None else reference.n
    halves = _splits(split.n, dealt_by, size, splits, seed) if divisible and split.n > 1 else []
    halved_samples = samples_of(split, shaped)
    stated = {"bins": str(bins), "rule": rule, "limits": limits, "resamples": str(resamples)}
    stated["drawn"] = "images" if groups is None else "regions"
    dealt = 2 * max((len(one) for one, _ in halves), default=0)  # regions of unequal size deal out fewer at times
    ways = distinct_ways(split.n, groups=dealt_by) if halves else 0
    few = f" ({ways} distinct)" if ways < FEWEST_WAYS else ""
    stated["baseline"] = f"{len(halves)} splits of {dealt} images{few}" if halves else "none"
    stated |= _sizes(reference.shape, other.shape)
    return [
        _distance(
            name,
            (sample, theirs[name]),
            (regions, np.arange(other.n) if other.groups is None else other.groups),
            _of_halves(halved_samples[name], halves, known, ways),
            known,
            resamples,
            seed,
            stated,
        )
        for name, sample in common.items()
    ]


def _splits(
    n: int, groups: np.ndarray | None, size: int | None, splits: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Splits into sets of that size; of as many images as both sides have where groups are too unequal for it."""
    if size is not None:
        try:
            return list(halved(n, groups=groups, size=size, splits=splits, seed=seed))
        except RaysysError:
            pass  # a split has fewer
    return list(halved(n, groups=groups, splits=splits, seed=seed))


def real_against_real_distances(
    characterisation: Characterisation,
    *,
    groups: np.ndarray | None = None,
    size: int | None = None,
    splits: int = 200,
    seed: int = 0,
    bins: int = 50,
    rule: Rule = "add_0.1",
    limits: Limits = "trimmed",
    shaped: int = SHAPED,
) -> dict[str, dict[str, Baseline]]:
    """Baseline of `distances`: between two disjoint sets of real images, over repeated random splits.

    Parameters
    ----------
    characterisation, groups, size, splits, seed
        As for `real_against_real`.
    bins, rule, limits
        As for `kl_divergence`.
    shaped
        As for `distances`.

    Returns
    -------
    dict
        {name: {measure: Baseline}}, named as in `distances`.

    Raises
    ------
    RaysysError
        If there are fewer than two images or two groups, or a set cannot have that size.
    """
    groups = characterisation.groups if groups is None else groups
    halves = list(halved(characterisation.n, groups=groups, size=size, splits=splits, seed=seed))
    ways = distinct_ways(characterisation.n, groups=groups, size=size)
    known = measures(bins, rule, limits)
    return {
        name: _of_halves(sample, halves, known, ways) for name, sample in samples_of(characterisation, shaped).items()
    }


def samples_of(characterisation: Characterisation, shaped: int = SHAPED) -> dict[str, Sample]:
    """Every number that a set has for each image or pore, by the name that `distances` gives it."""
    c, images = characterisation, np.arange(characterisation.n)
    found = {one.name: Sample(one.values, images, one) for one in (c.fraction_scalar, *c.scalars.values())}
    if c.pores is not None:
        large = c.pores.pixels >= shaped
        for name, period in PORE_PROPERTIES.items():
            if name in c.pores.properties:
                values, of = c.pores.properties[name], c.pores.image
                kept, least = (slice(None), None) if name in SIZES else (large, shaped)
                found[f"pores/{name}"] = Sample(values[kept], of[kept], c.pores, period, least)
    return found


def _sizes(mine: tuple[int, ...], theirs: tuple[int, ...]) -> dict[str, str]:
    """What is to be said of sets whose images differ in size."""
    if mine == theirs:
        return {}
    one, two = ("x".join(map(str, shape)) for shape in (mine, theirs))
    warnings.warn(
        f"images of {one} pixels are compared with images of {two}; numbers per image vary less among larger images, "
        "so that distances tell the sizes apart as well",
        stacklevel=3,
    )
    return {"image_size": f"{one} against {two}"}


def _distance(
    name: str,
    samples: tuple[Sample, Sample],
    groups: tuple[np.ndarray, np.ndarray],
    baseline: dict[str, Baseline],
    known: dict[str, Measure],
    resamples: int,
    seed: int,
    stated: dict[str, str],
) -> Distance:
    mine, theirs = samples
    estimates, p = {measure: Estimate(*[math.nan] * 4) for measure in known}, math.nan
    if mine.n and theirs.n:
        drawn = groups[0][mine.image], groups[1][theirs.image]
        pooled = Pooled.of(mine.values, theirs.values, drawn, mine.period)
        estimates = estimates_of(pooled, known, resamples, seed)
        p = probability(pooled, estimates["ks"].value)
    return Distance(name, estimates, baseline, p, mine.n, theirs.n, mine.protocol | stated)


def _of_halves(
    sample: Sample, halves: list[tuple[np.ndarray, np.ndarray]], known: dict[str, Measure], ways: int
) -> dict[str, Baseline]:
    """Baseline of every measure between sets of images (indices twice); NaN if there are none, or no values."""
    if not halves or not sample.n:
        return {measure: Baseline(math.nan, math.nan, math.nan) for measure in known}
    pooled = Pooled.of(sample.values, sample.values, (sample.image, sample.image), sample.period)
    images = np.unique(sample.image[~np.isnan(sample.values)])  # as `Pooled` has them
    one, two = (np.array([np.isin(images, pair[side]) for pair in halves]) for side in (0, 1))
    counts = ((counted(pooled.real, one[rows]), counted(pooled.real, two[rows])) for rows in pooled.chunks(len(halves)))
    found = measured(pooled, known, counts)
    return {measure: Baseline.of(values, ways) for measure, values in found.items()}
