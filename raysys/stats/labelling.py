"""Connected parts of a phase, in open and in periodic images."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary

Connectivity = Literal["faces", "all"]

NEIGHBOURS = {("faces", 2): 4, ("all", 2): 8, ("faces", 3): 6, ("all", 3): 26}


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
    int32 of the image's shape, 0 outside and 1 to `count` in the parts; and `count`
    """
    neighbours(connectivity, inside.ndim)
    structure = ndimage.generate_binary_structure(inside.ndim, 1 if connectivity == "faces" else inside.ndim)
    labels, count = ndimage.label(inside, structure)
    if boundary == "open" or count == 0:
        return labels, int(count)
    pairs = np.concatenate([_met_across(labels, axis, connectivity) for axis in range(labels.ndim)], axis=1)
    graph = coo_matrix((np.ones(pairs.shape[1], bool), pairs), (count + 1, count + 1))
    joined, group = connected_components(graph, directed=False)
    # Label 0, the outside, stays alone: group numbers are given in the order of labels, so it is group 0.
    return group.astype(np.int32)[labels], int(joined) - 1


def _met_across(labels: np.ndarray, axis: int, connectivity: Connectivity) -> np.ndarray:
    """Labels (2, K) that touch across the two faces of one axis."""
    last, first = np.take(labels, -1, axis), np.take(labels, 0, axis)
    steps = [(0,) * last.ndim]
    if connectivity == "all":
        steps = list(np.ndindex(*(3,) * last.ndim))
        steps = [tuple(s - 1 for s in step) for step in steps]
    met = []
    for step in steps:
        # Rolled faces meet diagonal neighbours, also those around the other axes' ends.
        moved = np.roll(first, step, tuple(range(last.ndim)))
        both = (last > 0) & (moved > 0)
        met.append(np.stack([last[both], moved[both]]))
    return np.unique(np.concatenate(met, axis=1), axis=1)
