"""Compiled inner loops of Yeong-Torquato annealing: exchange of two pixels, with line S2 kept as integer pair counts.

The pair count of lag r is C(r) = sum over both axes and all pixels x of I(x) I(x + r), periodic; the two-point
function is S2(r) = C(r) / (2 H W). Taking a 1 away at p and putting it at q changes C(r) by what lies r pixels to the
right, left, below and above of q, minus the same for p. So that these eight windows are eight contiguous reads, every
row and every column is kept twice, forwards and backwards, and runs on past its end as far as the longest lag.

Callers are cached on disk by their own file only: after a change in another file that this one calls (the random
numbers), delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.anneal.draws import HIGH, LOW, below, fraction, next_word
from raysys.anneal.selection import FROZEN

__all__ = ["line_copies", "pixel_groups", "random_labels", "recount", "run_stage", "squared_residual"]

# Sums of floats are, here, sums of whole multiples of 2^-10 below 2^53: exact in whatever order they are added. So the
# compiler may reorder them into vectors, and the result is the same on every processor.
EXACT_SUMS = {"reassoc", "nsz", "contract"}

HOPELESS = 23.0  # exp(-23) is less than the smallest fraction drawn, 2^-33: no draw needed to refuse
COLUMN_BITS, COLUMN = 16, 0xFFFF  # a pixel's key is row << 16 | column: no division is needed to take it apart


class Lines(NamedTuple):
    """The four copies of the image in one flat int8 array, and its measures."""

    pixels: np.ndarray
    height: int
    width: int
    padded: int  # length of a window: r_max rounded up to whole vectors


class Groups(NamedTuple):
    """Groups of pixels among which the next one is drawn uniformly."""

    of: np.ndarray  # (2, 2 FROZEN) group by phase and by neighbours (of 8) of the other phase; -1: never drawn
    members: np.ndarray  # (groups, H W) int32 keys
    sizes: np.ndarray  # (groups,) int64
    place: np.ndarray  # (H W,) int32 position in its group
    foreign: np.ndarray  # (H W,) uint8 neighbours of the other phase, FROZEN added where the pixel must stay
    cumulative: np.ndarray  # (2, groups / 2) chance of each group within its phase


# --- the first image --------------------------------------------------------------------------------------------------
@njit(cache=True)
def random_labels(state: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Flat labels uint8 with `pixels[k]` of each phase k, at places drawn without replacement; `state` moves on."""
    n = pixels.sum()
    order = np.arange(n)
    labels = np.zeros(n, np.uint8)
    k = 0
    for phase in range(1, pixels.size):
        for _ in range(pixels[phase]):
            other = k + below(next_word(state) >> HIGH, n - k)
            order[k], order[other] = order[other], order[k]
            labels[order[k]] = phase
            k += 1
    return labels


# --- pair counts ------------------------------------------------------------------------------------------------------
@njit(cache=True)
def recount(image: np.ndarray, r_max: int) -> np.ndarray:
    """Periodic pair counts C(r), r = 1..r_max, of a binary image (H, W) uint8 from scratch: (r_max,) int64."""
    height, width = image.shape
    counts = np.zeros(r_max, np.int64)
    for i in range(height):
        for j in range(width):
            if image[i, j]:
                for r in range(1, r_max + 1):
                    counts[r - 1] += np.int64(image[i, (j + r) % width]) + np.int64(image[(i + r) % height, j])
    return counts


@njit(cache=True)
def squared_residual(counts: np.ndarray, target: np.ndarray) -> float:
    """Sum of (C - t)^2, in squared counts."""
    total = 0.0
    for k in range(counts.size):
        total += (counts[k] - target[k]) ** 2
    return total


@njit(cache=True)
def line_copies(image: np.ndarray, r_max: int) -> Lines:
    """Rows forwards, rows backwards, columns forwards, columns backwards of (H, W), each running on past its end."""
    height, width = image.shape
    padded = (r_max + 31) // 32 * 32
    long_row, long_column = width + padded, height + padded
    rows, columns = height * long_row, width * long_column
    pixels = np.empty(2 * (rows + columns), np.int8)
    for i in range(height):
        for k in range(long_row):
            pixels[i * long_row + k] = image[i, k % width]
            pixels[rows + i * long_row + k] = image[i, width - 1 - k % width]
    for j in range(width):
        for k in range(long_column):
            pixels[2 * rows + j * long_column + k] = image[k % height, j]
            pixels[2 * rows + columns + j * long_column + k] = image[height - 1 - k % height, j]
    return Lines(pixels, height, width, padded)


@njit(cache=True)
def _write_line(pixels: np.ndarray, start: int, place: int, period: int, length: int, value: int) -> None:
    while place < length:
        pixels[start + place] = value
        place += period


@njit(cache=True)
def _write_pixel(lines: Lines, i: int, j: int, value: int) -> None:
    pixels, height, width, padded = lines
    long_row, long_column = width + padded, height + padded
    rows, columns = height * long_row, width * long_column
    _write_line(pixels, i * long_row, j, width, long_row, value)
    _write_line(pixels, rows + i * long_row, width - 1 - j, width, long_row, value)
    _write_line(pixels, 2 * rows + j * long_column, i, height, long_column, value)
    _write_line(pixels, 2 * rows + columns + j * long_column, height - 1 - i, height, long_column, value)


@njit(cache=True)
def _windows(height: int, width: int, padded: int, i: int, j: int) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Where the pixels at r = 1, 2, ... to the right, left, below and above of (i, j) begin."""
    long_row, long_column = width + padded, height + padded
    rows, columns = height * long_row, width * long_column
    return (
        np.uint64(i * long_row + j + 1),
        np.uint64(rows + i * long_row + width - j),
        np.uint64(2 * rows + j * long_column + i + 1),
        np.uint64(2 * rows + columns + j * long_column + height - i),
    )


@njit(cache=True)
def _count_changes(
    pixels: np.ndarray, height: int, width: int, padded: int, p: int, q: int, mask: np.ndarray, d: np.ndarray
) -> None:
    """Change d(r) of the pair counts if the 1 at key p goes to the empty key q; mask is 0 beyond r_max, else -1."""
    pi, pj, qi, qj = p >> COLUMN_BITS, p & COLUMN, q >> COLUMN_BITS, q & COLUMN
    p0, p1, p2, p3 = _windows(height, width, padded, pi, pj)
    q0, q1, q2, q3 = _windows(height, width, padded, qi, qj)
    for k in range(padded):
        r = np.uint64(k)  # unsigned: numba would test signed ones for being negative
        gained = pixels[q0 + r] + pixels[q1 + r] + pixels[q2 + r] + pixels[q3 + r]
        lost = pixels[p0 + r] + pixels[p1 + r] + pixels[p2 + r] + pixels[p3 + r]
        d[r] = np.int8(gained - lost) & mask[r]
    if pi == qi:
        _forget_departed(d, mask, abs(pj - qj), width)
    if pj == qj:
        _forget_departed(d, mask, abs(pi - qi), height)


@njit(cache=True)
def _forget_departed(d: np.ndarray, mask: np.ndarray, distance: int, period: int) -> None:
    """On a common line, q still saw the 1 at p that has left: once each way round the period."""
    for r in (distance, period - distance):
        if r <= d.size and mask[r - 1] != 0:
            d[r - 1] -= 1


@njit(cache=True, fastmath=EXACT_SUMS)
def _energy_change(d: np.ndarray, twice_residual: np.ndarray) -> float:
    """Sum of (C + d - t)^2 - (C - t)^2 = d (d + 2 (C - t)), in squared counts."""
    change = 0.0
    for r in range(d.size):
        step = np.float64(np.int32(d[r]))
        change += step * (step + twice_residual[r])
    return change


# --- which pixels may be drawn ----------------------------------------------------------------------------------------
# `_join` and `_leave` hold no branch: with one, numba does not see that the arrays outlive the call and counts
# references atomically, which halves the speed of a stage. So their callers ask whether there is a group.
@njit(cache=True)
def _wrapped(i: int, period: int) -> int:
    if i < 0:
        return i + period
    return i - period if i >= period else i


def pixel_groups(image: np.ndarray, group_of: np.ndarray, frozen: np.ndarray | None = None) -> Groups:
    """Groups of the pixels of (H, W), with the neighbours counted; `run_stage` fills in the members.

    Pixels of `frozen`, bool (H, W), stay as they are.
    """
    groups, foreign = int(group_of.max()) + 1, np.empty(image.size, np.uint8)
    _count_foreign(image, foreign)
    if frozen is not None:
        foreign[frozen.ravel()] += FROZEN
    members, sizes = np.empty((groups, image.size), np.int32), np.zeros(groups, np.int64)
    return Groups(group_of, members, sizes, np.empty(image.size, np.int32), foreign, np.ones((2, groups // 2)))


@njit(cache=True)
def _count_foreign(image: np.ndarray, foreign: np.ndarray) -> None:
    height, width = image.shape
    for i in range(height):
        for j in range(width):
            n = 0
            for a in range(-1, 2):
                for b in range(-1, 2):
                    n += image[_wrapped(i + a, height), _wrapped(j + b, width)] != image[i, j]
            foreign[i * width + j] = n


@njit(cache=True)
def _fill(g: Groups, image: np.ndarray) -> None:
    """All pixels into their groups, row by row."""
    group_of, members, sizes, place, foreign, _ = g
    height, width = image.shape
    sizes[:] = 0
    for i in range(height):
        for j in range(width):
            pixel = i * width + j
            group = group_of[image[i, j], foreign[pixel]]
            if group >= 0:
                _join(members, sizes, place, group, i << COLUMN_BITS | j, pixel)


@njit(cache=True)
def _join(members: np.ndarray, sizes: np.ndarray, place: np.ndarray, group: int, key: int, pixel: int) -> None:
    n = sizes[group]
    place[pixel] = n
    members[group, n] = key
    sizes[group] = n + 1


@njit(cache=True)
def _leave(members: np.ndarray, sizes: np.ndarray, place: np.ndarray, group: int, pixel: int, width: int) -> None:
    n, hole = sizes[group] - 1, place[pixel]
    last = members[group, n]
    members[group, hole] = last
    place[(last >> COLUMN_BITS) * width + (last & COLUMN)] = hole
    sizes[group] = n


@njit(cache=True)
def _regroup(g: Groups, image: np.ndarray, i: int, j: int) -> None:
    """Bring the groups up to date after pixel (i, j) has changed its phase in `image`."""
    group_of, members, sizes, place, foreign, _ = g  # loose arrays: each g.name in a loop costs nanoseconds
    height, width = image.shape
    new, pixel = image[i, j], i * width + j
    old_group, new_group = group_of[1 - new, foreign[pixel]], group_of[new, 8 - foreign[pixel]]
    foreign[pixel] = 8 - foreign[pixel]
    if old_group >= 0:
        _leave(members, sizes, place, old_group, pixel, width)
    if new_group >= 0:
        _join(members, sizes, place, new_group, i << COLUMN_BITS | j, pixel)
    for a in range(-1, 2):
        row = _wrapped(i + a, height)
        for b in range(-1, 2):
            if a == 0 and b == 0:
                continue
            column = _wrapped(j + b, width)
            other = row * width + column
            phase, before = image[row, column], int(foreign[other])
            after = before - 1 if phase == new else before + 1
            foreign[other] = after
            old_group, new_group = group_of[phase, before], group_of[phase, after]
            if old_group == new_group:
                continue
            if old_group >= 0:
                _leave(members, sizes, place, old_group, other, width)
            if new_group >= 0:
                _join(members, sizes, place, new_group, row << COLUMN_BITS | column, other)


@njit(cache=True)
def _weigh(g: Groups) -> None:
    """Different-phase-neighbour weights (Chen et al.): the highest group that is not empty has 1/2 of the chance.

    The others share 1/2 in proportion to n_i (i + 1)^2, i the number of neighbours of the other phase.
    """
    sizes, cumulative = g.sizes, g.cumulative
    groups = cumulative.shape[1]
    for phase in range(2):
        top = groups - 1
        while sizes[phase * groups + top] == 0:
            top -= 1
        rest = 0.0
        for i in range(top):
            rest += sizes[phase * groups + i] * (i + 1.0) ** 2
            cumulative[phase, i] = rest
        for i in range(top):
            cumulative[phase, i] *= 0.5 / max(rest, 1.0)
        cumulative[phase, top:] = 1.0


@njit(cache=True)
def _drawn_group(cumulative: np.ndarray, phase: int, fraction: float) -> int:
    i = 0
    while cumulative[phase, i] <= fraction:
        i += 1
    return phase * cumulative.shape[1] + i


@njit(cache=True)
def _exchange(lines: Lines, image: np.ndarray, g: Groups, p: int, q: int, uniform: bool) -> None:
    """Move the 1 at key p to the empty key q, everywhere."""
    width = image.shape[1]
    pi, pj, qi, qj = p >> COLUMN_BITS, p & COLUMN, q >> COLUMN_BITS, q & COLUMN
    _write_pixel(lines, pi, pj, 0)
    _write_pixel(lines, qi, qj, 1)
    image[pi, pj] = 0
    if not uniform:
        _regroup(g, image, pi, pj)
    image[qi, qj] = 1
    if not uniform:
        _regroup(g, image, qi, qj)
        return
    a, b = pi * width + pj, qi * width + qj
    g.members[1, g.place[a]], g.members[0, g.place[b]] = q, p
    g.place[a], g.place[b] = g.place[b], g.place[a]


# --- one stage --------------------------------------------------------------------------------------------------------
@njit(cache=True)
def run_stage(
    image: np.ndarray,
    lines: Lines,
    counts: np.ndarray,
    target: np.ndarray,
    groups: Groups,
    state: np.ndarray,
    temperature: float,
    moves: int,
    threshold: float,
) -> tuple[int, int, float, float]:
    """Make `moves` trial exchanges at one temperature; fewer if the energy falls to `threshold`.

    Parameters
    ----------
    image, lines, groups
        The image (H, W) uint8, both phases present, its `line_copies` and `pixel_groups`; changed in place.
    counts
        Pair counts (R,) int64; changed in place.
    target
        Counts wanted, (R,) float64, whole multiples of 2^-10.
    state
        Random generator (2,) uint64; moves on.
    temperature, threshold
        In squared counts. At temperature 0 no move that raises the energy is accepted.

    Returns
    -------
    (trial moves made, moves accepted, mean and variance of the energy over the moves, in squared counts)
    """
    pixels, height, width, padded = lines  # loose arrays: reaching into the tuple costs a quarter of the speed
    d, mask, twice = np.zeros(lines.padded, np.int8), np.zeros(lines.padded, np.int8), np.zeros(lines.padded)
    mask[: counts.size] = -1
    twice[: counts.size] = 2.0 * (counts - target)
    energy = squared_residual(counts, target)
    # In the order of the pixels at every stage: so image, counts and generator are all that a chain resumes from.
    _fill(groups, image)
    members, sizes, cumulative = groups.members, groups.sizes, groups.cumulative
    by_class, uniform = sizes.size > 2, sizes.size == 2 and groups.of[0, 0] >= 0
    accepted, made, since = 0, 0, 0
    first, total, squares = energy, 0.0, 0.0  # moments about the first energy: the sums stay small
    if by_class:
        _weigh(groups)
    for _ in range(moves):
        empty, full = 0, 1
        if by_class:
            random = next_word(state)
            empty = _drawn_group(cumulative, 0, fraction(random >> HIGH))
            full = _drawn_group(cumulative, 1, fraction(random & LOW))
        if sizes[empty] == 0 or sizes[full] == 0:  # what may move has run out: the rest must stay
            break
        made += 1
        random = next_word(state)
        p = int(members[full, below(random >> HIGH, sizes[full])])
        q = int(members[empty, below(random & LOW, sizes[empty])])
        _count_changes(pixels, height, width, padded, p, q, mask, d)
        change = _energy_change(d, twice)
        if change > 0.0:
            if change > HOPELESS * temperature:
                continue
            if fraction(next_word(state) >> HIGH) >= np.exp(-change / temperature):
                continue
        accepted += 1
        # The energy has been the same since the last exchange: its moments grow by as many moves at once.
        total += (made - 1 - since) * (energy - first)
        squares += (made - 1 - since) * (energy - first) ** 2
        since = made - 1
        energy += change
        for r in range(counts.size):
            counts[r] += d[r]
            twice[r] += 2.0 * d[r]
        _exchange(lines, image, groups, p, q, uniform)
        if by_class:
            _weigh(groups)
        if energy <= threshold:
            break
    total += (made - since) * (energy - first)
    squares += (made - since) * (energy - first) ** 2
    mean = total / max(made, 1)
    return made, accepted, first + mean, max(squares / max(made, 1) - mean**2, 0.0)
