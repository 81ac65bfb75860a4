"""n-point polytope functions: the probability that all vertices of a regular polytope of edge r lie in the phase."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Literal, NamedTuple

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.two_point import two_point_of
from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import count_coincidences
from raysys.stats.phases import Phase, largest_lag

Rounding = Literal["nearest", "ceil", "floor"]
Apex = Literal["published", "mirrored", "both"]
OddEdges = Literal["skip", "average"]
Vertices = list[tuple[int, int]]  # row, column
Figure = Callable[[int], Vertices | None]


class Placed(NamedTuple):
    """One figure of every edge that fits: edges (K,), offsets (K, V, 2) and extents (K, 2) as the counting asks."""

    edges: np.ndarray
    offsets: np.ndarray
    extents: np.ndarray


ROUND: dict[str, Callable[[float], int]] = {
    "nearest": lambda x: math.floor(x + 0.5),
    "ceil": math.ceil,
    "floor": math.floor,
}
KINDS = ("P2", "P3H", "P3V", "P4", "P6")
TRIANGLES = ("P3H", "P3V")
HEIGHT = math.sqrt(3) / 2
VOLUME_EDGES = 64  # longest edge in volumes, unless another is asked for


def polytope(
    images: np.ndarray,
    kind: str,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    plane: int | None = None,
    rounding: Rounding = "nearest",
    apex: Apex = "published",
    odd_edges: OddEdges = "skip",
    mask: np.ndarray | None = None,
) -> Curve:
    """n-point polytope function of flat images, and of volumes in the planes of their axes.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    kind
        "P2" (as `two_point`), "P3H" / "P3V" (triangle on a horizontal / vertical base), "P4" (square),
        "P6" (hexagon on a horizontal edge).
    phase, boundary
        As for `two_point`.
    r_max
        As for `two_point`, but of volumes 64 at most by default: every edge costs as much as any other, in proportion
        to the voxels, so half an axis of edges would cost more a voxel the larger the volume is.
    plane
        Of volumes: the axis normal to the figures, which lie in all slices across it: 0 (rows run along axis 1, columns
        along axis 2), 1 (rows 0, columns 2) or 2 (rows 0, columns 1). By default the mean over the three planes, for
        edges that fit all of them.
    rounding
        Of vertices between pixels; "ceil" is the published code's.
    apex
        Triangles: "published" (P3H down in rows, P3V to the right), "mirrored", or "both" (their mean).
    odd_edges
        The apex of a triangle of odd edge lies between two pixels: "skip" leaves it NaN, "average" takes the mean of
        the two.
    mask
        As for `two_point`; figures count of which all vertices lie in it.

    Returns
    -------
    Curve
        Named `kind`; NaN where an open window is too small for the figure. The protocol says the plane of volumes, and
        of a periodic P6 the edge beyond which hexagons wrap onto themselves ("flagged_beyond", 0.45 of the shortest
        axis in their planes).

    Raises
    ------
    RaysysError
        If an option or the images are not as said.

    References
    ----------
    Amiri et al., Sci. Rep. 13 (2023), section 2.3, Fig. 1; vertices as in the public sampler (Chen et al. 2019).
    """
    found = Phase.of(images, phase, boundary, mask=mask)
    return polytope_of(found, kind, r_max, plane=plane, rounding=rounding, apex=apex, odd_edges=odd_edges)


def polytope_of(
    phase: Phase,
    kind: str,
    r_max: int | None,
    *,
    plane: int | None = None,
    rounding: Rounding = "nearest",
    apex: Apex = "published",
    odd_edges: OddEdges = "skip",
) -> Curve:
    """`polytope` of images that are checked and packed."""
    check_options(kind, rounding, apex, odd_edges)
    normals = normals_of(phase.dims, plane)
    bounded = r_max is None and phase.dims == 3 and kind != "P2"
    r_max = largest_lag(phase.shape, r_max)
    r_max = min(r_max, VOLUME_EDGES) if bounded else r_max
    protocol = _protocol(phase, kind, plane, rounding, apex, odd_edges)
    if kind == "P2":
        parts = [two_point_of(phase, r_max, axis).values for axis in range(phase.dims) if axis != plane]
    else:
        parts = [
            phase.within_mask(partial(_sampled, normal=normal, placed=placed, r_max=r_max))
            for normal in normals
            for placed in placed_figures(
                kind, rounding, apex, odd_edges, phase.sections(normal).shape, r_max, phase.boundary
            )
        ]
    return phase.curve(kind, np.arange(r_max + 1), np.mean(parts, axis=0), protocol)


def check_options(kind: str, rounding: str, apex: str, odd_edges: str) -> None:
    """Raise a RaysysError for an option that there is not."""
    options: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("polytope kind", kind, KINDS),
        ("rounding", rounding, tuple(ROUND)),
        ("apex", apex, ("published", "mirrored", "both")),
        ("odd_edges", odd_edges, ("skip", "average")),
    )
    for option, value, allowed in options:
        if value not in allowed:
            raise RaysysError(f"{option} is {value!r}; allowed: {', '.join(allowed)}")


def normals_of(dims: int, plane: int | None) -> list[int]:
    """The axes normal to the planes that figures lie in; flat images are slices normal to axis 0."""
    allowed = (None, 0, 1, 2) if dims == 3 else (None,)
    if plane not in allowed:
        named = ", ".join(map(str, allowed))
        raise RaysysError(f"plane is {plane!r}; allowed for images of {dims} dimensions: {named}")
    return [plane] if plane is not None else [0, 1, 2] if dims == 3 else [0]


def _protocol(
    phase: Phase, kind: str, plane: int | None, rounding: Rounding, apex: Apex, odd_edges: OddEdges
) -> dict[str, str]:
    protocol: dict[str, str] = {"rounding": rounding} if kind in (*TRIANGLES, "P6") else {}
    if kind in TRIANGLES:
        protocol |= {"apex": apex, "odd_edges": odd_edges}
    if phase.dims == 3:
        protocol["plane"] = "mean of 3" if plane is None else f"normal to axis {plane}"
    if kind == "P6" and phase.boundary == "periodic":
        # A hexagon is 2 r wide: near r = N / 2 its vertices wrap onto each other and the tail tends to phi^5.
        shortest = min(size for axis, size in enumerate(phase.shape) if axis != plane)
        protocol["flagged_beyond"] = str(int(0.45 * shortest))
    return protocol


def figures_of(kind: str, rounding: Rounding, apex: Apex, odd_edges: OddEdges) -> list[Figure]:
    """The figures to be averaged: each maps an edge to (row, column) offsets, or None where not sampled."""
    rounded = ROUND[rounding]
    if kind == "P4":
        return [lambda r: [(0, 0), (0, r), (r, 0), (r, r)]]
    if kind == "P6":
        return [lambda r: _hexagon(r, rounded)]
    signs = {"published": (1,), "mirrored": (-1,), "both": (1, -1)}[apex]
    halves = (math.floor, math.ceil) if odd_edges == "average" else (math.floor,)

    def triangle(sign: int, half: Callable[[float], int]) -> Figure:
        def vertices(r: int) -> Vertices | None:
            if r % 2 and odd_edges == "skip":
                return None
            rise = sign * rounded(HEIGHT * r)
            points = [(0, 0), (0, r), (rise, half(r / 2))]
            return points if kind == "P3H" else [(column, row) for row, column in points]

        return vertices

    return [triangle(sign, half) for sign in signs for half in halves]


def _hexagon(r: int, rounded: Callable[[float], int]) -> Vertices:
    """A hexagon with a horizontal edge; one of odd edge is skewed by half a pixel."""
    middle, low = rounded(HEIGHT * r), rounded(2 * HEIGHT * r)
    left, right = rounded(-r / 2), rounded(1.5 * r)
    return [(0, 0), (0, r), (middle, left), (middle, right), (low, 0), (low, r)]


# Laying out the vertices takes as long as counting them in a few small images.
@lru_cache(maxsize=64)
def placed_figures(
    kind: str,
    rounding: Rounding,
    apex: Apex,
    odd_edges: OddEdges,
    shape: tuple[int, int],
    r_max: int,
    boundary: Boundary,
) -> list[Placed]:
    """The figures to be averaged, wherever they fit."""
    return [_place(figure, shape, r_max, boundary) for figure in figures_of(kind, rounding, apex, odd_edges)]


def _place(figure: Figure, shape: tuple[int, int], r_max: int, boundary: Boundary) -> Placed:
    edges, offsets, extents = [], [], []
    for r in range(r_max + 1):
        points = figure(r)
        if points is None:
            continue
        # Moved so that the uppermost and the leftmost vertex are at 0: positions are counted, not named.
        offset = np.array(points) - np.min(points, axis=0)
        extent = np.array(shape)
        if boundary == "periodic":
            offset %= shape
        else:
            extent -= offset.max(axis=0)
        if extent.min() > 0:
            edges.append(r)
            offsets.append(offset[offset[:, 1].argsort(kind="stable")])  # one at column 0 comes first
            extents.append(extent)
    return Placed(np.array(edges), np.array(offsets), np.array(extents))


def _sampled(phase: Phase, normal: int, placed: Placed, r_max: int) -> np.ndarray:
    """(N, R): each edge's count in all slices normal to an axis by its number of positions; NaN where it has none."""
    counts = count_coincidences(phase.sections(normal), placed.offsets, placed.extents, phase.boundary)
    slices = counts.reshape(phase.n, -1, len(placed.edges))
    values = np.full((phase.n, r_max + 1), np.nan)
    values[:, placed.edges] = slices.sum(axis=1) / (slices.shape[1] * placed.extents.prod(axis=1))
    return values
