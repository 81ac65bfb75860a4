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

from raysys.anneal.draws import HIGH, LOW, below, fraction, next_word

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
    foreign = np.empty(pixels, np.uint8)
    _count_foreign(labels, foreign)
    if frozen is not None:
        foreign[frozen.ravel()] += FROZEN
    members = np.empty((groups, pixels), np.int32)
    sizes, place = np.zeros(groups, np.int64), np.empty(pixels, np.int32)
    return Members(group_of, members, sizes, place, foreign, np.ones((2, max(1, groups // 2))))


@njit(cache=True)
def _wrapped(i: int, n: int) -> int:
    return i + n if i < 0 else (i - n if i >= n else i)


@njit(cache=True)
def _count_foreign(labels: np.ndarray, foreign: np.ndarray) -> None:
    depth, height, width = labels.shape
    deep = 1 if depth > 1 else 0
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                n, own = 0, labels[z, y, x]
                for a in range(-deep, deep + 1):
                    for b in range(-1, 2):
                        for c in range(-1, 2):
                            n += labels[_wrapped(z + a, depth), _wrapped(y + b, height), _wrapped(x + c, width)] != own
                foreign[(z * height + y) * width + x] = n


@njit(cache=True)
def fill(m: Members, labels: np.ndarray) -> None:
    """All pixels into their groups, in the order of the pixels: image and generator are all a chain resumes from."""
    flat = labels.reshape(-1)
    m.sizes[:] = 0
    for pixel in range(flat.size):
        group = m.group_of[flat[pixel], m.foreign[pixel]]
        if group >= 0:
            _join(m, group, pixel)


@njit(cache=True)
def _join(m: Members, group: int, pixel: int) -> None:
    n = m.sizes[group]
    m.place[pixel] = n
    m.members[group, n] = pixel
    m.sizes[group] = n + 1


@njit(cache=True)
def _leave(m: Members, group: int, pixel: int) -> None:
    n, hole = m.sizes[group] - 1, m.place[pixel]
    last = m.members[group, n]
    m.members[group, hole] = last
    m.place[last] = hole
    m.sizes[group] = n


@njit(cache=True)
def _move(m: Members, pixel: int, old: int, new: int) -> None:
    if old == new:
        return
    if old >= 0:
        _leave(m, old, pixel)
    if new >= 0:
        _join(m, new, pixel)


@njit(cache=True)
def relabel(m: Members, labels: np.ndarray, pixel: int, label: int) -> None:
    """Give a pixel another phase, in the image and in the groups."""
    depth, height, width = labels.shape
    z, rest = pixel // (height * width), pixel % (height * width)
    y, x = rest // width, rest % width
    before, deep, own = labels[z, y, x], 1 if depth > 1 else 0, 0
    labels[z, y, x] = label
    for a in range(-deep, deep + 1):
        layer = _wrapped(z + a, depth)
        for b in range(-1, 2):
            row = _wrapped(y + b, height)
            for c in range(-1, 2):
                if a == 0 and b == 0 and c == 0:
                    continue
                column = _wrapped(x + c, width)
                phase = labels[layer, row, column]
                other = (layer * height + row) * width + column
                if other == pixel:  # around an axis of one or two pixels a neighbour may be the pixel itself
                    continue
                own += phase != label
                was, count = int(m.foreign[other]), int(m.foreign[other])
                count += int(phase != label) - int(phase != before)
                if count != was:
                    m.foreign[other] = count
                    _move(m, other, m.group_of[phase, was], m.group_of[phase, count])
    was = int(m.foreign[pixel])
    m.foreign[pixel] = own
    _move(m, pixel, m.group_of[before, was], m.group_of[label, own])


@njit(cache=True)
def weigh(m: Members) -> None:
    """Different-phase-neighbour weights (Chen et al.): the highest group that is not empty has 1/2 of the chance.

    The others share 1/2 in proportion to n_i (i + 1)^2, i the number of neighbours of the other phase.
    """
    groups = m.cumulative.shape[1]
    for phase in range(2):
        top = groups - 1
        while top > 0 and m.sizes[phase * groups + top] == 0:
            top -= 1
        rest = 0.0
        for i in range(top):
            rest += m.sizes[phase * groups + i] * (i + 1.0) ** 2
            m.cumulative[phase, i] = rest
        for i in range(top):
            m.cumulative[phase, i] *= 0.5 / max(rest, 1.0)
        m.cumulative[phase, top:] = 1.0


@njit(cache=True)
def draw_pair(m: Members, state: np.ndarray) -> tuple[int, int]:
    """Two pixels of different phase; (-1, -1) if no phase or only one has a pixel that may be drawn.

    Of two phases: one of each. Of more: one of all, and one of those of the other phases.
    """
    phases, groups = m.group_of.shape[0], m.sizes.size
    if phases == 2:
        empty, full = 0, groups // 2
        if groups > 2:
            random = next_word(state)
            empty = _drawn_group(m.cumulative, 0, fraction(random >> HIGH))
            full = _drawn_group(m.cumulative, 1, fraction(random & LOW))
        if m.sizes[empty] == 0 or m.sizes[full] == 0:
            return -1, -1
        random = next_word(state)
        p = m.members[full, below(random >> HIGH, m.sizes[full])]
        return int(p), int(m.members[empty, below(random & LOW, m.sizes[empty])])
    total = m.sizes.sum()
    random = next_word(state)
    first = below(random >> HIGH, total) if total > 0 else np.int64(-1)
    one = 0
    while first >= 0 and first >= m.sizes[one]:
        first -= m.sizes[one]
        one += 1
    if first < 0 or total == m.sizes[one]:
        return -1, -1
    second, other = below(random & LOW, total - m.sizes[one]), 0
    while True:
        if other != one:
            if second < m.sizes[other]:
                break
            second -= m.sizes[other]
        other += 1
    return int(m.members[one, first]), int(m.members[other, second])


@njit(cache=True)
def _drawn_group(cumulative: np.ndarray, phase: int, chance: float) -> int:
    i = 0
    while cumulative[phase, i] <= chance:
        i += 1
    return phase * cumulative.shape[1] + i
