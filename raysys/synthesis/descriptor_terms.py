"""Descriptors of a phase, and how far soft images, volumes or slices of volumes are from them.

A volume that is to have what a section has is measured axis by axis and plane by plane: what is asked of a mean over
directions, one too coarse and one too fine have as well. Of large volumes a part of the slices is measured at a time,
and once more for the gradient, so that memory does not grow with the number of lags times that of voxels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from raysys import stats
from raysys.features.vgg import Kernels, Vgg19
from raysys.losses.style import gram_matrix
from raysys.losses.texture import LAYERS_OF
from raysys.stats import differentiable

__all__ = ["GRAM", "LINES", "NAMES", "POLYTOPES", "GramTerm", "Term", "measured"]

LINES = ("S2", "L")
POLYTOPES = ("P3H", "P3V", "P4", "P6")
NAMES = (*LINES, *POLYTOPES, "map")
GRAM = "gram"
AT_ONCE = 1 << 18  # voxels that are measured in one piece
SEEN = 4  # slices in a direction that a network looks at in a step, others in each


@dataclass(frozen=True, eq=False)
class Term:
    """One descriptor of one phase.

    Attributes
    ----------
    name
        Out of `NAMES`.
    phase
        Its place in the target's values.
    weight
        Of its error.
    values
        float32, lag 0 first: (R,), or the map (2 R - 1, 2 R - 1); NaN where it has no value.
    axis
        Of a volume: lines along this axis, or figures and maps in slices across it; None for all axes together, and
        for flat images.
    """

    name: str
    phase: int
    weight: float
    values: Tensor
    axis: int | None = None

    def error(self, x: Tensor, chance: torch.Generator | None = None) -> Tensor:
        """Mean squared difference of a soft periodic image (*shape) over the square of phi (1 - phi)."""
        found = self.of(x)
        known = ~(self.values.isnan() | found.isnan())
        phi = float(self.values.flatten()[0]) if self.name != "map" else float(self.values.max())
        return (found - self.values)[known].square().mean() / (phi * (1 - phi)) ** 2

    def of(self, x: Tensor) -> Tensor:
        """The descriptor of a soft periodic image."""
        if self.axis is None:
            return self._measured(x[None], None)
        if self.name not in LINES:
            return _over_parts(lambda slices: self._measured(slices, None), x.movedim(self.axis, 0))
        # Lines along the last axis of flat slices that hold them.
        return _over_parts(lambda slices: self._measured(slices, 1), x.movedim(self.axis, -1))

    def _measured(self, images: Tensor, axis: int | None) -> Tensor:
        """The mean over images (N, *spatial)."""
        r_max = self.values.shape[0] - 1
        if self.name == "S2":
            return differentiable.two_point_lines(images, r_max, boundary="periodic", axis=axis).mean(0)
        if self.name == "L":
            return differentiable.lineal_path(images, r_max, boundary="periodic", axis=axis).mean(0)
        if self.name != "map":
            return differentiable.polytope(images, self.name, r_max, boundary="periodic").mean(0)
        whole = differentiable.two_point_map(images).mean(0)
        half = r_max // 2
        for axis, side in enumerate(whole.shape):
            whole = whole.narrow(axis, side // 2 - half, 2 * half + 1)
        return whole


@dataclass(frozen=True, eq=False)
class GramTerm:
    """Products of features that a network sees in one phase (Gatys et al. 2015), of an image or of slices of a volume.

    Attributes
    ----------
    phase, weight, axis
        As of a `Term`; None of a flat image only.
    network
        Whose features; repeating, as what is made does.
    values
        All wanted products in a row, (numbers,) float32.
    lengths
        How many of them each layer has.
    """

    phase: int
    weight: float
    network: Vgg19
    values: Tensor
    lengths: tuple[int, ...]
    axis: int | None = None
    name: str = field(default=GRAM, init=False)

    @classmethod
    def of_image(cls, image: np.ndarray, phase: int, weight: float, kernels: Kernels, axis: int | None) -> GramTerm:
        """What a network sees in an indicator (H, W)."""
        network = Vgg19(kernels, LAYERS_OF[GRAM], padding="reflect", tap="relu")
        with torch.no_grad():
            wanted = _grams(network, torch.from_numpy(image.astype(np.float32))[None])
        lengths = tuple(map(len, wanted))
        made = Vgg19(kernels, LAYERS_OF[GRAM], padding="circular", tap="relu")
        return cls(phase, weight, made, torch.cat(wanted), lengths, axis)

    def error(self, x: Tensor, chance: torch.Generator | None = None) -> Tensor:
        """Mean over layers of squared differences over what is wanted; of a volume by a few slices of chance."""
        slices = x[None]
        if self.axis is not None:
            moved = x.movedim(self.axis, 0)
            slices = moved[torch.randperm(len(moved), generator=chance)[:SEEN]]
        layers = torch.split(self.values, list(self.lengths))
        errors = [
            (found - wanted).square().sum() / wanted.square().sum()
            for found, wanted in zip(_grams(self.network, slices), layers, strict=True)
        ]
        return torch.stack(errors).mean()


Measure = Callable[[Tensor], Tensor]


def _over_parts(measure: Measure, slices: Tensor) -> Tensor:
    """The mean of what is measured on parts of (S, rows, columns), each of which is forgotten until its gradient."""
    at_once = max(1, AT_ONCE // (slices.shape[1] * slices.shape[2]))
    parts = torch.split(slices, at_once)
    if len(parts) == 1:
        return measure(slices)
    found = torch.stack([checkpoint(measure, part, use_reentrant=False) for part in parts])
    shares = torch.tensor([len(part) for part in parts], dtype=found.dtype) / len(slices)
    return (found * shares.view(-1, *[1] * (found.ndim - 1))).sum(0)


def _grams(network: Vgg19, images: Tensor) -> list[Tensor]:
    """The Gram matrix of each layer, averaged over images (N, H, W), in a row."""
    return [gram_matrix(one).mean(0).flatten() for one in network(images[:, None]).values()]


def measured(phase: np.ndarray, name: str, r_max: int, axis: int | None = None) -> Tensor:
    """The descriptor of an indicator (*shape), open at its edges; of lines along one of its axes, if that is said."""
    images: Any = phase[None].astype(np.uint8)
    if name == "map":
        half = max(1, r_max // 2)
        return torch.from_numpy(stats.autocorrelation(images, boundary="open", r_max=half)[0].astype(np.float32))
    full = name if axis is None else f"{name}_axis{axis}"
    curve = stats.characterise(images, (full,), r_max=r_max).curves[full]
    return torch.from_numpy(np.array(curve.mean, np.float32))
