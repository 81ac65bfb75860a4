"""Figures of pixels that must all be of one phase, such as the corners of a square, and those a pixel takes part in.

A pixel can stand at each vertex of a figure; then the others stand at fixed steps from it, which for all edges are a
ray. Each ray is looked along once for 64 edges, a bit each; the figures are then words that are taken together.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.anneal.engines.bits import packed, tally_further

__all__ = ["Figures", "count_figures", "doubled_copy", "figures_of", "look", "place_of", "write_pixel"]

Shape = tuple[int, ...]
Place = tuple[int, int, int]  # layer, row and column
Rays = tuple[int, int, int]  # where their steps begin, number of rays, edges
Points = Sequence[Sequence[int]] | None  # vertices, or None where a figure has none of that edge


class Figures(NamedTuple):
    """Figures of several terms."""

    table: np.ndarray  # (terms, 5) int64: where the steps of its rays begin, rays, edges, first case, cases
    steps: np.ndarray  # uint32: of each ray and edge, in a doubled copy
    case_starts: np.ndarray  # (cases + 1,) int64
    case_rays: np.ndarray  # int64: of each case, the rays along which all must be of the phase, counted within its term
    masks: np.ndarray  # uint64: of each case, the edges of which there is such a figure
    mask_starts: np.ndarray  # (cases,) int64


def figures_of(terms: Sequence[Sequence[Sequence[Points]]], shape: Shape) -> Figures:
    """Figures of terms: of each its figures, of each of these the vertices (in an image of `shape`) edge by edge."""
    table, case_starts, case_rays, mask_starts = [], [0], [], list[int]()
    steps, masks = list[np.ndarray](), list[np.ndarray]()
    for term in terms:
        rays: dict[bytes, int] = {}
        start, first_case, edges = sum(len(one) for one in steps), len(mask_starts), len(term[0])
        for figure in term:
            for others, valid in _cases(figure, shape):
                for ray in others:
                    if ray.tobytes() not in rays:
                        rays[ray.tobytes()] = len(rays)
                        steps.append(ray)
                    case_rays.append(rays[ray.tobytes()])
                case_starts.append(len(case_rays))
                mask_starts.append(sum(len(one) for one in masks))
                masks.append(_words(valid))
        table.append((start, len(rays), edges, first_case, len(mask_starts) - first_case))
    return Figures(
        np.array(table, np.int64).reshape(-1, 5), _joined(steps, np.uint32),
        np.array(case_starts, np.int64), np.array(case_rays, np.int64), _joined(masks, np.uint64),
        np.array(mask_starts, np.int64),
    )  # fmt: skip


def _cases(figure: Sequence[Points], shape: Shape) -> list[tuple[list[np.ndarray], np.ndarray]]:
    """Rays from each vertex at which a pixel may stand to the others, each (edges,) uint32, and where it counts."""
    most = max((len(points) for points in figure if points is not None), default=0)
    cases = []
    for vertex in range(most):
        rays, valid = np.zeros((most - 1, len(figure)), np.uint32), np.zeros(len(figure), bool)
        for k, points in enumerate(figure):
            if points is None:
                continue
            places = [tuple(int(step) % n for step, n in zip(point, shape, strict=True)) for point in points]
            others = list(dict.fromkeys(place for place in places if place != places[vertex]))
            # Where vertices meet, as they do around a short period, the place counts once; alone it never changes.
            if others and places.index(places[vertex]) == vertex:
                valid[k] = True
                found = [_step(place, places[vertex], shape) for place in others]
                rays[:, k] = (found + found[:1] * most)[: most - 1]
        cases.append((list(rays), valid))
    return cases


def _step(place: Shape, start: Shape, shape: Shape) -> int:
    """Steps from one place to another in an image doubled along its axes, always forwards."""
    step = 0
    for a, b, n in zip(place, start, shape, strict=True):
        step = step * (2 * n if n > 1 else 1) + (a - b) % n
    return step


def _words(valid: np.ndarray) -> np.ndarray:
    padded = np.pad(valid, (0, -len(valid) % 64))
    return np.packbits(padded, bitorder="little").view("<u8").astype(np.uint64)


def _joined(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts]).astype(kind)


def doubled_copy(inside: np.ndarray) -> np.ndarray:
    """A bool image (D, H, W), twice along each axis longer than one pixel, so that no step wraps: flat uint8."""
    return np.tile(inside, [2 if n > 1 else 1 for n in inside.shape]).ravel().astype(np.uint8)


@njit(cache=True)
def place_of(copy: int, shape: Place, at: Place) -> int:
    """Where a pixel stands first in the doubled copy that begins at `copy`."""
    tall, wide = (2 * shape[1] if shape[1] > 1 else 1), (2 * shape[2] if shape[2] > 1 else 1)
    return copy + (at[0] * tall + at[1]) * wide + at[2]


@njit(cache=True)
def write_pixel(copies: np.ndarray, place: int, shape: Place, value: int) -> None:
    """A pixel in the doubled copy in which it stands first at `place`."""
    tall, wide = (2 * shape[1] if shape[1] > 1 else 1), (2 * shape[2] if shape[2] > 1 else 1)
    for a in range(2 if shape[0] > 1 else 1):
        for b in range(2 if shape[1] > 1 else 1):
            for c in range(2 if shape[2] > 1 else 1):
                copies[place + (a * shape[0] * tall + b * shape[1]) * wide + c * shape[2]] = value


@njit(cache=True)
def look(copies: np.ndarray, place: int, rays: Rays, steps: np.ndarray, met: np.ndarray, seen: np.ndarray) -> None:
    """Words of the rays from a pixel; `met` is room for their bytes."""
    start, number, edges = rays
    base, words = np.uint64(place), (edges + 63) >> 6
    for ray in range(number):
        first, row = np.uint64(start + ray * edges), np.uint64(64 * words * ray)
        for k in range(np.uint64(edges)):  # unsigned: numba would test signed ones for being negative
            met[row + k] = copies[base + steps[first + k]]
    for k in range(number * words):
        seen[k] = packed(met, np.uint64(64 * k))


@njit(cache=True)
def count_figures(
    cases: tuple[int, int],
    words: int,
    case_starts: np.ndarray,
    case_rays: np.ndarray,
    masks: np.ndarray,
    mask_starts: np.ndarray,
    lost: np.ndarray,
    gained: np.ndarray,
    d: np.ndarray,
) -> None:
    """Changes d of a term's counts, from the rays of the pixel that its phase loses and of the one it gains."""
    for k in range(64 * words):
        d[k] = 0
    for case in range(cases[0], cases[0] + cases[1]):
        for w in range(words):
            gone = come = masks[mask_starts[case] + w]
            for j in range(case_starts[case], case_starts[case + 1]):
                gone &= lost[case_rays[j] * words + w]
                come &= gained[case_rays[j] * words + w]
            tally_further(d, np.uint64(64 * w), (come,), (gone,))
