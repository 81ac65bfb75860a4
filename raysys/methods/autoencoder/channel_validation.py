"""How near autoencodings of grey, colour and label images, and of volumes, are to their originals, channel by channel.

Flat binary images have a score of their own, with which earlier trainings are compared; this one asks the same
questions of any number of channels and axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from raysys.form import Form
from raysys.models.channels import from_channels
from raysys.stats.correlation.differentiable import two_point_map
from raysys.train.metrics import OBJECTIVE
from raysys.train.validation import SHOWN, in_channels, likeness, variation
from raysys.train.validation_pictures import picture_of

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData

# What is below its floor is not seen, so that one perfect part does not make up for all others; a flat image of the
# right mean has 1 in every part, and what is ten times worse than that is no better known.
FLOORS = {"s2_relative": 1e-4, "pixel_error": 1e-3, "edge_shortfall": 1e-2}
CEILING = 10.0
NOTHING = 1e-9  # beside which the variation of an even original is no zero to divide by
EVEN = 1e-6  # of the largest variance: an original without more has no structure, and nothing to be compared


class ChannelsValidator:
    """Compares held-out images with their autoencodings, one by one.

    The objective, `autoencoding_error`, is the geometric mean of three errors, each the median over images and at least
    its floor: `pixel_error`, the squared error over the variance; `s2_relative`, the squared error of the periodic
    two-point maps over what a flat image would have; `edge_shortfall`, by which share differences between neighbouring
    pixels are smaller than the original's. Channels are phases or colours. No weight of a training loss enters it.

    Parameters
    ----------
    data
        Of whose held-out images the first are taken.
    form
        Of the images.
    count
        How many.
    values
        Images to what is made of them, float32 (N, C, *tile) in [0, 1], by the system as it is.
    """

    def __init__(
        self, data: TrainingData, form: Form, *, count: int, values: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self.form, self.images, self.values = form, data.held_out[:count], values
        self.originals = in_channels(form, self.images).astype(np.float32)
        self.variation = variation(self.originals)
        self._made: np.ndarray | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        made = self.values(self.images)
        self._made = made[: SHOWN // 2]
        parts = channel_errors(made, self.originals)
        error = math.exp(sum(math.log(max(parts[name], floor)) for name, floor in FLOORS.items()) / len(FLOORS))
        alike = likeness(made, self.variation, dims=self.form.dims)
        return parts | alike | {"autoencoding_error": error, OBJECTIVE: error}

    def pictures(self) -> dict[str, np.ndarray]:
        """The first originals, and below them their autoencodings of the last validation."""
        if self._made is None:
            return {}
        made = from_channels(self.form, self._made)
        return {"autoencodings": picture_of(self.form, np.concatenate([self.images[: len(made)], made]), len(made))}


def channel_errors(made: np.ndarray, originals: np.ndarray) -> dict[str, float]:
    """Errors of images against their originals.

    Parameters
    ----------
    made, originals
        float32 (N, C, *spatial) in [0, 1].

    Returns
    -------
    {name: median over the images}
        Names as of FLOORS; each is 1 for flat images of the right means, and 10 at most. Originals without structure
        are left out; 1 where there are no others.
    """
    each = {
        "s2_relative": _relative(_maps(made), _maps(originals)),
        "pixel_error": _relative(made, originals),
        "edge_shortfall": 1 - np.minimum(1, _edges(made) / np.maximum(_edges(originals), NOTHING)),
    }
    variance = originals.reshape(*originals.shape[:2], -1).var(axis=2, dtype=np.float64).sum(axis=1)
    structured = variance > EVEN * max(float(variance.max()), EVEN)
    return {name: _median(np.where(np.isfinite(error), error, CEILING)[structured]) for name, error in each.items()}


def _relative(made: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """Squared error of each image over that of its channels' means, (N,)."""
    flat = originals.reshape(*originals.shape[:2], -1).astype(np.float64)
    even = np.square(flat - flat.mean(axis=2, keepdims=True)).sum(axis=(1, 2))
    wrong = np.square(made.reshape(flat.shape) - flat).sum(axis=(1, 2))
    return wrong / np.maximum(even, NOTHING)


def _maps(images: np.ndarray) -> np.ndarray:
    found = two_point_map(torch.from_numpy(images.reshape(-1, *images.shape[2:])))
    return found.numpy().reshape(images.shape)


def _edges(images: np.ndarray) -> np.ndarray:
    """Mean difference between neighbouring pixels of each image, (N,)."""
    steps = [np.abs(np.diff(images, axis=axis)).reshape(len(images), -1).mean(1) for axis in range(2, images.ndim)]
    return np.asarray(np.mean(steps, axis=0, dtype=np.float64))


def _median(errors: np.ndarray) -> float:
    return float(np.median(np.minimum(errors, CEILING))) if len(errors) else 1.0
