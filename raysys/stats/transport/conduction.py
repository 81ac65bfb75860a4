"""Steady conduction on voxels: conjugate gradients, preconditioned by multigrid on blocks of 2 x 2 x 2 cells.

A cell lies at the centre of each voxel, and its faces conduct. Coarser levels are such grids again, whose faces conduct
what those that they are made of do, so no level knows of phases, and pores that end between two cells end on all
levels. Functions that call each other stand in this one file, since numba's cache on disk only notices changes of the
caller's file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.stats.transport.percolation import Ends, Sides

# Corrections that are constant on blocks fall short: along a ramp by a factor of 2. Below 2 the preconditioner stays
# positive definite.
OVERSHOOT = 1.6
COARSEST = 64  # cells, which sweeps alone settle
COARSEST_SWEEPS = 12
RECENT = 4  # iterations whose gain bounds what is still to be gained


class Solved(NamedTuple):
    """Mean flux under a mean gradient of 1, whether it is known to the tolerance, and how many iterations it took."""

    flux: float
    converged: bool
    iterations: int


@dataclass(frozen=True)
class Grid:
    """Conducting cells (D, H, W), driven along D.

    Attributes
    ----------
    faces
        float64 (3, D, H, W): conductance between each cell and the next along each axis, the first one after the last.
    anchors
        float64 (D, H, W): conductance between each cell and ends that are held.
    diagonal
        float64 (D, H, W): all conductances of a cell.
    """

    faces: np.ndarray
    anchors: np.ndarray
    diagonal: np.ndarray

    @classmethod
    def joined(cls, faces: np.ndarray, anchors: np.ndarray) -> Grid:
        """A grid of faces and anchors."""
        diagonal = anchors.copy()
        for axis, along in enumerate(faces):
            if along.shape[axis] == 1:
                along[:] = 0  # a cell beside itself
            diagonal += along
            diagonal += np.roll(along, 1, axis)
        return cls(faces, anchors, diagonal)

    @classmethod
    def of(cls, conductivity: np.ndarray, ends: Ends, sides: Sides) -> Grid:
        """The grid of conductivities (D, H, W), or (D, H) as slabs one voxel thick.

        Between two voxels lie half of one and half of the other, one after the other: their harmonic mean. Ends that
        are not periodic are held at half a voxel from the first and the last cell: the values there do not vary across
        the flow, which is what a mirror asks for.
        """
        cells = conductivity.reshape(conductivity.shape + (1,) * (3 - conductivity.ndim))
        faces, anchors = np.empty((3, *cells.shape)), np.zeros(cells.shape)
        for axis, border in enumerate((ends, sides, sides)):
            beyond = np.roll(cells, -1, axis)
            total = cells + beyond
            np.divide(2 * cells * beyond, total, out=faces[axis], where=total > 0)
            faces[axis][total <= 0] = 0
            if border != "periodic":
                faces[axis].swapaxes(0, axis)[-1] = 0
        if ends != "periodic":
            anchors[0] += 2 * cells[0]
            anchors[-1] += 2 * cells[-1]
        return cls.joined(faces, anchors)

    @property
    def coarser(self) -> Grid:
        """The grid of blocks of up to two cells along each axis."""
        faces = []
        for axis, along in enumerate(self.faces):
            length = along.shape[axis]
            between = np.minimum(np.arange(1, length + (length % 2) + 1, 2), length - 1)
            along = along.take(between, axis)
            for other in range(3):
                along = _pairs(along, other) if other != axis else along
            faces.append(along)
        anchors = self.anchors
        for axis in range(3):
            anchors = _pairs(anchors, axis)
        return Grid.joined(np.stack(faces), anchors)

    @property
    def drive(self) -> np.ndarray:
        """Net flux (D, H, W) into each cell under a gradient of 1, and nothing beside it."""
        driven = self.faces[0] - np.roll(self.faces[0], 1, 0)
        if len(driven) > 1:  # a single cell's two ends are alike
            driven[0] -= self.anchors[0] / 2
            driven[-1] += self.anchors[-1] / 2
        return np.asarray(driven)


def mean_flux(grid: Grid, tolerance: float, max_iterations: int) -> Solved:
    """Mean flux along the first axis under a mean gradient of 1.

    It is the least energy of all fields of that gradient, so it comes down to its value from above, by what each step
    of conjugate gradients gains: the sum of the last gains is close to what was left before them (Strakos & Tichy, ETNA
    13 (2002) 56).

    Parameters
    ----------
    grid
        Whose conducting cells lead through.
    tolerance
        Of the relative gain of the last four steps.
    max_iterations
        After which it is given up.
    """
    levels = [grid]
    while levels[-1].diagonal.size > COARSEST and max(levels[-1].diagonal.shape) > 1:
        levels.append(levels[-1].coarser)
    residual = grid.drive
    step, product = np.zeros_like(residual), np.empty_like(residual)
    gains: list[float] = []
    found, before = float(grid.faces[0].sum() + grid.anchors.sum() / 4), 1.0
    for iteration in range(1, max_iterations + 1):
        better = _improved(levels, residual)
        now = float(np.vdot(residual, better))
        if now <= 0:  # nothing is left: flux is uniform
            return Solved(found / residual.size, True, iteration)
        step *= now / before if gains else 0.0
        step += better
        _apply(grid.faces, grid.diagonal, step, product)
        length = now / float(np.vdot(step, product))
        residual -= length * product
        before = now
        gains.append(length * now)
        found -= gains[-1]
        if len(gains) >= RECENT and sum(gains[-RECENT:]) <= tolerance * found:
            return Solved(found / residual.size, True, iteration)
    return Solved(found / residual.size, False, max_iterations)


def _pairs(cells: np.ndarray, axis: int) -> np.ndarray:
    """Sums of every two along an axis; a last one stays alone."""
    return np.asarray(np.add.reduceat(cells, np.arange(0, cells.shape[axis], 2), axis))


def _improved(levels: list[Grid], residual: np.ndarray) -> np.ndarray:
    """One V-cycle from nothing: sweeps forth on the way down, back on the way up, so that it is symmetric."""
    grid = levels[0]
    found = np.zeros_like(residual)
    if len(levels) == 1:
        for _ in range(COARSEST_SWEEPS):
            _sweep(grid.faces, grid.diagonal, residual, found, False)
        for _ in range(COARSEST_SWEEPS):
            _sweep(grid.faces, grid.diagonal, residual, found, True)
        return found
    _sweep(grid.faces, grid.diagonal, residual, found, False)
    left = np.zeros_like(levels[1].diagonal)
    _restrict(grid.faces, grid.diagonal, residual, found, left)
    _prolong(_improved(levels[1:], left), found)
    _sweep(grid.faces, grid.diagonal, residual, found, True)
    return found


@njit(cache=True, nogil=True)
def _inflow(faces: np.ndarray, field: np.ndarray, z: int, y: int, x: int) -> float:
    """What a cell's neighbours send it."""
    depth, height, width = field.shape
    up, back, left = z - 1 if z else depth - 1, y - 1 if y else height - 1, x - 1 if x else width - 1
    down, front, right = z + 1 if z < depth - 1 else 0, y + 1 if y < height - 1 else 0, x + 1 if x < width - 1 else 0
    return (
        faces[0, z, y, x] * field[down, y, x]
        + faces[0, up, y, x] * field[up, y, x]
        + faces[1, z, y, x] * field[z, front, x]
        + faces[1, z, back, x] * field[z, back, x]
        + faces[2, z, y, x] * field[z, y, right]
        + faces[2, z, y, left] * field[z, y, left]
    )


@njit(cache=True, nogil=True)
def _apply(faces: np.ndarray, diagonal: np.ndarray, field: np.ndarray, product: np.ndarray) -> None:
    depth, height, width = field.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                own = diagonal[z, y, x]
                product[z, y, x] = own * field[z, y, x] - _inflow(faces, field, z, y, x) if own > 0 else 0.0


@njit(cache=True, nogil=True)
def _sweep(faces: np.ndarray, diagonal: np.ndarray, source: np.ndarray, field: np.ndarray, back: bool) -> None:
    """Gauss and Seidel's: cell after cell, or from the last to the first."""
    depth, height, width = field.shape
    for k in range(depth):
        z = depth - 1 - k if back else k
        for j in range(height):
            y = height - 1 - j if back else j
            for i in range(width):
                x = width - 1 - i if back else i
                own = diagonal[z, y, x]
                if own > 0:
                    field[z, y, x] = (source[z, y, x] + _inflow(faces, field, z, y, x)) / own


@njit(cache=True, nogil=True)
def _restrict(
    faces: np.ndarray, diagonal: np.ndarray, source: np.ndarray, field: np.ndarray, coarse: np.ndarray
) -> None:
    """Add up what is left of the source in blocks of two cells along each axis."""
    depth, height, width = field.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                own = diagonal[z, y, x]
                if own > 0:
                    left = source[z, y, x] - own * field[z, y, x] + _inflow(faces, field, z, y, x)
                    coarse[z // 2, y // 2, x // 2] += left


@njit(cache=True, nogil=True)
def _prolong(coarse: np.ndarray, field: np.ndarray) -> None:
    depth, height, width = field.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                field[z, y, x] += OVERSHOOT * coarse[z // 2, y // 2, x // 2]
