"""Class retention: whether an autoencoding is still recognised as what its original is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.paired import confusion_table

if TYPE_CHECKING:
    from raysys.assess.autoencoding.models import Judge


@dataclass(frozen=True)
class ClassRetention:
    """What a classifier recognises in originals and in their autoencodings.

    Attributes
    ----------
    classes
        Names, of K.
    confusion
        (K, K) int64: autoencodings by class (row) and by what they are taken for (column).
    confusion_original
        The same of the originals.
    kept
        (K,) int64: images of each class whose original and whose autoencoding are both recognised.
    """

    classes: tuple[str, ...]
    confusion: np.ndarray
    confusion_original: np.ndarray
    kept: np.ndarray

    @property
    def autoencodings(self) -> dict[str, float]:
        """Share of the autoencodings that are recognised, by class; NaN where there are none."""
        return self._named(np.diagonal(self.confusion), self.confusion.sum(1))

    @property
    def originals(self) -> dict[str, float]:
        """Share of the originals that are recognised, by class; no more can be expected of autoencodings."""
        return self._named(np.diagonal(self.confusion_original), self.confusion_original.sum(1))

    @property
    def retained(self) -> dict[str, float]:
        """Share of the recognised originals whose autoencodings are recognised too, by class."""
        return self._named(self.kept, np.diagonal(self.confusion_original))

    @property
    def accuracy(self) -> float:
        """Share of all autoencodings that are recognised."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def accuracy_original(self) -> float:
        """Share of all originals that are recognised."""
        return float(np.trace(self.confusion_original) / self.confusion_original.sum())

    @property
    def retention(self) -> float:
        """Share of all recognised originals whose autoencodings are recognised too: 1 for perfect copies."""
        return self.over(self.classes)

    def over(self, classes: Sequence[str]) -> float:
        """The same of some classes alone, as `retention` is of all."""
        chosen = [self.classes.index(name) for name in classes]
        recognised = np.diagonal(self.confusion_original)[chosen].sum()
        return float(self.kept[chosen].sum() / recognised) if recognised else float("nan")

    def _named(self, parts: np.ndarray, wholes: np.ndarray) -> dict[str, float]:
        shares = np.divide(parts, wholes, out=np.full(len(wholes), np.nan), where=wholes > 0)
        return dict(zip(self.classes, shares.tolist(), strict=True))


def class_retention(
    model: Judge,
    originals: np.ndarray,
    autoencodings: np.ndarray,
    targets: Sequence[str] | Sequence[int] | np.ndarray,
) -> ClassRetention:
    """Classify images and their autoencodings.

    Parameters
    ----------
    model
        Trained on originals, best on others than these.
    originals
        (N, H, W) in [0, 1].
    autoencodings
        (N, H, W) in [0, 1], as they are to be judged: grey, or above a threshold.
    targets
        (N,) what the originals are: numbers into `model.classes`, or names, which serve data of another order.

    Raises
    ------
    RaysysError
        If the three do not belong together, or a class is none of the model's.
    """
    if autoencodings.shape != originals.shape or len(targets) != len(originals):
        raise RaysysError(
            f"originals of shape {originals.shape}, autoencodings of shape {autoencodings.shape} and "
            f"{len(targets)} classes do not belong together; allowed: one shape, and a class for each image"
        )
    numbers = _numbers(model, targets)
    before, after = model.classify(originals), model.classify(autoencodings)
    count = len(model.classes)
    kept = np.bincount(numbers[(before == numbers) & (after == numbers)], minlength=count)
    return ClassRetention(
        model.classes, confusion_table(numbers, after, count), confusion_table(numbers, before, count), kept
    )


def _numbers(model: Judge, targets: Sequence[str] | Sequence[int] | np.ndarray) -> np.ndarray:
    places = {name: number for number, name in enumerate(model.classes)}
    found = []
    for target in np.asarray(targets).tolist():
        number = places.get(target) if isinstance(target, str) else target
        if number is None or not 0 <= number < len(places):
            raise RaysysError(
                f"class {target!r} is none of model {model.name!r}; allowed: {', '.join(model.classes)}, or their "
                f"numbers from 0 to {len(places) - 1}"
            )
        found.append(number)
    return np.array(found, np.int64)
