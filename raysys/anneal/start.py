"""The first image of a chain: random, given, or random around pixels that are known and stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raysys.anneal.engines.draws import random_labels
from raysys.anneal.target import Target
from raysys.errors import RaysysError

__all__ = ["Known", "first_labels"]


@dataclass(frozen=True, eq=False)
class Known:
    """Pixels that are known, such as all those around a hole.

    Parameters
    ----------
    labels
        Phases 0..P-1, whole numbers of the reconstruction's shape; only what is fixed counts.
    fixed
        bool of the same shape: True where the pixel is known and stays.
    """

    labels: np.ndarray
    fixed: np.ndarray

    def check(self, target: Target, shape: tuple[int, ...]) -> None:
        """Refuse what does not suit a reconstruction.

        Raises
        ------
        RaysysError
            If shapes differ, a phase is unknown, or all pixels are fixed.
        """
        if self.labels.shape != shape or self.fixed.shape != shape:
            raise RaysysError(
                f"annealing: the known pixels have shape {self.labels.shape} and the mask {self.fixed.shape}; allowed: "
                f"the reconstruction's shape {shape}"
            )
        phases = len(target.fractions)
        held = self.labels[self.fixed]
        if held.size and not (held.min() >= 0 and held.max() < phases):
            raise RaysysError(
                f"annealing: the known pixels hold {held.min()} to {held.max()}; allowed: 0 to {phases - 1}"
            )
        if self.fixed.all():
            raise RaysysError(
                "annealing: the mask fixes every pixel, so nothing can be exchanged; allowed: some free ones"
            )


def first_labels(
    target: Target, shape: tuple[int, ...], random: np.ndarray, start: np.ndarray | None, known: Known | None
) -> np.ndarray:
    """Labels uint8 of `shape`; what is not given is drawn at random, and `random` moves on.

    Raises
    ------
    RaysysError
        If `start` or `known` does not suit the target or the shape, or one phase only is left to be exchanged.
    """
    if known is not None:
        known.check(target, shape)
    if start is not None:
        labels = _given(target, start, shape)
        if known is not None and not np.array_equal(labels[known.fixed], known.labels[known.fixed]):
            raise RaysysError("annealing: the first image differs from the known pixels; allowed: one that agrees")
    elif known is None:
        labels = random_labels(random, target.pixels(shape)).reshape(shape)
    else:
        labels = np.array(known.labels, np.uint8)
        labels[~known.fixed] = random_labels(random, _left_over(target, shape, known))
    free = labels if known is None else labels[~known.fixed]
    if free.min() == free.max():
        raise RaysysError(
            "annealing: the pixels that are free are of one phase, so nothing can be exchanged; allowed: both phases "
            "among them"
        )
    return np.ascontiguousarray(labels)


def _given(target: Target, start: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    image, phases = np.array(start), len(target.fractions)
    if image.shape != shape or not np.isin(image, np.arange(phases)).all():
        allowed = "zeros and ones" if phases == 2 else f"phases 0 to {phases - 1}"
        raise RaysysError(f"annealing: the first image has shape {image.shape}; allowed: {shape}, {allowed}")
    return image.astype(np.uint8)


def _left_over(target: Target, shape: tuple[int, ...], known: Known) -> np.ndarray:
    """Pixels of each phase in the free part, so that the whole has the wanted fractions as nearly as it can."""
    held = np.bincount(known.labels[known.fixed].astype(np.int64), minlength=len(target.fractions))
    left = np.maximum(target.pixels(shape) - held, 0)
    free = int((~known.fixed).sum())
    # Known pixels may hold more of a phase than the whole should: the others then share what is free.
    share = np.floor(left * (free / max(int(left.sum()), 1))).astype(np.int64)
    share[int(np.argmax(left))] += free - share.sum()
    return share
