"""What an exchange changes in the surface of a phase: the pixels of it that touch another phase with a face.

Callers are cached on disk by their own file only: after a change here, delete the __pycache__ folders (`make clean`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.anneal.engines.bits import Lines, flip, seen, tally_further
from raysys.anneal.engines.line_changes import line_through
from raysys.anneal.engines.selection import wrapped

__all__ = ["count_surface", "renew_surface"]

Place = tuple[int, int, int]  # layer, row and column
ONE = np.uint64(1)


@njit(cache=True)
def _at(shape: Place, z: int, y: int, x: int) -> int:
    """Flat number of a pixel that may lie one step outside."""
    return (wrapped(z, shape[0]) * shape[1] + wrapped(y, shape[1])) * shape[2] + wrapped(x, shape[2])


@njit(cache=True)
def _on_surface(flat: np.ndarray, shape: Place, phase: int, z: int, y: int, x: int) -> bool:
    """Whether a pixel is of the phase and touches another one with a face; an axis of one pixel has no faces."""
    whole = flat[_at(shape, z - 1, y, x)] == phase and flat[_at(shape, z + 1, y, x)] == phase
    whole = whole and flat[_at(shape, z, y - 1, x)] == phase and flat[_at(shape, z, y + 1, x)] == phase
    whole = whole and flat[_at(shape, z, y, x - 1)] == phase and flat[_at(shape, z, y, x + 1)] == phase
    return flat[_at(shape, z, y, x)] == phase and not whole


@njit(cache=True)
def renew_surface(
    flat: np.ndarray,
    lines: Lines,
    image: int,
    shape: Place,
    phase: int,
    at: Place,
    skin: np.ndarray,
    row: int,
    undo: np.ndarray,
    n: int,
) -> int:
    """Bring a phase's surface around a changed pixel up to date, one pixel at a time; counts go to rows of `skin`.

    Pixels that were turned over are appended to the first n of `undo`; returns their number.
    """
    words, starts, long, _, reach, size = lines
    for way in range(7):
        step = 1 if way & 1 else -1
        z = wrapped(at[0] + (step if way in (1, 2) else 0), shape[0])
        y = wrapped(at[1] + (step if way in (3, 4) else 0), shape[1])
        x = wrapped(at[2] + (step if way in (5, 6) else 0), shape[2])
        first = image * size
        line, place = line_through(shape, 2, (z, y, x))
        word = words[first + starts[2, 0] + line * long[2] + (place >> 6)]
        was, now = (word >> np.uint64(place & 63)) & ONE == ONE, _on_surface(flat, shape, phase, z, y, x)
        if was == now:
            continue
        come, gone = np.uint64(-int(now)), np.uint64(-int(was))  # masks: all ones or zero
        for axis in range(0 if shape[0] > 1 else 1, 3):
            line, place = line_through(shape, axis, (z, y, x))
            ahead, behind = first + starts[axis, 0] + line * long[axis], first + starts[axis, 1] + line * long[axis]
            for k in range(reach):
                one, other = seen(words, ahead, place + 1 + 64 * k), seen(words, behind, shape[axis] - place + 64 * k)
                at_skin = np.uint64(64 * ((row + axis) * reach + k))
                tally_further(skin, at_skin, (one & come, other & come), (one & gone, other & gone))
        flip(lines, image, z, y, x)
        undo[n, 0], undo[n, 1], undo[n, 2], undo[n, 3] = image, z, y, x
        n += 1
    return n


@njit(cache=True)
def count_surface(skin: np.ndarray, row: int, reach: int, axes: int, far: int, wide: np.ndarray) -> None:
    """Changes of surface pairs along the axes whose bits are set; `row` of `skin` is that of the first axis."""
    for k in range(np.uint64(far)):
        wide[k] = 0
    for axis in range(3):
        counted, at = np.int32(axes >> axis & 1), np.uint64(64 * (row + axis) * reach)
        for k in range(np.uint64(far)):
            wide[k] += counted * np.int32(skin[at + k])
