"""One image of `micro2d-like` at a time: it depends on seed, class, index and size alone, however it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np

from raysys.data.micro2d.classes import known
from raysys.errors import RaysysError

VERSION = 1  # counts up whenever the same seed gives another image
SIZE = 256  # pixels a side, as MICRO2D has


def micro2d_like(name: str, indices: Iterable[int], *, seed: int, size: int = SIZE) -> tuple[np.ndarray, list[str]]:
    """Draw images that imitate a class of MICRO2D.

    They are an imitation for research, not made by the authors' method; `raysys.data.micro2d.classes` says what they
    have of the original, and where it is measured.

    Parameters
    ----------
    name
        Class, one of `CLASSES`.
    indices
        Which images of the class, from 0 on; image i is the same in whatever company it is asked for.
    seed
        Of the whole data set, 0 or above.
    size
        Side in pixels; shapes keep their size in pixels.

    Returns
    -------
    uint8 {0, 1} (N, size, size), periodic, 1 = inclusions; and a label each: what was drawn, as JSON

    Raises
    ------
    RaysysError
        For an unknown class, a negative seed or index, or a size too small for the class's shapes.
    """
    wanted = [int(index) for index in indices]
    check(name, seed=seed, size=size)
    if wanted and min(wanted) < 0:
        raise RaysysError(f"{name}: index {min(wanted)} is negative; images of a class are numbered from 0 on")
    drawn = [_one(name, index, seed, size) for index in wanted]
    images = np.stack([image for image, _ in drawn]) if drawn else np.empty((0, size, size), np.uint8)
    return images, [label for _, label in drawn]


def check(name: str, *, seed: int, size: int) -> None:
    """Refuse what `micro2d_like` cannot draw.

    Raises
    ------
    RaysysError
        As said there.
    """
    smallest = known(name).smallest
    if size < smallest:
        raise RaysysError(
            f"{name}: images of {size} pixels a side are too small for its shapes; allowed: {smallest} and more"
        )
    if seed < 0:
        raise RaysysError(f"seed is {seed}; it must be 0 or above")


def _one(name: str, index: int, seed: int, size: int) -> tuple[np.ndarray, str]:
    kind = known(name)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(kind.number, index)))
    image, drawn = kind.drawing(rng, size)
    label = {"class": name, "heuristic": kind.heuristic, "seed": seed, "index": index, "parameters": drawn}
    return image, json.dumps(label)
