"""Tiles of an image with those of its map; in training, cut anywhere."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from raysys.data.guided.settings import AUTO, GuidedSettings
from raysys.data.preparation.prepare import prepare
from raysys.data.preparation.tiling import Tiles
from raysys.data.textures import moved, orientation_of, progression_of, read_map
from raysys.errors import RaysysError

SAME = 0.02  # by which the ratios of sides of a map and its image may differ


@dataclass(frozen=True)
class GuidedTiles(Tiles):
    """Tiles of one image with a map of it.

    Attributes
    ----------
    guide : (1, H, W) float32 in [0, 1] of a progression, (2, H, W) unit vectors of an orientation, of the image's size
    """

    guide: np.ndarray = field(default_factory=lambda: np.zeros((1, 0, 0), np.float32))

    def batch(self, places: np.ndarray, seeds: Sequence[tuple[int, int]]) -> dict[str, np.ndarray]:
        """Pieces of the training part, each cut anywhere by its own seed, with the same pieces of the map."""
        low, high = self.train_origins.min(0), self.train_origins.max(0)
        origins = [np.random.default_rng(seed).integers(low, high, endpoint=True) for seed in seeds]
        sides = self.train.shape[1:3]
        return {
            "images": np.stack([self.image[_piece(origin, sides)] for origin in origins]),
            "guide": np.stack([self.guide[(slice(None), *_piece(origin, sides))] for origin in origins]),
        }

    def guides(self, places: np.ndarray) -> np.ndarray:
        """Maps (n, channels, *tile) of training tiles."""
        sides = self.train.shape[1:3]
        return np.stack([self.guide[(slice(None), *_piece(origin, sides))] for origin in self.train_origins[places]])

    @property
    def part(self) -> tuple[slice, slice]:
        """The rows and columns of the image that training tiles are cut from."""
        low, high = self.train_origins.min(0), self.train_origins.max(0)
        rows, columns = self.train.shape[1:3]
        return slice(low[0], high[0] + rows), slice(low[1], high[1] + columns)


def guided_tiles(settings: GuidedSettings) -> GuidedTiles:
    """Read, prepare and cut an image and its map.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the files or does not fit them.

    Warns
    -----
    UserWarning
        If the map has another size than the image, and is resized to it.
    """
    tiles = prepare(settings)
    image = np.asarray(tiles.image)
    if image.ndim != 2 + settings.colour:
        raise RaysysError(f"{settings.images}: holds an array of shape {image.shape}; a map is of one flat image")
    size = (image.shape[0], image.shape[1])
    guide = _made(image, settings) if settings.map == AUTO else _read(settings, size)
    parts = {one.name: getattr(tiles, one.name) for one in fields(Tiles)}
    return GuidedTiles(**parts, guide=guide)


def _piece(origin: np.ndarray, sides: Sequence[int]) -> tuple[slice, slice]:
    return slice(origin[0], origin[0] + sides[0]), slice(origin[1], origin[1] + sides[1])


def _made(image: np.ndarray, settings: GuidedSettings) -> np.ndarray:
    """The map that the image shows by itself."""
    try:
        return _channels(progression_of(image) if settings.guide == "progression" else orientation_of(image))
    except RaysysError as error:
        raise RaysysError(f"{settings.images}: {error}") from None


def _read(settings: GuidedSettings, size: tuple[int, int]) -> np.ndarray:
    name = f"data.{settings.guide} {settings.map}"
    if not Path(settings.map).is_file():
        raise RaysysError(f"{name}: there is no such file; allowed: a picture or an array of the map, or {AUTO}")
    values = read_map(settings.map, settings.guide)
    if values.min() < (0 if settings.guide == "progression" else -1) or values.max() > 1:
        raise RaysysError(f"{name} has values from {values.min():g} to {values.max():g}; allowed: 0 to 1")
    found = values.shape[:2]
    if found == size:
        return _channels(values)
    ratios = [new / old for new, old in zip(size, found, strict=True)]
    if abs(ratios[0] / ratios[1] - 1) > SAME and not _within_a_pixel(found, size):
        raise RaysysError(
            f"{name} has {found[0]} x {found[1]} pixels, and the image {size[0]} x {size[1]}; allowed: the same ratio "
            "of sides"
        )
    if settings.downscale == 1:
        warnings.warn(
            f"{name} of {found[0]} x {found[1]} pixels is resized to the image's {size[0]} x {size[1]}", stacklevel=2
        )
    return _channels(moved(values, size, stretch=(ratios[0], ratios[1])))


def _within_a_pixel(found: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Whether sizes are in one ratio but for the rounding of the shorter sides."""
    factor = max(size) / max(found)
    return all(abs(factor * old - new) <= 1 for old, new in zip(found, size, strict=True))


def _channels(values: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) as (C, H, W)."""
    return np.ascontiguousarray(np.moveaxis(values, -1, 0) if values.ndim == 3 else values[None], np.float32)
