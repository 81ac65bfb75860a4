"""Lineal path L(r): the probability that a whole line of length r lies in the phase."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raysys.stats.correlation.axes import along_axes
from raysys.stats.correlation.oblique import Direction
from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import trailing_zeros
from raysys.stats.phases import Phase


def lineal_path(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Lineal path along the axes, averaged over them.

    A line of length r has r steps and r + 1 pixels, so that L(0) is the phase fraction and L(1) = S2(1); a run of
    `len` pixels holds len - r of them.

    Parameters
    ----------
    images, phase, r_max, boundary, mask
        As for `two_point`; of a mask only lines that lie in it as a whole.

    Returns
    -------
    Curve
        "L".

    Raises
    ------
    RaysysError
        If the images or r_max are not as said.

    References
    ----------
    Lu & Torquato, Phys. Rev. A 45 (1992) 922; steps as in the public sampler.
    """
    return lineal_path_of(Phase.of(images, phase, boundary, mask=mask), r_max)


def lineal_path_along(
    images: np.ndarray,
    axis: Direction,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Lineal path along one axis of the images (0: slowest, not counting samples); otherwise as `lineal_path`.

    A direction may stand for the axis, as for `two_point_along`: its lines are of the pixels that steps meet.
    """
    return lineal_path_of(Phase.of(images, phase, boundary, mask=mask), r_max, axis)


def lineal_path_of(phase: Phase, r_max: int | None, axis: Direction | None = None) -> Curve:
    """`lineal_path`, or `lineal_path_along` an axis, of images that are checked."""
    return along_axes("L", _along, phase, r_max, axis)


def _along(phase: Phase, axis: int, r_max: int) -> np.ndarray:
    """(N, R) along one axis, from the lengths of the runs."""
    length, periodic = phase.shape[axis], phase.boundary == "periodic"
    lines, lags = phase.lines(axis), np.arange(r_max + 1)
    runs, endless = np.zeros((phase.n, length + 1), np.int64), np.zeros(phase.n, np.int64)
    count_runs(lines.words.reshape(phase.n, -1, lines.words.shape[-1]), length, periodic, runs, endless)
    # Runs longer than r, summed from the longest down, and those sums once more: sum of (len - r) over len > r.
    paths = runs[:, :0:-1].cumsum(axis=1).cumsum(axis=1)[:, ::-1][:, : r_max + 1]
    across = math.prod(phase.shape) // length
    if periodic:
        # A line that is all phase has no end: every position starts a path of any length.
        return np.asarray((paths + endless[:, None] * length) / (across * length))
    return np.asarray(paths / (across * (length - lags)))


@njit(cache=True, nogil=True)
def count_runs(lines: np.ndarray, length: int, periodic: bool, runs: np.ndarray, endless: np.ndarray) -> None:
    """Add up runs by length in `runs` (N, length + 1), and periodic lines without any end in `endless` (N,).

    A run begins and ends where a word differs from itself moved by one pixel, so the time goes with the number of runs.
    """
    one = np.uint64(1)
    for image in range(lines.shape[0]):
        found = runs[image]
        for row in range(lines.shape[1]):
            start, inside, head, tail, before = 0, False, 0, 0, np.uint64(0)
            for j in range(lines.shape[2]):
                word = lines[image, row, j]
                changes = word ^ ((word << one) | before)
                before = word >> np.uint64(63)
                while changes:
                    place = 64 * j + trailing_zeros(changes)
                    changes &= changes - one
                    if inside:
                        found[place - start] += 1
                        head = place if start == 0 else head
                        tail = length - start if place == length else tail
                    start, inside = place, not inside
            if inside:  # only where the line ends with a word
                found[length - start] += 1
                head = length if start == 0 else head
                tail = length - start
            if periodic and head == length:
                found[length] -= 1
                endless[image] += 1
            elif periodic and head and tail:
                found[head] -= 1
                found[tail] -= 1
                found[head + tail] += 1
