"""Flat sections of a volume: which of its axes they show, and what those of one material have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raysys.errors import RaysysError
from raysys.spacing import METRES, Spacing, common_spacing

__all__ = ["APART", "PLANES", "check_fractions", "voxels_of"]

# Axes of a volume that the rows and columns of a slice across axis 0, 1 and 2 lie along.
PLANES = ((1, 2), (0, 2), (0, 1))
APART = 0.05  # by how much phase fractions of sections may differ: those of 200 pixels a side do by chance


def check_fractions(each: Sequence[Sequence[float]]) -> None:
    """Refuse sections that are not of one material.

    Parameters
    ----------
    each
        Phase fractions of each section.

    Raises
    ------
    RaysysError
        If those of two sections are too far apart.
    """
    fractions = np.array(each)
    worst = int(np.ptp(fractions, axis=0).argmax())
    if np.ptp(fractions[:, worst]) > APART:
        told = ", ".join(f"{share:.4g}" for share in fractions[:, worst])
        raise RaysysError(
            f"the sections have {told} of phase {worst}; allowed: phase fractions that differ by {APART:g} at most, as "
            "sections of one material do"
        )


def voxels_of(names: Sequence[str], sizes: Sequence[Spacing | None]) -> Spacing | None:
    """How far apart voxels are along the three axes, by the pixels of sections across axis 0, 1 and 2.

    Parameters
    ----------
    names
        Of the sections, in sentences.
    sizes
        Of their pixels; None where one does not say it.

    Returns
    -------
    None where no section says it of some axis.

    Raises
    ------
    RaysysError
        If the two sections that share an axis have pixels of different length along it.
    """
    along = []
    for axis in range(3):
        shared = [(name, size, plane) for name, size, plane in zip(names, sizes, PLANES, strict=True) if axis in plane]
        known = {
            f"{name}, along axis {axis} of the volume,": Spacing((size.sizes[plane.index(axis)],), size.unit)
            for name, size, plane in shared
            if size is not None
        }
        along.append(common_spacing(known))
    found = [one for one in along if one is not None]
    if len(found) < 3 or len({bool(one.unit) for one in found}) > 1:
        return None
    unit = found[0].unit
    return Spacing(tuple(one.sizes[0] * (METRES[one.unit] / METRES[unit] if unit else 1) for one in found), unit)
