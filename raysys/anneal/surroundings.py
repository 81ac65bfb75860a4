"""The target of a hole: what is measured on the pixels around it, all of them and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.anneal.terms import NAMES, Term
from raysys.errors import RaysysError

__all__ = ["target_around"]

# The two-point map of an open image is not of single places, and whether a pixel beside the hole touches another phase
# is not known.
MEASURABLE = tuple(name for name in NAMES if name not in ("map", "surface"))


def target_around(known: Known, weights: Mapping[str, float], *, r_max: int, values: Sequence[int] = (0, 1)) -> Target:
    """Phase fractions and descriptors of the known pixels.

    A pair, a run or a polygon counts if all of its pixels are known. Measured so, and not on some window beside the
    hole, the target is what the known part has, so that nothing of it has to be made up for in the hole.

    Parameters
    ----------
    known
        Phases of an image and where they are known.
    weights
        {name: weight}, of every descriptor but "map" and "surface".
    r_max
        Longest lag, pixels.
    values
        (P,) value of each phase in the reconstruction.

    Raises
    ------
    RaysysError
        For another descriptor, or a lag that no place has whose pixels are all known.
    """
    unknown = [name for name in weights if name not in MEASURABLE]
    if unknown:
        raise RaysysError(
            f"annealing: {', '.join(unknown)} cannot be measured around a hole; allowed: {', '.join(MEASURABLE)}, or a "
            "target from other images (--known and --mask)"
        )
    labels, fixed = np.asarray(known.labels), np.asarray(known.fixed, bool)
    phases = range(len(values))
    held = np.bincount(labels[fixed], minlength=len(values))
    fractions = tuple(float(count) / max(int(fixed.sum()), 1) for count in held)
    # Of two phases one says it all; of more, each has its own functions.
    terms = tuple(
        _term(name, (labels == phase) & fixed, fixed, phase, r_max, weight)
        for phase in ((1,) if len(values) == 2 else phases)
        for name, weight in weights.items()
    )
    return Target(fractions, terms, "open", tuple(values), 1)


def _term(name: str, inside: np.ndarray, fixed: np.ndarray, phase: int, r_max: int, weight: float) -> Term:
    """A descriptor at the lags up to r_max that it has."""
    lags = np.arange(1, r_max + 1)
    bare, dims = Term(name, lags, np.zeros(r_max), phase, weight), fixed.ndim
    if max(bare.axes(dims), default=0) >= dims:
        raise RaysysError(f"annealing target: {name} needs more axes than the shape {fixed.shape} has")
    figures = {int(r): _figures(bare, dims, int(r)) for r in lags}
    shares = {
        r: float(np.mean([_share(inside, fixed, name, r, points) for points in found]))
        for r, found in figures.items()
        if found  # such as even edges only, where half of an edge is a whole number
    }
    return replace(bare, r=np.array(list(shares)), values=np.array(list(shares.values())))


def _figures(term: Term, dims: int, r: int) -> list[np.ndarray]:
    """Offsets (points, dims) of the pixels that must lie in the phase, of each way in which the figure is laid."""
    unit = np.eye(dims, dtype=int)
    if axes := term.axes(dims):
        steps = np.arange(r + 1) if term.name.startswith("L") else np.array([0, r])
        return [steps[:, None] * unit[axis] for axis in axes]
    found = [figure(r) for figure in term.figures(dims)]
    return [] if any(points is None for points in found) else [np.array(points) for points in found]


def _share(inside: np.ndarray, fixed: np.ndarray, name: str, r: int, points: np.ndarray) -> float:
    """The places at which all pixels of a figure are known and lie in the phase."""
    room = np.array(fixed.shape) - np.ptp(points, axis=0)
    places = whole = np.zeros(0, bool)
    if (room > 0).all():
        windows = [
            tuple(slice(start, start + length) for start, length in zip(point, room, strict=True))
            for point in points - points.min(axis=0)
        ]
        places = np.logical_and.reduce([fixed[window] for window in windows])
        whole = np.logical_and.reduce([inside[window] for window in windows])
    if not places.any():
        raise RaysysError(
            f"annealing: {name} at r = {r} has no place where all of its pixels are known; allowed: shorter lags "
            f"(r_max={r - 1}), or a target from other images (--known and --mask)"
        )
    return float(np.count_nonzero(whole) / np.count_nonzero(places))
