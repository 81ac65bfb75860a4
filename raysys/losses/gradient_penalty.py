"""What keeps a Wasserstein critic's gradient near one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """Mean squared deviation from 1 of the critic's gradient norm between real and generated images.

    Always in float32, also under autocast: a norm is compared with 1, and the penalty's own gradient is a second
    derivative, in which the eight bits of bfloat16 would be all noise. (On NVIDIA GPUs torch lets float32 convolutions
    round their factors to TF32, in whatever training; `torch.backends.cudnn.allow_tf32 = False` forbids it.)

    Parameters
    ----------
    critic
        Maps images (B, C, *spatial) to scores (B, ...); not a compiled one, which torch does not differentiate twice.
    real, fake
        Images (B, C, *spatial).
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
    between = (epsilon * real.float() + (1 - epsilon) * fake.float()).requires_grad_(True)
    with torch.autocast(real.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
