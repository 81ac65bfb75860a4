"""How far real images are apart by chance: the band that errors are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raysys.assess.methods.reference import Reference
from raysys.errors import RaysysError
from raysys.stats import KNOWN, Baseline, Characterisation, characterise, real_against_real

__all__ = ["band_of"]

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
    groups = None if groups is None or len(set(groups.tolist())) < 2 else groups
    if len(images) < FEWEST:
        return None, "There is no real-against-real band: it takes four real images at least."
    measured = characterise(images, tuple(name for name in curves if name in KNOWN), **options)
    band, size = _split(measured, groups, min(len(reference.images), len(images) // 2))
    of = "tiles" if groups is None else f"tiles of {len(set(groups.tolist()))} regions"
    return band, f"Band: two sets of {size} out of {len(images)} {of} of {where}, 200 splits, median and 95 %."


def _split(measured: Characterisation, groups: np.ndarray | None, size: int) -> tuple[dict[str, Baseline], str]:
    """Sets of that size; of as many as both sides have where regions are too unequal for it."""
    try:
        return real_against_real(measured, groups=groups, size=size), f"{size} each"
    except RaysysError:
        return real_against_real(measured, groups=groups), "equal count"
