"""Volumes as cubes: three faces seen from above, without a renderer."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["cube_faces"]

SHADES = (1.0, 0.8, 0.6)  # of the upper, left and right face
PORE, SOLID = (0.16, 0.28, 0.42), (0.93, 0.88, 0.76)
PIXELS = 3  # a voxel, of volumes small enough
WIDEST = 480  # pixels of a picture, about


def cube_faces(volume: np.ndarray) -> np.ndarray:
    """Isometric picture of a volume.

    Parameters
    ----------
    volume
        (D, H, W) uint8 in {0, 1}; 1 is dark.

    Returns
    -------
    (rows, columns, 3) float32 in [0, 1], white around: above the first layer, left the last of the second axis, right
    the last of the third.
    """
    depth, height, width = volume.shape
    across = math.cos(math.pi / 6)
    scale = max(0.25, min(PIXELS, WIDEST / ((height + width) * across)))
    rows, columns = math.ceil(((height + width) / 2 + depth) * scale), math.ceil((height + width) * across * scale)
    v, u = np.meshgrid((np.arange(rows) + 0.5) / scale, (np.arange(columns) + 0.5) / scale / across, indexing="ij")
    u -= height  # the difference of the last two coordinates, while v is the half of their sum and the depth
    picture = np.ones((rows, columns, 3), np.float32)
    left, right = v - (u + 2 * height) / 2, v - (2 * width - u) / 2
    faces = (
        (np.zeros_like(v), v - u / 2, v + u / 2),
        (left, np.full_like(v, height - 0.5), u + height),
        (right, width - u, np.full_like(v, width - 0.5)),
    )
    for shade, places in zip(SHADES, faces, strict=True):
        found = [np.floor(each).astype(np.int64) for each in places]
        inside = np.all([(each >= 0) & (each < side) for each, side in zip(found, volume.shape, strict=True)], axis=0)
        pores = volume[tuple(each[inside] for each in found)]
        picture[inside] = shade * np.where(pores[:, None] == 1, PORE, SOLID)
    return picture
