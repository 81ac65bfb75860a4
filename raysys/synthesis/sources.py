"""Where patches are taken from: the exemplar, or flipped and turned copies of it, which share one budget of use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from raysys.data.textures.copies import Copy, mirrored_copies, turned_copies
from raysys.data.textures.orientation import orientation_of
from raysys.errors import RaysysError
from raysys.synthesis.exemplar import Exemplar, as_pixels, resized, scaled_size
from raysys.synthesis.guidance import FittedGuidance
from raysys.synthesis.maps import Maps

__all__ = ["Copies", "Source", "at_layer", "published_copies", "sources_of"]

MOST = 72  # turned copies: every 5 degrees


@dataclass(frozen=True)
class Copies:
    """Copies of the exemplar that patches are taken from, beside it.

    Attributes
    ----------
    flips
        Whether its mirror images count: four copies, the exemplar among them.
    rotations
        Directions that it is turned to: 8 are every 45 degrees, 1 is the exemplar alone.
    together
        Allows both: mirror images are then turned too.
    """

    flips: bool = False
    rotations: int = 1
    together: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.rotations <= MOST:
            raise RaysysError(f"{self.rotations} rotations; allowed: 1 (none) to {MOST}")
        if self.flips and self.rotations > 1 and not self.together:
            raise RaysysError(
                f"flips and {self.rotations} rotations, of which the published code takes one or the other; allowed: "
                "one of them, or both if that is asked for (flips-and-rotations)"
            )

    @property
    def alone(self) -> bool:
        """Whether there are none."""
        return not self.flips and self.rotations == 1

    def of(self, image: np.ndarray) -> list[Copy]:
        """The image, unchanged, and its copies."""
        if self.rotations > 1:
            return turned_copies(image, self.rotations, mirrored=self.flips)
        return mirrored_copies(image) if self.flips else turned_copies(image, 1)


def published_copies(names: frozenset[str]) -> Copies:
    """What the published code takes with maps of these names: 8 rotations, or flips, or none."""
    return Copies(rotations=8) if "orientation" in names else Copies(flips="progression" in names)


@dataclass(frozen=True, eq=False)
class Source:
    """An exemplar, or a copy of one.

    Attributes
    ----------
    pixels
        float32 (1, 1 or 3, h, w).
    coordinates
        float32 (h, w, 2): row and column of each pixel in the exemplar at the same scale.
    maps
        Guidance, none of it without any.
    exemplar
        Number of the exemplar, of several.
    """

    pixels: Tensor
    coordinates: np.ndarray
    maps: Maps = field(default_factory=Maps)
    exemplar: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.pixels.shape[2]), int(self.pixels.shape[3])

    def at(self, factor: float) -> Source:
        """The same at another scale."""
        if factor == 1:
            return self
        size = scaled_size(self.size, factor)
        coordinates = at_layer(self.coordinates, size, factor)
        return Source(resized(self.pixels, size).clamp(0, 1), coordinates, self.maps.resized(size), self.exemplar)


def sources_of(
    exemplar: Exemplar, copies: Copies, guidance: FittedGuidance | None, others: Sequence[Exemplar] = ()
) -> list[Source]:
    """The exemplar, and its copies with their guidance; or it and others."""
    found = []
    for copy in copies.of(exemplar.image):
        found.append(Source(as_pixels(copy.image), copy.coordinates, _maps(copy, guidance)))
    for number, other in enumerate(others, start=1):
        places = Copies().of(other.image)[0].coordinates
        found.append(Source(as_pixels(other.image), places, exemplar=number))
    return found


def _maps(copy: Copy, guidance: FittedGuidance | None) -> Maps:
    if guidance is None:
        return Maps()
    of = guidance.source
    orientation = None
    if of.orientation is not None:
        # As published: read off the turned image, not turned with it.
        orientation = orientation_of(copy.image) if guidance.extracted else copy.map_of(of.orientation)
    progression, annotation = (None if one is None else copy.map_of(one) for one in (of.progression, of.annotation))
    return Maps(progression, orientation, annotation)


def at_layer(coordinates: np.ndarray, size: Sequence[int], factor: float) -> np.ndarray:
    """Coordinates (h, w, 2) of pixels as those of cells: (*size, 2), in cells that are 1 / `factor` pixels wide."""
    sides = coordinates.shape[:2]
    rows, columns = ((np.arange(new) + 0.5) * old / new - 0.5 for old, new in zip(sides, size, strict=True))
    y0, x0 = (
        np.clip(np.floor(one), 0, side - 2).astype(np.int64) for one, side in zip((rows, columns), sides, strict=True)
    )
    y, x = (rows - y0)[:, None, None], (columns - x0)[None, :, None]
    corner = coordinates[np.ix_(y0, x0)]
    # Copies are turned planes, so that one step along each axis says the whole of it.
    down, right = coordinates[np.ix_(y0 + 1, x0)] - corner, coordinates[np.ix_(y0, x0 + 1)] - corner
    found: np.ndarray = (corner + y * down + x * right + 0.5) * factor - 0.5
    return found.astype(np.float32)


def coordinates_of(source: Source, size: Sequence[int], shrunk: int) -> Tensor:
    """Coordinates (2, h, w) in cells of a layer of features, each of which is `shrunk` pixels wide."""
    return torch.from_numpy(at_layer(source.coordinates, size, 1 / shrunk)).permute(2, 0, 1)
