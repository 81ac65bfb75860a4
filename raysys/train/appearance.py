"""How near images that have no phases are to real ones: grey values, colours, and how both change over distance.

A statistic of grey and colour images that depends on the data alone, so that sweeps have an objective for them too. It
is simple and cheap, and sees no shapes: `raysys.assess` judges textures by what networks see in them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.data.separation import Separation
from raysys.data.sources import TrainingData, some
from raysys.form import Form
from raysys.stats import Baseline
from raysys.stats.sets.comparison import distinct_ways, halved
from raysys.train.floors import against_floors
from raysys.train.metrics import MSE, OBJECTIVE
from raysys.train.validation import COMPARED, SHOWN, in_channels, likeness, reference_images, variation
from raysys.train.validation_pictures import picture_of

LEVELS = 32  # at which the distribution of values is looked at
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of red, green and blue: ITU-R BT.709
SPLITS = 200  # as many as those of `raysys.stats.real_against_real`


class AppearanceValidator:
    """Compares grey or colour images of a system with the training images, as `DescriptorValidator` does binary ones.

    Of a set three mean vectors are taken, see `appearance`: "values", "colours" (colour images only) and "variogram".
    The error of each is the mean squared difference between two sets. The objective, `appearance_error`, is the
    geometric mean of the errors over the medians of the same error between two disjoint sets of real tiles.
    `mse/NAME`, `band/NAME`, `inside_band`, `diversity` and `collapsed` are as of `DescriptorValidator`, and `mean` is
    that of all values.

    Parameters
    ----------
    data
        Training images; the held-out ones take no part.
    draw
        Makes the images of the system as it is, float32 in [0, 1].
    form
        Of the images, grey or colour.
    """

    def __init__(self, data: TrainingData, draw: Callable[[], np.ndarray], form: Form) -> None:
        self.draw, self.form = draw, form
        real, separate = reference_images(data, form)
        each = appearance(form, real)
        self.reference = {name: vectors.mean(0) for name, vectors in each.items()}
        self.floors = _floors(each, separate)
        self.variation = variation(in_channels(form, some(data.train, COMPARED)))
        self.names = tuple(f"{MSE}{name}" for name in self.floors)
        self._shown: np.ndarray | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        return self.measure(self.draw())

    def measure(self, images: np.ndarray) -> dict[str, float]:
        """Metrics of images (N, *tile), or (N, *tile, 3) for colour."""
        self._shown = images[:SHOWN]
        errors = {
            name: _error(self.reference[name], vectors.mean(0))
            for name, vectors in appearance(self.form, images).items()
        }
        metrics, error = against_floors(errors, self.floors)
        alike = likeness(in_channels(self.form, images), self.variation, dims=self.form.dims)
        mean = {"mean": float(images.mean(dtype=np.float64))}
        return metrics | mean | alike | {"appearance_error": error, OBJECTIVE: error}

    def pictures(self) -> dict[str, np.ndarray]:
        """The first images of the last validation."""
        return {} if self._shown is None else {"samples": picture_of(self.form, self._shown, 4)}


def appearance(form: Form, images: np.ndarray) -> dict[str, np.ndarray]:
    """What each image looks like, as vectors whose means describe a set.

    Parameters
    ----------
    form
        Grey or colour.
    images
        float32 in [0, 1], (N, *spatial), or (N, *spatial, 3) for colour.

    Returns
    -------
    {name: float64 (N, length)}
        "values": the share of pixels below each of 31 levels, channel by channel. "colours": the mean products of any
        two channels, a Gram matrix of red, green and blue; of colour images only. "variogram": half the mean squared
        difference of the luminance between pixels r apart along each axis, for r from 1 to half the shortest side less
        one. Unlike the autocovariance, from whose value at 0 it is subtracted, it does not depend on each tile's mean.
    """
    channels = in_channels(form, images)
    luminance = np.tensordot(channels, LUMINANCE, axes=(1, 0)) if form.kind == "colour" else channels[:, 0]
    found = {"values": _distribution(channels), "variogram": _variogram(luminance)}
    return found | ({"colours": _products(channels)} if form.kind == "colour" else {})


def _distribution(channels: np.ndarray) -> np.ndarray:
    flat = channels.reshape(*channels.shape[:2], -1)
    # The last level is left out: every value is below one or at it, in every image alike.
    levels = np.arange(1, LEVELS, dtype=np.float32) / LEVELS
    shares = [(flat < level).mean(axis=2) for level in levels]
    return np.concatenate(shares, axis=1)


def _products(channels: np.ndarray) -> np.ndarray:
    flat = channels.reshape(*channels.shape[:2], -1).astype(np.float64)
    products = flat @ flat.swapaxes(1, 2) / flat.shape[2]
    # The matrix is symmetric: its lower half would count every product of two channels twice.
    above = np.triu_indices(channels.shape[1])
    return products[:, above[0], above[1]]


def _variogram(images: np.ndarray) -> np.ndarray:
    # Beyond half a side few pairs are left, all of them from the edges.
    furthest = max(2, min(images.shape[1:]) // 2)
    halves = []
    for axis in range(1, images.ndim):
        along = np.moveaxis(images, axis, 1)
        for lag in range(1, furthest):
            difference = along[:, lag:] - along[:, :-lag]
            halves.append(np.square(difference).reshape(len(images), -1).mean(axis=1, dtype=np.float64) / 2)
    return np.stack(halves, axis=1)


def _error(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.square(one - two).mean())


def _floors(each: dict[str, np.ndarray], separate: Separation | None) -> dict[str, Baseline]:
    """How far two disjoint sets of real images are apart in each vector; of regions, where there are several."""
    groups, ways = None, None
    if separate is not None:
        each = {name: vectors[separate.places] for name, vectors in each.items()}
        several = len(np.unique(separate.groups)) > 1
        groups, ways = (separate.groups, None) if several else (None, 0)  # one region has a median, but no band
    errors: dict[str, list[float]] = {name: [] for name in each}
    count = len(next(iter(each.values())))
    ways = distinct_ways(count, groups=groups) if ways is None else ways
    for one, two in halved(count, groups=groups, splits=SPLITS):
        for name, vectors in each.items():
            errors[name].append(_error(vectors[one].mean(0), vectors[two].mean(0)))
    return {name: Baseline.of(np.array(found), ways) for name, found in errors.items()}
