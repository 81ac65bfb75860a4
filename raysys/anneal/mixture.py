"""Compiled annealing of any mixture of descriptors, in 2D and 3D, of two and of several phases.

Every descriptor is a list of integer counts, one per lag ("slot"), made of primitives:

- pairs along an axis, C(r) = sum over x of I(x) I(x + r e);
- runs along an axis, C(r) = sum over x of I(x) I(x + e) ... I(x + r e);
- figures, C = sum over x of the product of I(x + o) over the vertices' offsets o;
- surface pairs along an axis: pairs of the pixels of a phase that touch another phase.

All are periodic. An exchange takes a pixel out of one phase and puts another one in; what is lost is counted before and
what is gained after the first is out, so that counts stay exact whatever the two have to do with each other. The
indicator of every phase is kept twice along each axis, so that no index ever wraps.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.anneal.draws import HIGH, fraction, next_word
from raysys.anneal.selection import Members, by_neighbours, draw_pair, exchange, fill, weigh

HOPELESS = 23.0  # exp(-23) is less than the smallest fraction drawn, 2^-33: no draw needed to refuse


class Primitives(NamedTuple):
    """What is counted; primitives of phase f stand at [starts[f], starts[f + 1])."""

    pairs: np.ndarray  # (P, 4) int64: axis, first slot, number of slots, 1 if of the surface
    pair_starts: np.ndarray  # (phases + 1,) int64
    runs: np.ndarray  # (Q, 3) int64: axis, first slot, number of slots
    run_starts: np.ndarray  # (phases + 1,) int64
    figures: np.ndarray  # (F, 3) int64: slot, vertices V, start of its V (V - 1) deltas
    figure_starts: np.ndarray  # (phases + 1,) int64
    deltas: np.ndarray  # int64: from vertex v to each other vertex, as steps in the doubled indicator
    lags: np.ndarray  # (slots,) int64: r of each slot


class Copies(NamedTuple):
    """Indicators, doubled along each axis longer than one, and those of the surfaces."""

    inside: np.ndarray  # (phases, doubled pixels) uint8
    surface: np.ndarray  # (phases or 0, doubled pixels) uint8
    shape: np.ndarray  # (3,) int64: D, H, W
    strides: np.ndarray  # (3,) int64 within the doubled image


# --- the doubled indicators -------------------------------------------------------------------------------------------
def copies_of(labels: np.ndarray, phases: int, with_surface: bool) -> Copies:
    """Copies of a label image (D, H, W) uint8 with phases 0..phases-1."""
    shape = np.array(labels.shape, np.int64)
    doubled = np.where(shape > 1, 2 * shape, 1)
    strides = np.array([doubled[1] * doubled[2], doubled[2], 1], np.int64)
    repeats = tuple(np.where(shape > 1, 2, 1))
    inside = np.stack([np.tile(labels == f, repeats).ravel() for f in range(phases)]).astype(np.uint8)
    surface = np.zeros((phases if with_surface else 0, inside.shape[1]), np.uint8)
    for f in range(len(surface)):
        surface[f] = np.tile(surface_of(labels == f), repeats).ravel()
    return Copies(inside, surface, shape, strides)


def surface_of(inside: np.ndarray) -> np.ndarray:
    """Pixels of a periodic bool image that touch one outside with a face."""
    touching = np.zeros(inside.shape, bool)
    for axis, length in enumerate(inside.shape):
        for step in (-1, 1) if length > 1 else ():
            touching |= ~np.roll(inside, step, axis)
    return inside & touching


@njit(cache=True)
def _base(pixel: int, shape: np.ndarray, strides: np.ndarray) -> int:
    """Where a flat pixel stands in the first copy."""
    plane = shape[1] * shape[2]
    z, rest = pixel // plane, pixel % plane
    return z * strides[0] + rest // shape[2] * strides[1] + rest % shape[2]


@njit(cache=True)
def _write(flat: np.ndarray, base: int, shape: np.ndarray, strides: np.ndarray, value: int) -> None:
    for a in range(2 if shape[0] > 1 else 1):
        for b in range(2 if shape[1] > 1 else 1):
            for c in range(2 if shape[2] > 1 else 1):
                flat[base + a * shape[0] * strides[0] + b * shape[1] * strides[1] + c * shape[2]] = value


# --- what one pixel takes part in -------------------------------------------------------------------------------------
@njit(cache=True)
def _add_pairs(
    flat: np.ndarray,
    base: int,
    stride: int,
    period: int,
    lags: np.ndarray,
    first: int,
    n: int,
    sign: int,
    d: np.ndarray,
) -> None:
    for k in range(first, first + n):
        r = lags[k]
        d[k] += sign * (np.int64(flat[base + r * stride]) + np.int64(flat[base + (period - r) * stride]))


@njit(cache=True)
def _add_runs(
    flat: np.ndarray,
    base: int,
    stride: int,
    period: int,
    lags: np.ndarray,
    first: int,
    n: int,
    sign: int,
    d: np.ndarray,
) -> None:
    ahead, behind = 0, 0
    while ahead < period - 1 and flat[base + (ahead + 1) * stride]:
        ahead += 1
    while behind < period - 1 and flat[base + (period - behind - 1) * stride]:
        behind += 1
    for k in range(first, first + n):
        r = lags[k]
        if ahead == period - 1:  # with the pixel the line has no end: every position starts a run of any length
            whole, parts = period, max(period - 1 - r, 0)
        else:
            whole, parts = max(ahead + behind + 1 - r, 0), max(ahead - r, 0) + max(behind - r, 0)
        d[k] += sign * (whole - parts)


@njit(cache=True)
def _add_figures(flat: np.ndarray, base: int, p: Primitives, start: int, stop: int, sign: int, d: np.ndarray) -> None:
    deltas, figures = p.deltas, p.figures
    for f in range(start, stop):
        vertices, at, hits = figures[f, 1], figures[f, 2], 0
        for _ in range(vertices):
            whole = 1
            for _ in range(vertices - 1):
                if not flat[base + deltas[at]]:
                    whole = 0
                at += 1
            hits += whole
        d[figures[f, 0]] += sign * hits


@njit(cache=True)
def _add(c: Copies, p: Primitives, phase: int, base: int, sign: int, d: np.ndarray) -> None:
    """Counts that the pixel at `base` takes part in as one of the phase, without those of the surface."""
    flat = c.inside[phase]
    for k in range(p.pair_starts[phase], p.pair_starts[phase + 1]):
        axis, first, n = p.pairs[k, 0], p.pairs[k, 1], p.pairs[k, 2]
        if not p.pairs[k, 3]:
            _add_pairs(flat, base, c.strides[axis], c.shape[axis], p.lags, first, n, sign, d)
    for k in range(p.run_starts[phase], p.run_starts[phase + 1]):
        axis, first, n = p.runs[k, 0], p.runs[k, 1], p.runs[k, 2]
        _add_runs(flat, base, c.strides[axis], c.shape[axis], p.lags, first, n, sign, d)
    _add_figures(flat, base, p, p.figure_starts[phase], p.figure_starts[phase + 1], sign, d)


# --- surfaces ---------------------------------------------------------------------------------------------------------
@njit(cache=True)
def _is_surface(flat: np.ndarray, base: int, shape: np.ndarray, strides: np.ndarray) -> int:
    if flat[base]:
        for axis in range(3):
            both = flat[base + strides[axis]] and flat[base + (shape[axis] - 1) * strides[axis]]
            if shape[axis] > 1 and not both:
                return 1
    return 0


@njit(cache=True)
def _neighbour(pixel: int, way: int, shape: np.ndarray) -> int:
    """The pixel itself (0) or one of its six neighbours (1 to 6), flat."""
    plane = shape[1] * shape[2]
    z, rest = pixel // plane, pixel % plane
    y, x = rest // shape[2], rest % shape[2]
    step = 1 if way % 2 else -1
    if way in (1, 2):
        z = (z + step) % shape[0]
    elif way in (3, 4):
        y = (y + step) % shape[1]
    elif way in (5, 6):
        x = (x + step) % shape[2]
    return int((z * shape[1] + y) * shape[2] + x)


@njit(cache=True)
def _renew_surface(c: Copies, p: Primitives, phase: int, pixel: int, d: np.ndarray, undo: np.ndarray, n: int) -> int:
    """Bring the surface around a changed pixel up to date, one pixel at a time; what changed goes to `undo`."""
    flat = c.surface[phase]
    for way in range(7):
        base = _base(_neighbour(pixel, way, c.shape), c.shape, c.strides)
        new, old = _is_surface(c.inside[phase], base, c.shape, c.strides), int(flat[base])
        if new == old:
            continue
        change = new - old
        _write(flat, base, c.shape, c.strides, 0)  # a pixel makes no pair with itself
        for k in range(p.pair_starts[phase], p.pair_starts[phase + 1]):
            axis, first, slots = p.pairs[k, 0], p.pairs[k, 1], p.pairs[k, 2]
            if p.pairs[k, 3]:
                _add_pairs(flat, base, c.strides[axis], c.shape[axis], p.lags, first, slots, change, d)
        _write(flat, base, c.shape, c.strides, new)
        undo[n, 0], undo[n, 1], undo[n, 2] = phase, base, old
        n += 1
    return n


# --- one exchange -----------------------------------------------------------------------------------------------------
@njit(cache=True)
def _try(c: Copies, p: Primitives, one: int, other: int, here: int, there: int, d: np.ndarray, undo: np.ndarray) -> int:
    """Exchange pixel `here` of phase `one` with pixel `there` of phase `other` in the copies; changes of counts in d.

    Returns the number of entries in `undo`.
    """
    d[:] = 0
    a, b = _base(here, c.shape, c.strides), _base(there, c.shape, c.strides)
    for phase, lost, gained in ((one, a, b), (other, b, a)):
        _add(c, p, phase, lost, -1, d)
        _write(c.inside[phase], lost, c.shape, c.strides, 0)
        _add(c, p, phase, gained, 1, d)
        _write(c.inside[phase], gained, c.shape, c.strides, 1)
    n = 0
    if c.surface.shape[0]:
        for phase in (one, other):
            n = _renew_surface(c, p, phase, here, d, undo, n)
            n = _renew_surface(c, p, phase, there, d, undo, n)
    return n


@njit(cache=True)
def _take_back(c: Copies, one: int, other: int, here: int, there: int, undo: np.ndarray, n: int) -> None:
    a, b = _base(here, c.shape, c.strides), _base(there, c.shape, c.strides)
    for phase, back, out in ((one, a, b), (other, b, a)):
        _write(c.inside[phase], out, c.shape, c.strides, 0)
        _write(c.inside[phase], back, c.shape, c.strides, 1)
    for k in range(n - 1, -1, -1):
        _write(c.surface[undo[k, 0]], undo[k, 1], c.shape, c.strides, undo[k, 2])


@njit(cache=True)
def weighted_residual(counts: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> float:
    """E = sum of weights (C - wanted)^2, slot by slot."""
    total = 0.0
    for k in range(counts.size):
        total += weights[k] * (counts[k] - wanted[k]) ** 2
    return total


@njit(cache=True)
def run_stage(
    labels: np.ndarray,
    c: Copies,
    p: Primitives,
    counts: np.ndarray,
    wanted: np.ndarray,
    weights: np.ndarray,
    m: Members,
    state: np.ndarray,
    temperature: float,
    moves: int,
    threshold: float,
) -> tuple[int, int, float, float]:
    """Make `moves` trial exchanges at one temperature; fewer if the energy falls to `threshold`.

    Parameters
    ----------
    labels, c, m
        The label image (D, H, W) uint8, its copies and the groups of its pixels; changed in place.
    p, wanted, weights
        What is counted; counts wanted and weights, (slots,) float64.
    counts
        (slots,) int64; changed in place.
    state
        Random generator (2,) uint64; moves on.
    temperature, threshold
        In units of the energy. At temperature 0 no move that raises the energy is accepted.

    Returns
    -------
    (trial moves made, moves accepted, mean and variance of the energy after each move)
    """
    d, undo = np.zeros(counts.size, np.int64), np.zeros((28, 3), np.int64)
    energy, accepted, by_class = weighted_residual(counts, wanted, weights), 0, m.sizes.size > m.group_of.shape[0]
    first, total, squares = energy, 0.0, 0.0  # moments about the first energy: the sums stay small
    flat, made = labels.reshape(-1), 0
    fill(m, labels)
    if by_class:
        weigh(m.sizes, m.cumulative)
    neighbours, phases = by_neighbours(m), m.group_of.shape[0]
    for _ in range(moves):
        here, there = draw_pair(m.members, m.sizes, m.cumulative, phases, state)
        if here < 0:
            break
        made += 1
        one, other = int(flat[here]), int(flat[there])
        n = _try(c, p, one, other, here, there, d, undo)
        change = 0.0
        for k in range(d.size):
            if d[k] != 0:
                change += weights[k] * d[k] * (d[k] + 2.0 * (counts[k] - wanted[k]))
        taken = change <= 0.0
        if not taken and change <= HOPELESS * temperature:
            taken = fraction(next_word(state) >> HIGH) < np.exp(-change / temperature)
        if taken:
            accepted += 1
            energy += change
            for k in range(d.size):
                counts[k] += d[k]
            exchange(m, labels, here, there, neighbours)
            if by_class:
                weigh(m.sizes, m.cumulative)
        else:
            _take_back(c, one, other, here, there, undo, n)
        total += energy - first
        squares += (energy - first) ** 2
        if energy <= threshold:
            break
    mean = total / max(made, 1)
    return made, accepted, first + mean, max(squares / max(made, 1) - mean**2, 0.0)


# --- from scratch -----------------------------------------------------------------------------------------------------
@njit(cache=True)
def recount(labels: np.ndarray, c: Copies, p: Primitives, slots: int) -> np.ndarray:
    """All counts of a label image (D, H, W) from scratch, (slots,) int64; `c` are its copies."""
    counts = np.zeros(slots, np.int64)
    for phase in range(c.inside.shape[0]):
        for k in range(p.run_starts[phase], p.run_starts[phase + 1]):
            _recount_runs(c.inside[phase], c.shape, c.strides, p.lags, p.runs[k], counts)
        for k in range(p.pair_starts[phase], p.pair_starts[phase + 1]):
            flat = c.surface[phase] if p.pairs[k, 3] else c.inside[phase]
            _recount_pairs(flat, c.shape, c.strides, p.lags, p.pairs[k], counts)
        for k in range(p.figure_starts[phase], p.figure_starts[phase + 1]):
            slot, vertices, at = p.figures[k, 0], p.figures[k, 1], p.figures[k, 2]
            counts[slot] += _recount_figure(c.inside[phase], c.shape, c.strides, p.deltas[at : at + vertices - 1])
    return counts


@njit(cache=True)
def _recount_pairs(
    flat: np.ndarray, shape: np.ndarray, strides: np.ndarray, lags: np.ndarray, pair: np.ndarray, counts: np.ndarray
) -> None:
    stride = strides[pair[0]]
    for pixel in range(shape.prod()):
        base = _base(pixel, shape, strides)
        if flat[base]:
            for k in range(pair[1], pair[1] + pair[2]):
                counts[k] += flat[base + lags[k] * stride]


@njit(cache=True)
def _recount_runs(
    flat: np.ndarray, shape: np.ndarray, strides: np.ndarray, lags: np.ndarray, run: np.ndarray, counts: np.ndarray
) -> None:
    stride, period = strides[run[0]], shape[run[0]]
    for pixel in range(shape.prod()):
        base, length = _base(pixel, shape, strides), 0
        while length < period and flat[base + length * stride]:
            length += 1
        # From this pixel on `length` are inside: as many as r + 1 are needed; a line without end holds any length.
        for k in range(run[1], run[1] + run[2]):
            counts[k] += length == period or lags[k] < length


@njit(cache=True)
def _recount_figure(flat: np.ndarray, shape: np.ndarray, strides: np.ndarray, deltas: np.ndarray) -> int:
    total = 0
    for pixel in range(shape.prod()):
        base, whole = _base(pixel, shape, strides), 1
        if flat[base]:
            for delta in deltas:
                if not flat[base + delta]:
                    whole = 0
            total += whole
    return total
