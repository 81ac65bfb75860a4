"""How many pixels, sides, diagonals, squares and so on lie wholly in a phase: what Minkowski functionals are made of.

Each is looked for in the cells of 2 x 2 pixels or 2 x 2 x 2 voxels, and counts there by one over the number of cells
that hold it, so that all the cells of an image have it once, and the cells of a window the share within.
The cell's pixels are words of 64 cells each; a figure is the AND of its pixels, counted by popcount.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import numpy as np
from numba import njit

from raysys.stats.geometry.cells import LAST, Cells, Edges
from raysys.stats.packed import ONE, popcount
from raysys.stats.phases import Phase

# Figures by the squared distances between their pixels; the rest of what a cell holds is not asked for.
KINDS = {
    (): "pixels",
    (1,): "sides",
    (2,): "diagonals",
    (3,): "space_diagonals",
    (2, 2, 2): "triangles",
    (1, 1, 1, 1, 2, 2): "squares",
    (1, 1, 2, 2, 3, 3): "rectangles",
    (1,) * 12 + (2,) * 12 + (3,) * 4: "cubes",
}
BLOCK = 256  # words of ten planes that are looked at together: 20 KB, within the first cache


def count_figures(phase: Phase, edges: Edges, other: bool = False) -> dict[str, np.ndarray]:
    """Count the figures that lie wholly in a phase, or in the other phase.

    Returns
    -------
    {kind: (N,) float64}
        In 2D "pixels", "sides" (two pixels side by side), "diagonals", "squares" (of four); in 3D also
        "space_diagonals", "rectangles" (a side by a diagonal), "triangles" (of diagonals) and "cubes" (of eight).
        "cells" is the number of cells of each image.
    """
    cells = Cells.of(phase, edges)
    kinds, shares, pairs, quads = _figures(phase.dims)
    counts = np.zeros((phase.n, len(kinds)), np.int64)
    flip = ~np.uint64(0) if other else np.uint64(0)
    size = (cells.layers, cells.step, cells.across, cells.solid)
    _count(cells.words, *size, cells.inside, flip, pairs, quads, counts)
    weighted = counts * shares
    found = {kind: weighted[:, np.array(kinds) == kind].sum(axis=1) for kind in dict.fromkeys(kinds)}
    return found | {"cells": cells.count(phase.n).astype(np.float64)}


@cache
def _figures(dims: int) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Kinds (K) and shares (K,) of all figures, and their pixels: of those of up to two, then of three and four."""
    corners = np.array(list(product((0, 1), repeat=dims)))
    found: list[tuple[int, ...]] = [m for size in (1, 2, 3, 4, 8) for m in combinations(range(len(corners)), size)]
    found = [members for members in found if _distances(corners, members) in KINDS]
    kinds = [KINDS[_distances(corners, members)] for members in found]
    shares = np.array([2.0 ** -(corners[list(m)].min(axis=0) == corners[list(m)].max(axis=0)).sum() for m in found])
    # The whole of a cube is its lower and upper squares, which are planes 8 and 9.
    found = [(8, 9) if len(members) == 8 else members for members in found]
    pairs = [k for k, members in enumerate(found) if len(members) <= 2]
    quads = [k for k, members in enumerate(found) if len(members) > 2]
    order = [*pairs, *quads]
    padded = np.array([[members[min(i, len(members) - 1)] for i in range(4)] for members in found])
    return [kinds[k] for k in order], shares[order], padded[pairs, :2], padded[quads]


def _distances(corners: np.ndarray, members: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(int(np.square(corners[p] - corners[q]).sum()) for p, q in combinations(members, 2)))


@njit(cache=True, nogil=True)
def _lay_out(flat: np.ndarray, start: int, across: int, inside: np.ndarray, flip: np.uint64, top: int, out: np.ndarray):  # type: ignore[no-untyped-def]
    """The four pixels of each cell of a slice as planes of words, out[BLOCK * plane + word], and all four together."""
    here, below = np.uint64(start), np.uint64(start + across)
    p = np.uint64(4 * BLOCK * top)
    q, r, s = p + np.uint64(BLOCK), p + np.uint64(2 * BLOCK), p + np.uint64(3 * BLOCK)
    whole = np.uint64((8 + top) * BLOCK)
    for t in range(np.uint64(len(inside))):
        held, a, c = inside[t], flat[here + t], flat[below + t]
        b, d = (a >> ONE) | (flat[here + t + ONE] << LAST), (c >> ONE) | (flat[below + t + ONE] << LAST)
        a, b, c, d = (a ^ flip) & held, (b ^ flip) & held, (c ^ flip) & held, (d ^ flip) & held
        out[p + t], out[q + t], out[r + t], out[s + t] = a, b, c, d
        out[whole + t] = a & b & c & d


@njit(cache=True, nogil=True)
def _count(
    flat: np.ndarray,
    layers: int,
    step: int,
    across: int,
    solid: int,
    inside: np.ndarray,
    flip: np.uint64,
    pairs: np.ndarray,
    quads: np.ndarray,
    counts: np.ndarray,
) -> None:
    planes = np.empty(10 * BLOCK, np.uint64)
    for image in range(len(counts)):
        for layer in range(layers - solid):
            start, held = (image * layers + layer) * step, inside[(image * (layers - solid) + layer) % len(inside)]
            for first in range(0, len(held), BLOCK):
                some = held[first : first + BLOCK]
                _lay_out(flat, start + first, across, some, flip, 0, planes)
                if solid:
                    _lay_out(flat, start + step + first, across, some, flip, 1, planes)
                _count_pairs(planes, len(some), pairs, counts[image])
                _count_quads(planes, len(some), quads, counts[image, len(pairs) :])


@njit(cache=True, nogil=True)
def _count_pairs(planes: np.ndarray, size: int, figures: np.ndarray, counts: np.ndarray) -> None:
    for k in range(len(figures)):
        p, q, total = np.uint64(BLOCK * figures[k, 0]), np.uint64(BLOCK * figures[k, 1]), np.uint64(0)
        for t in range(np.uint64(size)):
            total += popcount(planes[p + t] & planes[q + t])
        counts[k] += total


@njit(cache=True, nogil=True)
def _count_quads(planes: np.ndarray, size: int, figures: np.ndarray, counts: np.ndarray) -> None:
    for k in range(len(figures)):
        p, q = np.uint64(BLOCK * figures[k, 0]), np.uint64(BLOCK * figures[k, 1])
        r, s = np.uint64(BLOCK * figures[k, 2]), np.uint64(BLOCK * figures[k, 3])
        total = np.uint64(0)
        for t in range(np.uint64(size)):
            total += popcount(planes[p + t] & planes[q + t] & planes[r + t] & planes[s + t])
        counts[k] += total
