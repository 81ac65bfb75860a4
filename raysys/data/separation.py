"""Which tiles of one image may be taken for independent, in which groups, and how many images they are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from raysys.data.sources import Images, some
from raysys.form import Form
from raysys.spacing import evenly
from raysys.stats import two_point
from raysys.stats.sets.units import correlation_length, effective_number, separated_blocks

__all__ = ["Separation", "separation"]

MEASURED = 128  # tiles, at most, from which the correlation length is taken


@dataclass(frozen=True)
class Separation:
    """Tiles of one image in groups that share no pixel.

    Attributes
    ----------
    places
        (M,) int64, which of the tiles: those between the groups are left out.
    groups
        (M,) int64, the group of each: 0, 1, ...
    length
        Correlation length in pixels, measured from S2; of label images the longest of their phases, and of grey and
        colour images that of what is brighter than the median. NaN where nothing varies.
    origins, tile
        (M, axes of the image) first pixel of each, and its sides.
    """

    places: np.ndarray
    groups: np.ndarray
    length: float
    origins: np.ndarray
    tile: tuple[int, ...]

    @cached_property
    def effective(self) -> float:
        """How many independent tiles the M are worth; NaN where nothing varies."""
        return math.nan if math.isnan(self.length) else effective_number(self.origins, self.tile, self.length)

    @property
    def words(self) -> str:
        """What the tiles are worth, in words."""
        if math.isnan(self.effective):
            return ""
        return f"worth {self.effective:.3g} independent tiles (correlation length {self.length:.3g} pixels, from S2)"


def separation(images: Images, origins: np.ndarray, form: Form, *, most: int | None = None) -> Separation:
    """Sort tiles of one image into groups that share no pixel.

    Parameters
    ----------
    images
        (N, *tile) of the form, in memory or cut when they are asked for.
    origins
        (N, axes of the image) first pixel of each.
    form
        Of the images.
    most
        Tiles that are kept at most, evenly taken.
    """
    length = _length(form, some(images, MEASURED))
    blocks = separated_blocks(origins, form.shape, 1 if math.isnan(length) else length)
    places = np.flatnonzero(blocks.inside)
    if most is not None and len(places) > most:
        places = places[evenly(most, len(places))]
    groups = np.unique(blocks.groups[places], return_inverse=True)[1]
    return Separation(places, groups, length, origins[places], form.shape)


def _length(form: Form, images: np.ndarray) -> float:
    """The longest correlation length among the phases of images."""
    lengths = [
        correlation_length(two_point(mask)) for mask in _masks(form, images) if len(images) and 0 < mask.mean() < 1
    ]
    return max((length for length in lengths if not math.isnan(length)), default=math.nan)


def _masks(form: Form, images: np.ndarray) -> list[np.ndarray]:
    if form.kind in ("binary", "labels"):
        return list(form.indicators(images).values())
    bright = images.mean(axis=-1) if form.kind == "colour" else images
    return [(bright > np.median(bright)).astype(np.uint8)]
