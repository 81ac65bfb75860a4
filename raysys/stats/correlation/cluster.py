"""Two-point cluster function C2(r): the probability that two points a distance r apart lie in the same cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from raysys.stats.correlation.oblique import Direction, Oblique
from raysys.stats.correlation.two_point import pairs_along
from raysys.stats.curve import Boundary, Curve
from raysys.stats.labelling import Connectivity, find_runs, labelled, neighbours
from raysys.stats.phases import Phase, axis_of, largest_lag


def two_point_cluster(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    connectivity: Connectivity = "faces",
    axis: Direction | None = None,
    mask: np.ndarray | None = None,
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
    axis
        One axis, or a direction as for `two_point_along`, instead of the mean over the axes.
    mask
        As for `two_point`; pixels outside connect nothing.

    Returns
    -------
    Curve
        "C2", "C2_axis0" or "C2_along_1_1", with C2(0) = phase fraction; the number of neighbours is in its protocol.

    Raises
    ------
    RaysysError
        If an option or the images are not as said.

    References
    ----------
    Torquato, Beasley & Chiew, J. Chem. Phys. 88 (1988) 6540.
    """
    return two_point_cluster_of(Phase.of(images, phase, boundary, mask=mask), r_max, connectivity, axis)


def two_point_cluster_of(
    phase: Phase, r_max: int | None, connectivity: Connectivity = "faces", axis: Direction | None = None
) -> Curve:
    """`two_point_cluster` of images that are checked."""
    protocol = {"connectivity": str(neighbours(connectivity, phase.dims))}
    if isinstance(axis, Sequence):
        return _along_direction(phase, r_max, connectivity, axis, protocol)
    r_max = largest_lag(phase.shape, r_max)
    lines = [phase.lines(axis).words for axis in range(phase.dims)]
    lines = [words.reshape(phase.n, -1, words.shape[-1]) for words in lines]
    values = np.zeros((phase.n, phase.dims, r_max + 1))
    for i in range(phase.n):
        labels, _ = labelled(phase.inside[i], connectivity, phase.boundary)
        for k, words in enumerate(lines):
            values[i, k] = _along(words[i], labels, k, phase.boundary == "periodic", r_max)
    if phase.region is not None:
        room = np.stack([pairs_along(phase.region, k, r_max) for k in range(phase.dims)], axis=1)
        values = np.divide(
            values, room, out=np.full(values.shape, np.nan), where=np.broadcast_to(room, values.shape) > 0
        )
    if axis is not None:
        axis = axis_of(axis, phase.shape)
        return phase.curve(f"C2_axis{axis}", np.arange(r_max + 1), values[:, axis], protocol)
    return phase.curve("C2", np.arange(r_max + 1), values.sum(axis=1) / phase.dims, protocol)


def _along_direction(
    phase: Phase, r_max: int | None, connectivity: Connectivity, step: Sequence[int], protocol: dict[str, str]
) -> Curve:
    """C2 along a direction, of the clusters of the images themselves."""
    oblique = Oblique.of(phase.shape, step)
    steps, laid = oblique.steps(phase.shape, r_max), oblique.phase(phase)
    numbers = oblique.laid(np.stack([labelled(inside, connectivity, "open")[0] for inside in phase.inside]))
    assert laid.mask is not None
    values = np.empty((phase.n, steps + 1))
    # Runs along a direction need not be of one cluster: their pixels may meet at corners, or not at all.
    for r in range(steps + 1):
        here, beyond = numbers[..., : numbers.shape[-1] - r], numbers[..., r:]
        room = (laid.mask[..., : laid.mask.shape[-1] - r] & laid.mask[..., r:]).sum(axis=(1, 2))
        held = ((here == beyond) & (here > 0)).sum(axis=(1, 2))
        values[:, r] = np.where(room > 0, held / np.maximum(room, 1), np.nan)
    return phase.curve("C2" + oblique.suffix, np.arange(steps + 1) * oblique.spacing, values, protocol)


def _along(lines: np.ndarray, labels: np.ndarray, axis: int, periodic: bool, r_max: int) -> np.ndarray:
    """(R,) of one image along one axis, from the lines (lines, words) of packed pixels and the numbers of clusters."""
    length = labels.shape[axis]
    first, starts, ends = find_runs(lines, length)
    # Lines lie as `Phase.lines` gives them: the axes before the one measured, then those behind it.
    before, behind = math.prod(labels.shape[:axis]), math.prod(labels.shape[axis + 1 :])
    bends = np.zeros(2 * length + 1, np.int64)
    _compare_runs(first, starts, ends, labels.reshape(-1), length, behind, periodic, r_max, bends)
    # Twice summed, a bend of 1 at t is a slope of 1 from t on.
    counts = np.full(r_max + 1, (ends - starts).sum(dtype=np.int64))
    counts[1:] += bends.cumsum().cumsum()[:r_max]
    lengths = length if periodic else length - np.arange(r_max + 1)
    return np.asarray(counts / (before * behind * lengths))


@njit(cache=True, nogil=True)
def _compare_runs(
    first: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    labels: np.ndarray,
    length: int,
    behind: int,
    periodic: bool,
    r_max: int,
    bends: np.ndarray,
) -> None:
    """Add up where the number of pairs in the same cluster bends, as a function of the lag.

    Between two runs that number is a trapezoid: it is given by the four lags at which it bends, however long the runs.
    """
    numbers = np.empty(length, np.int32)
    for line in range(len(first) - 1):
        base, runs = line // behind * length * behind + line % behind, first[line + 1] - first[line]
        start, end = starts[first[line] : first[line + 1]], ends[first[line] : first[line + 1]]
        for i in range(runs):
            numbers[i] = labels[base + start[i] * behind]
        for i in range(runs):
            bends[0] -= 1
            bends[end[i] - start[i]] += 1
            # In periodic images the runs from the first one on come once more, behind the last.
            for k in range(i + 1, 2 * runs if periodic else runs):
                j, around = (k, 0) if k < runs else (k - runs, length)
                gap = start[j] + around - end[i]
                if gap >= r_max:
                    break
                if numbers[j] == numbers[i]:
                    bends[gap] += 1
                    bends[start[j] + around - start[i]] -= 1
                    bends[end[j] + around - end[i]] -= 1
                    bends[end[j] + around - start[i]] += 1
