"""Known damage to binary images, from hardly there to plain: each a function of images, strength and random numbers."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter, label

__all__ = ["blurred", "dilated", "eroded", "filled", "flipped", "shifted", "specked"]

SPECK = 2  # pixels of the side of a speck
SMOOTH = 1.0  # pixels over which the neighbourhood is looked at that a phase grows into
UNDECIDED = 1e-6  # random part that orders pixels of equal neighbourhood


def flipped(images: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Images (N, ...) of which that share of all pixels, at random places, has the other phase."""
    damaged = images.copy()
    places = random.choice(images.size, round(share * images.size), replace=False)
    damaged.reshape(-1)[places] ^= 1
    return damaged


def dilated(images: np.ndarray, steps: float, random: np.random.Generator) -> np.ndarray:
    """Images whose phase has grown by so many pixels over its faces; nothing comes in from beyond the border."""
    return np.stack([binary_dilation(image, iterations=int(steps)) for image in images]).astype(np.uint8)


def eroded(images: np.ndarray, steps: float, random: np.random.Generator) -> np.ndarray:
    """Images whose phase has shrunk by so many pixels from its faces, but not from the border."""
    made = [binary_erosion(image, iterations=int(steps), border_value=1) for image in images]
    return np.stack(made).astype(np.uint8)


def blurred(images: np.ndarray, width: float, random: np.random.Generator) -> np.ndarray:
    """Images smoothed by a Gaussian of that standard deviation in pixels, cut where the phase fraction stays."""
    return np.stack([_largest(_smooth(image, width), int(image.sum()), random) for image in images])


def specked(images: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Images with specks of 2 x 2 (2 x 2 x 2) pixels of the phase thrown on, as many as cover that share of all."""
    damaged = images.copy()
    sides = np.array(images.shape[1:]) - SPECK + 1
    for _ in range(round(share * images.size / SPECK ** len(sides))):
        image, corner = random.integers(len(images)), random.integers(sides)
        damaged[image][tuple(slice(start, start + SPECK) for start in corner)] = 1
    return damaged


def filled(images: np.ndarray, pixels: float, random: np.random.Generator) -> np.ndarray:
    """Images without the connected parts of the phase (over faces) that have no more than so many pixels."""
    damaged = images.copy()
    for image in damaged:
        parts, _ = label(image)
        image[(np.bincount(parts.ravel()) <= pixels)[parts]] = 0
    return damaged


def shifted(images: np.ndarray, points: float, random: np.random.Generator) -> np.ndarray:
    """Images of a phase fraction larger by so much, grown where most of the phase is around; smaller if negative."""
    counts = [min(image.size, max(0, int(image.sum()) + round(points * image.size))) for image in images]
    return np.stack([_grown(image, count, random) for image, count in zip(images, counts, strict=True)])


def _grown(image: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """The phase grows or shrinks at its interface: what is of the phase comes before all that is not."""
    around = _smooth(image, SMOOTH)
    return _largest(around + 2.0 * image, count, random)


def _smooth(image: np.ndarray, width: float) -> np.ndarray:
    return np.asarray(gaussian_filter(image.astype(np.float64), width, mode="reflect"))


def _largest(field: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """1 at so many pixels, those of the largest values; chance orders equal ones."""
    order = np.argsort(field + UNDECIDED * random.random(field.shape), axis=None, kind="stable")
    image = np.zeros(math.prod(field.shape), np.uint8)
    image[order[field.size - count :]] = 1
    return image.reshape(field.shape)
