"""The descriptors that a reconstruction can be asked for, each as integer counts that an exchange changes exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raysys.anneal.mixture import Primitives
from raysys.errors import RaysysError

__all__ = ["NAMES", "Term", "primitives_of", "scales"]

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


def primitives_of(terms: Sequence[Term], shape: tuple[int, ...], phases: int) -> Primitives:
    """What the terms count in a label image of `shape` with phases 0..phases-1."""
    pairs: list[list[tuple[int, int, int, int]]] = [[] for _ in range(phases)]
    runs: list[list[tuple[int, int, int]]] = [[] for _ in range(phases)]
    figures: list[list[tuple[int, np.ndarray]]] = [[] for _ in range(phases)]
    lags, first, dims = [], 0, len(shape)
    for term in terms:
        n = len(term.values)
        lags.append(np.abs(term.r).max(axis=1) if term.name == "map" else term.r)
        for axis in (a + 3 - dims for a in term.axes(dims)):
            if term.name.startswith("L"):
                runs[term.phase].append((axis, first, n))
            else:
                pairs[term.phase].append((axis, first, n, int(term.name == "surface")))
        for k in range(n):
            figures[term.phase] += [(first + k, points) for points in _vertices(term, k, shape)]
        first += n
    rows, deltas, at = [], [np.zeros(0, np.int64)], 0
    for slot, points in (one for of_phase in figures for one in of_phase):
        rows.append((slot, len(points), at))
        deltas.append(_deltas(points, shape))
        at += deltas[-1].size
    return Primitives(
        _table(pairs, 4), _starts(pairs), _table(runs, 3), _starts(runs),
        np.array(rows, np.int64).reshape(-1, 3), _starts(figures), np.concatenate(deltas), np.concatenate(lags),
    )  # fmt: skip


def _vertices(term: Term, k: int, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Vertices (V, dims) of every figure of slot k, on the torus, each place once."""
    if term.name == "map":
        found: list[Any] = [[(0,) * len(shape), tuple(term.r[k])]]
    else:
        found = [points for figure in term.figures(len(shape)) if (points := figure(int(term.r[k]))) is not None]
    return [np.unique(np.array(points) % shape, axis=0) for points in found]


def _deltas(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """From each vertex to each of the others, as steps in an image doubled along its axes."""
    doubled = [2 * n if n > 1 else 1 for n in shape]
    strides = np.array([math.prod(doubled[k + 1 :]) for k in range(len(shape))])
    steps = (points[None] - points[:, None]) % shape @ strides
    return np.asarray(steps[~np.eye(len(points), dtype=bool)], np.int64)


def _table(rows: Sequence[Sequence[tuple[int, ...]]], columns: int) -> np.ndarray:
    return np.array([row for of_phase in rows for row in of_phase], np.int64).reshape(-1, columns)


def _starts(rows: Sequence[Sequence[Any]]) -> np.ndarray:
    return np.cumsum([0, *(len(of_phase) for of_phase in rows)]).astype(np.int64)
