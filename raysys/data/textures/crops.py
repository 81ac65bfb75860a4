"""Pieces of several images, cut when they are asked for, and pairs of pieces that are drawn by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Crops", "drawn_pair"]


class Crops:
    """Pieces of several arrays in memory, indexed like one array (N, *tile), or (N, *tile, 3) of colours.

    Parameters
    ----------
    arrays
        (*spatial) each, or (*spatial, 3), of one dtype.
    places
        (N, 1 + dims) int64: number of the array, and first pixel of the piece.
    tile
        Side in pixels.
    dims
        Axes of a piece.
    """

    at_hand = True

    def __init__(self, arrays: Sequence[np.ndarray], places: np.ndarray, tile: int, dims: int) -> None:
        self.arrays, self.places, self.tile, self.dims = arrays, places, tile, dims
        self.shape: tuple[int, ...] = (len(places), *(tile,) * dims, *arrays[0].shape[dims:])
        self.dtype = arrays[0].dtype

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self.places)

    def __getitem__(self, chosen: Any) -> np.ndarray:
        """Pieces of a slice or of places (n,), or one piece of a place."""
        places = self.places[chosen]
        if places.ndim == 1:
            return self.cut(int(places[0]), places[1:])
        if not len(places):
            return np.empty((0, *self.shape[1:]), self.dtype)
        return np.stack([self.cut(int(place[0]), place[1:]) for place in places])

    def cut(self, number: int, origin: np.ndarray) -> np.ndarray:
        """The piece of an array that begins at a pixel."""
        return self.arrays[number][tuple(slice(first, first + self.tile) for first in origin)]


def drawn_pair(
    chance: np.random.Generator, shape: Sequence[int], tile: int, window: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """First pixels of two pieces of an image of `shape` pixels: anywhere, or both within one window of that side."""
    sides = np.array(shape)
    low, room = np.zeros_like(sides), sides
    if window is not None:
        low, room = chance.integers(0, sides - window, endpoint=True), np.full_like(sides, window)
    one, other = (low + chance.integers(0, room - tile, endpoint=True) for _ in range(2))
    return one, other


def spread_places(shapes: Sequence[Sequence[int]], tile: int, each: int, seed: int) -> np.ndarray:
    """Places (len(shapes) * each, 1 + dims) of pieces, `each` of every image, drawn by a seed; the images in turns."""
    found = []
    for number, shape in enumerate(shapes):
        chance = np.random.default_rng((seed, number))
        origins = chance.integers(0, np.array(shape) - tile, (each, len(shape)), endpoint=True)
        found.append(np.concatenate([np.full((each, 1), number), origins], 1))
    places: np.ndarray = np.stack(found, 1).reshape(-1, found[0].shape[1]).astype(np.int64)
    return places
