"""The demo's preparation of an image without a recipe: scale and specks follow from the size of its features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from raysys.data import DataSettings, Tiles, prepare
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.stats import two_point
from raysys.stats.sets.units import correlation_length

__all__ = ["Fitted", "argued_phase", "fitted"]

LENGTHS = 12  # correlation lengths along a tile: those of the recipe that was tried on gravel
SPECK = 0.7  # of the squared correlation length, in pixels: below it a piece is a speck; that of gravel, too
LOOKED_AT = 1024  # pixels a side of the middle part whose features are measured
TILES = (64, 32)  # sides that the demo's networks take, the wanted one first
ROOM = 1.5  # tiles along the shorter side of either region
MOVED = 0.02  # share of the image by which a phase fraction may move

# An image as it is, whole.
WHOLE = {"tile": 2, "stride": 2**31, "held_out": 0.0, "downscale": 1.0, "window": None, "minimum_object": 0}


@dataclass(frozen=True)
class Fitted:
    """Fields of the data section that follow from the image, and sentences that say why."""

    fields: dict[str, Any]
    sentences: tuple[str, ...]


def argued_phase(settings: DataSettings) -> tuple[Literal["bright", "dark"], str]:
    """The phase that an image itself argues for, where nobody says one, and the reason in words.

    Pores, grains and particles are what lies in something else: the phase that fills less than half of the image.

    Raises
    ------
    RaysysError
        If the image cannot be read, or holds a few values of which one is to be named.
    """
    bright = prepare(settings.model_copy(update=WHOLE | {"phase": None})).phase_fraction
    taken, share = ("dark", 1 - bright) if bright > 0.5 else ("bright", bright)
    other = "bright" if taken == "dark" else "dark"
    return taken, (
        f"phase {taken}, {share:.3f} of the image, the smaller part of it: what lies in the rest and not what it lies "
        f"in; the rest, {1 - share:.3f}, would be --phase {other}"
    )


def fitted(settings: DataSettings, said: frozenset[str] = frozenset()) -> Fitted:
    """Downscale, tile, stride and smallest object for one flat image.

    Parameters
    ----------
    settings
        The image, its phase and how it is denoised and segmented.
    said
        Fields that the user has set, which stay as they are.

    Raises
    ------
    RaysysError
        If the image cannot be read, is no flat one, too small, or nobody says which of a few values is the phase.
    """
    whole = prepare(settings.model_copy(update=WHOLE))
    image = np.asarray(whole.image)
    if image.ndim != 2:
        raise RaysysError(
            f"{settings.images} holds {by(image.shape)}, and the demo takes one flat image; name one of its slices"
        )
    length = correlation_length(two_point(_middle(image)[None]))
    found = _scale(settings, image.shape, length)
    decided = (whole.provenance.get("decision") or {}).get("method")
    speck = 0 if decided in ("two values", "stored value") else round(SPECK * (length / found["downscale"]) ** 2)
    found["minimum_object"] = speck
    found = {name: value for name, value in found.items() if name not in said}
    chosen, tiles = _keeping_fraction(settings, found, said)
    return Fitted(chosen, tuple(_sentences(settings, whole, tiles, chosen, length)))


def _middle(image: np.ndarray) -> np.ndarray:
    starts = [max(0, (side - LOOKED_AT) // 2) for side in image.shape]
    return image[tuple(slice(start, start + LOOKED_AT) for start in starts)]


def _scale(settings: DataSettings, shape: tuple[int, ...], length: float) -> dict[str, Any]:
    """Features of the same size in a tile as the recipe's own, as far as both regions still hold tiles."""
    longest, shortest = max(shape), min(shape)
    room = min(shortest, longest * min(settings.held_out, 1 - settings.held_out))
    tile = next((side for side in TILES if room >= ROOM * side), TILES[-1])
    if room < tile:
        raise RaysysError(
            f"{settings.images} has {by(shape)} pixels, of which {room:.0f} are held out of training along its longest "
            f"side, and a tile has {tile}; take a larger image"
        )
    wanted = length * LENGTHS / tile
    return {
        "downscale": round(max(1.0, min(wanted, room / (ROOM * tile))), 3),
        "tile": tile,
        "stride": tile // 8,
    }


def _keeping_fraction(
    settings: DataSettings, found: dict[str, Any], said: frozenset[str]
) -> tuple[dict[str, Any], Tiles]:
    """The first of several gentler preparations that leaves the phase fraction where it was."""
    for chosen in _gentler(found, said):
        tiles = prepare(DataSettings(**{**settings.model_dump(), **chosen}))
        if abs(tiles.phase_fraction - tiles.phase_fraction_before) <= MOVED:
            break
    return chosen, tiles


def _gentler(found: dict[str, Any], said: frozenset[str]) -> Iterator[dict[str, Any]]:
    yield found
    if "resize_threshold" not in said:
        found = found | {"resize_threshold": "preserve"}
        yield found
    if "minimum_object" not in said:
        yield found | {"minimum_object": 0}


def _sentences(
    settings: DataSettings, whole: Tiles, tiles: Tiles, chosen: dict[str, Any], length: float
) -> Iterator[str]:
    share = whole.phase_fraction
    fields = ", ".join(f"{name} {value}" for name, value in chosen.items())
    yield f"its features are {length:.1f} pixels long (correlation length), hence {fields}"
    moved = abs(tiles.phase_fraction - tiles.phase_fraction_before)
    if moved > MOVED:
        yield f"warning: this moves the phase fraction from {share:.3f} to {tiles.phase_fraction:.3f}"
