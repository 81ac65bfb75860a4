"""The class NBSA, a nickel-based superalloy: small precipitates with edges along the axes, in bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from raysys.data.micro2d.drawing import Drawing, rounded
from raysys.data.micro2d.fields import Bands, arrivals

BROAD = Bands(length=(15.0, 60.0))
MOST = 12  # pixels of a precipitate's longest side


@dataclass(frozen=True)
class Cuboids(Drawing):
    """Rectangles that grow from nuclei, side by side, until a neighbour's gap or their own size stops them.

    Attributes
    ----------
    side
        Mean and standard deviation of the sides that rectangles grow to, in pixels, between 2 and 12.
    nucleus, spacing
        Side of the squares that rectangles grow from, and how far apart those are along one axis at least, in pixels;
        it bounds how densely they lie.
    gap
        Pixels between two rectangles, at least.
    rounding
        Probability that a corner's pixel is missing.
    crowding, bands
        As of `Discs`.
    """

    side: tuple[float, float] = (6.6, 2.5)
    nucleus: int = 3
    spacing: int = 7
    gap: int = 2
    rounding: float = 0.5
    crowding: tuple[float, float] = (1.0, 3.0)
    bands: Bands = BROAD

    def fill(self, rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, dict[str, Any]]:
        field, drawn = self.bands.draw(rng, size)
        crowding = rng.uniform(*self.crowding)
        order = arrivals(rng, field, crowding)
        sides = np.clip(np.rint(rng.normal(*self.side, (order.size // 16, 2))), 2, MOST).astype(np.int64)
        turns = rng.integers(0, 4, len(sides))
        missing = rng.random((len(sides), 4)) < self.rounding
        boxes = nuclei(size, order, len(sides), self.nucleus, self.spacing)
        grow(size, boxes, sides, turns, self.gap, MOST)
        image, put = paint(size, boxes, missing, round(share * size * size))
        return image, drawn | rounded(crowding=crowding) | {"precipitates": put, "nuclei": len(boxes)}


@njit(cache=True, nogil=True)
def nuclei(size: int, order: np.ndarray, most: int, nucleus: int, spacing: int) -> np.ndarray:
    """Put squares at the first pixels of the order that keep the spacing; boxes (M, 4) int64 of rows and columns."""
    barred = np.zeros((size, size), np.uint8)
    boxes = np.empty((most, 4), np.int64)
    put = 0
    for pixel in order:
        y, x = pixel // size, pixel % size
        if put == most or barred[y, x]:
            continue
        boxes[put] = y, y + nucleus, x, x + nucleus
        put += 1
        for row in range(y - spacing + 1, y + spacing):
            for column in range(x - spacing + 1, x + spacing):
                barred[row % size, column % size] = 1
    return boxes[:put]


@njit(cache=True, nogil=True)
def _any(taken: np.ndarray, top: int, bottom: int, left: int, right: int) -> bool:
    size = taken.shape[0]
    for row in range(top, bottom):
        for column in range(left, right):
            if taken[row % size, column % size]:
                return True
    return False


@njit(cache=True, nogil=True)
def _fill(taken: np.ndarray, top: int, bottom: int, left: int, right: int) -> None:
    size = taken.shape[0]
    for row in range(top, bottom):
        for column in range(left, right):
            taken[row % size, column % size] = 1


@njit(cache=True, nogil=True)
def grow(size: int, boxes: np.ndarray, sides: np.ndarray, turns: np.ndarray, gap: int, rounds: int) -> None:
    """Let each side of each box, in turns, move on by a pixel, until it has its length or a gap is at its least."""
    taken = np.zeros((size, size), np.uint8)
    for box in boxes:
        _fill(taken, box[0], box[1], box[2], box[3])
    for step in range(4 * rounds):
        for number in range(len(boxes)):
            y0, y1, x0, x1 = boxes[number]
            side = (step + turns[number]) % 4
            if side < 2 and y1 - y0 < sides[number, 0]:
                edge = y1 if side else y0 - 1
                outer = y1 if side else y0 - 1 - gap
                if not _any(taken, outer, outer + gap + 1, x0 - gap, x1 + gap):
                    _fill(taken, edge, edge + 1, x0, x1)
                    boxes[number, side] += 1 if side else -1
            elif side >= 2 and x1 - x0 < sides[number, 1]:
                edge = x1 if side == 3 else x0 - 1
                outer = x1 if side == 3 else x0 - 1 - gap
                if not _any(taken, y0 - gap, y1 + gap, outer, outer + gap + 1):
                    _fill(taken, y0, y1, edge, edge + 1)
                    boxes[number, side] += 1 if side == 3 else -1


@njit(cache=True, nogil=True)
def paint(size: int, boxes: np.ndarray, missing: np.ndarray, wanted: int) -> tuple[np.ndarray, int]:
    """Paint the first boxes, without some of their corners (M, 4), up to a number of pixels."""
    image = np.zeros((size, size), np.uint8)
    filled, put = 0, 0
    for y0, y1, x0, x1 in boxes:
        area = (y1 - y0) * (x1 - x0)
        corners = missing[put] if min(y1 - y0, x1 - x0) > 2 else missing[put] & False
        if 2 * filled + area > 2 * wanted and put > 0:
            break
        _fill(image, y0, y1, x0, x1)
        for corner in range(4):
            if corners[corner]:
                image[(y0 if corner < 2 else y1 - 1) % size, (x0 if corner % 2 else x1 - 1) % size] = 0
        filled += area - corners.sum()
        put += 1
    return image, put
