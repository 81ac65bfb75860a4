"""Copies of an image, flipped or turned, each pixel with the place in the image that it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from raysys.data.textures.orientation import doubled, halved
from raysys.errors import RaysysError

__all__ = ["Copy", "inscribed", "mirrored_copies", "turned_copies"]


@dataclass(frozen=True, eq=False)
class Copy:
    """A copy of an image.

    Attributes
    ----------
    image
        (h, w) or (h, w, C).
    coordinates
        Row and column in the image as it was of every pixel, float32 (h, w, 2).
    degrees
        Anticlockwise, that it was turned by.
    mirrored
        Whether left and right were exchanged before that.
    """

    image: np.ndarray
    coordinates: np.ndarray
    degrees: float = 0.0
    mirrored: bool = False

    def map_of(self, values: np.ndarray) -> np.ndarray:
        """What a map of the image is of the copy: numbers interpolated, labels the nearest, orientations turned too."""
        places = np.moveaxis(self.coordinates, -1, 0).astype(np.float64)
        if values.ndim == 2:
            order = int(values.dtype.kind == "f")
            return ndimage.map_coordinates(values, places, order=order, mode="nearest")
        twice = np.stack(
            [
                ndimage.map_coordinates(part, places, order=1, mode="nearest")
                for part in np.moveaxis(doubled(values), -1, 0)
            ]
        )
        lines = halved(np.moveaxis(twice, 0, -1))
        x, y, turn = lines[..., 0], lines[..., 1], np.deg2rad(self.degrees)
        x = -x if self.mirrored else x
        turned = [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y]
        return np.stack(turned, axis=-1).astype(np.float32)


def mirrored_copies(image: np.ndarray) -> list[Copy]:
    """The image, it with left and right exchanged, with above and below, and with both."""
    places = _places(image)
    return [
        Copy(image, places),
        Copy(image[:, ::-1], places[:, ::-1], mirrored=True),
        Copy(image[::-1], places[::-1], 180.0, mirrored=True),
        Copy(image[::-1, ::-1], places[::-1, ::-1], 180.0),
    ]


def turned_copies(image: np.ndarray, count: int, *, mirrored: bool = False) -> list[Copy]:
    """The image turned by the multiples of a full turn's `count`-th, the unturned first.

    Each is the largest rectangle that lies inside the turned image, sampled by cubic splines; by right angles nothing
    is lost. The mirror image comes on top, as often, if it is asked for.
    """
    if count < 1:
        raise RaysysError(f"{count} turned copies; allowed: whole numbers from 1")
    angles = [360 * place / count for place in range(count)]
    return [_turned(image, degrees, flip) for flip in ((False, True) if mirrored else (False,)) for degrees in angles]


def inscribed(height: float, width: float, degrees: float) -> tuple[float, float]:
    """Height and width of the largest upright rectangle inside a rectangle that was turned."""
    turn = np.deg2rad(degrees)
    sine, cosine = abs(np.sin(turn)), abs(np.cos(turn))
    long, short = max(height, width), min(height, width)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-10:
        # Two corners touch the longer sides, the others lie on the line between them.
        half = short / 2
        wide, high = (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
        return high, wide
    twice = cosine**2 - sine**2
    return (height * cosine - width * sine) / twice, (width * cosine - height * sine) / twice


def _turned(image: np.ndarray, degrees: float, mirrored: bool) -> Copy:
    rows, columns = image.shape[:2]
    high, wide = (int(side + 1e-6) for side in inscribed(rows, columns, degrees))
    turn = np.deg2rad(degrees)
    y, x = np.arange(high)[:, None] - (high - 1) / 2, np.arange(wide)[None] - (wide - 1) / 2
    across, along = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    places = np.stack([along + (rows - 1) / 2, (-across if mirrored else across) + (columns - 1) / 2])
    places = np.clip(places, 0, np.array([rows - 1, columns - 1])[:, None, None])
    if degrees % 90 == 0:
        whole = np.rint(places).astype(np.int64)
        return Copy(image[whole[0], whole[1]], _last(whole), degrees, mirrored)
    channels = [
        ndimage.map_coordinates(channel, places, order=3, mode="mirror")
        for channel in np.moveaxis(image.reshape(rows, columns, -1).astype(np.float64), -1, 0)
    ]
    # Splines overshoot at edges.
    values = np.clip(np.stack(channels, axis=-1), image.min(), image.max()).astype(np.float32)
    return Copy(values.reshape(high, wide, *image.shape[2:]), _last(places), degrees, mirrored)


def _places(image: np.ndarray) -> np.ndarray:
    return _last(np.indices(image.shape[:2]))


def _last(places: np.ndarray) -> np.ndarray:
    return np.moveaxis(places, 0, -1).astype(np.float32)
