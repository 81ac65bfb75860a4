"""Splits in which every class has its share, and weights that make up for rare classes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raysys.errors import RaysysError

SHARES = (0.70, 0.15, 0.15)


@dataclass(frozen=True)
class Split:
    """Indices of images, int64, growing; no image is in two parts, and each is in one."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def stratified_split(
    numbers: np.ndarray, shares: Sequence[float] = SHARES, *, seed: int = 0, names: Sequence[str] | None = None
) -> Split:
    """Split so that each class is divided in the same shares.

    Parameters
    ----------
    numbers
        (N,) integers: class of each image, such as `Micro2D.numbers`.
    shares
        Of train, validation and test; they add up to 1. What rounding leaves goes to the training images.
    seed
        A class is divided as the seed, its name and its count of images say, whatever the other classes are and in
        whichever order they come.
    names
        Of the classes, by number; the numbers themselves if not given.

    Raises
    ------
    RaysysError
        If the shares are not as said, or a class has too few images for its share of one of the parts.
    """
    if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise RaysysError(f"shares are {tuple(shares)}; they are three numbers from 0 on that add up to 1")
    parts: list[list[np.ndarray]] = [[], [], []]
    for number in np.unique(numbers):
        members = np.flatnonzero(numbers == number)
        counts = [len(members) - sum(rest := [round(share * len(members)) for share in shares[1:]]), *rest]
        if any(share > 0 and count < 1 for share, count in zip(shares, counts, strict=True)):
            raise RaysysError(f"class {number} has {len(members)} images, too few for shares of {tuple(shares)}")
        key = int(number) if names is None else zlib.crc32(names[number].encode())
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key,)))
        for part, some in zip(parts, np.split(rng.permutation(members), np.cumsum(counts)[:-1]), strict=True):
            part.append(some)
    return Split(*(np.sort(np.concatenate(part)) if part else np.empty(0, np.int64) for part in parts))


def class_weights(numbers: np.ndarray, power: float = 1.0) -> np.ndarray:
    """Weights of images that make up for rare classes, as probabilities of drawing them or as factors of their loss.

    Parameters
    ----------
    numbers
        (N,) integers: class of each image.
    power
        An image weighs count ** -power: 1 gives all classes the same total weight, 0 all images the same, 0.5 lies
        between.

    Returns
    -------
    float64 (N,), of mean 1

    Raises
    ------
    RaysysError
        If there is no image.
    """
    if not len(numbers):
        raise RaysysError("weights of no image: the list of classes is empty")
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    weights: np.ndarray = (counts.astype(float) ** -power)[place]
    return weights / weights.mean()
