"""Perlin noise: smooth random maps, coarse cells and finer ones on top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raysys.errors import RaysysError

__all__ = ["perlin"]

SMALLEST = 2  # pixels of a cell: finer noise is white


def perlin(
    shape: Sequence[int],
    *,
    seed: int | tuple[int, ...],
    octaves: int = 3,
    cell: float | None = None,
    persistence: float = 0.5,
    periodic: bool = False,
) -> np.ndarray:
    """A random map from 0 to 1.

    Parameters
    ----------
    shape
        Rows and columns.
    seed
        The map is a function of it.
    octaves
        Layers of noise; each has cells of half the side of those of the layer before.
    cell
        Side of the coarsest cells in pixels; a third of the longer side by default.
    persistence
        Amplitude of a layer as a share of that of the layer before.
    periodic
        Whether opposite edges continue each other; cells are then fitted to the sides.

    Returns
    -------
    float32 (H, W), whose least value is 0 and whose largest is 1

    References
    ----------
    Perlin 2002 (SIGGRAPH), "Improving noise": gradients at lattice points, blended by 6 t^5 - 15 t^4 + 10 t^3.
    """
    rows, columns = (int(side) for side in shape)
    cell = max(rows, columns) / 3 if cell is None else cell
    if min(rows, columns) < 2 or octaves < 1 or not cell >= SMALLEST or not persistence > 0:
        raise RaysysError(
            f"Perlin noise of {rows} x {columns} pixels in {octaves} octaves, cells of {cell:g} pixels, persistence "
            f"{persistence:g}; allowed: sides of 2 and more, 1 octave and more, cells of {SMALLEST} and more, above 0"
        )
    words = seed if isinstance(seed, tuple) else (seed,)
    total = np.zeros((rows, columns))
    for octave in range(octaves):
        side = cell / 2**octave
        if side < SMALLEST:
            break
        random = np.random.default_rng((*words, octave))
        total += persistence**octave * _layer((rows, columns), side, random, periodic)
    total -= total.min()
    return (total / total.max()).astype(np.float32)


def _layer(shape: tuple[int, int], cell: float, random: np.random.Generator, periodic: bool) -> np.ndarray:
    """Noise of one size of cells, about -0.7 to 0.7."""
    places = [_places(side, cell, periodic) for side in shape]
    counts = [int(at[-1]) + 2 for at in places]
    angles = random.uniform(0, 2 * np.pi, counts)
    first, within = zip(*((at.astype(np.int64), at - at.astype(np.int64)) for at in places), strict=True)
    total = np.zeros(shape)
    for down in (0, 1):
        for right in (0, 1):
            # Of a periodic lattice the last point is the first.
            points = [(at + step) for at, step in zip(first, (down, right), strict=True)]
            ends = [one % (count - 1 if periodic else count) for one, count in zip(points, counts, strict=True)]
            gradient = angles[np.ix_(*ends)]
            y, x = (within[0] - down)[:, None], (within[1] - right)[None]
            weight = _fade(1 - np.abs(y)) * _fade(1 - np.abs(x))
            total += weight * (np.sin(gradient) * y + np.cos(gradient) * x)
    return total


def _places(side: int, cell: float, periodic: bool) -> np.ndarray:
    """Where the middles of pixels lie, in cells."""
    if periodic:
        cell = side / max(1, round(side / cell))
    return (np.arange(side) + 0.5) / cell


def _fade(t: np.ndarray) -> np.ndarray:
    return t**3 * (t * (6 * t - 15) + 10)
