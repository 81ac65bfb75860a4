"""Maps drawn from nothing or from labels: gradients, distances, discs, boxes and bands, parts that look alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.cluster.vq import kmeans2

from raysys.data.textures.progression import surroundings
from raysys.errors import RaysysError

__all__ = ["Shape", "clustered", "distances", "gradient", "painted"]

FORMS = {"disc": 3, "box": 4, "band": 3}  # with how many numbers


class Shape(NamedTuple):
    """A part of a map that has one label.

    "disc": row and column of its centre and its radius. "box": its first row and column, and the ones after its last.
    "band": row and column of a point on its middle line, and its width; it runs at `degrees` from the horizontal. All
    as shares of the map's shorter side, from its upper left corner.
    """

    form: str
    label: int
    numbers: tuple[float, ...]
    degrees: float = 0.0


def gradient(shape: Sequence[int], *, degrees: float = 0.0, radial: bool = False) -> np.ndarray:
    """A progression that rises evenly from 0 to 1 in a direction (anticlockwise from the right), or outwards."""
    rows, columns = (int(side) for side in shape)
    y, x = np.arange(rows)[:, None] - (rows - 1) / 2, np.arange(columns)[None] - (columns - 1) / 2
    turn = np.deg2rad(degrees)
    values = np.hypot(y, x) if radial else np.cos(turn) * x - np.sin(turn) * y
    return _unit(values)


def distances(mask: np.ndarray) -> np.ndarray:
    """A progression that rises with the distance from what is not 0: 0 there, 1 farthest from it."""
    if not mask.any():
        raise RaysysError(
            "the mask is 0 everywhere, so that nothing has a distance from it; allowed: some other pixels"
        )
    return _unit(ndimage.distance_transform_edt(mask == 0))


def painted(shape: Sequence[int], shapes: Sequence[Shape], *, ground: int = 0) -> np.ndarray:
    """Labels (H, W), uint8: a ground, and shapes on it, later ones over earlier ones."""
    rows, columns = (int(side) for side in shape)
    labels = np.full((rows, columns), ground, np.uint8)
    y, x = (np.indices((rows, columns)) + 0.5) / min(rows, columns)
    for one in shapes:
        if one.form not in FORMS or len(one.numbers) != FORMS[one.form] or not 0 <= one.label < 255:
            raise RaysysError(
                f"the shape {one.form} of label {one.label} with {len(one.numbers)} numbers; allowed: disc (row, "
                "column, radius), box (first row and column, last row and column), band (row, column, width), labels 0 "
                "to 254"
            )
        labels[_inside(one, y, x)] = one.label
    return labels


def _inside(shape: Shape, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    if shape.form == "box":
        top, left, bottom, right = shape.numbers
        return (y >= top) & (y < bottom) & (x >= left) & (x < right)
    row, column, size = shape.numbers
    if shape.form == "disc":
        return np.hypot(y - row, x - column) <= size
    turn = np.deg2rad(shape.degrees)
    return np.abs(np.sin(turn) * (x - column) + np.cos(turn) * (y - row)) <= size / 2


def clustered(image: np.ndarray, count: int, *, seed: int = 0, coarse: float | None = None) -> np.ndarray:
    """Labels (H, W), uint8, of the parts of an image that look alike: 0 is that of the darkest.

    Around every pixel mean colours and contrasts are taken as for `progression_of`; k-means groups them.
    """
    if not 2 <= count <= 16:
        raise RaysysError(f"{count} labels of an image; allowed: 2 to 16")
    features = surroundings(image, coarse)
    flat = features.reshape(-1, features.shape[-1])
    with np.errstate(all="ignore"):
        labels = kmeans2(flat, count, iter=30, minit="++", rng=np.random.default_rng(seed))[1]
    bright = image.reshape(*image.shape[:2], -1).astype(np.float64).mean(-1).ravel()
    held = np.unique(labels)
    order = held[np.argsort([bright[labels == label].mean() for label in held])]
    ranks = np.zeros(count, np.uint8)
    ranks[order] = np.arange(len(order))
    return ranks[labels].reshape(image.shape[:2])


def _unit(values: np.ndarray) -> np.ndarray:
    values = values - values.min()
    return (values / max(float(values.max()), 1e-12)).astype(np.float32)
