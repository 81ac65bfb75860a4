"""How well a system labels the pixels of held-out tiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from raysys.data.pairs import agreement, compared
from raysys.errors import RaysysError
from raysys.spacing import evenly
from raysys.train.metrics import OBJECTIVE

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

SHOWN = 4  # tiles in a picture of overlays


class SegmentationValidator:
    """Compares labels with the masks of held-out tiles.

    The objective, `segmentation_error`, is 1 - the mean over the classes of intersection over union, counted over all
    pixels of the tiles together. It depends on no weight of a loss.

    Parameters
    ----------
    data
        Held-out tiles and their masks.
    count
        How many tiles, evenly over all.
    label
        Tiles float32 (N, tile, tile) in [0, 1] to class numbers (N, tile, tile), by the system as it is.
    """

    def __init__(self, data: TrainingData, *, count: int, label: Callable[[np.ndarray], np.ndarray]) -> None:
        if data.held_out_targets is None:
            raise RaysysError("labels can be validated with masks only; set data.source=pairs")
        chosen = evenly(count, len(data.held_out))
        self.images, self.truth = data.held_out[chosen], data.held_out_targets[chosen]
        self.names, self.label = data.target_names, label

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now; a class that is neither labelled nor in a mask has none."""
        found = agreement(self.label(self.images), self.truth, len(self.names))
        metrics = {f"iou/{name}": float(value) for name, value in zip(self.names, found.iou, strict=True)}
        metrics |= {f"dice/{name}": float(value) for name, value in zip(self.names, found.dice, strict=True)}
        metrics |= {"mean_iou": found.mean_iou, "pixel_accuracy": found.accuracy}
        error = 1 - found.mean_iou
        finite = {name: value for name, value in metrics.items() if math.isfinite(value)}
        return finite | {"segmentation_error": error, OBJECTIVE: error}


def overlays(data: TrainingData, label: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Image, mask, labels and errors of the held-out tiles with most classes, in rows: uint8 (H, W, 3)."""
    assert data.held_out_targets is not None
    kinds = np.array([len(np.unique(mask)) for mask in data.held_out_targets])
    chosen = np.sort(np.argsort(-kinds, kind="stable")[:SHOWN])
    images, truth = data.held_out[chosen], data.held_out_targets[chosen]
    labels = label(images)
    return np.concatenate([compared(*each) for each in zip(images, labels, truth, strict=True)])
