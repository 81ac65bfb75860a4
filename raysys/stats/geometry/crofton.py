"""Minkowski functionals from counted figures, by Crofton's formula or of the pixels as they are.

All are sums of Euler characteristics: of an image (pixels less sides plus squares less cubes), of its sections by
lattice planes, of its sections by lattice lines. `f` holds the figures of one phase from `count_figures`.
"""

from __future__ import annotations

import math

import numpy as np

Figures = dict[str, np.ndarray]

# Share of the sphere that lies nearest to one of 3 axes, 6 diagonals of faces, 4 diagonals of the cube: areas of the
# Voronoi cells of 26 points, both ways of a direction together (Legland et al. 2007).
AXIS, DIAGONAL, SPACE_DIAGONAL = 0.09155578240952, 0.07396125575216, 0.07039127956464
ROOT2, ROOT3 = math.sqrt(2), math.sqrt(3)


def euler_characteristic(f: Figures) -> np.ndarray:
    """Euler characteristic of pixels that belong together where they share a side: 4- or 6-connected."""
    if "cubes" in f:
        return f["pixels"] - f["sides"] + f["squares"] - f["cubes"]
    return f["pixels"] - f["sides"] + f["squares"]


def perimeter(f: Figures, directions: int | None) -> np.ndarray:
    """Pi times the mean width: lines lie 1 apart, those of a diagonal 1 / sqrt 2; None: the pixels' sides."""
    n = f["pixels"]
    along = 2 * n - f["sides"]
    if directions is None:
        return 2 * along
    if directions == 2:
        return math.pi / 2 * along
    return math.pi / 4 * (along + (2 * n - f["diagonals"]) / ROOT2)


def surface(f: Figures, directions: int | None) -> np.ndarray:
    """Four times the mean shadow: to a line of direction d belongs an area of 1 / |d|; None: the voxels' faces."""
    n = f["pixels"]
    along = 3 * n - f["sides"]
    if directions is None:
        return 2 * along
    if directions == 3:
        return 4 / 3 * along
    diagonal, space = 6 * n - f["diagonals"], 4 * n - f["space_diagonals"]
    return 4 * (AXIS * along + DIAGONAL / ROOT2 * diagonal + SPACE_DIAGONAL / ROOT3 * space)


def mean_breadth(f: Figures, directions: int | None) -> np.ndarray:
    """Mean width: planes of normal d lie 1 / |d| apart; None: half the three axes' sum, exact for unions of cubes.

    A side lies in planes of two axes and of two diagonals. A diagonal of a face lies in planes of one diagonal (of
    rectangles: sides by diagonals) and of two diagonals of the cube (of triangles).
    """
    n, sides, diagonals = f["pixels"], f["sides"], f["diagonals"]
    axis = 3 * n - 2 * sides + f["squares"]
    if directions is None:
        return axis / 2
    if directions == 3:
        return axis / 3
    diagonal = 6 * n - 2 * sides - diagonals + f["rectangles"]
    space = 4 * n - 2 * diagonals + f["triangles"]
    return AXIS * axis + DIAGONAL / ROOT2 * diagonal + SPACE_DIAGONAL / ROOT3 * space
