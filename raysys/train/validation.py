"""How good a system's images are: a number that depends on the data alone, so that any two trials can be compared."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from raysys.data import Tiles
from raysys.data.sources import TrainingData, at_hand, some
from raysys.spacing import evenly
from raysys.stats import DESCRIPTORS, Baseline, Characterisation, characterise, compare, real_against_real
from raysys.train.metrics import BAND, COLLAPSED, DIVERSITY, HOPELESS, INSIDE, OBJECTIVE
from raysys.train.validation_pictures import curves_picture, grid

# The same noise at every validation, so that only the weights change between two of them.
VALIDATION_SEED = 20_000_000
BASELINE_IMAGES = 2048  # of data sets that do not fit into memory
ALIKE = 0.05  # images that differ by less than this share of what real ones do are copies of one another
COMPARED = 256  # training images whose differences are taken for those of real ones
SHOWN = 16  # images that are kept for a picture


class DescriptorValidator:
    """Compares the statistics of a system's images with those of the training images.

    The held-out images take no part: checkpoints and trials are chosen by this comparison, and what is chosen by some
    images is not to be judged by them (`raysys compare` judges by those held out).

    The objective, `descriptor_error`, is the geometric mean over the descriptors of MSE / baseline, where MSE is the
    mean squared error between the mean curves (scaled autocovariance for S2 and the polytope functions, the curve
    itself for the lineal path) and baseline the median of the same number between two disjoint sets of real tiles.
    It is 1 where the images are as near to the training tiles as real tiles are to each other.

    Of each descriptor `band_NAME` is MSE / the upper end of the 95 % band of real against real, and `inside_band` says
    how many descriptors are at most 1. `diversity` is by how much the images differ from one another, where real tiles
    have 1; `collapsed` is 1 if they do not, or if each is of one phase only, and 0 otherwise.

    Parameters
    ----------
    data
        Training and held-out images.
    draw
        Makes the images uint8 (N, tile, tile) of the system as it is.
    """

    def __init__(self, data: TrainingData, draw: Callable[[], np.ndarray]) -> None:
        self.draw = draw
        self.reference = training_characterisation(data)
        baseline = training_baseline(data, self.reference)
        self.baseline = {name: row.median for name, row in baseline.items()}
        self.upper = {name: row.high for name, row in baseline.items()}
        self.variation = variation(some(data.train, COMPARED))
        # An error that is not defined is not among the metrics of a validation, but may be of the next one.
        self.names = tuple(f"mse_{name}" for name in self.baseline)
        self._seen: tuple[np.ndarray, Characterisation] | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        return self.measure(self.draw())

    def measure(self, images: np.ndarray) -> dict[str, float]:
        """Metrics of images uint8 (N, tile, tile): the objective, the phase fraction, and each descriptor's."""
        found = characterise(images, DESCRIPTORS)
        self._seen = images[:SHOWN], found
        errors = compare(self.reference, found)
        finite = {name: error for name, error in errors.items() if math.isfinite(error)}
        metrics = {f"mse_{name}": error for name, error in finite.items()}
        metrics["phase_fraction"] = found.phase_fraction
        # An image without one of the phases has no scaled autocovariance: as bad as anything can be.
        error = self._error(finite) if len(finite) == len(errors) else HOPELESS
        bands = {f"{BAND}{name}": self._of_band(name, error) for name, error in errors.items()}
        inside = {INSIDE: float(sum(value <= 1 for value in bands.values()))}
        alike = likeness(images, self.variation)
        return metrics | bands | inside | alike | {"descriptor_error": error, OBJECTIVE: error}

    def pictures(self) -> dict[str, np.ndarray]:
        """The first images of the last validation, and the curves of all over those of the training tiles."""
        if self._seen is None:
            return {}
        images, found = self._seen
        flat = {"samples": grid(images, 4)} if images.ndim == 3 else {}
        return flat | {"curves": curves_picture(self.reference, found)}

    def _of_band(self, name: str, error: float) -> float:
        ratio = error / max(self.upper[name], 1e-300)
        return ratio if math.isfinite(ratio) else HOPELESS

    def _error(self, errors: dict[str, float]) -> float:
        ratios = [math.log(max(errors[name], 1e-300) / max(self.baseline[name], 1e-300)) for name in errors]
        return math.exp(sum(ratios) / len(ratios))


class ReconstructionValidator:
    """Compares held-out images with their reconstructions, one by one.

    The objective, `reconstruction_error`, is `raysys.assess.autoencoding.score`: the geometric mean of errors of the
    spatial statistics, of the pixels, and of what is blurred. No weight of a training loss enters it.

    Parameters
    ----------
    data
        Of whose held-out images the first are taken.
    count
        How many.
    reconstruct
        Images uint8 (N, tile, tile) to float32 (N, tile, tile) in [0, 1], by the system as it is.
    """

    def __init__(self, data: TrainingData, *, count: int, reconstruct: Callable[[np.ndarray], np.ndarray]) -> None:
        self.originals, self.reconstruct = data.held_out[:count], reconstruct
        from raysys.assess.autoencoding import published_window

        self.window = published_window(self.originals.shape[-1])
        self.variation = variation(self.originals)
        self._seen: np.ndarray | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        from raysys.assess.autoencoding import score, score_parts

        images = self.reconstruct(self.originals)
        self._seen = images[: SHOWN // 2]
        parts = score_parts(images, self.originals, window=self.window)
        error = score(images, self.originals, window=self.window)
        metrics = {name: value for name, value in parts.items() if math.isfinite(value)}
        metrics["phase_fraction"] = float(images.mean(dtype=np.float64))
        return metrics | likeness(images, self.variation) | {"reconstruction_error": error, OBJECTIVE: error}

    def pictures(self) -> dict[str, np.ndarray]:
        """The first originals, and below them their reconstructions of the last validation."""
        if self._seen is None or self._seen.ndim != 3:
            return {}
        count = len(self._seen)
        return {"reconstructions": grid(np.concatenate([self.originals[:count], self._seen]), count)}


def variation(images: np.ndarray) -> float:
    """Mean variance over images (N, *spatial) of a pixel: of binary ones half the share in which two of them differ."""
    if len(images) < 2:
        return math.nan
    return float(np.var(images, axis=0, dtype=np.float64, ddof=1).mean())


def likeness(images: np.ndarray, real: float) -> dict[str, float]:
    """Whether images (N, *spatial) are copies of one another or constant, where real ones have the variation `real`."""
    found = variation(images)
    constant = bool((np.ptp(images.reshape(len(images), -1), axis=1) < ALIKE).all())
    if not (math.isfinite(found) and real > 0):  # one image is no copy
        return {COLLAPSED: float(constant)}
    return {DIVERSITY: found / real, COLLAPSED: float(constant or found < ALIKE * real)}


def training_characterisation(data: TrainingData) -> Characterisation:
    """Of all training images, or of BASELINE_IMAGES where they are behind a file."""
    images = data.train[:] if at_hand(data.train) else some(data.train, BASELINE_IMAGES)
    return characterise(images, DESCRIPTORS)


def training_baseline(data: TrainingData, found: Characterisation | None = None) -> dict[str, Baseline]:
    """How far two disjoint sets of training images are apart, per descriptor; of regions, where there are several.

    `found` is their characterisation, where it is at hand.
    """
    groups = data.train_groups if isinstance(data, Tiles) and len(np.unique(data.train_groups)) > 1 else None
    if groups is not None and not at_hand(data.train):
        groups = groups[evenly(BASELINE_IMAGES, len(groups))]  # of those that were characterised
    return real_against_real(found or training_characterisation(data), groups=groups)
