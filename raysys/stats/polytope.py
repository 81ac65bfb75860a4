"""n-point polytope functions: the probability that all vertices of a regular polytope of edge r lie in the phase."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import count_coincidences, pack
from raysys.stats.phases import indicator, largest_lag

Rounding = Literal["nearest", "ceil", "floor"]
Apex = Literal["published", "mirrored", "both"]
OddEdges = Literal["skip", "average"]
Vertices = list[tuple[float, float]]

ROUND: dict[str, Callable[[float], int]] = {
    "nearest": lambda x: math.floor(x + 0.5),
    "ceil": math.ceil,
    "floor": math.floor,
}
KINDS = ("P2", "P3H", "P3V", "P4", "P6")
HEIGHT = math.sqrt(3) / 2


def polytope(
    images: np.ndarray,
    kind: str,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    rounding: Rounding = "nearest",
    apex: Apex = "published",
    odd_edges: OddEdges = "skip",
) -> Curve:
    """n-point polytope function of flat images.

    Parameters
    ----------
    images
        Integers (N, H, W).
    kind
        "P2" (horizontal and vertical pair), "P3H" / "P3V" (triangle on a horizontal / vertical base), "P4" (square),
        "P6" (hexagon on a horizontal edge).
    phase, r_max, boundary
        As for `two_point`.
    rounding
        Of vertices between pixels; "ceil" is the published code's.
    apex
        Triangles: "published" (P3H down in rows, P3V to the right), "mirrored", or "both" (their mean).
    odd_edges
        Triangles of odd edge have a vertex between two pixels of their base line's middle: "skip" leaves them NaN,
        "average" takes the mean of the two half steps.

    Returns
    -------
    Curve
        (N, R); NaN where an open window is too small for the figure.

    Raises
    ------
    RaysysError
        If an option or the images are not as said.

    References
    ----------
    Seed 001, section 2.3, Fig. 1; vertices as in the public sampler (Chen et al. 2019).
    """
    if kind not in KINDS:
        raise RaysysError(f"polytope kind {kind!r}; allowed: {', '.join(KINDS)}")
    _check("rounding", rounding, tuple(ROUND))
    _check("apex", apex, ("published", "mirrored", "both"))
    _check("odd_edges", odd_edges, ("skip", "average"))
    inside = indicator(images, phase, dims=(2,))
    r_max = largest_lag(inside.shape[1:], r_max)
    packed = pack(inside, boundary)
    means = [
        _sampled(packed, inside.shape[1:], figure, r_max, boundary)
        for figure in _figures(kind, ROUND[rounding], apex, odd_edges)
    ]
    protocol = {"rounding": rounding} if kind in ("P3H", "P3V", "P6") else {}
    if kind in ("P3H", "P3V"):
        protocol |= {"apex": apex, "odd_edges": odd_edges}
    return Curve(kind, np.arange(r_max + 1), np.mean(means, axis=0), phase, boundary, protocol)


def _figures(
    kind: str, rounded: Callable[[float], int], apex: Apex, odd_edges: OddEdges
) -> list[Callable[[int], list[tuple[int, int]] | None]]:
    """The figures to be averaged: each maps an edge to (row, column) offsets, or None where not sampled."""
    if kind == "P2":
        return [lambda r: [(0, 0), (0, r)], lambda r: [(0, 0), (r, 0)]]
    if kind == "P4":
        return [lambda r: [(0, 0), (0, r), (r, 0), (r, r)]]
    if kind == "P6":
        return [lambda r: _hexagon(r, rounded)]
    signs = {"published": (1,), "mirrored": (-1,), "both": (1, -1)}[apex]
    halves = (math.floor, math.ceil) if odd_edges == "average" else (math.floor,)

    def triangle(sign: int, half: Callable[[float], int]) -> Callable[[int], list[tuple[int, int]] | None]:
        def vertices(r: int) -> list[tuple[int, int]] | None:
            if r % 2 and odd_edges == "skip":
                return None
            rise = sign * rounded(HEIGHT * r)
            points = [(0, 0), (0, r), (rise, half(r / 2))]
            return points if kind == "P3H" else [(column, row) for row, column in points]

        return vertices

    return [triangle(sign, half) for sign in signs for half in halves]


def _hexagon(r: int, rounded: Callable[[float], int]) -> list[tuple[int, int]]:
    middle, low = rounded(HEIGHT * r), rounded(2 * HEIGHT * r)
    left, right = rounded(-r / 2), rounded(1.5 * r)
    return [(0, 0), (0, r), (middle, left), (middle, right), (low, 0), (low, r)]


def _sampled(
    packed: np.ndarray,
    shape: tuple[int, ...],
    figure: Callable[[int], list[tuple[int, int]] | None],
    r_max: int,
    boundary: Boundary,
) -> np.ndarray:
    height, width = shape
    edges, rows, columns, positions = [], [], [], []
    for r in range(r_max + 1):
        points = figure(r)
        if points is None:
            continue
        offsets = np.array(points) - np.min(points, axis=0)
        room = (height - offsets[:, 0].max()) * (width - offsets[:, 1].max())
        if boundary == "periodic":
            offsets, room = offsets % (height, width), height * width
        elif (offsets.max(axis=0) >= (height, width)).any():
            continue
        edges.append(r)
        rows.append(offsets[:, 0])
        columns.append(offsets[:, 1])
        positions.append(room)
    values = np.full((len(packed), r_max + 1), np.nan)
    values[:, edges] = count_coincidences(packed, np.array(rows), np.array(columns), height, width) / positions
    return values


def _check(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RaysysError(f"{option} is {value!r}; allowed: {', '.join(allowed)}")
