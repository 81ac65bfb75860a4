"""The paper's objectives, as means over batch and map of -log D and -log(1 - D) of logits (equations 1 to 8)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from raysys.stats import differentiable

__all__ = ["as_fake", "as_real", "divergence_from_prior", "real_gradient", "s2_distance"]

FEWEST = 1e-3  # of the spread of phases of an image, beside which one of a single phase has a loss that is a number


def as_real(logits: Tensor) -> Tensor:
    """Mean of -log D, D = sigmoid(logits): what a critic pays for calling them fake."""
    return functional.softplus(-logits).mean()


def as_fake(logits: Tensor) -> Tensor:
    """Mean of -log(1 - D): what a critic pays for calling them real."""
    return functional.softplus(logits).mean()


def divergence_from_prior(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """Kullback-Leibler divergence of normal codes (B, code) from N(0, 1): summed over a code, mean of the batch."""
    each = 0.5 * (mean.square() + (2 * log_deviation).exp() - 1) - log_deviation
    return each.sum(1).mean()


def real_gradient(logits: Tensor, *real: Tensor) -> Tensor:
    """Half the squared gradient with respect to real inputs, R1 of Mescheder et al. 2018, averaged over the batch."""
    # Of the mean over the map, so that the weight does not depend on how many places there are.
    total = logits.flatten(1).mean(1).sum()
    found = torch.autograd.grad(total, real, create_graph=True)
    return 0.5 * torch.stack([one.flatten(1).square().sum(1).mean() for one in found]).sum()


def s2_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared difference of S2 along the axes of images (B, 1, *spatial) in [-1, 1], over the wanted ones' spread.

    The spread of an image is phi - phi^2, which S2 falls by from lag 0 on; so rocks of few pores count as others do.
    Nothing flows back to the wanted images.
    """
    one, other = ((images[:, 0].float() + 1) / 2 for images in (found, wanted.detach()))
    phi = other.flatten(1).mean(1, keepdim=True)
    spread = (phi - phi.square()).clamp(min=FEWEST)
    off = (differentiable.two_point_lines(one) - differentiable.two_point_lines(other)) / spread
    return off.square().mean()
