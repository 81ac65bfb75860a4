"""Porosity over depth from the border: a generator that was trained in the regime of its edges shows it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.shapes import by

__all__ = ["DepthProfile", "depth_profile"]

SURE = 0.9973  # of the interval of a layer that differs: of ten layers one in forty would leave it by chance
FEWEST = 2  # volumes, from which on a standard error is known


@dataclass(frozen=True, eq=False)
class DepthProfile:
    """Porosity of the layers of voxels at one depth, and of all that is deeper.

    Attributes
    ----------
    depth
        (R,) int64, voxels from the border: 0 is the outermost layer.
    porosity, error
        (R,) float64: mean over volumes, and its standard error from their spread.
    interior
        Mean porosity deeper than all of `depth`.
    difference, difference_error
        (R,) float64: porosity less the same volume's interior, averaged, and its standard error.
    volumes
        How many there are.
    """

    depth: np.ndarray
    porosity: np.ndarray
    error: np.ndarray
    interior: float
    difference: np.ndarray
    difference_error: np.ndarray
    volumes: int

    @property
    def rim(self) -> int:
        """How many layers from the border inwards differ from the interior, by Student's 99.73 % interval."""
        from scipy.stats import t

        # Of two volumes that is 235 standard errors: so few cannot say much.
        reach = t.ppf((1 + SURE) / 2, self.volumes - 1)
        same = np.flatnonzero(np.abs(self.difference) <= reach * self.difference_error)
        return int(same[0]) if len(same) else len(self.depth)

    @property
    def sentence(self) -> str:
        """What the profile means."""
        told = f"{self.volumes} volumes have a porosity of {self.interior:.4f} in their interior"
        if not self.rim:
            return f"{told}, and none that differs from it at the border."
        worst = int(np.argmax(np.abs(self.difference[: self.rim])))
        more = "over" if self.difference[worst] > 0 else "under"
        return (
            f"{told}; the outermost {self.rim} voxels differ from it (99.73 % intervals), "
            f"{abs(self.difference[worst]):.4f} {more} it at depth {worst}: cut them off, or train the interior."
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row for each depth."""
        names = ("depth", "porosity", "error", "difference", "difference_error")
        return [{name: getattr(self, name)[k].item() for name in names} for k in range(len(self.depth))]


def depth_profile(volumes: np.ndarray | Sequence[np.ndarray], *, deepest: int | None = None) -> DepthProfile:
    """Porosity of the layers around volumes as they come from a generator, beside their interior.

    Parameters
    ----------
    volumes
        Two or more (D, H, W) uint8 in {0, 1} of one shape, 1 = pore, as generated: not cut out of larger ones.
    deepest
        How many layers are looked at; by default a third of half the shortest side.

    Raises
    ------
    RaysysError
        If there are too few, or they are no volumes of one shape, or no interior is left.

    Notes
    -----
    A voxel's depth is that to the nearest of the six faces. The generators of published 3D GANs see in training what
    lies within 48 voxels of the border of a volume of 160 almost only (0.94 of it), while a large sample is interior.
    """
    shapes = {tuple(volume.shape) for volume in volumes}
    shape = next(iter(shapes), ())
    if len(shapes) != 1 or len(shape) != 3 or len(volumes) < FEWEST:
        found = ", ".join(by(one) for one in sorted(shapes))
        raise RaysysError(
            f"{len(volumes)} volumes of {found or 'no'} voxels; allowed: 2 or more (D, H, W) of one shape"
        )
    layers = max(1, min(shape) // 6) if deepest is None else deepest
    if not 1 <= layers < (min(shape) + 1) // 2:
        raise RaysysError(f"{layers} layers of {by(shape)} voxels; allowed: 1 to {(min(shape) + 1) // 2 - 1}")
    depth = np.minimum(_to_face(shape), layers).ravel()
    sizes = np.bincount(depth)
    held = np.stack([np.bincount(depth, np.asarray(volume).ravel(), len(sizes)) / sizes for volume in volumes])
    apart = held[:, :-1] - held[:, -1:]
    root = np.sqrt(len(held))
    return DepthProfile(
        np.arange(layers),
        held[:, :-1].mean(axis=0),
        held[:, :-1].std(axis=0, ddof=1) / root,
        float(held[:, -1].mean()),
        apart.mean(axis=0),
        apart.std(axis=0, ddof=1) / root,
        len(held),
    )


def _to_face(shape: tuple[int, ...]) -> np.ndarray:
    """(D, H, W) int64: voxels to the nearest face."""
    along = [np.minimum(np.arange(side), np.arange(side)[::-1]) for side in shape]
    return np.asarray(np.minimum(np.minimum(along[0][:, None, None], along[1][:, None]), along[2]))
