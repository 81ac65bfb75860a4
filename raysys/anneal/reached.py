"""What reconstructions have reached of a target, in the terms that it was asked in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raysys.anneal.engines.engine import engine_for
from raysys.anneal.schedule import Schedule
from raysys.anneal.target import Target
from raysys.anneal.terms import Term, scales

__all__ = ["Reached", "reached"]


@dataclass(frozen=True, eq=False)
class Reached:
    """One term of a target beside the reconstructions' own values.

    Parameters
    ----------
    term
        What was asked for.
    values
        (N, R) float64, counted periodically at the term's lags, exact.
    """

    term: Term
    values: np.ndarray

    @property
    def energy(self) -> float:
        """Mean share of the term in the energy of a reconstruction."""
        return float(self.term.weight * ((self.values - self.term.values) ** 2).sum(axis=1).mean())


def reached(target: Target, images: Sequence[np.ndarray]) -> list[Reached]:
    """Count the target's descriptors in images whose values are the target's."""
    shape = images[0].shape
    # "uniform" keeps the least beside the counts.
    engines = (engine_for(target, _labels(target, image), Schedule(selection="uniform")) for image in images)
    values = np.stack([engine.counts for engine in engines]) / scales(target.terms, shape)
    ends = np.cumsum([len(term.values) for term in target.terms])[:-1]
    parts = np.split(values, ends, axis=1)
    return [Reached(term, part) for term, part in zip(target.terms, parts, strict=True)]


def _labels(target: Target, image: np.ndarray) -> np.ndarray:
    labels = np.zeros(image.shape, np.uint8)
    for phase, value in enumerate(target.values):
        labels[image == value] = phase
    return labels
