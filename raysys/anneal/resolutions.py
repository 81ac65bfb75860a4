"""Coarse to fine: the same target at pixels two, four, ... times as large, and the way from one level to the next.

References: Karsanina & Gerke, Phys. Rev. Lett. 121 (2018) 265501: hierarchical annealing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.errors import RaysysError

__all__ = ["Level", "levels_of"]

Level = tuple[Target, tuple[int, ...]]


def levels_of(target: Target, shape: tuple[int, ...], levels: int) -> list[Level]:
    """Target and shape of every level, the coarsest first.

    Raises
    ------
    RaysysError
        If a side is not a multiple of the coarsest pixel, or no lag of the target is.
    """
    largest = 2 ** (levels - 1)
    if any(side % largest for side in shape):
        raise RaysysError(
            f"annealing: {levels} levels need sides that are multiples of {largest}, the shape is {shape}; allowed: "
            f"such a shape, or fewer levels"
        )
    found = []
    for level in range(levels - 1, -1, -1):
        factor = 2**level
        sides = tuple(side // factor for side in shape)
        coarse = _coarsened(target, factor)
        coarse.check(sides)
        found.append((coarse, sides))
    return found


def _coarsened(target: Target, factor: int) -> Target:
    """The target at the lags that pixels `factor` times as large have."""
    if factor == 1:
        return target
    terms = []
    for term in target.terms:
        held = (term.r.reshape(len(term.r), -1) % factor == 0).all(axis=1)
        # A surface is of single pixels: that of larger ones is another.
        if held.any() and term.name != "surface":
            terms.append(replace(term, r=term.r[held] // factor, values=term.values[held]))
    if not terms:
        raise RaysysError(
            f"annealing: the target has no lag that is a multiple of {factor}, as the coarsest level needs; "
            "allowed: fewer levels, or longer lags"
        )
    return replace(target, terms=tuple(terms))


def coarse_known(known: Known | None, factor: int) -> Known | None:
    """Known pixels of a coarse level: those of which all fine pixels are known, with the phase that most have."""
    if known is None or factor == 1:
        return known
    blocks = np.asarray(_blocks(known.fixed, factor).all(axis=-1))
    labels = _blocks(known.labels, factor)
    phases = [np.count_nonzero(labels == phase, axis=-1) for phase in range(int(known.labels.max()) + 1)]
    return Known(np.argmax(phases, axis=0).astype(np.uint8), blocks)


def _blocks(image: np.ndarray, factor: int) -> np.ndarray:
    """(*coarse shape, factor^dims)."""
    dims = image.ndim
    split = image.reshape([length for side in image.shape for length in (side // factor, factor)])
    order = [*range(0, 2 * dims, 2), *range(1, 2 * dims, 2)]
    return split.transpose(order).reshape(*(side // factor for side in image.shape), -1)


def enlarged(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Every pixel as a block, so that the image has `shape`."""
    for axis, side in enumerate(shape):
        labels = np.repeat(labels, side // labels.shape[axis], axis=axis)
    return labels


def refined(
    labels: np.ndarray, target: Target, shape: tuple[int, ...], known: Known | None, random: np.random.Generator
) -> np.ndarray:
    """First image of a level from the last of the one before: enlarged, with its own number of pixels of each phase."""
    fine, free = enlarged(labels, shape).copy(), np.ones(shape, bool)
    if known is not None:
        fine[known.fixed], free = known.labels[known.fixed], ~known.fixed
    wanted = target.pixels(shape)
    for _ in range(8):  # one phase after the other; interfaces move by a pixel at most each time
        excess = np.bincount(fine.ravel(), minlength=len(wanted)) - wanted
        if not excess.any():
            return fine
        _pass_on(fine, free, excess, random)
    raise RaysysError(
        "annealing: the known pixels leave no room for the wanted phase fractions at the finer level; allowed: levels=1"
    )


def _pass_on(fine: np.ndarray, free: np.ndarray, excess: np.ndarray, random: np.random.Generator) -> None:
    """Give pixels of the phase that has most too many to the one that has most too few, at their interface."""
    giver, taker = int(np.argmax(excess)), int(np.argmin(excess))
    count = int(min(excess[giver], -excess[taker]))
    own = (fine == giver) & free
    beside = np.zeros(fine.shape, bool)
    for axis in range(fine.ndim):
        for step in (-1, 1):
            beside |= np.roll(fine == taker, step, axis)
    near, far = np.flatnonzero(own & beside), np.flatnonzero(own & ~beside)
    chosen = random.permutation(near)[:count]
    if len(near) < count:
        chosen = np.concatenate([near, random.permutation(far)[: count - len(near)]])
    fine.flat[chosen] = taker
