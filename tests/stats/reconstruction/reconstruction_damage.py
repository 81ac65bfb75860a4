"""Originals of MICRO2D's classes, imitated, and what the note on them does to them: blur, rounding, merging, discs."""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter, grey_closing

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
    """One image (H, W) and `count` discs in it that touch nothing, and how many of them found a place."""
    rng, found, placed = np.random.default_rng(seed), image.copy(), 0
    rows, columns = np.indices(image.shape)
    for y, x in rng.integers(0, image.shape, (20_000, 2)):
        apart = [
            (along - at + side // 2) % side - side // 2
            for along, at, side in zip((rows, columns), (y, x), image.shape, strict=True)
        ]
        distance = np.hypot(*apart)
        if placed < count and not found[distance <= radius + 2].any():
            found[distance <= radius], placed = 1, placed + 1
    return found, placed
