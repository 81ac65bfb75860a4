"""How near autoencodings of held-out images are to the images."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from raysys.stats.paired import published_window, score, score_parts
from raysys.train.metrics import OBJECTIVE
from raysys.train.validation import SHOWN, likeness, variation
from raysys.train.validation_pictures import grid

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

ERROR = "autoencoding_error"  # what the objective is called among the metrics


class AutoencodingValidator:
    """Compares held-out images with their autoencodings, one by one.

    The objective, `autoencoding_error`, is `raysys.stats.paired.score`: the geometric mean of errors of the spatial
    statistics, of the pixels, and of what is blurred. No weight of a training loss enters it.

    Parameters
    ----------
    data
        Of whose held-out images the first are taken.
    count
        How many.
    autoencode
        Images uint8 (N, tile, tile) to float32 (N, tile, tile) in [0, 1], by the system as it is.
    """

    def __init__(self, data: TrainingData, *, count: int, autoencode: Callable[[np.ndarray], np.ndarray]) -> None:
        self.originals, self.autoencode = data.held_out[:count], autoencode
        self.window = published_window(self.originals.shape[-1])
        self.variation = variation(self.originals)
        self._seen: np.ndarray | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        images = self.autoencode(self.originals)
        self._seen = images[: SHOWN // 2]
        parts = score_parts(images, self.originals, window=self.window)
        error = score(images, self.originals, window=self.window)
        metrics = {name: value for name, value in parts.items() if math.isfinite(value)}
        metrics["phase_fraction"] = float(images.mean(dtype=np.float64))
        return metrics | likeness(images, self.variation) | {ERROR: error, OBJECTIVE: error}

    def pictures(self) -> dict[str, np.ndarray]:
        """The first originals, and below them their autoencodings of the last validation."""
        if self._seen is None or self._seen.ndim != 3:
            return {}
        count = len(self._seen)
        return {"autoencodings": grid(np.concatenate([self.originals[:count], self._seen]), count)}
