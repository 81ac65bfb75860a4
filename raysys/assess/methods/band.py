"""How far real images are apart by chance: the band that errors are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raysys.assess.methods.reference import Reference
from raysys.errors import RaysysError
from raysys.stats import KNOWN, Baseline, Characterisation, characterise, real_against_real
from raysys.stats.sets.comparison import FEWEST_WAYS, distinct_ways

__all__ = ["band_of", "splittable"]

FEWEST = 4  # real images; of fewer, no two sets say how far sets are apart


def band_of(
    reference: Reference, curves: Sequence[str], options: dict[str, Any]
) -> tuple[dict[str, Baseline] | None, str]:
    """How far two sets of real tiles are apart, sets as large as the reference where possible; and how it was taken.

    Parameters
    ----------
    reference
        Real images; the band is taken from the other part of their image where that has as many tiles.
    curves
        Names of the curves that were measured, those of scalars' families included.
    options
        As `raysys.stats.characterise` takes them.

    Returns
    -------
    ({descriptor: band} or None where there are too few images, a sentence)
    """
    images, groups, where = reference.images, reference.groups, "the reference"
    if reference.others is not None and len(reference.others) >= len(reference.images):
        images, groups, where = reference.others, reference.other_groups, "the training part of the image"
    units = len(images) if groups is None else len(np.unique(groups))
    if len(images) < FEWEST:
        return None, "There is no real-against-real band: it takes four real images at least."
    if units < 2:
        return None, f"There is no real-against-real band: the {len(images)} tiles of {where} are of one region."
    measured = characterise(images, tuple(name for name in curves if name in KNOWN), groups=groups, **options)
    band, size = _split(measured, min(len(reference.images), len(images) // 2))
    reason = next((one.reason for one in band.values() if one.reason), "")
    if reason:
        # Not the 200 drawn, most of them the same: what there is to see of so few splits is their median.
        return band, f"There is no 95 % band: {reason}; {units} regions of {where}, of which the median is shown."
    of = "tiles" if groups is None else f"tiles of {units} regions"
    return band, f"Band: two sets of {size} out of {len(images)} {of} of {where}, 200 splits, median and 95 %."


def splittable(reference: Reference, names: Sequence[str], options: dict[str, Any]) -> Characterisation | None:
    """The training part, measured, where the reference has too few regions for a band of its own and that has not."""
    others, groups = reference.others, reference.other_groups
    few = distinct_ways(len(reference.images), groups=reference.groups) < FEWEST_WAYS
    if not few or others is None or distinct_ways(len(others), groups=groups) < FEWEST_WAYS:
        return None
    return characterise(others, names, groups=groups, **options)


def _split(measured: Characterisation, size: int) -> tuple[dict[str, Baseline], str]:
    """Sets of that size; of as many as both sides have where regions are too unequal for it."""
    try:
        return real_against_real(measured, size=size), f"{size} each"
    except RaysysError:
        return real_against_real(measured), "equal count"
