"""What the ten classes have in common: a share of phase 1 is drawn, then the image is filled up to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Drawing(ABC):
    """How the images of a class are drawn.

    Attributes
    ----------
    share
        Range of the share of phase 1, drawn uniformly.
    """

    share: tuple[float, float] = (0.01, 0.5)

    def __call__(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, dict[str, Any]]:
        """One image.

        Parameters
        ----------
        rng
            All that the image depends on, beside its size.
        size
            Side in pixels.

        Returns
        -------
        uint8 {0, 1} (size, size), periodic; and the numbers it was drawn with
        """
        share = rng.uniform(*self.share)
        image, drawn = self.fill(rng, size, share)
        return image, rounded(share=share, reached=image.mean()) | drawn

    @abstractmethod
    def fill(self, rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, dict[str, Any]]:
        """An image with `share` of phase 1, as nearly as the class can, and what else was drawn for it."""


def rounded(**numbers: float) -> dict[str, float]:
    """Numbers for a label: four decimals are more than anyone reads."""
    return {name: round(float(number), 4) for name, number in numbers.items()}
