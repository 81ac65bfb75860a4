"""The averaged network that becomes the model: how it follows the trained one, and statistics of its own."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def follow(averaged: nn.Module, trained: nn.Module, decay: float, step: int, *, kept: tuple[str, ...] = ()) -> None:
    """Move averaged weights towards trained ones; running statistics are taken over as they are.

    Parameters
    ----------
    averaged, trained
        Networks of one architecture.
    decay
        Of the average, at most (1 + step) / (10 + step), so that short runs do not lag; 0 for none.
    step
        How many steps there were before this one.
    kept
        Names of buffers that are the averaged network's own.
    """
    share = min(decay, (1 + step) / (10 + step)) if decay else 0.0
    for slow, fast in zip(averaged.parameters(), trained.parameters(), strict=True):
        slow.lerp_(fast, 1 - share)
    named = dict(averaged.named_buffers())
    for name, measured in trained.named_buffers():
        if name not in kept:
            named[name].copy_(measured)


def measure_anew(network: nn.Module) -> None:
    """Let each normalisation take the plain mean over all batches that it sees from now on."""
    for norm in network.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.reset_running_stats()
            norm.momentum = None
    network.train()


def set_momentum(network: nn.Module, momentum: float) -> None:
    """Let each normalisation follow as fast as it does in training."""
    for norm in network.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.momentum = momentum
