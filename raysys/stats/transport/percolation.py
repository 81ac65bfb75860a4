"""Which part of a phase leads through an image from one end to the other."""

from __future__ import annotations

from itertools import product
from typing import Literal

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.labelling import Connectivity, labelled, measured_parts, neighbours
from raysys.stats.packed import pack
from raysys.stats.phases import Phase, axis_of
from raysys.stats.scalar import Scalar

Ends = Literal["mirrored", "periodic"]
Sides = Literal["mirrored", "periodic", "walls"]


def percolating(
    images: np.ndarray,
    axis: int | None = None,
    *,
    phase: int = 1,
    connectivity: Connectivity = "faces",
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Scalar:
    """Fraction of the phase that belongs to clusters leading through the image.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    axis
        Along which clusters must lead through (0: slowest, not counting samples); the mean over the axes by default.
    phase
        Value of the phase of interest.
    connectivity
        "faces": pixels that share a side belong together; "all": those that share a corner as well.
    boundary
        "open": a cluster leads through if it touches both ends; "periodic": if it meets itself again one period (or
        more) further on; to touch both ends at different places is not enough.
    mask
        As for `two_point`: clusters are those of the phase within it, and the ends of an open image are the two faces
        of its bounding box. Around a periodic image the period stays the image's.

    Returns
    -------
    Scalar
        "percolating_fraction", pixels of those clusters per pixel of the phase; NaN for an image without the phase.

    Raises
    ------
    RaysysError
        If the images are not as said, or have no such axis.
    """
    return percolating_of(Phase.of(images, phase, boundary, mask=mask), axis, connectivity)


def percolating_of(phase: Phase, axis: int | None, connectivity: Connectivity) -> Scalar:
    """`percolating` of images that are checked."""
    axes = list(range(phase.dims)) if axis is None else [axis_of(axis, phase.shape)]
    protocol = {"axes": ",".join(map(str, axes)), "connectivity": str(neighbours(connectivity, phase.dims))}
    values = np.full(phase.n, np.nan)
    for i in range(phase.n):
        pixels, through = (_winding_parts if phase.boundary == "periodic" else _spanning_parts)(phase, i, connectivity)
        if len(pixels):
            values[i] = np.mean(pixels @ through[:, axes]) / pixels.sum()
    return phase.scalar("percolating_fraction", values, "", protocol)


def _spanning_parts(phase: Phase, i: int, connectivity: Connectivity) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (P,) of each part of an open image, and whether it touches both ends of each axis (P, dims)."""
    if phase.mask is None:
        words, width = phase.slices.words.reshape(phase.n, -1, *phase.slices.words.shape[1:])[i], phase.shape[-1]
    else:
        held = phase.inside[i][phase.box(i, (False,) * phase.dims)]
        words, width = pack(held.reshape(-1, *held.shape[-2:])).words, held.shape[-1]
    moments, touched = measured_parts(words, width, connectivity, phase.dims)
    return moments[:, 0], np.asarray(touched.all(axis=2))[:, 3 - phase.dims :]


def _winding_parts(phase: Phase, i: int, connectivity: Connectivity) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (P,) of each part of a periodic image as if it were open, and whether it winds around each axis."""
    labels, count = labelled(phase.inside[i], connectivity, "open")
    periodic = (True,) * phase.dims
    winds = [_winding(_across(labels, periodic, k, connectivity), count) for k in range(phase.dims)]
    return np.bincount(labels.ravel(), minlength=count + 1)[1:], np.stack(winds, axis=1)[1:]


def percolating_part(
    inside: np.ndarray, axis: int, ends: Ends, sides: Sides = "mirrored", connectivity: Connectivity = "faces"
) -> np.ndarray:
    """The clusters of one image that lead through it along an axis.

    Parameters
    ----------
    inside
        bool (H, W) or (D, H, W).
    axis
        Along which.
    ends
        "mirrored": the image goes on as its mirror image, so that clusters lead through if they touch both ends;
        "periodic": if they wind around the axis.
    sides
        Of the other axes; only "periodic" ones connect what lies at opposite sides.

    Returns
    -------
    bool of the image's shape

    Raises
    ------
    RaysysError
        If ends or sides are unknown.
    """
    if ends not in ("mirrored", "periodic") or sides not in ("mirrored", "periodic", "walls"):
        raise RaysysError(
            f"ends are {ends!r} and sides {sides!r}; allowed: mirrored or periodic ends, mirrored, periodic or walls "
            "as sides"
        )
    labels, count = labelled(inside, connectivity, "open")
    periodic = periodic_axes(inside.ndim, axis, ends, sides)
    links = _across(labels, periodic, axis, connectivity)
    through = _winding(links, count) if ends == "periodic" else _touching(labels, links, count, axis)
    return np.asarray(through[labels])


def periodic_axes(dims: int, axis: int, ends: Ends, sides: Sides) -> tuple[bool, ...]:
    """Which axes of an image go on as they begin, if one of them has ends and the others have sides."""
    return tuple((ends if k == axis else sides) == "periodic" for k in range(dims))


def _across(labels: np.ndarray, periodic: tuple[bool, ...], axis: int, connectivity: Connectivity) -> np.ndarray:
    """Distinct links (K, 3) across periodic borders: label, label it meets, periods gone along the axis."""
    shape, found = np.array(labels.shape), [np.zeros((0, 3), np.int64)]
    most = 1 if connectivity == "faces" else labels.ndim
    for border in np.flatnonzero(periodic):
        face = np.take(labels, -1, border)
        place = np.insert(np.argwhere(face), border, shape[border] - 1, axis=1)
        for step in product((-1, 0, 1), repeat=labels.ndim):
            if step[border] == 1 and np.count_nonzero(step) <= most:
                periods, target = np.divmod(place + step, shape)
                met = labels[tuple(target.T)]
                # A diagonal step may also leave through a border that is not periodic.
                kept = (met > 0) & ~periods[:, ~np.array(periodic)].any(axis=1)
                found.append(np.stack([face[face > 0], met, periods[:, axis]], axis=1)[kept])
    return np.unique(np.concatenate(found), axis=0)


def _touching(labels: np.ndarray, links: np.ndarray, count: int, axis: int) -> np.ndarray:
    """Whether each label (count + 1,), or what it is linked with, lies at both ends of the axis."""
    graph = coo_matrix((np.ones(len(links), bool), (links[:, 0], links[:, 1])), (count + 1, count + 1))
    group = connected_components(graph, directed=False)[1]
    first, last = (np.unique(group[np.take(labels, end, axis)]) for end in (0, -1))
    through = np.isin(group, np.intersect1d(first, last))
    through[0] = False
    return np.asarray(through)


def _winding(links: np.ndarray, count: int) -> np.ndarray:
    """Whether each label (count + 1,) is part of something that meets itself again a number of periods further on.

    Union-find in which every label knows how many periods it lies from its root: a link that disagrees closes a loop
    around the axis.
    """
    parent, periods, winds = list(range(count + 1)), [0] * (count + 1), [False] * (count + 1)

    def root_of(label: int) -> tuple[int, int]:
        away = 0
        while parent[label] != label:
            above = parent[label]
            periods[label] += periods[above]  # halves the path; nothing is added where `above` is the root
            parent[label] = parent[above]
            away, label = away + periods[label], parent[label]
        return label, away

    for label, met, gone in links.tolist():
        (one, away), (other, beyond) = root_of(label), root_of(met)
        if one == other:
            winds[one] |= away + gone != beyond
        else:
            parent[one], periods[one] = other, beyond - away - gone
            winds[other] |= winds[one]
    through = np.zeros(count + 1, bool)
    for label in np.unique(links[:, :2]).tolist():
        through[label] = winds[root_of(label)[0]]
    return through
