"""What each local configuration adds to the Minkowski functionals.

A cell of 2 x 2 pixels or 2 x 2 x 2 voxels sees corners, lines and planes of the lattice; what several cells see is
divided among them, so that the sum over all cells has every line and plane once. Each table is float64 (16,) or (256,)
and stands in the order of `local_configurations`.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations, product

import numpy as np

# Share of the sphere that lies nearest to an edge, a face's diagonal and a space diagonal of the cube (both ways), by
# the direction's squared length: areas of the Voronoi cells of 26 points (Lang, Ohser & Hilfer 2001; Legland et al.
# 2007). Those of the circle's four directions are equal.
THIRTEEN = {1: 0.09155578240952, 2: 0.07396125575216, 3: 0.07039127956464}
Vector = tuple[int, ...]


def directions_of(dims: int, count: int) -> dict[Vector, float]:
    """The lattice's directions, one of each opposite two, with their shares: 2 or 4 in 2D, 3 or 13 in 3D."""
    vectors = [v for v in product((-1, 0, 1), repeat=dims) if v > (0,) * dims]
    if count == dims:
        return {v: 1 / dims for v in vectors if _square(v) == 1}
    return {v: THIRTEEN[_square(v)] if dims == 3 else 1 / 4 for v in vectors}


@cache
def volume_table(dims: int) -> np.ndarray:
    """Area or volume: each pixel by the share of it that lies in the cell."""
    return _inside(dims).mean(axis=1)


@cache
def interface_table(dims: int, count: int | None) -> np.ndarray:
    """Perimeter or surface: by Crofton's formula from so many directions, or (None) the sides of the pixels.

    Lines of direction d lie 1 / |d| apart in the plane, or come one to an area of 1 / |d|; half the changes along a
    line are its Euler characteristic. Their mean over the directions is a convex body's mean width or mean shadow, of
    which the perimeter is pi times and the surface four times as much (Cauchy).
    """
    if count is None:
        return 2 * np.sum([_changes(d) for d in directions_of(dims, dims)], axis=0)
    factor = {2: math.pi, 3: 4.0}[dims]
    shares = directions_of(dims, count)
    return factor * np.sum([share / math.sqrt(_square(d)) * _changes(d) for d, share in shares.items()], axis=0)


@cache
def breadth_table(count: int | None, connectivity: str) -> np.ndarray:
    """Mean breadth in 3D: by Crofton's formula from so many normals, or (None) of the voxels as they are.

    Lattice planes of normal d lie 1 / |d| apart; the sum of the Euler characteristics of their sections is a convex
    body's width along d.
    """
    if count is None:
        return np.sum([_sections(d, connectivity) for d in directions_of(3, 3)], axis=0) / 2
    shares = directions_of(3, count)
    return np.sum([share / math.sqrt(_square(d)) * _sections(d, connectivity) for d, share in shares.items()], axis=0)


@cache
def euler_table(dims: int, connectivity: str) -> np.ndarray:
    """Euler characteristic: pixels, less sides, plus corners that are of the phase all around; in 3D one step further.

    So pixels that share a side belong together. Where a corner is enough, the characteristic is the other phase's, of
    the opposite sign in 2D.
    """
    inside, corners = _inside(dims), _corners(dims)
    table = np.zeros(len(inside))
    for held in range(dims + 1):
        # Pixels side by side along `held` of the axes: all corners that agree in the other coordinates.
        for along in combinations(range(dims), held):
            for fixed in {tuple(np.delete(corner, along)) for corner in corners}:
                members = [k for k, corner in enumerate(corners) if tuple(np.delete(corner, along)) == fixed]
                table += (-1) ** held / 2 ** (dims - held) * inside[:, members].all(axis=1)
    return table if connectivity == "faces" else (-1) ** (dims + 1) * table[::-1]


def _square(vector: Vector) -> int:
    return sum(v * v for v in vector)


def _corners(dims: int) -> np.ndarray:
    """(2^dims, dims) offsets of a cell's pixels, in the order of the bits."""
    return np.array(list(product((0, 1), repeat=dims)))


def _inside(dims: int) -> np.ndarray:
    """Which pixels of the cell are of the phase: bool (configurations, pixels)."""
    return (np.arange(1 << (1 << dims))[:, None] >> np.arange(1 << dims) & 1).astype(bool)


def _changes(direction: Vector) -> np.ndarray:
    """Euler characteristic of the sections by lines: half of each change from a pixel to the next."""
    corners, inside = _corners(len(direction)), _inside(len(direction))
    pairs = [(p, q) for p, q in product(range(len(corners)), repeat=2) if (corners[q] - corners[p] == direction).all()]
    # As many cells share a pair as there are pairs in a cell.
    return np.mean([inside[:, p] != inside[:, q] for p, q in pairs], axis=0) / 2


def _sections(normal: Vector, connectivity: str) -> np.ndarray:
    """Euler characteristic of the sections by planes, from the rectangles or triangles of them that a cell holds."""
    levels = _corners(3) @ normal
    tiles = [np.flatnonzero(levels == level) for level in np.unique(levels)]
    # A square side is shared by two cells; a rectangle across the cell and a triangle are its own. Two corners alone
    # are the side of a rectangle that lies in another cell.
    largest = max(map(len, tiles))
    held = [_tile(tile) for tile in tiles if len(tile) == largest]
    table = np.sum(held, axis=0) / (2 if _square(normal) == 1 else 1)
    return table if connectivity == "faces" else -table[::-1]


def _tile(tile: np.ndarray) -> np.ndarray:
    """Pixels less sides plus the whole of a rectangle or triangle; triangles meet by six, rectangles by four."""
    inside, corners = _inside(3)[:, tile], _corners(3)[tile]
    pairs = list(combinations(range(len(tile)), 2))
    lengths = [_square(corners[p] - corners[q]) for p, q in pairs]
    sides = [pair for pair, length in zip(pairs, lengths, strict=True) if len(tile) == 3 or length < max(lengths)]
    pixels = inside.sum(axis=1) / (6 if len(tile) == 3 else 4)
    return pixels - np.sum([inside[:, p] & inside[:, q] for p, q in sides], axis=0) / 2 + inside.all(axis=1)
