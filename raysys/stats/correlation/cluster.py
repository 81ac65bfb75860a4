"""Two-point cluster function C2(r): the probability that two points a distance r apart lie in the same cluster."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raysys.stats.correlation.lineal_path import _lines, _trailing_zeros
from raysys.stats.curve import Boundary, Curve
from raysys.stats.labelling import Connectivity, labelled, neighbours
from raysys.stats.phases import Phase, largest_lag


def two_point_cluster(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    connectivity: Connectivity = "faces",
) -> Curve:
    """Probability that two points lie in the same connected cluster of the phase, along the axes, averaged over them.

    L(r) <= C2(r) <= S2(r), and C2 is S2 where the phase is one cluster.

    Parameters
    ----------
    images, phase, r_max, boundary
        As for `two_point`; clusters of periodic images go on around the border as well.
    connectivity
        "faces": pixels that share a side belong together (4 or 6 neighbours); "all": those that share a corner as
        well (8 or 26).

    Returns
    -------
    Curve
        "C2", with C2(0) = phase fraction; the number of neighbours is in its protocol.

    Raises
    ------
    RaysysError
        If an option or the images are not as said.

    References
    ----------
    Torquato, Beasley & Chiew, J. Chem. Phys. 88 (1988) 6540.
    """
    return two_point_cluster_of(Phase.of(images, phase, boundary), r_max, connectivity)


def two_point_cluster_of(phase: Phase, r_max: int | None, connectivity: Connectivity = "faces") -> Curve:
    """`two_point_cluster` of images that are checked."""
    r_max = largest_lag(phase.shape, r_max)
    protocol = {"connectivity": str(neighbours(connectivity, phase.dims))}
    lines = [_lines(phase, axis).words for axis in range(phase.dims)]
    lines = [words.reshape(phase.n, -1, words.shape[-1]) for words in lines]
    values = np.zeros((phase.n, r_max + 1))
    for i in range(phase.n):
        labels, _ = labelled(phase.inside[i], connectivity, phase.boundary)
        for axis, words in enumerate(lines):
            values[i] += _along(words[i], labels, axis, phase.boundary == "periodic", r_max)
    return phase.curve("C2", np.arange(r_max + 1), values / phase.dims, protocol)


def _along(lines: np.ndarray, labels: np.ndarray, axis: int, periodic: bool, r_max: int) -> np.ndarray:
    """(R,) of one image along one axis, from the lines (lines, words) of packed pixels and the numbers of clusters."""
    length = labels.shape[axis]
    bends = np.zeros(2 * length + 1, np.int64)
    before, behind = math.prod(labels.shape[:axis]), math.prod(labels.shape[axis + 1 :])
    held = _compare_runs(lines, labels.reshape(-1), (before, length, behind), periodic, r_max, bends)
    # Twice summed, a bend of 1 at t is a slope of 1 from t on.
    counts = np.full(r_max + 1, held)
    counts[1:] += bends.cumsum().cumsum()[:r_max]
    lags = np.arange(r_max + 1)
    lengths = length if periodic else length - lags
    return np.asarray(counts / (before * behind * lengths))


@njit(cache=True, nogil=True)
def _compare_runs(
    lines: np.ndarray,
    labels: np.ndarray,
    shape: tuple[int, int, int],
    periodic: bool,
    r_max: int,
    bends: np.ndarray,
) -> int:
    """Pairs of points in the same cluster, as bends of their number over the lag; and the number of points.

    Between two runs the number of pairs over the lag is a trapezoid: it is given by the four lags at which it bends,
    however long the runs are. Lines lie as `_lines` gives them: before the axis first, then behind it.
    """
    one, (_, length, behind), held = np.uint64(1), shape, 0
    starts, ends = np.empty(length, np.int64), np.empty(length, np.int64)
    numbers = np.empty(length, np.int32)
    for row in range(lines.shape[0]):
        base = row // behind * length * behind + row % behind
        runs, inside, before = 0, False, np.uint64(0)
        for j in range(lines.shape[1]):
            word = lines[row, j]
            changes = word ^ ((word << one) | before)
            before = word >> np.uint64(63)
            while changes:
                place = 64 * j + _trailing_zeros(changes)
                changes &= changes - one
                if inside:
                    ends[runs] = place
                    runs += 1
                else:
                    starts[runs] = place
                    numbers[runs] = labels[base + place * behind]
                inside = not inside
        if inside:  # only where the line ends with a word
            ends[runs] = length
            runs += 1
        for i in range(runs):
            start, end, number = starts[i], ends[i], numbers[i]
            held += end - start
            bends[0] -= 1
            bends[end - start] += 1
            around = 0
            for k in range(i + 1, 2 * runs if periodic else runs):
                j = k
                if k >= runs:
                    j, around = k - runs, length
                if starts[j] + around - end >= r_max:
                    break
                if numbers[j] == number:
                    bends[starts[j] + around - end] += 1
                    bends[starts[j] + around - start] -= 1
                    bends[ends[j] + around - end] -= 1
                    bends[ends[j] + around - start] += 1
    return held
