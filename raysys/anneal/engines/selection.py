"""Which pixels may be drawn: groups of pixels of 2D and 3D label images, kept up to date as pixels change.

Every pixel that may be drawn is a member of the group of its phase and of the number of its neighbours (8 in 2D, 26 in
3D, periodic) of other phases; within a group all are drawn with the same chance. Pixels that must stay are members of
none: their number of neighbours is kept with FROZEN added, and no group is there.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from raysys.anneal.engines.draws import HIGH, LOW, below, next_word

FROZEN = 32  # more than a voxel has neighbours


class Members(NamedTuple):
    """The groups of one image; images are (D, H, W) with D = 1 in 2D, pixels are flat indices."""

    group_of: np.ndarray  # (phases, 2 * FROZEN) int64: group by phase and neighbours of other phases; -1: never drawn
    members: np.ndarray  # (groups, pixels) int32
    sizes: np.ndarray  # (groups,) int64
    place: np.ndarray  # (pixels,) int32: position in its group
    foreign: np.ndarray  # (pixels,) uint8: neighbours of other phases, FROZEN added where the pixel must stay
    cumulative: np.ndarray  # (2, groups / 2) chance of each group within its phase; used if there are more than phases


def members_of(labels: np.ndarray, group_of: np.ndarray, frozen: np.ndarray | None) -> Members:
    """Groups of a label image (D, H, W) uint8, still to be filled by `fill`; `frozen` bool of the same shape."""
    groups, pixels = int(group_of.max()) + 1, labels.size
    foreign = np.zeros(pixels, np.uint8)
    if frozen is not None:
        foreign[frozen.ravel()] = FROZEN
    count_foreign(labels, foreign)
    members = np.empty((groups, pixels), np.int32)
    sizes, place = np.zeros(groups, np.int64), np.empty(pixels, np.int32)
    return Members(group_of, members, sizes, place, foreign, np.ones((2, max(1, groups // 2))))


@njit(cache=True)
def by_neighbours(m: Members) -> bool:
    """Whether it depends on its neighbours which group a pixel is in."""
    for phase in range(m.group_of.shape[0]):
        for n in range(FROZEN):
            if m.group_of[phase, n] != phase:
                return True
    return False


@njit(cache=True, error_model="numpy")
def coordinates(pixel: int, depth: int, height: int, width: int) -> tuple[int, int, int]:
    """Layer, row and column of a flat pixel."""
    row = np.uint32(pixel) // np.uint32(width)  # unsigned and short: the fastest division
    layer = row // np.uint32(height) if depth > 1 else np.uint64(0)
    z, y = np.int64(layer), np.int64(row)  # signed again: numba makes floats of signed and unsigned together
    return z, y - z * height, pixel - y * width  # type: ignore[return-value]


@njit(cache=True)
def wrapped(i: int, n: int) -> int:
    """i in [-n, 2 n), periodic in n."""
    return i + n if i < 0 else (i - n if i >= n else i)


@njit(cache=True)
def _others(flat: np.ndarray, shape: tuple[int, int, int], at: tuple[int, int, int], label: int) -> int:
    """Neighbours of a pixel that are not of the phase `label`."""
    depth, height, width = shape
    deep, n = (1 if depth > 1 else 0), 0
    for a in range(-deep, deep + 1):
        layer = wrapped(at[0] + a, depth) * height
        for b in range(-1, 2):
            row = (layer + wrapped(at[1] + b, height)) * width
            for c in range(-1, 2):
                n += flat[row + wrapped(at[2] + c, width)] != label
    return n


@njit(cache=True)
def count_foreign(labels: np.ndarray, foreign: np.ndarray) -> None:
    """Neighbours of other phases of every pixel, FROZEN added where it was before."""
    depth, height, width = labels.shape
    flat, pixel = labels.reshape(-1), 0
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                others = _others(flat, (depth, height, width), (z, y, x), flat[pixel])
                foreign[pixel] = (foreign[pixel] & FROZEN) + others
                pixel += 1


@njit(cache=True)
def fill(m: Members, labels: np.ndarray) -> None:
    """All pixels into their groups, in the order of the pixels: image and generator are all a chain resumes from."""
    group_of, members, sizes, place, foreign, _ = m  # loose arrays: each m.name in a loop costs nanoseconds
    flat = labels.reshape(-1)
    sizes[:] = 0
    for pixel in range(flat.size):
        group = group_of[flat[pixel], foreign[pixel]]
        if group >= 0:
            _join(members, sizes, place, group, pixel)


# --- exchanges --------------------------------------------------------------------------------------------------------
# `_join` and `_leave` hold no branch: with one, numba does not see that the arrays outlive the call and counts
# references atomically, which halves the speed of a stage. So their callers ask whether there is a group.
@njit(cache=True)
def _join(members: np.ndarray, sizes: np.ndarray, place: np.ndarray, group: int, pixel: int) -> None:
    n = sizes[group]
    place[pixel] = n
    members[group, n] = pixel
    sizes[group] = n + 1


@njit(cache=True)
def _leave(members: np.ndarray, sizes: np.ndarray, place: np.ndarray, group: int, pixel: int) -> None:
    n, hole = sizes[group] - 1, place[pixel]
    last = members[group, n]
    members[group, hole] = last
    place[last] = hole
    sizes[group] = n


@njit(cache=True)
def _relabel(m: Members, flat: np.ndarray, shape: tuple[int, int, int], pixel: int, label: int) -> None:
    """Give a pixel another phase, in the image and in the groups."""
    group_of, members, sizes, place, foreign, _ = m
    depth, height, width = shape
    z, y, x = coordinates(pixel, depth, height, width)
    before, deep = flat[pixel], (1 if depth > 1 else 0)
    flat[pixel] = label
    # Of two phases what was the same is other now; only around an axis of one pixel is one of these the pixel itself.
    own = (26 if deep else 8) - int(foreign[pixel])
    if group_of.shape[0] > 2 or height == 1 or width == 1:
        own = _others(flat, shape, (z, y, x), label)
    old, new = group_of[before, foreign[pixel]], group_of[label, own]
    foreign[pixel] = own
    if old >= 0:
        _leave(members, sizes, place, old, pixel)
    if new >= 0:
        _join(members, sizes, place, new, pixel)
    columns = (wrapped(x - 1, width), x, wrapped(x + 1, width))
    for a in range(-deep, deep + 1):
        layer = wrapped(z + a, depth) * height
        for b in range(-1, 2):
            row = (layer + wrapped(y + b, height)) * width
            for column in columns:
                other = row + column
                if other == pixel:  # around an axis of one or two pixels a neighbour may be the pixel itself
                    continue
                phase, was = flat[other], int(foreign[other])
                now = was + int(phase != label) - int(phase != before)
                if now == was:
                    continue
                foreign[other] = now
                old, new = group_of[phase, was], group_of[phase, now]
                if old == new:
                    continue
                if old >= 0:
                    _leave(members, sizes, place, old, other)
                if new >= 0:
                    _join(members, sizes, place, new, other)


@njit(cache=True)
def exchange(m: Members, labels: np.ndarray, one: int, other: int, neighbours: bool) -> None:
    """Exchange the phases of two pixels; `neighbours` is what `by_neighbours` says."""
    flat, shape = labels.reshape(-1), labels.shape
    first, second = flat[one], flat[other]
    if neighbours:
        _relabel(m, flat, shape, one, second)
        _relabel(m, flat, shape, other, first)
        return
    flat[one], flat[other] = second, first
    place, members = m.place, m.members
    members[first, place[one]], members[second, place[other]] = other, one
    place[one], place[other] = place[other], place[one]


# --- draws ------------------------------------------------------------------------------------------------------------
# A pair of two phases is drawn in the engines' loops themselves: in a function of its own, inlined or not, it takes a
# quarter of the speed, for the reason above.
@njit(cache=True)
def weigh(sizes: np.ndarray, cumulative: np.ndarray) -> None:
    """Different-phase-neighbour weights (Chen et al.): the highest group that is not empty has 1/2 of the chance.

    The others share 1/2 in proportion to n_i (i + 1)^2, i the number of neighbours of the other phase.
    """
    groups = cumulative.shape[1]
    for phase in range(2):
        top = groups - 1
        while top > 0 and sizes[phase * groups + top] == 0:
            top -= 1
        rest = 0.0
        for i in range(top):
            rest += sizes[phase * groups + i] * (i + 1.0) ** 2
            cumulative[phase, i] = rest
        for i in range(top):
            cumulative[phase, i] *= 0.5 / max(rest, 1.0)
        cumulative[phase, top:] = 1.0


@njit(cache=True)
def drawn_group(cumulative: np.ndarray, phase: int, chance: float) -> int:
    """The group of a phase at which the chances of all up to it pass a number in (0, 1)."""
    i = 0
    while cumulative[phase, i] <= chance:
        i += 1
    return phase * cumulative.shape[1] + i


@njit(cache=True)
def draw_unlike(members: np.ndarray, sizes: np.ndarray, state: np.ndarray) -> tuple[int, int]:
    """One pixel of all that may be drawn, and one of those of the other phases; (-1, -1) if there is none."""
    total, random, one, other = sizes.sum(), next_word(state), 0, 0
    if total == sizes.max():
        return -1, -1
    first = below(random >> HIGH, total)
    while first >= sizes[one]:
        first -= sizes[one]
        one += 1
    if total == sizes[one]:
        return -1, -1
    second = below(random & LOW, total - sizes[one])
    while other == one or second >= sizes[other]:
        if other != one:
            second -= sizes[other]
        other += 1
    return int(members[one, first]), int(members[other, second])
