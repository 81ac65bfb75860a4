"""Tiles of images in memory, cut when they are asked for: overlapping ones take no room of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from raysys.errors import RaysysError


class TileView:
    """Tiles of several arrays, indexed like one array (N, tile, tile) of their dtype.

    Parameters
    ----------
    arrays
        (H, W) each, of one dtype.
    places
        (N, 3) int64: number of the array, row and column of the tile's first pixel.
    tile
        Side in pixels.
    """

    def __init__(self, arrays: list[np.ndarray], places: np.ndarray, tile: int) -> None:
        self.arrays, self.places, self.tile = arrays, places, tile
        self.shape: tuple[int, ...] = (len(places), tile, tile)
        self.dtype = arrays[0].dtype

    def __len__(self) -> int:
        """Number of tiles."""
        return len(self.places)

    def __getitem__(self, chosen: Any) -> np.ndarray:
        """Tiles (n, tile, tile) of a slice or of places (n,), or one tile (tile, tile) of a place."""
        places = self.places[chosen]
        if places.ndim == 1:
            return self._cut(places)
        return np.stack([self._cut(place) for place in places]) if len(places) else np.empty((0, *self.shape[1:]))

    def _cut(self, place: np.ndarray) -> np.ndarray:
        number, row, column = place
        return self.arrays[number][row : row + self.tile, column : column + self.tile]


def tile_places(shapes: list[tuple[int, int]], tile: int, stride: int) -> np.ndarray:
    """Places (N, 3) int64 of whole tiles at multiples of `stride`, image by image and row-major.

    Raises
    ------
    RaysysError
        If an image is smaller than a tile.
    """
    found = []
    for number, (height, width) in enumerate(shapes):
        if min(height, width) < tile:
            raise RaysysError(f"{height} x {width} pixels hold no whole tile of {tile}; use a smaller data.tile")
        rows, columns = (np.arange(0, length - tile + 1, stride) for length in (height, width))
        grid = np.meshgrid([number], rows, columns, indexing="ij")
        found.append(np.stack(grid, -1).reshape(-1, 3))
    return np.concatenate(found).astype(np.int64)
