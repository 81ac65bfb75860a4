"""Classes of grains: convex cells of a Voronoi diagram, alone, in contact or in clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.data.micro2d.addition import add_shapes
from raysys.data.micro2d.drawing import Drawing, rounded
from raysys.data.micro2d.fields import BANDS, Bands, arrivals
from raysys.data.micro2d.shapes import Shapes

ROWS = 64  # in which a cell's area is measured, before it is scaled
REACH = 1.6  # of a cell, in spacings of the lattice: its points are off by less than half a spacing


@dataclass(frozen=True)
class Grains(Drawing):
    """Cells of Voronoi diagrams of jittered lattices, each of its own diagram.

    Attributes
    ----------
    diameter
        Median diameter of the disc of the same area, in pixels.
    spread
        Standard deviation of the diameter's logarithm.
    jitter
        How far points lie off their lattice at most, in spacings, along each axis.
    tolerance
        Share of a grain that may overlap with those that are there.
    crowding, bands
        As of `Discs`.
    """

    diameter: float = 27.0
    spread: float = 0.1
    jitter: float = 0.3
    tolerance: float = 0.05
    crowding: tuple[float, float] = (1.0, 4.0)
    bands: Bands = BANDS

    def fill(self, rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, dict[str, Any]]:
        field, drawn = self.bands.draw(rng, size)
        crowding = rng.uniform(*self.crowding)
        wanted = round(share * size * size)
        count = 4 + round(1.5 * wanted / (math.pi / 4 * self.diameter**2))
        diameters = self.diameter * np.exp(self.spread * np.clip(rng.standard_normal(count), -2, 2))
        cells = voronoi_cells(jittered_neighbours(rng, count, self.jitter), math.pi / 4 * diameters**2)
        order = arrivals(rng, field, crowding)
        shapes = (cells.first, cells.runs, cells.first, cells.runs)
        image, put = add_shapes(size, order, *shapes, self.tolerance, wanted)
        return image, drawn | rounded(crowding=crowding) | {"diameter": self.diameter, "grains": put}


def jittered_neighbours(rng: np.random.Generator, count: int, jitter: float) -> np.ndarray:
    """Where the 24 nearest points of a jittered square lattice lie, seen from the point in their middle.

    Returns
    -------
    float64 (count, 24, 2): x and y in spacings of the lattice
    """
    lattice = np.array([(x, y) for y in range(-2, 3) for x in range(-2, 3)], float)
    points = lattice + rng.uniform(-jitter, jitter, (count, 25, 2))
    return np.delete(points, 12, axis=1) - points[:, 12:13]


def voronoi_cells(neighbours: np.ndarray, areas: np.ndarray) -> Shapes:
    """The Voronoi cells of points at the origin, scaled to areas.

    Parameters
    ----------
    neighbours : float (S, K, 2)
        x and y of the points around each; the cells reach as far as `REACH`.
    areas : float (S,), in pixels
    """
    rows = (np.arange(ROWS) + 0.5) * (2 * REACH / ROWS) - REACH
    left, right = _edges(neighbours, rows)
    measured = np.maximum(right - left, 0).sum(axis=1) * (2 * REACH / ROWS)
    scale = np.sqrt(areas / measured)
    last = math.ceil(REACH * scale.max())
    rows = np.arange(-last, last + 1)
    return Shapes.between(rows, *_edges(neighbours * scale[:, None, None], rows))


def _edges(neighbours: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right edge (S, R) of the cells in rows (R,): p is nearer to the origin than to n if p.n < |n|^2 / 2."""
    x, y = neighbours[..., 0, None], neighbours[..., 1, None]
    meets = (np.square(neighbours).sum(axis=2)[..., None] / 2 - y * rows) / x
    return np.where(x < 0, meets, -np.inf).max(axis=1), np.where(x > 0, meets, np.inf).min(axis=1)
