"""What keeps a Wasserstein critic's gradient near one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """Mean squared deviation from 1 of the critic's gradient norm between real and generated images.

    Parameters
    ----------
    critic
        Maps images (B, C, *spatial) to scores (B, ...).
    real, fake
        Images float32 (B, C, *spatial).
    epsilon
        Where between the two, one number in [0, 1] per image: (B,).

    Returns
    -------
    Tensor
        Scalar, differentiable a second time with respect to the critic's weights.

    References
    ----------
    Gulrajani et al. 2017, arXiv:1704.00028, Eq. 3; Eq. 6 of the WGAN-GP rock study (x_hat = eps*x + (1-eps)*G(z)).
    """
    epsilon = epsilon.view(-1, *[1] * (real.dim() - 1))
    between = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
