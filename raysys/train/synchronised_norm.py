"""Batch normalisation by the statistics of all workers' batches together, exact in value and gradient.

torch's SyncBatchNorm computes on CUDA only; this one wherever the workers can gather and add, so on CPUs too.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm


class SynchronisedBatchNorm(_BatchNorm):
    """Batch normalisation of which several workers together equal one worker with the joined batch.

    Parameters, buffers and their names are those of `torch.nn.BatchNorm2d`, and so is the computation where there is
    one worker, or in evaluation. All workers must call it equally often, on batches of equal shape. The gradient with
    respect to the input is that of the *sum* of all workers' losses, so that parameter gradients averaged over the
    workers are those of the mean loss.

    Parameters
    ----------
    norm
        Whose parameters and buffers it takes over; the same tensors, not copies.

    References
    ----------
    Ioffe & Szegedy 2015, arXiv:1502.03167, Algorithm 1 and section 3 (gradients).
    """

    def __init__(self, norm: _BatchNorm) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum)
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            setattr(self, name, buffer)
        self.train(norm.training)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, *spatial), normalised per channel."""
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(images)
        return self._together(images)

    # Left uncompiled: the function inside waits for other processes.
    @torch.compiler.disable
    def _together(self, images: Tensor) -> Tensor:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        normalised: Tensor
        normalised, mean, variance = _Normalised.apply(images, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        self.num_batches_tracked += 1
        follow = self.momentum if self.momentum is not None else 1 / self.num_batches_tracked
        count = images.numel() // self.num_features * dist.get_world_size()
        with torch.no_grad():
            self.running_mean.lerp_(mean, follow)
            # As torch does: normalised by the biased variance, remembered by the unbiased one.
            self.running_var.lerp_(variance * count / (count - 1), follow)
        return normalised

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 3:
            raise ValueError(f"batch normalisation was given {tuple(input.shape)}, not (N, C, *spatial)")


def synchronise_norms(network: nn.Module) -> None:
    """Replace every batch normalisation of a network by a synchronised one on the same parameters and buffers."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                setattr(parent, name, SynchronisedBatchNorm(child))


class _Normalised(torch.autograd.Function):
    """(images, weight, bias, epsilon) to (normalised images, mean (C,), biased variance (C,)); float32 at least."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> tuple[Tensor, ...]:
        there = _exact(images)
        mean, variance = _statistics(there)
        inverse = (variance + epsilon).rsqrt()
        normal = (there - _wide(mean, there)) * _wide(inverse, there)
        ctx.save_for_backward(normal, weight, inverse)
        ctx.mark_non_differentiable(mean, variance)
        return (normal * _wide(weight, there) + _wide(bias, there)).to(images.dtype), mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        normal, weight, inverse = ctx.saved_tensors
        there = _exact(gradient)
        for_bias, for_weight = there.sum(_all_but_channels(there)), (there * normal).sum(_all_but_channels(there))
        means = torch.stack([for_bias, for_weight])
        dist.all_reduce(means)
        means /= there.numel() // there.shape[1] * dist.get_world_size()
        # The statistics depend on every image: two terms of the gradient are means over all workers.
        centred = there - _wide(means[0], there) - normal * _wide(means[1], there)
        return (centred * _wide(weight * inverse, there)).to(gradient.dtype), for_weight, for_bias, None


def _statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance (C,) over all workers, from each worker's own: no difference of large squares."""
    variance, mean = torch.var_mean(images, _all_but_channels(images), correction=0)
    own = torch.stack([mean, variance])
    everyone = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(everyone, own)
    means, variances = torch.stack(everyone).unbind(1)
    mean = means.mean(0)
    return mean, (variances + (means - mean).square()).mean(0)


def _exact(images: Tensor) -> Tensor:
    return images.to(torch.promote_types(images.dtype, torch.float32))


def _all_but_channels(images: Tensor) -> list[int]:
    return [0, *range(2, images.dim())]


def _wide(of_channels: Tensor, images: Tensor) -> Tensor:
    """(C,) ready to be combined with (N, C, *spatial)."""
    return of_channels.view(-1, *[1] * (images.dim() - 2))
