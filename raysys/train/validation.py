"""How good a system's images are: a number that depends on the data alone, so that any two trials can be compared."""

from __future__ import annotations

import math

import numpy as np

from raysys.data import Tiles
from raysys.stats import DESCRIPTORS, Baseline, characterise, compare, real_against_real
from raysys.train.searcher import OBJECTIVE
from raysys.train.systems import System

# The same noise at every validation, so that only the weights change between two of them.
VALIDATION_SEED = 20_000_000


class Validator:
    """Compares a system's images with the held-out tiles.

    The objective, `descriptor_error`, is the geometric mean over the descriptors of MSE / baseline, where MSE is the
    mean squared error between the mean curves (scaled autocovariance for S2 and the polytope functions, the curve
    itself for the lineal path) and baseline the median of the same number between two disjoint sets of real tiles.
    It is 1 where the images are as near to the held-out tiles as real tiles are to each other.

    Parameters
    ----------
    tiles
        The prepared data.
    count
        Images compared at each validation.
    """

    def __init__(self, tiles: Tiles, *, count: int) -> None:
        self.held_out, self.count = tiles.held_out, count
        self.reference = characterise(tiles.held_out, DESCRIPTORS)
        self.baseline = {name: row.median for name, row in training_baseline(tiles).items()}

    def __call__(self, system: System) -> dict[str, float]:
        """Metrics of the system as it is now."""
        return self.measure(system.validation_images(self.held_out, count=self.count, seed=VALIDATION_SEED))

    def measure(self, images: np.ndarray) -> dict[str, float]:
        """Metrics of images uint8 (N, tile, tile): the objective, the phase fraction and each descriptor's MSE."""
        found = characterise(images, DESCRIPTORS)
        errors = compare(self.reference, found)
        finite = {name: error for name, error in errors.items() if math.isfinite(error)}
        metrics = {f"mse_{name}": error for name, error in finite.items()}
        metrics["phase_fraction"] = found.phase_fraction
        # An image without one of the phases has no scaled autocovariance: as bad as anything can be.
        metrics[OBJECTIVE] = self._objective(finite) if len(finite) == len(errors) else 1e9
        return metrics

    def _objective(self, errors: dict[str, float]) -> float:
        ratios = [math.log(max(errors[name], 1e-300) / max(self.baseline[name], 1e-300)) for name in errors]
        return math.exp(sum(ratios) / len(ratios))


def training_baseline(tiles: Tiles) -> dict[str, Baseline]:
    """How far two disjoint sets of training tiles are apart, per descriptor; of regions, where there are several."""
    groups = tiles.train_groups if len(np.unique(tiles.train_groups)) > 1 else None
    return real_against_real(characterise(tiles.train, DESCRIPTORS), groups=groups)
