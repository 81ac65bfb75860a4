"""The paper's objectives, as means over batch and map of -log D and -log(1 - D) of logits (equations 1 to 8)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["as_fake", "as_real", "divergence_from_prior", "real_gradient"]


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
