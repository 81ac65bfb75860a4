"""Originals of MICRO2D's classes, imitated, and what the note on them does to them: blur, rounding, merging, discs."""

from functools import cache

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_closing

from raysys.data.micro2d import micro2d_like

# VoronoiSmall is left out where it is not asked for: its images take a second each.
QUICK = (
    "GRF",
    "VoronoiMedium",
    "VoronoiMediumSpaced",
    "VoronoiLarge",
    "VoidSmall",
    "VoidSmallBig",
    "AngEllipse",
    "RandomEllipse",
    "NBSA",
)


@cache
def originals(name, count=4, size=256):
    """The first images of a class, uint8 (count, size, size), not to be written to."""
    images = micro2d_like(name, range(count), seed=0, size=size)[0]
    images.flags.writeable = False
    return images


def blurred(images, sigma):
    return gaussian_filter(images.astype(np.float32), (0, sigma, sigma), mode="wrap")


def rounded(images, sigma):
    return (blurred(images, sigma) > 0.5).astype(np.float32)


def merged(images, side=5):
    return grey_closing(images, (1, side, side), mode="wrap").astype(np.float32)


def flat(images):
    return np.broadcast_to(images.mean(axis=(1, 2), keepdims=True, dtype=np.float32), images.shape)


def with_discs(image, count, radius=6, seed=0):
    """One image (H, W) and up to `count` discs in it that touch nothing, and how many of them found a place."""
    rng, found, rim = np.random.default_rng(seed), image.copy(), radius + 3
    for placed in range(count):
        room = distance_transform_edt(np.pad(found, rim, mode="wrap") == 0)[rim:-rim, rim:-rim]
        places = np.argwhere(room > radius + 2)
        if not len(places):
            return found, placed
        y, x = places[rng.integers(len(places))]
        for v, u in np.ndindex(2 * radius + 1, 2 * radius + 1):
            if np.hypot(v - radius, u - radius) <= radius:
                found[(y + v - radius) % len(found), (x + u - radius) % found.shape[1]] = 1
    return found, count
