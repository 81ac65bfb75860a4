"""Circles that do not touch, the straight way from five of them to five others, and their anti-aliased images."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from raysys.errors import RaysysError

Pairing = Literal["index", "nearest"]

TRIES = 100_000  # places that are drawn before a request is called hopeless


def draw_circles(rng: np.random.Generator, *, size: int, radius: float, count: int, gap: float) -> np.ndarray:
    """Centres drawn uniformly, one after the other, each kept if its circle lies in the frame and touches no other.

    Parameters
    ----------
    rng
        Where they are drawn from.
    size
        Side of the image in pixels; distances are periodic.
    radius, gap
        Of the circles, and least space between two, pixels.
    count
        How many circles.

    Returns
    -------
    float64 array (count, 2), row and column in pixels

    Raises
    ------
    RaysysError
        If they cannot be placed.
    """
    centres: list[np.ndarray] = []
    for _ in range(TRIES if 2 * radius < size else 0):
        centre = rng.uniform(radius, size - 1 - radius, 2)  # the last pixel is size - 1
        if all(_distance(centre, other, size) >= 2 * radius + gap for other in centres):
            centres.append(centre)
        if len(centres) == count:
            return np.array(centres)
    raise RaysysError(f"{count} circles of radius {radius:g} find no place in {size} x {size} pixels; allowed: fewer")


def paired(first: np.ndarray, last: np.ndarray, pairing: Pairing) -> np.ndarray:
    """The last centres (n, 2) in the order in which the first move to them: as drawn, or the least sum of squares."""
    if pairing == "index":
        return last
    squares = np.square(first[:, None] - last[None]).sum(-1)
    nearest: np.ndarray = last[linear_sum_assignment(squares)[1]]
    return nearest


def rendered(centres: np.ndarray, *, size: int, radius: float) -> np.ndarray:
    """Coverage clip(radius + 1/2 - d, 0, 1) of each pixel, d its distance from the nearest centre.

    Anti-aliased, since the area of hard pixels jitters as circles move, which shows as tiny minima in every loss.

    Parameters
    ----------
    centres
        (N, n, 2), row and column in pixels, circles inside the frame.
    size, radius
        Side of the images and radius, pixels.

    Returns
    -------
    float64 array (N, size, size) in [0, 1]
    """
    images = np.zeros((len(centres), size, size))
    reach = math.ceil(radius + 1)
    for image, circles in zip(images, centres, strict=True):
        for row, column in circles:
            top, left = (max(0, math.floor(place) - reach) for place in (row, column))
            patch = image[top : math.floor(row) + reach + 2, left : math.floor(column) + reach + 2]
            y, x = np.ogrid[: patch.shape[0], : patch.shape[1]]
            d = np.hypot(y + top - row, x + left - column)
            np.maximum(patch, np.clip(radius + 0.5 - d, 0, 1), out=patch)
    return images


def _distance(one: np.ndarray, other: np.ndarray, size: int) -> float:
    apart = np.abs(one - other)
    return float(np.hypot(*np.minimum(apart, size - apart)))
