"""SPADE's losses: hinge, feature matching, and how VGG-19 sees two images (Park et al. 2019, section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from raysys.features.vgg import Vgg19

__all__ = ["PERCEPTUAL", "feature_matching", "hinge_of_discriminators", "hinge_of_generator", "perceptual"]

Activations = Sequence[Sequence[Tensor]]

# After their ReLU; deep layers count most.
PERCEPTUAL = {"conv1_1": 1 / 32, "conv2_1": 1 / 16, "conv3_1": 1 / 8, "conv4_1": 1 / 4, "conv5_1": 1.0}


def hinge_of_discriminators(real: Activations, fake: Activations) -> Tensor:
    """Mean over discriminators of how far real scores are below 1 and generated ones above -1."""
    each = [
        functional.relu(1 - one[-1]).mean() + functional.relu(1 + other[-1]).mean()
        for one, other in zip(real, fake, strict=True)
    ]
    return torch.stack(each).mean()


def hinge_of_generator(fake: Activations) -> Tensor:
    """Minus the mean score of generated images."""
    return -torch.stack([one[-1].mean() for one in fake]).mean()


def feature_matching(real: Activations, fake: Activations) -> Tensor:
    """Mean over discriminators of the summed absolute differences of all layers but the scores."""
    each = [
        functional.l1_loss(seen, wanted.detach())
        for one, other in zip(fake, real, strict=True)
        for seen, wanted in zip(one[:-1], other[:-1], strict=True)
    ]
    return torch.stack(each).sum() / len(real)


def perceptual(network: Vgg19, images: Tensor, wanted: Tensor) -> Tensor:
    """Weighted absolute differences of VGG-19's features, of images (B, C, H, W) in [0, 1] twice."""
    with torch.no_grad():
        there = network(wanted)
    found = network(images)
    each = [
        weight * functional.l1_loss(found[layer].float(), there[layer].float()) for layer, weight in PERCEPTUAL.items()
    ]
    return torch.stack(each).sum()
