"""Tiles of one image, cut when they are asked for: overlapping ones take no room of their own."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from raysys.data.shapes import Sides, sides_of

AT_A_TIME = 256  # tiles in memory, where all are gone through
COLOURS = 3


class CutTiles:
    """Tiles of one image by their origins; `tiles[places]` cuts those and no others.

    It can be pickled; of an image that is mapped from a file only the file's name goes with it.

    Parameters
    ----------
    image : array (H, W) or (D, H, W), with a further axis of three for colours, in memory or mapped from a file
    origins : (N, dims of the image) int64, first pixel of each tile
    tile : sides in pixels; of fewer axes than the image, tiles are cut out of its slices
    colour : whether the image's last axis is its colours
    at_hand : whether the tiles would be in memory if the image were, so that all may be asked for at once

    Attributes
    ----------
    shape : (N, *tile), and three for colours;  dtype : the image's;  ndim : of `shape`
    """

    def __init__(
        self, image: Any, origins: np.ndarray, tile: Sides, *, colour: bool = False, at_hand: bool = False
    ) -> None:
        flat = 0 if isinstance(tile, int) else origins.shape[1] - len(tile)
        self.image, self.origins, self.at_hand = image, origins, at_hand
        self.tile = sides_of(tile, origins.shape[1] - flat)
        self.shape: tuple[int, ...] = (len(origins), *self.tile, *((COLOURS,) if colour else ()))
        self.dtype, self.ndim = np.dtype(image.dtype), len(self.shape)

    def __len__(self) -> int:
        """How many tiles there are."""
        return len(self.origins)

    def __getitem__(self, places: Any) -> np.ndarray:
        """Tiles (n, *tile) of int64 places, a slice or a mask; of one place, one tile."""
        chosen = self.origins[places]
        rows = chosen.reshape(-1, chosen.shape[-1])
        drawn = np.empty((len(rows), *self.shape[1:]), self.dtype)
        for tile, origin in zip(drawn, rows.tolist(), strict=True):
            tile[...] = self._window(origin)
        return drawn.reshape(*chosen.shape[:-1], *self.shape[1:])

    def mean(self) -> float:
        """Mean of all values of all tiles; every one of them is read."""
        total = sum(float(part.sum(dtype=np.float64)) for part in self.parts())
        return total / math.prod(self.shape)

    def parts(self) -> Iterator[np.ndarray]:
        """All tiles in their order, some at a time."""
        for start in range(0, len(self), AT_A_TIME):
            yield self[start : start + AT_A_TIME]

    def _window(self, origin: list[int]) -> np.ndarray:
        flat = len(origin) - len(self.tile)
        spans = (slice(start, start + side) for start, side in zip(origin[flat:], self.tile, strict=True))
        window: np.ndarray = self.image[(*origin[:flat], *spans)]
        return window

    def __getstate__(self) -> dict[str, Any]:
        """All but a mapped image, which is mapped again in the other process."""
        mapped = isinstance(self.image, np.memmap)
        return self.__dict__ | {"image": self.image.filename if mapped else self.image}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Map the image again, if it was mapped."""
        self.__dict__ |= state
        if not hasattr(self.image, "dtype"):
            self.image = np.load(self.image, mmap_mode="r")
