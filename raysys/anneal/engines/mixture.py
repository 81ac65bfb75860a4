"""Compiled annealing of any mixture of descriptors, in 2D and 3D, of two and of several phases.

Every descriptor of a phase is a list of integer counts, one per lag ("slot"), of one kind:

- pairs along axes, C(r) = sum over x of I(x) I(x + r e);
- runs along axes, C(r) = sum over x of I(x) I(x + e) ... I(x + r e);
- figures, C = sum over x of the product of I(x + o) over the vertices' offsets o;
- surface pairs: pairs of the pixels of a phase that touch another phase.

All are periodic. In an exchange each of two phases loses a pixel and gains one; what is gained is counted as if what is
lost had left before, so that counts stay exact whatever the two have to do with each other. Pairs and runs are read off
the bits of the lines through the two pixels, figures off steps in a copy that never wraps.

Callers are cached on disk by their own file only: after a change in another file that this one calls (random numbers,
bits, figures, groups of pixels), delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.anneal.engines.bits import Lines, flip
from raysys.anneal.engines.draws import HIGH, LOW, below, fraction, next_word
from raysys.anneal.engines.figures import Figures, count_figures, look, place_of, write_pixel
from raysys.anneal.engines.line_changes import count_pairs, count_runs, see_lines, slots_from_lags
from raysys.anneal.engines.metropolis import energy_change, grown, is_taken, moments
from raysys.anneal.engines.selection import (
    Members,
    by_neighbours,
    coordinates,
    draw_unlike,
    drawn_group,
    exchange,
    fill,
    weigh,
)  # fmt: skip
from raysys.anneal.engines.surfaces import count_surface, renew_surface

__all__ = ["PAIRS", "RUNS", "SURFACE", "Plan", "Room", "room_of", "run_stage", "weighted_residual"]

PAIRS, RUNS, SURFACE = -1, -2, -3  # kinds of terms; from 0 on, a term of figures

Place = tuple[int, int, int]  # layer, row and column


class Plan(NamedTuple):
    """What is counted; terms of phase f stand at [starts[f], starts[f + 1])."""

    # (terms, 6) int64: kind, first slot, slots, bits of the axes (1, 2 and 4 of layers, rows and columns), longest lag,
    # 1 if the lags are 1, 2, ... without a gap
    terms: np.ndarray
    starts: np.ndarray  # (phases + 1,) int64
    units: np.ndarray  # (terms,) float64: energy of a squared count
    lags: np.ndarray  # (slots,) int32
    lines: np.ndarray  # (phases,) int64: which of the lines are those of a phase; -1: none are needed
    copies: np.ndarray  # (phases,) int64: which of the copies; -1: none
    surfaces: np.ndarray  # (phases,) int64: which of the lines are those of its surface; -1: none


class Room(NamedTuple):
    """What trials write into, so that none needs room of its own."""

    seen: np.ndarray  # (12 reach,) uint64: words of lines, see `see_lines`
    small: np.ndarray  # (64 reach,) int8: changes by lag
    wide: np.ndarray  # (64 reach,) int32: changes by lag, of runs and surfaces
    ramp: np.ndarray  # int32: see `count_runs`
    lost: np.ndarray  # uint64: words of rays
    gained: np.ndarray  # uint64
    met: np.ndarray  # uint8: bytes of rays
    hits: np.ndarray  # int8: changes by edge
    skin: np.ndarray  # (phases * 3 * 64 reach,) int8: changes of surface pairs by phase, axis and lag
    undo: np.ndarray  # (28, 4) int64: pixels of surfaces that a trial has turned over: lines, layer, row, column


def room_of(figures: Figures, phases: int, reach: int) -> Room:
    """Room for trials of these figures in lines of that reach."""
    words = -(-figures.table[:, 2] // 64)
    rays = int(max(words * np.maximum(figures.table[:, 1], 1), default=1))
    middle = 128 * reach + 2
    ramp = np.maximum(middle - np.arange(3 * middle), 0).astype(np.int32)
    return Room(
        np.zeros(12 * reach, np.uint64), np.zeros(64 * reach, np.int8), np.zeros(64 * reach, np.int32), ramp,
        np.zeros(rays, np.uint64), np.zeros(rays, np.uint64), np.zeros(64 * rays, np.uint8),
        np.zeros(64 * rays, np.int8), np.zeros(192 * phases * reach, np.int8), np.zeros((28, 4), np.int64),
    )  # fmt: skip


@njit(cache=True)
def weighted_residual(counts: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> float:
    """E = sum of weights (C - wanted)^2, slot by slot."""
    total = 0.0
    for k in range(counts.size):
        total += weights[k] * (counts[k] - wanted[k]) ** 2
    return total


# --- one stage --------------------------------------------------------------------------------------------------------
@njit(cache=True)
def run_stage(
    labels: np.ndarray,
    plan: Plan,
    figures: Figures,
    lines: Lines,
    copies: np.ndarray,
    room: Room,
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
    labels, lines, copies, m
        The label image (D, H, W) uint8; lines and (copies, pixels) doubled copies of its phases; the groups of its
        pixels. Changed in place.
    room
        What the trials write into.
    plan, figures, wanted, weights
        What is counted; counts wanted, whole multiples of 2^-10, and weights, (slots,) float64.
    counts
        (slots,) int64; changed in place.
    state
        Random generator (2,) uint64; moves on.
    temperature, threshold
        In units of the energy. At temperature 0 no move that raises the energy is accepted.

    Returns
    -------
    (trial moves made, moves accepted, mean and variance of the energy over the moves)
    """
    shape = labels.shape
    depth, height, width = shape
    flat, phases = labels.reshape(-1), plan.starts.size - 1
    terms, term_starts, units, lags, line_of, copy_of, surface_of = plan
    words, starts, long, _, reach, size = lines
    d, twice = np.zeros(counts.size, np.int32), 2.0 * (counts - wanted)
    seen, small, wide, ramp, ray_p, ray_q, met, hits, skin, undo = room
    table, steps, case_starts, case_rays, masks, mask_starts = figures
    undone = 0
    with_surface, pixels = surface_of.max() >= 0, copies.shape[1]
    copy = copies.reshape(-1)
    energy = weighted_residual(counts, wanted, weights)
    # In the order of the pixels at every stage: so image, counts and generator are all that a chain resumes from.
    fill(m, labels)
    _, members, sizes, _, _, cumulative = m
    by_class, half, neighbours = phases == 2 and sizes.size > 2, sizes.size // 2, by_neighbours(m)
    accepted, made, since = 0, 0, 0
    first, total, squares = energy, 0.0, 0.0
    if by_class:
        weigh(sizes, cumulative)
    for _ in range(moves):
        if phases > 2:
            p, q = draw_unlike(members, sizes, state)
            if p < 0:
                break
        else:
            empty, full = 0, half
            if by_class:
                random = next_word(state)
                empty = drawn_group(cumulative, 0, fraction(random >> HIGH))
                full = drawn_group(cumulative, 1, fraction(random & LOW))
            if sizes[empty] == 0 or sizes[full] == 0:  # what may move has run out: the rest must stay
                break
            random = next_word(state)
            p = int(members[full, below(random >> HIGH, sizes[full])])
            q = int(members[empty, below(random & LOW, sizes[empty])])
        made += 1
        one, other = int(flat[p]), int(flat[q])
        at_p, at_q = coordinates(p, depth, height, width), coordinates(q, depth, height, width)
        if with_surface:
            undone = 0
            flat[p], flat[q] = other, one
            skin[:] = 0
            for phase in (one, other):
                for at in (at_p, at_q):
                    if surface_of[phase] >= 0:
                        undone = renew_surface(
                            flat, lines, surface_of[phase], shape, phase, at, skin, 3 * phase, undo, undone
                        )
            flat[p], flat[q] = one, other
        change = 0.0
        for phase, lost, gained in ((one, at_p, at_q), (other, at_q, at_p)):
            if line_of[phase] >= 0:
                see_lines(words, starts, long, line_of[phase] * size, reach, shape, lost, gained, seen)
            place_p, place_q = 0, 0
            if copy_of[phase] >= 0:  # what is gained sees no more what is lost
                place_p = place_of(copy_of[phase] * pixels, shape, lost)
                place_q = place_of(copy_of[phase] * pixels, shape, gained)
                write_pixel(copy, place_p, shape, 0)
            for t in range(term_starts[phase], term_starts[phase + 1]):
                kind, slot, n = terms[t, 0], terms[t, 1], terms[t, 2]
                axes, far, gapless = terms[t, 3], terms[t, 4], terms[t, 5]
                if kind == PAIRS:
                    count_pairs(seen, reach, axes, small)
                    slots_from_lags(small, lags, slot, n, gapless, d)
                elif kind == RUNS:
                    count_runs(seen, reach, axes, ramp, far, wide)
                    slots_from_lags(wide, lags, slot, n, gapless, d)
                elif kind == SURFACE:
                    count_surface(skin, 3 * phase, reach, axes, far, wide)
                    slots_from_lags(wide, lags, slot, n, gapless, d)
                else:
                    rays, number = (table[kind, 0], table[kind, 1], table[kind, 2]), (table[kind, 2] + 63) >> 6
                    look(copy, place_p, rays, steps, met, ray_p)
                    look(copy, place_q, rays, steps, met, ray_q)
                    cases = table[kind, 3], table[kind, 4]
                    count_figures(cases, number, case_starts, case_rays, masks, mask_starts, ray_p, ray_q, hits)
                    slots_from_lags(hits, lags, slot, n, 1, d)
                change += units[t] * energy_change(d, twice, slot, slot + n)
            if copy_of[phase] >= 0:
                write_pixel(copy, place_p, shape, 1)
        if not is_taken(change, temperature, state):
            for k in range(undone):
                flip(lines, undo[k, 0], undo[k, 1], undo[k, 2], undo[k, 3])
            continue
        accepted += 1
        # The energy has been the same since the last exchange: its moments grow by as many moves at once.
        total, squares = grown(total, squares, made - 1 - since, energy - first)
        since = made - 1
        energy += change
        for phase, lost, gained in ((one, at_p, at_q), (other, at_q, at_p)):
            for t in range(term_starts[phase], term_starts[phase + 1]):
                for k in range(terms[t, 1], terms[t, 1] + terms[t, 2]):
                    counts[k] += d[k]
                    twice[k] += 2.0 * d[k]
            if line_of[phase] >= 0:
                flip(lines, line_of[phase], lost[0], lost[1], lost[2])
                flip(lines, line_of[phase], gained[0], gained[1], gained[2])
            if copy_of[phase] >= 0:
                write_pixel(copy, place_of(copy_of[phase] * pixels, shape, lost), shape, 0)
                write_pixel(copy, place_of(copy_of[phase] * pixels, shape, gained), shape, 1)
        exchange(m, labels, p, q, neighbours)
        if by_class:
            weigh(sizes, cumulative)
        if energy <= threshold:
            break
    total, squares = grown(total, squares, made - since, energy - first)
    mean, variance = moments(total, squares, made, first)
    return made, accepted, mean, variance
