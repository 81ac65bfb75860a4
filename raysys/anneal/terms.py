"""The descriptors that a reconstruction can be asked for, each as integer counts that an exchange changes exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raysys.anneal.engines.figures import Figures, figures_of
from raysys.anneal.engines.mixture import PAIRS, RUNS, SURFACE, Plan
from raysys.errors import RaysysError

__all__ = ["NAMES", "Term", "plan_of", "scales"]

NAMES = (
    "S2", "S2_axis0", "S2_axis1", "S2_axis2", "L", "L_axis0", "L_axis1", "L_axis2", "P3H", "P3V", "P4", "P6", "map",
    "surface",
)  # fmt: skip
POLYTOPES = ("P3H", "P3V", "P4", "P6")


@dataclass(frozen=True, eq=False)
class Term:
    """One descriptor of one phase that a reconstruction shall have.

    Parameters
    ----------
    name
        Out of `NAMES`: "S2" and "L" (mean of the axes), "S2_axis0" and the like (one axis), the polytope functions,
        "map" (the whole two-point map), "surface" (two-point function of the pixels of the phase that touch another
        phase with a face, mean of the axes).
    r
        Lags (R,) in pixels, each >= 1; for "map" lag vectors (R, dims).
    values
        (R,) float64 wanted at these lags.
    phase
        Value of the phase in the reconstruction.
    weight
        Of this term in the energy.
    protocol
        How it was measured, as in `raysys.stats.Curve`: rounding, apex, odd_edges, plane.

    Raises
    ------
    RaysysError
        If the name is unknown, a value is not finite, or the weight is not positive.
    """

    name: str
    r: np.ndarray
    values: np.ndarray
    phase: int = 1
    weight: float = 1.0
    protocol: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise RaysysError(f"annealing target: {self.name} cannot be annealed; allowed: {', '.join(NAMES)}")
        r, values = np.array(self.r, np.int64), np.array(self.values, np.float64)
        if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all() or len(r) != len(values):
            raise RaysysError(
                f"annealing target: {self.name} has {len(r)} lags and values of shape {values.shape}; allowed: finite "
                "values at one lag or more"
            )
        if self.name != "map" and (r.ndim != 1 or r.min() < 1):
            raise RaysysError(f"annealing target: {self.name} is given at r = {r.min()}; allowed: whole lags >= 1")
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise RaysysError(f"annealing target: the weight of {self.name} is {self.weight:g}; allowed: above 0")
        r.setflags(write=False)
        values.setflags(write=False)
        object.__setattr__(self, "r", r)
        object.__setattr__(self, "values", values)

    @property
    def label(self) -> str:
        """The name, and of a polytope function in one plane of a volume its plane: "P4 normal to axis 0"."""
        plane = self.protocol.get("plane", "")
        return f"{self.name} {plane}" if plane.startswith("normal") else self.name

    @property
    def longest(self) -> int:
        """Largest lag, pixels."""
        return int(np.abs(self.r).max())

    def axes(self, dims: int) -> tuple[int, ...]:
        """Axes of an image of `dims` dimensions along which lines are drawn."""
        base, _, one = self.name.partition("_axis")
        return (int(one),) if one else tuple(range(dims)) if base in ("S2", "L", "surface") else ()

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse a reconstruction's shape that this term cannot be counted in.

        Raises
        ------
        RaysysError
            If the shape lacks the axis, or a lag reaches beyond half a period.
        """
        dims = len(shape)
        axes = self.axes(dims) or tuple(range(dims))
        if max(axes) >= dims or (self.name == "map" and self.r.shape[1:] != (dims,)):
            raise RaysysError(f"annealing target: {self.name} needs more axes than the shape {shape} has")
        furthest = np.abs(self.r).max(axis=0) if self.name == "map" else [self.longest] * dims
        for axis in sorted(axes, key=lambda axis: shape[axis]):
            # A hexagon is two edges wide: beyond this its vertices wrap onto each other.
            allowed = int(0.45 * shape[axis]) if self.name == "P6" else shape[axis] // 2
            if furthest[axis] > allowed:
                raise RaysysError(
                    f"annealing: shape {shape} is too small for a target with {self.name} up to lag {furthest[axis]}, "
                    f"since what lies beyond half a period repeats; allowed there: lags up to {allowed} "
                    f"(r_max={allowed})"
                )

    def figures(self, dims: int) -> list[Callable[[int], list[tuple[int, ...]] | None]]:
        """Figures whose counts are added up, each from an edge to its vertices' offsets; empty for lines."""
        if self.name not in POLYTOPES:
            return []
        from raysys.stats.correlation.polytope import figures_of

        options: Any = self.protocol
        apex, odd = options.get("apex", "published"), options.get("odd_edges", "skip")
        flat = figures_of(self.name, options.get("rounding", "nearest"), apex, odd)
        return [_embedded(figure, plane, dims) for figure in flat for plane in _planes(options.get("plane"), dims)]


def _planes(plane: str | None, dims: int) -> list[tuple[int, int]]:
    """(row axis, column axis) of the planes that a polytope function is the mean of."""
    if dims == 2:
        return [(0, 1)]
    by_normal = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
    if plane is None or plane.startswith("mean"):
        return list(by_normal.values())
    return [by_normal[int(plane.rsplit(" ", 1)[1])]]


def _embedded(
    figure: Callable[[int], list[tuple[int, int]] | None], plane: tuple[int, int], dims: int
) -> Callable[[int], list[tuple[int, ...]] | None]:
    def vertices(r: int) -> list[tuple[int, ...]] | None:
        points = figure(r)
        if points is None:
            return None
        placed = np.zeros((len(points), dims), int)
        placed[:, list(plane)] = points
        return [tuple(int(step) for step in point) for point in placed]

    return vertices


def scales(terms: Sequence[Term], shape: tuple[int, ...]) -> np.ndarray:
    """Positions counted at each slot, (slots,) float64: counts = values * scales."""
    pixels, dims = math.prod(shape), len(shape)
    return np.concatenate(
        [np.full(len(t.values), float(pixels * max(1, len(t.axes(dims)), len(t.figures(dims))))) for t in terms]
    )


def plan_of(terms: Sequence[Term], weights: np.ndarray, shape: tuple[int, ...], phases: int) -> tuple[Plan, Figures]:
    """What the terms count in a label image of `shape` with phases 0..phases-1; `weights` (slots,) of the energy."""
    slots = np.cumsum([0] + [len(term.values) for term in terms])
    by_phase = sorted(range(len(terms)), key=lambda k: terms[k].phase)
    rows, edged = [], list[list[list[Any]]]()
    for k in by_phase:
        term, dims = terms[k], len(shape)
        kind = {"S": PAIRS, "L": RUNS, "s": SURFACE}.get(term.name[0], len(edged))
        if kind == len(edged):
            edged.append(_figures(term, dims))
        axes = sum(1 << (axis + 3 - dims) for axis in term.axes(dims))
        gapless = np.array_equal(term.r, np.arange(1, len(term.r) + 1))
        rows.append((kind, slots[k], len(term.values), axes, term.longest, int(gapless)))
    found = [{row[0] for k, row in zip(by_phase, rows, strict=True) if terms[k].phase == f} for f in range(phases)]
    lines = _numbered(bool(kinds & {PAIRS, RUNS}) for kinds in found)
    surfaces = _numbered(SURFACE in kinds for kinds in found)
    plan = Plan(
        np.array(rows, np.int64),
        np.searchsorted([terms[k].phase for k in by_phase], np.arange(phases + 1)),
        weights[slots[by_phase]],
        np.concatenate([np.zeros(len(t.r)) if t.name == "map" else t.r for t in terms]).astype(np.int32),
        lines,
        _numbered(any(kind >= 0 for kind in kinds) for kinds in found),
        np.where(surfaces >= 0, surfaces + lines.max() + 1, -1),  # kept behind the lines of the phases
    )
    return plan, figures_of(edged, shape)


def _numbered(wanted: Iterable[bool]) -> np.ndarray:
    """0, 1, ... where wanted, else -1."""
    found = np.array(list(wanted))
    return np.where(found, np.cumsum(found) - 1, -1)


def _figures(term: Term, dims: int) -> list[list[Any]]:
    """Vertices of every figure of a term, edge by edge."""
    if term.name == "map":
        return [[[(0,) * dims, tuple(vector)] for vector in term.r]]
    return [[figure(int(r)) for r in term.r] for figure in term.figures(dims)]
