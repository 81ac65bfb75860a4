"""Tiles of a large segmented image, drawn from its file when they are asked for."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raysys.data.large.image import LargeImage, bands
from raysys.data.preparation.tiling import Tiles, placed
from raysys.errors import RaysysError

AT_A_TIME = 256  # tiles in memory, where all are gone through


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
        """Phase fraction of all tiles together; reads every one of them."""
        ones = sum(int(np.count_nonzero(part)) for part in self.parts())
        return ones / math.prod(self.shape)

    def parts(self) -> Iterator[np.ndarray]:
        """All tiles in their order, some at a time."""
        for start in range(0, len(self), AT_A_TIME):
            yield self[start : start + AT_A_TIME]


def split_large(image: LargeImage, size: int, stride: int, *, held_out: float = 0.25) -> Tiles:
    """`split_by_region` of a binary image on disk: the same tiles, origins and groups, drawn when asked for.

    Parameters
    ----------
    image : LargeImage
        Binary, stored as {0, 1} or {0, 255}; it is read once, for its phase fraction.
    size, stride, held_out
        As for `split_by_region`.

    Returns
    -------
    Tiles
        `train` and `held_out` are `LazyTiles`, `image` is the large image.

    Raises
    ------
    RaysysError
        If the image is grey, or either side of the cut is smaller than one tile.
    """
    train, aside = placed(image.shape, size, stride, held_out=held_out, dims=2)
    fraction = check_binary(image)
    return Tiles(
        train=LazyTiles(image, train.origins, size),
        held_out=LazyTiles(image, aside.origins, size),
        train_origins=train.origins,
        held_out_origins=aside.origins,
        train_groups=train.groups,
        held_out_groups=aside.groups,
        train_inside=train.inside,
        held_out_inside=aside.inside,
        image=image,
        phase_fraction=fraction,
        phase_fraction_before=fraction,
    )


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
