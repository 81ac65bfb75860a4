"""Volumes from sections: what flat images say of the axes and of the planes of a volume.

A volume that is the same in every direction has one kind of slice, and one section says it all (Yeong and Torquato 1998
II, section III); of another one sections in three directions say what lies in the planes of its axes. What is asked of
directions apart cannot be made up for by another direction, as a mean over the axes can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.anneal.measured import curve_terms, two_point_map_term
from raysys.anneal.terms import POLYTOPES, Term
from raysys.errors import RaysysError
from raysys.sections import PLANES, check_fractions
from raysys.shapes import by

if TYPE_CHECKING:
    from raysys.stats import Boundary

__all__ = ["SECTIONAL", "agreed_fractions", "checked_sections", "section_terms"]

LINES = ("S2", "L")
# What a pixel of a section touches above and below it, the section does not show: no surface.
SECTIONAL = (*LINES, *POLYTOPES, "map")


def checked_sections(sections: Sequence[np.ndarray]) -> list[np.ndarray]:
    """One section, or three, each as (N, H, W) of parallel ones.

    Raises
    ------
    RaysysError
        If there are two, or more than three, or one is not flat.
    """
    found = [np.asarray(one) for one in sections]
    if len(found) not in (1, 3):
        raise RaysysError(
            f"{len(found)} sections; allowed: one, of what is the same in every direction, or three: across axis 0 "
            "(rows along axis 1, columns along axis 2), across axis 1 and across axis 2"
        )
    for one in found:
        if one.ndim not in (2, 3):
            raise RaysysError(f"a section of shape {by(one.shape)}; allowed: (H, W), or (N, H, W) of parallel ones")
    return [one[None] if one.ndim == 2 else one for one in found]


def section_terms(
    sections: Sequence[np.ndarray],
    weights: Mapping[str, float],
    *,
    phase: int,
    r_max: int | None,
    boundary: Boundary,
    options: Mapping[str, Any],
) -> list[Term]:
    """Terms of one phase for a volume: lines along each axis, polytopes and maps in each plane.

    A weight is shared by the three axes or planes, so that a term weighs as much as its mean over the axes would.

    Parameters
    ----------
    sections
        One or three, labels (N, H, W), as `checked_sections` gives them.
    weights, phase, r_max, boundary, options
        As for `Target.from_images`, the phase being a label.

    Raises
    ------
    RaysysError
        For a descriptor that sections do not have.
    """
    if wrong := [name for name in weights if name not in SECTIONAL]:
        raise RaysysError(
            f"annealing target: {', '.join(wrong)} of a volume from sections; allowed: {', '.join(SECTIONAL)}, each "
            "of which is asked of all axes or planes"
        )
    shared = {name: weight / 3 for name, weight in weights.items()}
    curves = {name: weight for name, weight in shared.items() if name != "map"}
    found = [_measured(one, curves, len(sections) == 1, phase, r_max, boundary, options) for one in sections]
    terms: list[Term] = []
    for name in weights:
        if name == "map":
            maps = [two_point_map_term(one, phase, r_max, boundary, shared[name]) for one in sections]
            terms.append(_joined(maps * (3 // len(maps))))
        elif name in LINES:
            terms += [_along(name, axis, found) for axis in range(3)]
        else:
            terms += [_in_plane(found[normal % len(found)][name], normal) for normal in range(3)]
    return terms


def _measured(
    labels: np.ndarray,
    weights: Mapping[str, float],
    same: bool,
    phase: int,
    r_max: int | None,
    boundary: Boundary,
    options: Mapping[str, Any],
) -> dict[str, Term]:
    """Curves of a section by name; lines along its axes apart, unless all directions are the `same`."""
    from raysys.stats import characterise

    wanted: dict[str, float] = {}
    for name, weight in weights.items():
        apart = name in LINES and not same
        wanted |= {f"{name}_axis{axis}": weight for axis in (0, 1)} if apart else {name: weight}
    if not wanted:
        return {}
    found = characterise(labels, tuple(wanted), phase=phase, r_max=r_max, boundary=boundary, **options)
    return {term.name: term for term in curve_terms(found, wanted, phase, r_max)}


def _along(name: str, axis: int, found: Sequence[Mapping[str, Term]]) -> Term:
    """A line function along an axis of the volume: the mean of the sections that it lies in."""
    if len(found) == 1:
        return replace(found[0][name], name=f"{name}_axis{axis}")
    held = [found[normal][f"{name}_axis{PLANES[normal].index(axis)}"] for normal in range(3) if axis in PLANES[normal]]
    lags = np.intersect1d(held[0].r, held[1].r)
    values = np.mean([one.values[np.isin(one.r, lags)] for one in held], axis=0)
    return replace(held[0], name=f"{name}_axis{axis}", r=lags, values=values)


def _in_plane(term: Term, normal: int) -> Term:
    """A polytope function in one plane of the volume, as `raysys.stats.polytope` names it."""
    return replace(term, protocol=term.protocol | {"plane": f"normal to axis {normal}"})


def _joined(maps: Sequence[Term]) -> Term:
    """One map of three planes; lags along an axis, which lie in two of them, have the mean of both."""
    vectors: list[np.ndarray] = []
    for normal, term in enumerate(maps):
        placed = np.zeros((len(term.r), 3), np.int64)
        placed[:, list(PLANES[normal])] = term.r
        vectors.append(_turned(placed))
    lags, places = np.unique(np.concatenate(vectors), axis=0, return_inverse=True)
    values = np.concatenate([term.values for term in maps])
    sums, counts = np.bincount(places.ravel(), values), np.bincount(places.ravel())
    return replace(maps[0], r=lags, values=sums / counts)


def _turned(vectors: np.ndarray) -> np.ndarray:
    """Each vector or its opposite, of which the first component that is not zero is positive."""
    first = np.take_along_axis(vectors, (vectors != 0).argmax(axis=1)[:, None], axis=1)
    return np.asarray(vectors * np.where(first < 0, -1, 1))


def agreed_fractions(labels: Sequence[np.ndarray], phases: int) -> tuple[float, ...]:
    """Phase fractions of all pixels of all sections.

    Raises
    ------
    RaysysError
        If those of two sections are too far apart for one material.
    """
    each = [[float((one == phase).mean()) for phase in range(phases)] for one in labels]
    try:
        check_fractions(each)
    except RaysysError as error:
        raise RaysysError(f"annealing target: {error}") from None
    return tuple(np.average(each, axis=0, weights=[one.size for one in labels]).tolist())
