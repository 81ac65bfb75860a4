"""Compiled inner loop of annealing by S2 along the axes of a binary image or volume, mean or each axis apart.

The pair count of lag r along an axis is C(r) = sum over all pixels x of I(x) I(x + r), periodic; S2(r) is C(r) divided
by the number of pixels, or its mean over the axes. Taking a 1 away at p and putting it at q changes C(r) by what lies r
pixels before and behind q, minus the same for p: four words of bits an axis for 64 lags.

The counts of the terms are rows of lags 1, 2, ..., each row a whole number of words long: one row for the mean, one for
each axis that is wanted apart.

Callers are cached on disk by their own file only: after a change in another file that this one calls (random numbers,
bits, groups of pixels), delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from raysys.anneal.engines.bits import Lines, flip, seen, tally
from raysys.anneal.engines.draws import HIGH, LOW, below, fraction, next_word
from raysys.anneal.engines.interfaces import at_interface, at_interface_deep
from raysys.anneal.engines.metropolis import energy_change, grown, is_taken, moments
from raysys.anneal.engines.selection import Members, by_neighbours, coordinates, drawn_group, exchange, fill, weigh

if TYPE_CHECKING:
    from raysys.anneal.terms import Term

__all__ = ["Rows", "rows_of", "run_stage"]

Axis = tuple[int, int, int, int]  # first words of its lines, forwards and backwards, words in a line, period
Axes = tuple[Axis, Axis, Axis]
Place = tuple[int, int, int]  # layer, row and column of a pixel
Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
ONE = np.uint64(1)
UNLUCKY = 1 << 20  # draws passed over in a row


class Rows(NamedTuple):
    """What is counted: one row of lags for the mean of the axes, or one for each of the three axes."""

    valid: np.ndarray  # (rows * reach,) uint64: bits of the lags that are wanted
    ratios: np.ndarray  # (rows,) float64: energy of a squared count, relative to that of the first slot
    place: np.ndarray  # (slots,) int64: where the count of each slot stands in the rows, each 64 reach long


def rows_of(terms: Sequence[Term], dims: int, reach: int, weights: np.ndarray) -> Rows:
    """Rows of "S2" alone, or of "S2_axis0" and the like, no axis twice; `weights` (slots,) float64 of the energy."""
    rows = 1 if terms[0].name == "S2" else 3
    valid, ratios, place, first = np.zeros((rows, 64 * reach), bool), np.zeros(rows), [], 0
    for term in terms:
        row = term.axes(dims)[0] + 3 - dims if rows == 3 else 0
        valid[row, term.r - 1], ratios[row] = True, weights[first] / weights[0]
        place.append(64 * reach * row + term.r - 1)
        first += len(term.r)
    words = np.packbits(valid.reshape(-1, 64), axis=1, bitorder="little").view("<u8").astype(np.uint64).ravel()
    return Rows(words, ratios, np.concatenate(place))


# --- one exchange -----------------------------------------------------------------------------------------------------
@njit(cache=True)
def _windows(words: np.ndarray, axis: Axis, line_p: int, p: int, line_q: int, q: int, k: int) -> Words:
    """What is gained, ahead and behind, and what is lost at lags 64 k + 1 to 64 k + 64 if the 1 at p goes to q."""
    ahead, behind, long, period = axis
    return (
        seen(words, ahead + line_q * long, q + 1 + 64 * k),
        seen(words, behind + line_q * long, period - q + 64 * k),
        seen(words, ahead + line_p * long, p + 1 + 64 * k),
        seen(words, behind + line_p * long, period - p + 64 * k),
    )


@njit(cache=True)
def _of_row(words: np.ndarray, axes: Axes, p: Place, q: Place, k: int) -> Words:
    height = axes[1][3]
    return _windows(words, axes[2], p[0] * height + p[1], p[2], q[0] * height + q[1], q[2], k)


@njit(cache=True)
def _of_column(words: np.ndarray, axes: Axes, p: Place, q: Place, k: int) -> Words:
    width = axes[2][3]
    return _windows(words, axes[1], p[0] * width + p[2], p[1], q[0] * width + q[2], q[1], k)


@njit(cache=True)
def _of_layers(words: np.ndarray, axes: Axes, p: Place, q: Place, k: int) -> Words:
    width = axes[2][3]
    return _windows(words, axes[0], p[1] * width + p[2], p[0], q[1] * width + q[2], q[0], k)


@njit(cache=True)
def _count_flat(words: np.ndarray, valid: np.ndarray, axes: Axes, p: Place, q: Place, d: np.ndarray) -> None:
    """Change d of the counts if the 1 at p goes to the empty place q, but for what p and q have to do with each other.

    Here of the mean of two axes.
    """
    for k in range(valid.size):
        x, y = _of_row(words, axes, p, q, k), _of_column(words, axes, p, q, k)
        v = valid[k]
        gained, lost = (x[0] & v, x[1] & v, y[0] & v, y[1] & v), (x[2] & v, x[3] & v, y[2] & v, y[3] & v)
        tally(d, np.uint64(64 * k), gained, lost)


@njit(cache=True)
def _count_deep(words: np.ndarray, valid: np.ndarray, axes: Axes, p: Place, q: Place, d: np.ndarray) -> None:
    """The same of the mean of three axes."""
    for k in range(valid.size):
        x, y, z = _of_row(words, axes, p, q, k), _of_column(words, axes, p, q, k), _of_layers(words, axes, p, q, k)
        v = valid[k]
        gained = x[0] & v, x[1] & v, y[0] & v, y[1] & v, z[0] & v, z[1] & v
        tally(d, np.uint64(64 * k), gained, (x[2] & v, x[3] & v, y[2] & v, y[3] & v, z[2] & v, z[3] & v))


@njit(cache=True)
def _count_apart(words: np.ndarray, valid: np.ndarray, axes: Axes, p: Place, q: Place, d: np.ndarray) -> None:
    """The same of each axis apart."""
    reach = valid.size // 3
    for k in range(reach):
        x, v = _of_row(words, axes, p, q, k), valid[2 * reach + k]
        tally(d, np.uint64(64 * (2 * reach + k)), (x[0] & v, x[1] & v), (x[2] & v, x[3] & v))
        y, v = _of_column(words, axes, p, q, k), valid[reach + k]
        tally(d, np.uint64(64 * (reach + k)), (y[0] & v, y[1] & v), (y[2] & v, y[3] & v))
        if axes[0][3] > 1:
            z, v = _of_layers(words, axes, p, q, k), valid[k]
            tally(d, np.uint64(64 * k), (z[0] & v, z[1] & v), (z[2] & v, z[3] & v))


@njit(cache=True)
def _forget_departed(d: np.ndarray, valid: np.ndarray, first: int, reach: int, distance: int, period: int) -> None:
    """Correct a common line, where q still saw the 1 at p that has left: once each way round the period."""
    for r in (distance, period - distance):
        word = (r - 1) >> 6
        if word < reach and (valid[first + word] >> np.uint64((r - 1) & 63)) & ONE:
            d[64 * first + r - 1] -= 1


# --- one stage --------------------------------------------------------------------------------------------------------
@njit(cache=True)
def run_stage(
    labels: np.ndarray,
    lines: Lines,
    rows: Rows,
    counts: np.ndarray,
    wanted: np.ndarray,
    m: Members,
    state: np.ndarray,
    temperature: float,
    moves: int,
    threshold: float,
    sifted: bool,
) -> tuple[int, int, float, float]:
    """Make `moves` trial exchanges at one temperature; fewer if the energy falls to `threshold`.

    Parameters
    ----------
    labels, lines, m
        The image (D, H, W) uint8 of phases 0 and 1, its lines and the groups of its pixels; changed in place.
    rows, wanted
        What is counted; counts wanted, (slots,) float64, whole multiples of 2^-10.
    counts
        (slots,) int64; changed in place.
    state
        Random generator (2,) uint64; moves on.
    temperature, threshold
        In squared counts of the first row. At temperature 0 no move that raises the energy is accepted.
    sifted
        Whether only those pixels that are at an interface are taken of what is drawn from the groups.

    Returns
    -------
    (trial moves made, moves accepted, mean and variance of the energy over the moves, in squared counts)
    """
    depth, height, width = labels.shape
    reach, ratios, place = lines.reach, rows.ratios, rows.place
    whole = 64 * reach
    d, twice = np.zeros(ratios.size * whole, np.int8), np.zeros(ratios.size * whole)
    moved = np.zeros(d.size, np.int64)
    energy, last = 0.0, 0
    for s in range(counts.size):
        twice[place[s]] = 2.0 * (counts[s] - wanted[s])
        energy += ratios[place[s] // whole] * (counts[s] - wanted[s]) ** 2
        last = max(last, place[s] % whole + 1)
    length = (last + 15) // 16 * 16
    # In the order of the pixels at every stage: so image, counts and generator are all that a chain resumes from.
    fill(m, labels)
    _, members, sizes, _, _, cumulative = m
    words, valid, starts, long = lines.words, rows.valid, lines.starts, lines.long
    axes = (
        (starts[0, 0], starts[0, 1], long[0], depth),
        (starts[1, 0], starts[1, 1], long[1], height),
        (starts[2, 0], starts[2, 1], long[2], width),
    )
    grid = (starts[2, 0], long[2], depth, height, width)
    apart, deep = ratios.size == 3, depth > 1
    x_row, y_row = (2, 1) if apart else (0, 0)
    by_class, half, neighbours = sizes.size > 2, sizes.size // 2, by_neighbours(m)
    accepted, made, since = 0, 0, 0
    first, total, squares = energy, 0.0, 0.0
    if by_class:
        weigh(sizes, cumulative)
    for _ in range(moves):
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
        pz, py, px = coordinates(p, depth, height, width)
        qz, qy, qx = coordinates(q, depth, height, width)
        if sifted:
            misses = 0
            while misses < UNLUCKY:
                if at_interface_deep(words, grid, (pz, py, px)) if deep else at_interface(words, grid, (pz, py, px)):
                    break
                p, misses = int(members[full, below(next_word(state) >> HIGH, sizes[full])]), misses + 1
                pz, py, px = coordinates(p, depth, height, width)
            while misses < UNLUCKY:
                if at_interface_deep(words, grid, (qz, qy, qx)) if deep else at_interface(words, grid, (qz, qy, qx)):
                    break
                q, misses = int(members[empty, below(next_word(state) >> HIGH, sizes[empty])]), misses + 1
                qz, qy, qx = coordinates(q, depth, height, width)
            if misses == UNLUCKY:  # next to none is left: at the next stage groups will find those
                break
        made += 1
        at_p, at_q = (pz, py, px), (qz, qy, qx)
        if apart:
            _count_apart(words, valid, axes, at_p, at_q, d)
        elif deep:
            _count_deep(words, valid, axes, at_p, at_q, d)
        else:
            _count_flat(words, valid, axes, at_p, at_q, d)
        if pz == qz and py == qy:
            _forget_departed(d, valid, x_row * reach, reach, abs(px - qx), width)
        if pz == qz and px == qx:
            _forget_departed(d, valid, y_row * reach, reach, abs(py - qy), height)
        if deep and py == qy and px == qx:
            _forget_departed(d, valid, 0, reach, abs(pz - qz), depth)
        change = 0.0
        if deep or not apart:
            change = ratios[0] * energy_change(d, twice, 0, length)
        if apart:
            change += ratios[1] * energy_change(d, twice, whole, whole + length)
            change += ratios[2] * energy_change(d, twice, 2 * whole, 2 * whole + length)
        if not is_taken(change, temperature, state):
            continue
        accepted += 1
        # The energy has been the same since the last exchange: its moments grow by as many moves at once.
        total, squares = grown(total, squares, made - 1 - since, energy - first)
        since = made - 1
        energy += change
        for k in range(d.size):
            moved[k] += d[k]
            twice[k] += 2.0 * d[k]
        flip(lines, 0, pz, py, px)
        flip(lines, 0, qz, qy, qx)
        exchange(m, labels, p, q, neighbours)
        if by_class:
            weigh(sizes, cumulative)
        if energy <= threshold:
            break
    total, squares = grown(total, squares, made - since, energy - first)
    for s in range(counts.size):
        counts[s] += moved[place[s]]
    mean, variance = moments(total, squares, made, first)
    return made, accepted, mean, variance
