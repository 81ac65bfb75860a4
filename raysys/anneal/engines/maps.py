"""Compiled inner loop of annealing by the two-point map of a binary image or volume.

The count of a lag vector v is C(v) = sum over all pixels x of I(x) I(x + v), periodic. Taking a 1 away at p and putting
it at q changes it by d(v) = I'(q + v) + I'(q - v) - I'(p + v) - I'(p - v), where I' is I without p. Two copies of the
image, one turned about, both doubled along each axis, make that contiguous for vectors that are neighbours.

If all vectors are wanted a trial takes eight reads, whatever the size: with the residual R = C - t and sums over all v,

    sum of R d = 2 (F(q) - F(p) - R(p - q)),  F(x) = sum of R(v) I(x + v),
    sum of d^2 = 4 (n - 1) + 2 (B'(2q) + B'(2p) - 2 C'(p - q) - 2 B'(p + q)),  B(s) = sum over x of I(x) I(s - x),

where R(0) is 0. An accepted exchange changes B, C and F at every pixel by sums of what is known, since the sum over v
of d(v) I(x + v) is C(x - q) + B(x + q) - C(x - p) - B(x + p) and three pixels: no Fourier transform is needed. Vectors
that are not wanted once each, and those that are their own opposite, are few: they are put right one by one. All these
are whole numbers, so both ways give the same energies to the last bit.

At 128 x 128 a trial takes 0.07 us and an accepted exchange 20 us more; one by one, all 8,127 vectors take 2.8 us a
trial. So this is the faster way where fewer than one in eight exchanges is accepted: in all but the first stages.

Callers are cached on disk by their own file only: after a change in another file that this one calls (random numbers,
groups of pixels), delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.anneal.engines.draws import HIGH, LOW, below, fraction, next_word
from raysys.anneal.engines.metropolis import EXACT_SUMS, grown, is_taken, moments
from raysys.anneal.engines.selection import (
    Members,
    by_neighbours,
    coordinates,
    drawn_group,
    exchange,
    fill,
    weigh,
    wrapped,
)
from raysys.anneal.engines.vectors import GRID, Fields, Place, Vectors

__all__ = ["run_stage"]


# --- where things stand -----------------------------------------------------------------------------------------------
@njit(cache=True)
def _flat(shape: Place, z: int, y: int, x: int, width: int) -> int:
    """Where (z, y, x), at most once round the period, stands in rows that are `width` long."""
    return (wrapped(z, shape[0]) * shape[1] + wrapped(y, shape[1])) * width + wrapped(x, shape[2])


@njit(cache=True)
def _step(shape: Place, z: int, y: int, x: int) -> int:
    """Where (z, y, x) stands in a doubled copy; steps of two pixels may be added."""
    tall, wide = (2 * shape[1] if shape[1] > 1 else 1), (2 * shape[2] if shape[2] > 1 else 1)
    return (wrapped(z, shape[0]) * tall + wrapped(y, shape[1])) * wide + wrapped(x, shape[2])


@njit(cache=True)
def _write(copy: np.ndarray, shape: Place, z: int, y: int, x: int, value: int) -> None:
    at = _step(shape, z, y, x)
    up, along = shape[1] * (2 * shape[2] if shape[2] > 1 else 1), shape[2]
    layer = shape[0] * (2 * up if shape[1] > 1 else up)
    for a in range(2 if shape[0] > 1 else 1):
        for b in range(2 if shape[1] > 1 else 1):
            for c in range(2 if shape[2] > 1 else 1):
                copy[at + a * layer + b * up + c * along] = value


# --- one trial --------------------------------------------------------------------------------------------------------
@njit(cache=True)
def _change_of_all(
    joint: np.ndarray,
    mirrored: np.ndarray,
    pull: np.ndarray,
    image: np.ndarray,
    ones: int,
    shape: Place,
    at_p: Place,
    at_q: Place,
) -> float:
    """Change of half the sum over all vectors of the squared residuals, in squared counts."""
    wide = 2 * shape[2]
    (pz, py, px), (qz, qy, qx) = at_p, at_q
    linear = pull[_flat(shape, qz, qy, qx, shape[2])] - pull[_flat(shape, pz, py, px, shape[2])]
    linear -= joint[_flat(shape, pz - qz, py - qy, px - qx, wide)]
    # B'(2q), B'(2p), C'(p - q) and B'(p + q) are those of the image without p.
    twice_p, twice_q = _flat(shape, 2 * pz, 2 * py, 2 * px, wide), _flat(shape, 2 * qz, 2 * qy, 2 * qx, wide)
    square = mirrored[twice_p] + mirrored[twice_q] - 2 * mirrored[_flat(shape, pz + qz, py + qy, px + qx, wide)]
    square += 2 * image[_flat(shape, 2 * pz - qz, 2 * py - qy, 2 * px - qx, shape[2])]
    square -= 2 * image[_flat(shape, 2 * qz - pz, 2 * qy - py, 2 * qx - px, shape[2])]
    return linear * (2.0 / GRID) + np.float64(square + np.int64(twice_p == twice_q) + 2 * ones - 3)


@njit(cache=True)
def _count_changes(
    forward: np.ndarray,
    turned: np.ndarray,
    runs: np.ndarray,
    place: np.ndarray,
    shape: Place,
    at_p: Place,
    at_q: Place,
    d: np.ndarray,
) -> None:
    """Change d of the counts at the places of the runs."""
    (pz, py, px), (qz, qy, qx) = at_p, at_q
    p, q = _step(shape, pz, py, px), _step(shape, qz, qy, qx)
    back_p, back_q = _step(shape, -pz, -py, -px), _step(shape, -qz, -qy, -qx)
    for k in range(runs.shape[0]):
        step, at = runs[k, 0], np.uint64(runs[k, 1])
        p0, q0, p1, q1 = np.uint64(p + step), np.uint64(q + step), np.uint64(back_p + step), np.uint64(back_q + step)
        for j in range(np.uint64(runs[k, 2])):  # unsigned: numba would test signed ones for being negative
            d[at + j] = np.int8(forward[q0 + j] + turned[q1 + j] - forward[p0 + j] - turned[p1 + j])
    _forget(d, place[_flat(shape, pz - qz, py - qy, px - qx, shape[2])])  # from q the 1 at p was still to be seen
    _forget(d, place[_flat(shape, qz - pz, qy - py, qx - px, shape[2])])


@njit(cache=True)
def _forget(d: np.ndarray, place: int) -> None:
    if place >= 0:
        d[place] -= 1


@njit(cache=True, fastmath=EXACT_SUMS)
def _change_of_run(d: np.ndarray, slopes: np.ndarray, share: float, start: int, stop: int) -> float:
    change = 0.0
    for k in range(np.uint64(start), np.uint64(stop)):
        step = np.float64(np.int32(d[k]))
        change += step * (share * step + slopes[k])
    return change


@njit(cache=True)
def _change_of_runs(d: np.ndarray, slopes: np.ndarray, runs: np.ndarray, shares: np.ndarray) -> float:
    """Sum over the slots of (C + d - t)^2 - (C - t)^2 = d (d + 2 (C - t)), in squared counts."""
    change = 0.0
    for k in range(runs.shape[0]):
        change += _change_of_run(d, slopes, shares[k], runs[k, 1], runs[k, 1] + runs[k, 2])
    return change


# --- after an exchange is accepted ------------------------------------------------------------------------------------
@njit(cache=True)
def _renew(f: Fields, forward: np.ndarray, turned: np.ndarray, shape: Place, at_p: Place, at_q: Place) -> None:
    """Bring the fields up to date; the copies are those of the image before the exchange."""
    joint, mirrored, _, d = f
    (pz, py, px), (qz, qy, qx) = at_p, at_q
    wide = 2 * shape[2]
    _renew_changes(d, forward, turned, shape, at_p, at_q)
    _renew_pull(f, forward, shape, at_p, at_q)
    back_p, back_q = _step(shape, -pz, -py, -px), _step(shape, -qz, -qy, -qx)
    for z in range(shape[0]):
        for y in range(shape[1]):
            at, step = np.uint64(_flat(shape, z, y, 0, wide)), _step(shape, z, y, 0)
            p1, q1, again = np.uint64(back_p + step), np.uint64(back_q + step), at + np.uint64(shape[2])
            for j in range(np.uint64(shape[2])):
                joint[again + j] = joint[at + j] = joint[at + j] + 2 * GRID * np.int64(d[at + j])
                twice = mirrored[at + j] + np.int32(2 * (forward[q1 + j] - forward[p1 + j]))
                mirrored[again + j] = mirrored[at + j] = twice
    for half in (0, shape[2]):
        mirrored[half + _flat(shape, pz + qz, py + qy, px + qx, wide)] -= 2
        mirrored[half + _flat(shape, 2 * pz, 2 * py, 2 * px, wide)] += 1
        mirrored[half + _flat(shape, 2 * qz, 2 * qy, 2 * qx, wide)] += 1


@njit(cache=True)
def _renew_changes(
    d: np.ndarray, forward: np.ndarray, turned: np.ndarray, shape: Place, at_p: Place, at_q: Place
) -> None:
    """Change of the counts at every vector."""
    (pz, py, px), (qz, qy, qx) = at_p, at_q
    wide = 2 * shape[2]
    p, q = _step(shape, pz, py, px), _step(shape, qz, qy, qx)
    back_p, back_q = _step(shape, -pz, -py, -px), _step(shape, -qz, -qy, -qx)
    for z in range(shape[0]):
        for y in range(shape[1]):
            at, step = np.uint64(_flat(shape, z, y, 0, wide)), _step(shape, z, y, 0)
            p0, q0, p1, q1 = (
                np.uint64(p + step),
                np.uint64(q + step),
                np.uint64(back_p + step),
                np.uint64(back_q + step),
            )
            again = at + np.uint64(shape[2])
            for j in range(np.uint64(shape[2])):
                change = np.int8(forward[q0 + j] + turned[q1 + j] - forward[p0 + j] - turned[p1 + j])
                d[again + j] = d[at + j] = change
    for half in (0, shape[2]):
        d[half + _flat(shape, pz - qz, py - qy, px - qx, wide)] -= 1
        d[half + _flat(shape, qz - pz, qy - py, qx - px, wide)] -= 1
        d[half] = 0


@njit(cache=True)
def _renew_pull(f: Fields, forward: np.ndarray, shape: Place, at_p: Place, at_q: Place) -> None:
    """F with the new residuals and the new image; the other fields are old."""
    joint, mirrored, pull, d = f
    (pz, py, px), (qz, qy, qx) = at_p, at_q
    width, wide = shape[2], 2 * shape[2]
    there, back = _step(shape, qz - pz, qy - py, qx - px), _step(shape, pz - qz, py - qy, px - qx)
    for z in range(shape[0]):
        for y in range(shape[1]):
            at, step = np.uint64(_flat(shape, z, y, 0, width)), _step(shape, z, y, 0)
            c_p = np.uint64(_flat(shape, z - pz, y - py, -px, wide))
            c_q = np.uint64(_flat(shape, z - qz, y - qy, -qx, wide))
            b_p = np.uint64(_flat(shape, z + pz, y + py, px, wide))
            b_q = np.uint64(_flat(shape, z + qz, y + qy, qx, wide))
            i, i_there, i_back = np.uint64(step), np.uint64(step + there), np.uint64(step + back)
            for j in range(np.uint64(width)):
                near = np.int8(
                    2 * forward[i + j] - forward[i_there + j] - forward[i_back + j] + d[c_q + j] - d[c_p + j]
                )
                change = np.int64(mirrored[b_q + j]) - np.int64(mirrored[b_p + j]) + np.int64(near)
                pull[at + j] += joint[c_q + j] - joint[c_p + j] + GRID * change


# --- one stage --------------------------------------------------------------------------------------------------------
@njit(cache=True)
def run_stage(
    labels: np.ndarray,
    copies: np.ndarray,
    vectors: Vectors,
    slopes: np.ndarray,
    f: Fields,
    counts: np.ndarray,
    wanted: np.ndarray,
    m: Members,
    state: np.ndarray,
    temperature: float,
    moves: int,
    threshold: float,
) -> tuple[int, int, float, float]:
    """Make `moves` trial exchanges at one temperature; fewer if the energy falls to `threshold`.

    Parameters
    ----------
    labels, copies, slopes, f, m
        The image (D, H, W) uint8 of phases 0 and 1, its `turned_copies`, `slopes_of` and `fields_of`, and the groups of
        its pixels; changed in place.
    vectors, wanted
        What is counted; counts wanted, (slots,) float64, whole multiples of 2^-10.
    counts
        (slots,) int64; changed in place.
    state
        Random generator (2,) uint64; moves on.
    temperature, threshold
        In squared counts. At temperature 0 no move that raises the energy is accepted.

    Returns
    -------
    (trial moves made, moves accepted, mean and variance of the energy over the moves, in squared counts)
    """
    shape = labels.shape
    depth, height, width = shape
    image, forward, turned = labels.reshape(-1), copies[0], copies[1]
    runs, shares, place, of_place, of_slot, whole = vectors
    joint, mirrored, pull, _ = f
    d, moved = np.zeros(of_place.size, np.int8), np.zeros(of_place.size, np.int64)
    start, ones, energy = np.zeros(counts.size if whole else 0, np.int64), 0, 0.0
    for pixel in range(image.size):
        ones += image[pixel]
    for s in range(counts.size):
        energy += (counts[s] - wanted[s]) ** 2
        if whole:
            start[s] = joint[of_slot[s] + of_slot[s] // width * width]
    # In the order of the pixels at every stage: so image, counts and generator are all that a chain resumes from.
    fill(m, labels)
    _, members, sizes, _, _, cumulative = m
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
        made += 1
        random = next_word(state)
        p = int(members[full, below(random >> HIGH, sizes[full])])
        q = int(members[empty, below(random & LOW, sizes[empty])])
        at_p, at_q = coordinates(p, depth, height, width), coordinates(q, depth, height, width)
        change = 0.0
        if whole:
            change = _change_of_all(joint, mirrored, pull, image, ones, shape, at_p, at_q)
        if d.size > 0:
            _count_changes(forward, turned, runs, place, shape, at_p, at_q, d)
            change += _change_of_runs(d, slopes, runs, shares)
        if not is_taken(change, temperature, state):
            continue
        accepted += 1
        # The energy has been the same since the last exchange: its moments grow by as many moves at once.
        total, squares = grown(total, squares, made - 1 - since, energy - first)
        since = made - 1
        energy += change
        for k in range(runs.shape[0]):
            for j in range(runs[k, 1], runs[k, 1] + runs[k, 2]):
                moved[j] += d[j]
                slopes[j] += 2.0 * shares[k] * d[j]
        if whole:
            _renew(f, forward, turned, shape, at_p, at_q)
        for at, value in ((at_p, 0), (at_q, 1)):
            _write(forward, shape, at[0], at[1], at[2], value)
            _write(turned, shape, -at[0], -at[1], -at[2], value)
        exchange(m, labels, p, q, neighbours)
        if by_class:
            weigh(sizes, cumulative)
        if energy <= threshold:
            break
    total, squares = grown(total, squares, made - since, energy - first)
    for s in range(counts.size):
        v = of_slot[s]
        if whole:
            counts[s] += (joint[v + v // width * width] - start[s]) // (2 * GRID)
        elif v > 0:
            counts[s] += moved[place[v]]
    mean, variance = moments(total, squares, made, first)
    return made, accepted, mean, variance
