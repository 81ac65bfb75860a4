"""Shape of parts from their moments: the ellipse or ellipsoid of the same second moments."""

from __future__ import annotations

import numpy as np

from raysys.stats.geometry.moments import FIRST, SECOND

# A pixel is a square, not a point: its own second moment. A line of one pixel's width so has a width.
PIXEL = 1 / 12
# Second moments that differ by less are equal: rounding of float64, with room.
EQUAL = 1e-12


def centroids(moments: np.ndarray) -> np.ndarray:
    """(P, 3) in pixels along z, y, x, of `Sums.moments`."""
    return moments[:, FIRST] / moments[:, :1]


def covariances(moments: np.ndarray) -> np.ndarray:
    """(P, 3, 3) central second moments along z, y, x per pixel, each pixel a unit square or cube.

    Coordinates are moved next to the centroid in whole numbers first, so that nothing cancels in float64.
    """
    n = moments[:, 0]
    centre = np.rint(centroids(moments)).astype(np.int64)
    first = moments[:, FIRST] - n[:, None] * centre
    found = np.empty((len(n), 3, 3))
    for (i, j), column in SECOND.items():
        one, two = moments[:, FIRST[i]], moments[:, FIRST[j]]
        second = moments[:, column] - centre[:, i] * two - centre[:, j] * one + n * centre[:, i] * centre[:, j]
        found[:, i, j] = found[:, j, i] = (second - first[:, i] * first[:, j] / n) / n
    return found + PIXEL * np.eye(3)


def ellipses(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Axes of flat parts and their direction.

    Parameters
    ----------
    covariance
        (P, 3, 3) of `covariances`.

    Returns
    -------
    Major and minor axis (P, 2), in pixels: 4 sqrt(eigenvalue), the whole length; orientation (P,) of the major axis
    in degrees in (-90, 90] from the rows, counter-clockwise positive, NaN where both axes are equal
    """
    up, right = covariance[:, 1, 1], covariance[:, 2, 2]
    both = -covariance[:, 1, 2]  # rows are counted downwards
    mean, half = (right + up) / 2, np.hypot((right - up) / 2, both)
    axes = 4 * np.sqrt(np.stack([mean + half, np.maximum(mean - half, PIXEL)], axis=1))
    angle = np.degrees(np.arctan2(2 * both, right - up)) / 2
    angle[angle <= -90] = 90
    return axes, np.where(half > EQUAL * mean, angle, np.nan)


def ellipsoids(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axes of parts of volumes and the direction of the longest.

    Parameters
    ----------
    covariance
        (P, 3, 3) of `covariances`.

    Returns
    -------
    Major, middle and minor axis (P, 3), in pixels: 2 sqrt(5 eigenvalue), the whole length; azimuth (P,) in degrees in
    (-180, 180] within a slice, as `ellipses` measures it, and inclination (P,) in [0, 90] from the slice towards
    growing z. Both are NaN where the two longer axes are equal, the azimuth also where the axis is upright
    """
    values, vectors = np.linalg.eigh(covariance)
    axes = 2 * np.sqrt(5 * np.maximum(values[:, ::-1], PIXEL))
    z, y, x = vectors[:, :, 2].T
    flat = np.hypot(x, y)
    z, level = np.where(np.abs(z) < EQUAL, 0, z), flat > EQUAL
    # An axis has no sign: it points to growing z, within a slice to the right, and upwards if it is vertical there.
    sign = np.where(z != 0, np.sign(z), np.where(np.abs(x) > EQUAL, np.sign(x), -np.sign(y)))
    azimuth = np.degrees(np.arctan2(-sign * y, sign * x))
    azimuth[azimuth <= -180] = 180
    directed = values[:, 2] - values[:, 1] > EQUAL * values[:, 2]
    inclination = np.degrees(np.arctan2(sign * z, flat))
    return axes, np.where(directed & level, azimuth, np.nan), np.where(directed, inclination, np.nan)
