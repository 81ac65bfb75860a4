"""Disjoint cubes out of volumes, and the two halves of a rock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import evenly
from raysys.stats import two_point
from raysys.stats.sets.units import correlation_length, effective_number

__all__ = ["Crops", "crops_of"]

LOOKED_AT = 16  # cubes, from which the correlation length is taken


@dataclass(frozen=True, eq=False)
class Crops:
    """Cubes that share no voxel.

    Attributes
    ----------
    images
        (N, edge, edge, edge) uint8 in {0, 1}.
    volumes
        (N,) int64, the volume that each is of.
    origins
        (N, 3) int64, its first voxel there.
    """

    images: np.ndarray
    volumes: np.ndarray
    origins: np.ndarray

    @property
    def edge(self) -> int:
        """Side of a cube."""
        return int(self.images.shape[1])

    @property
    def independent(self) -> float:
        """How many independent cubes they are worth: those of one volume by its correlation length."""
        length = correlation_length(two_point(self.images[evenly(LOOKED_AT, len(self.images))]))
        if math.isnan(length):
            return float(len(self.images))
        tile = (self.edge,) * 3
        of_each = [self.origins[self.volumes == volume] for volume in np.unique(self.volumes)]
        return sum(effective_number(origins, tile, length) for origins in of_each)

    @property
    def halves(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Places of the cubes of two halves of the rock, cut across its longest row of cubes; None of a single cube.

        Of several volumes half have one half. A middle layer that belongs to neither is left out.
        """
        volumes = np.unique(self.volumes)
        if len(volumes) > 1:
            along, steps = self.volumes, volumes
        else:
            axis = int(np.argmax([len(np.unique(self.origins[:, k])) for k in range(3)]))
            along = self.origins[:, axis]
            steps = np.unique(along)
        half = len(steps) // 2
        if not half:
            return None
        return np.flatnonzero(np.isin(along, steps[:half])), np.flatnonzero(np.isin(along, steps[-half:]))


def crops_of(volumes: Sequence[np.ndarray], edge: int, most: int, name: str) -> Crops:
    """Cut volumes into cubes side by side, and take at most so many of them, evenly.

    Parameters
    ----------
    volumes
        (D, H, W) uint8 in {0, 1} each.
    edge, most
        Side of a cube, and how many are kept.
    name
        Of the set in sentences.

    Raises
    ------
    RaysysError
        If a volume is none, or holds no cube.
    """
    found = []
    for number, volume in enumerate(volumes):
        if volume.ndim != 3 or volume.max(initial=0) > 1:
            raise RaysysError(f"{name} has an array of {by(volume.shape)}; allowed: volumes (D, H, W) of 0 and 1")
        if min(volume.shape) < edge:
            raise RaysysError(f"{name} has a volume of {by(volume.shape)} voxels; allowed: {edge} a side and more")
        found += [(number, origin) for origin in product(*(range(0, n - edge + 1, edge) for n in volume.shape))]
    kept = [found[place] for place in evenly(most, len(found))]
    images = [volumes[k][tuple(slice(start, start + edge) for start in origin)] for k, origin in kept]
    return Crops(np.stack(images).astype(np.uint8), np.array([k for k, _ in kept]), np.array([at for _, at in kept]))
