"""The removal of small pieces from binary samples, as it was done to the images that a model was trained on.

Whether a piece is small is decided in the endless image, and not in the window that is asked for: a window is cleaned
with as many pixels around it as the decision needs, so that it is the same part of every larger one, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from raysys.models.window import Point, Window

Draw = Callable[[Window], np.ndarray]
Part = tuple[int, int]  # first pixel and length along an axis


class Cleaning(BaseModel):
    """Which pieces of binary images are removed: first small objects, then the small holes that are there without them.

    A piece of fewer than n pixels reaches less far than n - 1 from any of its pixels, and one that is cut off n - 1
    pixels away from any of them has n or more. So a window needs n - 1 pixels around it for each of the two removals.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    minimum_object: int = Field(0, ge=0, description="Pieces of phase 1 below this many pixels become phase 0.")
    minimum_hole: int = Field(
        0, ge=0, description="Pieces of phase 0 below this many pixels become phase 1 after that."
    )
    connectivity: Literal["faces", "all"] = Field(
        "faces", description="Which pixels make a piece: those that share a face, or all."
    )

    @property
    def removes(self) -> bool:
        """Whether any piece can be small enough."""
        return max(self.minimum_object, self.minimum_hole) > 1

    @property
    def halo(self) -> int:
        """Pixels around a window on which its own depend."""
        return max(self.minimum_object - 1, 0) + max(self.minimum_hole - 1, 0)

    def cleaned(self, image: np.ndarray) -> NDArray[np.uint8]:
        """An image (H, W) or (D, H, W) of uint8 in {0, 1} without small pieces; those that its border cuts are pieces.

        The preparation of images does the same (`raysys.data.remove_specks`).
        """
        kept = image > 0
        kept &= ~self._small(kept, self.minimum_object)
        kept |= self._small(~kept, self.minimum_hole)
        return kept.astype(np.uint8)

    def window(self, draw: Draw, window: Window) -> NDArray[np.uint8]:
        """A window (N, *size) of cleaned endless images, of which `draw` gives any window (N, *its size)."""
        halo = self.halo
        images = around(draw, window, halo)
        inside = tuple(slice(halo, halo + size) for size in window.size)
        return np.stack([self.cleaned(image)[inside] for image in images])

    def _small(self, inside: np.ndarray, minimum: int) -> np.ndarray:
        if minimum < 2:
            return np.zeros_like(inside)
        from raysys.stats.labelling import labelled  # compiled code, which reading a card has no use for

        labels, count = labelled(inside, self.connectivity, "open")
        small = np.bincount(labels.ravel(), minlength=count + 1) < minimum
        small[0] = False  # what is outside
        return small[labels]


def around(draw: Draw, window: Window, halo: int) -> np.ndarray:
    """A window with `halo` pixels more on every side, (N, *size + 2 halo).

    Of an image that repeats, only pixels of its one period are drawn, since those of another may differ in a bit: a
    convolution's rounding depends on where in its array a pixel stands.
    """
    parts, places = _parts(window, halo)
    images = _joined(draw, parts, window.period)
    for axis, chosen in enumerate(places, 1):
        images = images if chosen is None else images.take(chosen, axis)
    return images


def parts_around(window: Window, halo: int) -> list[Window]:
    """The windows that `around` draws."""
    parts, _ = _parts(window, halo)
    return [_window(chosen, window.period) for chosen in product(*parts)]


def _parts(window: Window, halo: int) -> tuple[list[list[Part]], list[np.ndarray | None]]:
    """Of each axis what is to be drawn, and which pixels of that are the wanted ones, None for all."""
    period = window.period or (None,) * len(window.size)
    axes = zip(window.origin, window.size, period, strict=True)
    found = [_along(first - halo, size + 2 * halo, wrap) for first, size, wrap in axes]
    return [parts for parts, _ in found], [places for _, places in found]


def _along(first: int, length: int, period: int | None) -> tuple[list[Part], np.ndarray | None]:
    if period is None:
        return [(first, length)], None
    if length >= period:
        return [(0, period)], np.arange(first, first + length) % period
    start = first % period
    ahead = min(length, period - start)
    return [(start, ahead), *([(0, length - ahead)] if ahead < length else [])], None


def _joined(draw: Draw, parts: list[list[Part]], period: Point | None, chosen: tuple[Part, ...] = ()) -> np.ndarray:
    """All combinations of the axes' parts, drawn and put side by side."""
    if len(chosen) == len(parts):
        return draw(_window(chosen, period))
    drawn = [_joined(draw, parts, period, (*chosen, part)) for part in parts[len(chosen)]]
    return drawn[0] if len(drawn) == 1 else np.concatenate(drawn, axis=len(chosen) + 1)


def _window(parts: tuple[Part, ...], period: Point | None) -> Window:
    return Window(tuple(first for first, _ in parts), tuple(size for _, size in parts), period)
