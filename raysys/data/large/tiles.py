"""Tiles of a large segmented image, drawn from its file when they are asked for."""

import math

import numpy as np

from raysys.data.large.image import LargeImage, bands
from raysys.data.preparation.cut_tiles import CutTiles
from raysys.data.preparation.places import placed
from raysys.data.preparation.tiling import Tiles, tiles_at
from raysys.data.shapes import Sides
from raysys.errors import RaysysError


class LazyTiles(CutTiles):
    """Tiles of one binary image by their origins; `tiles[places]` reads those and no others.

    It can be pickled, and then opens the file again in the other process.

    Parameters
    ----------
    image : LargeImage
        Binary, stored as {0, 1} or {0, 255}; a tile with other values raises a RaysysError when it is read.
    origins : (N, 2) int64, first row and column of each tile
    tile : sides in pixels

    Attributes
    ----------
    shape : (N, *tile);  dtype : uint8;  ndim : 3
    """

    def __init__(self, image: LargeImage, origins: np.ndarray, tile: Sides) -> None:
        super().__init__(image, origins, tile)
        self.dtype = np.dtype(np.uint8)

    def _window(self, origin: list[int]) -> np.ndarray:
        return phases_of(super()._window(origin), self.image)


def split_large(image: LargeImage, size: Sides, stride: Sides, *, held_out: float = 0.25) -> Tiles:
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
    sides = placed(image.shape, size, stride, held_out=held_out, dims=2)
    fraction = check_binary(image)
    near, far = (LazyTiles(image, side.origins, size) for side in sides)
    return tiles_at(image, near, far, sides, phase_fraction=fraction, phase_fraction_before=fraction)


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
