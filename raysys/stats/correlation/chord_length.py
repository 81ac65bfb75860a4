"""Chord-length distribution p(z): how long the chords are that lie in the phase along the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numba import njit

from raysys.errors import RaysysError
from raysys.stats.correlation.lineal_path import count_runs
from raysys.stats.correlation.oblique import Direction, Oblique
from raysys.stats.curve import Boundary, Curve
from raysys.stats.phases import Phase, axis_of, largest_lag
from raysys.stats.scalar import Scalar

Edges = Literal["drop", "keep"]


def chord_length_distribution(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    edges: Edges = "drop",
    axis: Direction | None = None,
    mask: np.ndarray | None = None,
) -> Curve:
    """Probability density of the lengths of chords: of whole runs of the phase along the axes.

    Parameters
    ----------
    images, phase, boundary
        As for `two_point`. Periodic runs go on around the border; a line that is all phase has no end and no chord.
    r_max
        Longest chord listed, pixels; half the shortest axis less one by default.
    edges
        In open images a run at the border is cut off, longer than it looks: "drop" leaves it out (long chords meet the
        border more often, so short ones are then over-represented), "keep" counts it as it is.
    axis
        One axis (0: slowest, not counting samples), or a direction as for `two_point_along`, of whose length the chords
        are then multiples; by default those along all axes are counted together.
    mask
        As for `two_point`, of open images: chords end where it does, and are cut there as they are at a border.

    Returns
    -------
    Curve
        "chord_length", "chord_length_axis0" or "chord_length_along_1_1": r = 1, 2, ..., r_max and the share of chords
        that long, 1/pixel.
        Over all lengths, also those beyond r_max, the sum is 1; NaN for an image without a chord.

    Raises
    ------
    RaysysError
        If an option or the images are not as said.

    References
    ----------
    Torquato & Lu, Phys. Rev. E 47 (1993) 2950.
    """
    return chord_length_of(Phase.of(images, phase, boundary, mask=mask), r_max, edges=edges, axis=axis)


def chord_length_of(phase: Phase, r_max: int | None, *, edges: Edges = "drop", axis: Direction | None = None) -> Curve:
    """`chord_length_distribution` of images that are checked."""
    if isinstance(axis, Sequence):
        lines = Oblique.of(phase.shape, axis)
        longest, spacing, suffix = lines.steps(phase.shape, r_max), lines.spacing, lines.suffix
        counts = _chords(lines.phase(phase), edges, 1)
    else:
        longest, spacing, suffix = largest_lag(phase.shape, r_max), 1, _suffix(phase, axis)
        counts = _chords(phase, edges, axis)
    values = _per_chord(counts[:, 1 : longest + 1], counts.sum(axis=1)[:, None])
    lengths = np.arange(1, longest + 1) * spacing
    return phase.curve("chord_length" + suffix, lengths, values, _protocol(phase, edges))


def mean_chord_length(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "open",
    edges: Edges = "drop",
    axis: Direction | None = None,
    mask: np.ndarray | None = None,
) -> Scalar:
    """Mean length of the chords of `chord_length_distribution`, of all lengths, with its parameters.

    Returns
    -------
    Scalar
        "mean_chord_length" or "mean_chord_length_axis0", ..., pixels; NaN for an image without a chord. Of periodic
        images without an endless line it is the phase fraction over the number of chords per pixel.

    Raises
    ------
    RaysysError
        If an option or the images are not as said.
    """
    return mean_chord_length_of(Phase.of(images, phase, boundary, mask=mask), edges=edges, axis=axis)


def mean_chord_length_of(phase: Phase, *, edges: Edges = "drop", axis: Direction | None = None) -> Scalar:
    """`mean_chord_length` of images that are checked."""
    if isinstance(axis, Sequence):
        lines = Oblique.of(phase.shape, axis)
        values = mean_chord_length_of(lines.phase(phase), edges=edges, axis=1).values * lines.spacing
        return phase.scalar("mean_chord_length" + lines.suffix, values, "pixel", _protocol(phase, edges))
    counts = _chords(phase, edges, axis)
    values = _per_chord(counts @ np.arange(counts.shape[1]), counts.sum(axis=1))
    return phase.scalar("mean_chord_length" + _suffix(phase, axis), values, "pixel", _protocol(phase, edges))


def _suffix(phase: Phase, axis: int | None) -> str:
    return "" if axis is None else f"_axis{axis_of(axis, phase.shape)}"


def _protocol(phase: Phase, edges: Edges) -> dict[str, str]:
    # Periodic images have no edges to keep or to drop.
    return {"edges": edges} if phase.boundary == "open" else {}


def _per_chord(total: np.ndarray, chords: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(chords > 0, total / np.maximum(chords, 1), np.nan))


def _chords(phase: Phase, edges: Edges, axis: int | None) -> np.ndarray:
    """Number of chords of each length (N, longest axis + 1), along one axis or all."""
    if edges not in ("drop", "keep"):
        raise RaysysError(f"edges is {edges!r}; allowed: drop, keep")
    if phase.mask is not None and phase.boundary == "periodic":
        raise RaysysError("boundary is 'periodic' and chords have a mask; allowed with a mask: open")
    axes = range(phase.dims) if axis is None else (axis_of(axis, phase.shape),)
    counts = np.zeros((phase.n, max(phase.shape) + 1), np.int64)
    for one in axes:
        length = phase.shape[one]
        counts[:, : length + 1] += _chords_along(phase, edges, one)
    return counts


def _chords_along(phase: Phase, edges: Edges, axis: int) -> np.ndarray:
    """Number of chords of each length (N, length + 1) along one axis."""
    length, periodic = phase.shape[axis], phase.boundary == "periodic"
    lines = phase.lines(axis).words
    lines = lines.reshape(phase.n, math.prod(phase.shape) // length, lines.shape[-1])
    counts, endless = np.zeros((phase.n, length + 1), np.int64), np.zeros(phase.n, np.int64)
    count_runs(lines, length, periodic, counts, endless)
    if edges == "drop" and phase.region is not None:
        room = phase.region.lines(axis).words
        room = np.broadcast_to(room.reshape(phase.region.n, *lines.shape[1:]), lines.shape)
        _leave_out_cut_runs(lines, room, length, counts)
    elif edges == "drop" and not periodic:
        _leave_out_border_runs(lines, length, counts)
    return counts


@njit(cache=True, nogil=True)
def _leave_out_cut_runs(lines: np.ndarray, room: np.ndarray, length: int, counts: np.ndarray) -> None:
    """Take the runs that begin or end where the mask does, or the line, off the counts (N, length + 1) of all runs."""
    for image in range(lines.shape[0]):
        for row in range(lines.shape[1]):
            line, mask, start = lines[image, row], room[image, row], -1
            for x in range(length + 1):
                inside = x < length and _bit(line, x)
                if inside and start < 0:
                    start = x
                elif not inside and start >= 0:
                    if start == 0 or x == length or not _bit(mask, start - 1) or not _bit(mask, x):
                        counts[image, x - start] -= 1
                    start = -1


@njit(cache=True, nogil=True)
def _bit(words: np.ndarray, place: int) -> bool:
    return (words[place // 64] >> np.uint64(place % 64)) & np.uint64(1) != 0


@njit(cache=True, nogil=True)
def _leave_out_border_runs(lines: np.ndarray, length: int, counts: np.ndarray) -> None:
    """Take the runs that begin or end a line off the counts (N, length + 1) of all runs."""
    one = np.uint64(1)
    for image in range(lines.shape[0]):
        for line in lines[image]:
            head, tail = 0, 0
            while head < length and (line[head // 64] >> np.uint64(head % 64)) & one:
                head += 1
            if head < length:
                place = length - 1
                while (line[place // 64] >> np.uint64(place % 64)) & one:
                    place -= 1
                tail = length - 1 - place
            # Lines that begin or end outside the phase have a run of length 0 there.
            counts[image, head] -= head > 0
            counts[image, tail] -= tail > 0
