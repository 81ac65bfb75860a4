"""Connected parts of a phase, in open and in periodic images.

The runs of every row are found in packed words and united with those that they touch in the rows before, so that the
time goes with the number of runs; opposite edges are rows that touch as well. Functions that call each other stand in
one file, since numba's cache on disk only notices changes of the caller's file.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.packed import pack, popcount, trailing_zeros

Connectivity = Literal["faces", "all"]

NEIGHBOURS = {("faces", 2): 4, ("all", 2): 8, ("faces", 3): 6, ("all", 3): 26}
# Slice and row of the rows that may touch a row, each pair of rows once.
ROWS_BEFORE = {
    ("faces", 2): ((0, -1),),
    ("all", 2): ((0, -1),),
    ("faces", 3): ((0, -1), (-1, 0)),
    ("all", 3): ((0, -1), (-1, -1), (-1, 0), (-1, 1)),
}


def neighbours(connectivity: str, dims: int) -> int:
    """Number of neighbours that belong together: 4 or 8 in 2D, 6 or 26 in 3D; the name protocols print.

    Raises
    ------
    RaysysError
        For another word than "faces" or "all".
    """
    if (connectivity, dims) not in NEIGHBOURS:
        raise RaysysError(f"connectivity is {connectivity!r}; allowed: faces (4 or 6 neighbours), all (8 or 26)")
    return NEIGHBOURS[connectivity, dims]


def labelled(inside: np.ndarray, connectivity: Connectivity, boundary: Boundary) -> tuple[np.ndarray, int]:
    """Number the connected parts of one image.

    Parameters
    ----------
    inside
        bool (H, W) or (D, H, W).
    connectivity
        "faces": pixels that share a side belong together; "all": those that share a corner as well.
    boundary
        "periodic": parts also meet across opposite edges.

    Returns
    -------
    int32 of the image's shape, 0 outside and 1 to `count` in the parts, in the order of their first pixels; and `count`

    Raises
    ------
    RaysysError
        If the connectivity is unknown.
    """
    neighbours(connectivity, inside.ndim)
    height, width = inside.shape[-2:]
    slices = pack(inside.reshape(-1, height, width))
    before = np.array(ROWS_BEFORE[connectivity, inside.ndim])
    labels = np.zeros((len(slices.words), height, width), np.int32)
    count = _label(slices.words, before, connectivity == "all", boundary == "periodic", labels)
    return labels.reshape(inside.shape), int(count)


def measured_parts(
    words: np.ndarray, width: int, connectivity: Connectivity, dims: int
) -> tuple[np.ndarray, np.ndarray]:
    """Moments of each connected part of one open image, and which ends of the axes it touches, without any labels.

    Parameters
    ----------
    words, width
        uint64 (D, H, words) and pixels of a row: its slices, packed.
    connectivity, dims
        As for `neighbours`.

    Returns
    -------
    int64 (P, 10), as `add_run` adds them up; and bool (P, 3, 2): the first and the last end of slices, rows and columns
    """
    before = np.array(ROWS_BEFORE[connectivity, dims])
    return _measure_parts(words, before, connectivity == "all", width)


@njit(cache=True, nogil=True)
def add_run(moments: np.ndarray, z: int, y: int, start: int, end: int) -> None:
    """Add a run along a row to moments: pixels, sums of (z, y, x), (zz, yy, xx), (zy, zx, yx), in closed form."""
    n, last = end - start, end - 1
    x = n * (start + last) // 2
    moments[0] += n
    moments[1] += n * z
    moments[2] += n * y
    moments[3] += x
    moments[4] += n * z * z
    moments[5] += n * y * y
    moments[6] += (last * end * (last + end) - (start - 1) * start * (2 * start - 1)) // 6
    moments[7] += n * z * y
    moments[8] += z * x
    moments[9] += y * x


@njit(cache=True, nogil=True)
def _measure_parts(words: np.ndarray, before: np.ndarray, corners: bool, width: int) -> tuple[np.ndarray, np.ndarray]:
    depth, height = words.shape[:2]
    first, starts, ends = find_runs(words.reshape(-1, words.shape[2]), width)
    parent = np.arange(len(starts), dtype=np.int32)
    _meet(first, starts, ends, parent, words.shape[:2], width, before, corners, False)
    count = _number(parent)
    moments, touched = np.zeros((count, 10), np.int64), np.zeros((count, 3, 2), np.bool_)
    for row in range(depth * height):
        z, y = row // height, row % height
        for run in range(first[row], first[row + 1]):
            part, start, end = parent[run] - 1, int(starts[run]), int(ends[run])
            add_run(moments[part], z, y, start, end)
            found = touched[part]
            found[0, 0] |= z == 0
            found[0, 1] |= z == depth - 1
            found[1, 0] |= y == 0
            found[1, 1] |= y == height - 1
            found[2, 0] |= start == 0
            found[2, 1] |= end == width
    return moments, touched


@njit(cache=True, nogil=True)
def _label(words: np.ndarray, before: np.ndarray, corners: bool, periodic: bool, labels: np.ndarray) -> int:
    """Number the parts of slices (D, H, words) in `labels` (D, H, W) of zeros, and say how many there are."""
    width, rows = labels.shape[2], words.reshape(-1, words.shape[2])
    first, starts, ends = find_runs(rows, width)
    parent = np.arange(len(starts), dtype=np.int32)
    _meet(first, starts, ends, parent, words.shape[:2], width, before, corners, periodic)
    count = _number(parent)
    flat = labels.reshape(-1)
    for row in range(len(rows)):
        base = row * width
        for run in range(first[row], first[row + 1]):
            for place in range(np.uint64(base + starts[run]), np.uint64(base + ends[run])):
                flat[place] = parent[run]
    return count


@njit(cache=True, nogil=True)
def find_runs(rows: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Index of the first run of each row and one behind the last (rows + 1,), and where runs start and end (runs,)."""
    one, count = np.uint64(1), np.int64(0)
    for row in range(rows.shape[0]):
        before = np.uint64(0)
        for word in rows[row]:
            count += np.int64(popcount(word & ~((word << one) | before)))
            before = word >> np.uint64(63)
    first = np.empty(rows.shape[0] + 1, np.int64)
    starts, ends, run = np.empty(count, np.int32), np.empty(count, np.int32), 0
    for row in range(rows.shape[0]):
        first[row], inside, before = run, False, np.uint64(0)
        for j in range(rows.shape[1]):
            word = rows[row, j]
            changes = word ^ ((word << one) | before)
            before = word >> np.uint64(63)
            while changes:
                place = 64 * j + trailing_zeros(changes)
                changes &= changes - one
                if inside:
                    ends[run] = place
                    run += 1
                else:
                    starts[run] = place
                inside = not inside
        if inside:  # only where the row ends with a word
            ends[run] = width
            run += 1
    first[-1] = run
    return first, starts, ends


@njit(cache=True, nogil=True)
def _unite(parent: np.ndarray, one: int, other: int) -> None:
    """Join the parts of two runs; the first run of a part stands for it."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    while parent[other] != other:
        parent[other] = parent[parent[other]]
        other = parent[other]
    parent[max(one, other)] = min(one, other)


@njit(cache=True, nogil=True)
def _meet(
    first: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    parent: np.ndarray,
    shape: tuple[int, int],
    width: int,
    before: np.ndarray,
    corners: bool,
    periodic: bool,
) -> None:
    """Unite the runs of all rows that touch; in periodic images those at opposite edges too."""
    depth, height = shape
    reach = 1 if corners else 0
    for row in range(depth * height):
        i, i_end = first[row], first[row + 1]
        if periodic and i < i_end and starts[i] == 0 and ends[i_end - 1] == width:
            _unite(parent, i, i_end - 1)
        for step in range(len(before)):
            z, y = row // height + before[step, 0], row % height + before[step, 1]
            if periodic:
                z, y = z % depth, y % height
            elif z < 0 or not 0 <= y < height:
                continue
            i, j, j_end = first[row], first[z * height + y], first[z * height + y + 1]
            if periodic and corners and i < i_end and j < j_end:
                if starts[i] == 0 and ends[j_end - 1] == width:
                    _unite(parent, i, j_end - 1)
                if starts[j] == 0 and ends[i_end - 1] == width:
                    _unite(parent, j, i_end - 1)
            while i < i_end and j < j_end:
                if starts[i] < ends[j] + reach and starts[j] < ends[i] + reach:
                    _unite(parent, i, j)
                if ends[i] < ends[j]:
                    i += 1
                else:
                    j += 1


@njit(cache=True, nogil=True)
def _number(parent: np.ndarray) -> int:
    """Put in each run's place the number of its part, and say how many parts there are."""
    count = 0
    for run in range(len(parent)):
        # A part's first run comes before its others, and so does every parent: it is numbered already.
        if parent[run] == run:
            count += 1
            parent[run] = count
        else:
            parent[run] = parent[parent[run]]
    return count
