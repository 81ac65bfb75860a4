"""Three rocks that come without a file, for a first training in space: drawn, so that they may be shared."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from raysys.data.synthetic import gaussian_random_field

LICENCE = "Apache-2.0 (sandstone, oolite and beads: drawn by raysys.data.textures.rocks)"
SIDE = 128
NAMES = ("beads", "oolite", "sandstone")


def three_rocks() -> dict[str, np.ndarray]:
    """By name, uint8 (128, 128, 128), 1 = pore: packs of small and of large balls, a thresholded Gaussian field.

    Their porosities are 0.36, 0.13 and 0.20, near those of a bead pack, of Ketton and of Berea.
    """
    sandstone = gaussian_random_field((SIDE,) * 3, correlation_length=4.0, phase_fraction=0.20, seed=7)[0]
    return {"beads": balls(14, 0.36, seed=5), "oolite": balls(19, 0.13, seed=6), "sandstone": sandstone}


def balls(cell: int, porosity: float, seed: int) -> np.ndarray:
    """Pores between equal balls on a shaken body-centred lattice, as thick as the porosity wants.

    Neighbours touch or overlap a little, as in a consolidated pack. (Of balls that are added at random the gaps differ
    so much that pores of a low porosity would lie in a few of them only.)

    Parameters
    ----------
    cell
        Side of a cell of the lattice in voxels, two balls each.
    porosity
        Share of pores, met to the voxel.
    seed
        Of the shaking, by up to a quarter of a cell along each axis.
    """
    chance = np.random.default_rng(seed)
    # Beyond the border too, or there would be more pores.
    line = np.arange(0, SIDE + 2 * cell, cell)
    corners = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1).reshape(-1, 3)
    middles = np.concatenate([corners, corners + cell / 2])
    middles = np.round(middles + chance.uniform(-cell / 4, cell / 4, middles.shape)).astype(int)
    side = SIDE + 2 * cell
    empty = np.ones((side,) * 3, bool)
    empty[tuple(middles[((middles >= 0) & (middles < side)).all(1)].T)] = False
    away = ndimage.distance_transform_edt(empty)[(slice(cell, cell + SIDE),) * 3]
    # Of equal distances, which are many, the first are pores.
    order = np.argsort(-away, axis=None, kind="stable")
    pores = np.zeros(SIDE**3, np.uint8)
    pores[order[: round(porosity * SIDE**3)]] = 1
    return pores.reshape((SIDE,) * 3)
