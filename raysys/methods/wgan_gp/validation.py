"""Phase fractions that a generator is asked for: their range in the training images, and how well they are obtained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.data.sources import Images, TrainingData, some
from raysys.errors import RaysysError
from raysys.methods.wgan_gp.condition import DIGITS
from raysys.train.validation import VALIDATION_SEED, DescriptorValidator

COUNTED = 4096  # training images, at most, from which the range is taken
PERCENTILES = (1, 99)
GRID, EACH = 5, 16  # values over the range that are asked at every validation, and images of each


def phase_fractions(images: np.ndarray) -> np.ndarray:
    """Share of phase 1 in each image (N, *spatial), float64 (N,); of grey images their mean."""
    return images.reshape(len(images), -1).mean(axis=1, dtype=np.float64)


def phase_fraction_range(images: Images, condition: str = "phase-fraction") -> tuple[float, float, float]:
    """First percentile, mean and 99th percentile of the phase fractions of images, as the setting `condition` calls
    them.

    Raises
    ------
    RaysysError
        If they are all alike: there is nothing to learn then.
    """
    found = phase_fractions(some(images, COUNTED))
    low, high = (round(float(value), DIGITS) for value in np.percentile(found, PERCENTILES))
    if low >= high:
        raise RaysysError(
            f"system.condition is {condition}, but the training tiles all have {low:g}; allowed: tiles of different "
            "phase fractions, as smaller ones are, or condition: none"
        )
    return low, round(float(np.clip(found.mean(), low, high)), DIGITS), high


class ConditionedValidator(DescriptorValidator):
    """The descriptors of images that are asked for the training tiles' phase fractions, and whether they have them.

    Beside the metrics of a `DescriptorValidator`, for GRID values from the lowest to the highest and EACH images of
    each: `phase_fraction_error` is the mean of |obtained - asked| over images, `phase_fraction_error_worst` the same of
    the value for which it is largest, and `phase_fraction_bias` the mean over values of |mean obtained - asked|.

    Parameters
    ----------
    data
        Training and held-out images.
    sample
        (asked (N,), seed) -> images uint8 (N, tile, tile) of the system as it is.
    count
        Images whose descriptors are measured.
    low, high
        Range of the training images; tiles outside, which are few, are taken for its ends.
    """

    def __init__(
        self,
        data: TrainingData,
        sample: Callable[[np.ndarray, int], np.ndarray],
        *,
        count: int,
        low: float,
        high: float,
    ) -> None:
        self.count, self.limits = count, (low, high)
        self.asked = self._of(data.train)
        self.grid = np.linspace(low, high, GRID)
        self.sample = sample
        super().__init__(data, lambda: sample(self.asked, VALIDATION_SEED))

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        return super().__call__() | self.accuracy()

    def drawn_beside(self, real: Images) -> np.ndarray:
        """Images asked for the phase fractions of real ones, evenly taken: of what was held out they may be others."""
        return self.sample(self._of(real), VALIDATION_SEED)

    def _of(self, images: Images) -> np.ndarray:
        chosen = np.linspace(0, len(images) - 1, self.count).round().astype(np.int64)
        return np.clip(phase_fractions(images[chosen]), *self.limits)

    def accuracy(self) -> dict[str, float]:
        """How far the phase fractions are from those that are asked for."""
        images = self.sample(np.repeat(self.grid, EACH), VALIDATION_SEED + len(self.asked))
        missed = phase_fractions(images).reshape(GRID, EACH) - self.grid[:, None]
        each = np.abs(missed).mean(axis=1)
        return {
            "phase_fraction_error": float(each.mean()),
            "phase_fraction_error_worst": float(each.max()),
            "phase_fraction_bias": float(np.abs(missed.mean(axis=1)).mean()),
        }
