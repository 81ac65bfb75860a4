"""The target of a hole: what is measured on the pixels around it, all of them and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.anneal.terms import Term
from raysys.errors import RaysysError

__all__ = ["target_around"]

MEASURABLE = ("S2", "S2_axis0", "S2_axis1", "S2_axis2")


def target_around(known: Known, weights: Mapping[str, float], *, r_max: int, values: Sequence[int] = (0, 1)) -> Target:
    """Phase fractions and two-point functions of the known pixels.

    A pair of pixels counts if both are known. Measured so, and not on some window beside the hole, the target is what
    the known part has, so that nothing of it has to be made up for in the hole.

    Parameters
    ----------
    known
        Phases of an image and where they are known.
    weights
        {"S2" or "S2_axis0", "S2_axis1", "S2_axis2": weight}.
    r_max
        Longest lag, pixels.
    values
        (P,) value of each phase in the reconstruction.

    Raises
    ------
    RaysysError
        For another descriptor, or a lag at which no two known pixels are.
    """
    unknown = [name for name in weights if name not in MEASURABLE]
    if unknown:
        raise RaysysError(
            f"annealing: {', '.join(unknown)} cannot be measured around a hole; allowed: {', '.join(MEASURABLE)}, or a "
            "target from other images"
        )
    labels, fixed = np.asarray(known.labels), np.asarray(known.fixed, bool)
    phases = range(len(values))
    held = np.bincount(labels[fixed], minlength=len(values))
    fractions = tuple(float(count) / max(int(fixed.sum()), 1) for count in held)
    # Of two phases one says it all; of more, each has its own functions.
    terms = tuple(
        Term(name, np.arange(1, r_max + 1), _two_point((labels == phase) & fixed, fixed, name, r_max), phase, weight)
        for phase in ((1,) if len(values) == 2 else phases)
        for name, weight in weights.items()
    )
    return Target(fractions, terms, "open", tuple(values), 1)


def _two_point(inside: np.ndarray, fixed: np.ndarray, name: str, r_max: int) -> np.ndarray:
    """(r_max,) mean over the axes that the name says."""
    _, _, one = name.partition("_axis")
    axes = (int(one),) if one else range(fixed.ndim)
    if max(axes) >= fixed.ndim:
        raise RaysysError(f"annealing target: {name} needs more axes than the shape {fixed.shape} has")
    return np.mean([[_share(inside, fixed, axis, r) for r in range(1, r_max + 1)] for axis in axes], axis=0)


def _share(inside: np.ndarray, fixed: np.ndarray, axis: int, r: int) -> float:
    """Of the pairs r apart along an axis whose pixels are both known, those that lie in the phase."""
    side = fixed.shape[axis]
    near, far = np.arange(0, max(side - r, 0)), np.arange(min(r, side), side)
    pairs = np.count_nonzero(fixed.take(near, axis) & fixed.take(far, axis))
    if not pairs:
        raise RaysysError(
            f"annealing: no two known pixels are {r} apart along axis {axis}; allowed: shorter lags (r_max={r - 1}), "
            "or a target from other images"
        )
    return float(np.count_nonzero(inside.take(near, axis) & inside.take(far, axis)) / pairs)
