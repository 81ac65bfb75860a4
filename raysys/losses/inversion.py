"""What keeps an image that is found by going back through a classifier an image: moments of features, smoothness.

Yin et al. 2020 (CVPR), "DeepInversion", the image prior; Wang et al. 2021 (CVPR), "IMAGINE", the moments of one
reference; both as in the published editing code of Zhou et al. 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["moments_distance", "total_variation"]

SCALE = 100.0  # of the distance of moments, as published


def moments_distance(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """100 times the sum over layers of mean squared differences of channels' means, and of their deviations.

    Parameters
    ----------
    found, wanted
        Features (1, C, h, w) of each layer; of other sizes h x w if need be.

    Returns
    -------
    Tensor
        Scalar.
    """
    total = torch.zeros((), device=found[0].device)
    for ours, theirs in zip(found, wanted, strict=True):
        for one, other in zip(_moments(ours), _moments(theirs), strict=True):
            total = total + (one - other).square().mean()
    return SCALE * total


def total_variation(image: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of neighbours to the right, below, and along both diagonals, of an image (1, C, H, W).

    Returns
    -------
    (the sum over the four directions of mean absolute differences, that of the roots of summed squares)
    """
    differences = (
        image[..., :, :-1] - image[..., :, 1:],
        image[..., :-1, :] - image[..., 1:, :],
        image[..., 1:, :-1] - image[..., :-1, 1:],
        image[..., :-1, :-1] - image[..., 1:, 1:],
    )
    absolute = torch.stack([one.abs().mean() for one in differences]).sum()
    return absolute, torch.stack([torch.linalg.vector_norm(one) for one in differences]).sum()


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Means and deviations (over all places, not one less) of channels."""
    deviation, mean = torch.std_mean(features, dim=(2, 3), correction=0)
    return mean, deviation
