"""How well class numbers of pixels agree with a mask: counts, intersection over union, Dice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raysys.data.pairs.settings import UNLABELLED
from raysys.errors import RaysysError


def counted(found: np.ndarray, truth: np.ndarray, kinds: int, classes: int) -> np.ndarray:
    """How many pixels are of kind i and of class j: int64 (kinds, classes), unlabelled ones left out.

    Parameters
    ----------
    found
        Kinds 0 .. kinds - 1 of pixels, integers of any shape.
    truth
        Their class numbers, uint8 of the same shape; 255 where nobody has labelled.

    Raises
    ------
    RaysysError
        If the shapes differ.
    """
    if found.shape != truth.shape:
        raise RaysysError(
            f"labels of shape {found.shape} cannot be compared with a mask of {truth.shape}; allowed: one shape"
        )
    labelled = truth != UNLABELLED
    pairs = found[labelled].astype(np.int64) * classes + truth[labelled]
    return np.bincount(pairs, minlength=kinds * classes).reshape(kinds, classes)


@dataclass(frozen=True)
class Agreement:
    """Agreement of labels with masks over all pixels that were counted together.

    Attributes
    ----------
    counts : (K, K) int64, pixels labelled i whose class is j
    iou : (K,) float64, intersection over union (Jaccard index) of each class; NaN of one that is in neither
    dice : (K,) float64, twice the intersection over the sum of both
    """

    counts: np.ndarray

    @property
    def iou(self) -> np.ndarray:
        """Intersection over union of each class."""
        inside, both = self._overlaps()
        return _ratio(inside, both - inside)

    @property
    def dice(self) -> np.ndarray:
        """Dice coefficient of each class."""
        inside, both = self._overlaps()
        return _ratio(2 * inside, both)

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that occur."""
        return float(np.nanmean(self.iou)) if self.counts.any() else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of pixels labelled with their class."""
        return float(np.trace(self.counts) / self.counts.sum()) if self.counts.any() else float("nan")

    def _overlaps(self) -> tuple[np.ndarray, np.ndarray]:
        return np.diag(self.counts), self.counts.sum(0) + self.counts.sum(1)


def agreement(labels: np.ndarray, truth: np.ndarray, classes: int) -> Agreement:
    """Agreement of class numbers with class numbers, integers of one shape; raises as `counted` does."""
    return Agreement(counted(labels, truth, classes, classes))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
