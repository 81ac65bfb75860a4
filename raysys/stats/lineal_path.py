"""Lineal path L(r): the probability that a whole line of length r lies in the phase."""

from __future__ import annotations

import numpy as np
from numba import njit

from raysys.stats.curve import Boundary, Curve
from raysys.stats.phases import indicator, largest_lag


def lineal_path(images: np.ndarray, *, phase: int = 1, r_max: int | None = None, boundary: Boundary = "open") -> Curve:
    """Lineal path along the axes, averaged over them.

    A line of length r has r steps and r + 1 pixels, so that L(0) is the phase fraction and L(1) = S2(1); a run of
    `len` pixels holds len - r of them.

    Parameters
    ----------
    images, phase, r_max, boundary
        As for `two_point`.

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
    inside = indicator(images, phase)
    r_max = largest_lag(inside.shape[1:], r_max)
    values = np.mean([_along(inside, axis, r_max, boundary) for axis in range(inside.ndim - 1)], axis=0)
    return Curve("L", np.arange(r_max + 1), values, phase, boundary)


def lineal_path_along(
    images: np.ndarray, axis: int, *, phase: int = 1, r_max: int | None = None, boundary: Boundary = "open"
) -> Curve:
    """Lineal path along one axis of the images (0: slowest, not counting samples); otherwise as `lineal_path`."""
    inside = indicator(images, phase)
    r_max = largest_lag(inside.shape[1:], r_max)
    return Curve("L", np.arange(r_max + 1), _along(inside, axis, r_max, boundary), phase, boundary)


def _along(inside: np.ndarray, axis: int, r_max: int, boundary: Boundary) -> np.ndarray:
    lines = np.moveaxis(inside, axis + 1, -1)
    length = lines.shape[-1]
    flat = np.ascontiguousarray(lines.reshape(len(lines), -1, length)).view(np.uint8)
    runs, full = _run_lengths(flat, boundary == "periodic")
    lags = np.arange(r_max + 1)
    lengths = np.arange(length + 1)
    inside_run = np.maximum(lengths[None, :] - lags[:, None], 0)
    counts = runs @ inside_run.T
    if boundary == "periodic":
        # A line that is all phase has no end: every position starts a path of any length.
        counts = counts + full[:, None] * length
        return counts / (flat.shape[1] * length)
    return counts / (flat.shape[1] * (length - lags))


@njit(cache=True, nogil=True)
def _run_lengths(lines: np.ndarray, periodic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Runs by length in the lines of each image, (N, length + 1), and lines that never end, (N,)."""
    n, count, length = lines.shape
    runs = np.zeros((n, length + 1), dtype=np.int64)
    full = np.zeros(n, dtype=np.int64)
    for image in range(n):
        for row in range(count):
            line = lines[image, row]
            start = 0
            if periodic:
                while start < length and line[start]:
                    start += 1
                if start == length:
                    full[image] += 1
                    continue
            run = 0
            for i in range(length):
                # From the first gap on, once around.
                if line[(start + i) % length]:
                    run += 1
                elif run:
                    runs[image, run] += 1
                    run = 0
            if run:
                runs[image, run] += 1
    return runs, full
