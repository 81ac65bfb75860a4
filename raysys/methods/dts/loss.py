"""What teaches the diversified texture network: Gram matrices of a texture, and pictures that differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from raysys.features.vgg import Kernels, Vgg19
from raysys.losses.style import gram_matrix


class TextureGrams:
    """Mean absolute differences of Gram matrices and of features; parameters as of the settings of the method."""

    def __init__(self, kernels: Kernels, layers: Sequence[str], diversity_layer: str, *, unit_gradients: bool) -> None:
        seen = tuple(dict.fromkeys([*layers, diversity_layer]))
        # As in the authors' programs the network is as it was trained, features are those after ReLUs.
        self.features = Vgg19(kernels, seen, pooling="maximum", tap="relu")
        self.layers, self.diversity_layer, self.unit_gradients = tuple(layers), diversity_layer, unit_gradients

    def to(self, device: torch.device) -> TextureGrams:
        """The same on a device."""
        self.features.to(device)
        return self

    @torch.no_grad()
    def wanted(self, images: Tensor) -> dict[str, Tensor]:
        """Mean Gram matrix (C, C) at each layer of images (B, C, H, W) in [0, 1] of a texture."""
        found = self.features(images)
        return {layer: gram_matrix(found[layer], "elements").mean(0) for layer in self.layers}

    def __call__(self, images: Tensor, wanted: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """How far images (B, C, H, W) in [0, 1] are from a texture's matrices, and how different from one another.

        The second is the mean absolute difference of the features of each image from those of the next one in the
        batch, to which nothing flows back, as published.
        """
        found = self.features(images)
        if self.unit_gradients:
            found = {layer: _UnitGradient.apply(one) for layer, one in found.items()}  # type: ignore[no-untyped-call]
        off = [(gram_matrix(found[layer], "elements") - wanted[layer]).abs().mean() for layer in self.layers]
        one = found[self.diversity_layer]
        return torch.stack(off).sum(), (one - one.detach().roll(1, 0)).abs().mean()


class _UnitGradient(torch.autograd.Function):
    """Values as they are, whose gradient is scaled to a sum of magnitudes of 1."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0] / (gradients[0].abs().sum() + 1e-8)
