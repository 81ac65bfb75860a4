"""Tiles of a large segmented image, drawn from its file when they are asked for."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from raysys.data.large.image import LargeImage, bands
from raysys.data.preparation.tiling import Tiles, groups_of, origins_of, window_count
from raysys.errors import RaysysError

PATCHES = (0, 1, 255)  # stored values of a binary image; 255 is how pictures show 1


@dataclass
class LazyTiles:
    """Tiles of one image by their origins; `tiles[indices]` reads those and no others.

    It can be pickled, and then opens the file again in the other process.

    Attributes
    ----------
    image : LargeImage
        Binary, stored as {0, 1} or {0, 255}.
    origins : (N, 2) int64, first row and column of each tile
    tile : int, side in pixels
    shape : (N, tile, tile);  dtype : uint8;  ndim : 3
    """

    image: LargeImage
    origins: np.ndarray
    tile: int
    dtype: np.dtype = field(default=np.dtype(np.uint8), init=False)
    ndim: int = field(default=3, init=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(N, tile, tile)."""
        return len(self.origins), self.tile, self.tile

    def __len__(self) -> int:
        """How many tiles there are."""
        return len(self.origins)

    def __getitem__(self, indices: Any) -> np.ndarray:
        """Tiles (n, tile, tile) uint8 in {0, 1} of an int64 array, a slice or a mask; of one index, one tile.

        Raises
        ------
        RaysysError
            If the file holds grey values there.
        """
        chosen = self.origins[indices]
        drawn = np.empty((len(chosen.reshape(-1, 2)), self.tile, self.tile), np.uint8)
        for tile, (row, column) in zip(drawn, chosen.reshape(-1, 2).tolist(), strict=True):
            tile[:] = phases_of(self.image[row : row + self.tile, column : column + self.tile], self.image)
        return drawn.reshape(*chosen.shape[:-1], self.tile, self.tile)

    def mean(self) -> float:
        """Phase fraction of all tiles together, read in bands: each row counts as often as tiles hold it."""
        return float(self._count() / math.prod(self.shape))

    def _count(self) -> int:
        """Pixels of phase 1 in all tiles, by the image's sums over rectangles above and left of their corners."""
        found, counted = 0, 0
        order = np.argsort(self.origins[:, 0], kind="stable")
        while counted < len(order):
            together = order[counted : counted + 64]
            found += int(np.count_nonzero(self[together]))
            counted += len(together)
        return found


def phases_of(window: np.ndarray, image: LargeImage) -> np.ndarray:
    """uint8 {0, 1} of a window of a binary image.

    Raises
    ------
    RaysysError
        If it holds other values than 0, 1 and 255.
    """
    found = window != 0
    other = found & (window != 1) & (window != 255)
    if other.any():
        raise RaysysError(
            f"{image.path} is grey (it holds the value {window[other][0]}), and a binary image is needed; segment it "
            "first: raysys data segment"
        )
    return found.view(np.uint8)


def check_binary(image: LargeImage) -> float:
    """Phase fraction of a binary image, read once in bands; a RaysysError for a grey one."""
    ones = sum(int(np.count_nonzero(phases_of(image[start:stop], image))) for start, stop in bands(image.shape))
    return ones / math.prod(image.shape)
