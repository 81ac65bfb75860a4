"""The running average of a generator, which is what is validated and served."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["follow", "measure_norms"]


@torch.no_grad()
def follow(averaged: nn.Module, trained: nn.Module, decay: float) -> None:
    """Move an averaged network towards the trained one; running statistics are taken over as they are."""
    for kept, new in zip(averaged.parameters(), trained.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for buffer, measured in zip(averaged.buffers(), trained.buffers(), strict=True):
        buffer.copy_(measured)


@torch.no_grad()
def measure_norms(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set the batch-norm statistics of a network to their mean over batches of what it is given."""
    for norm in network.modules():
        if isinstance(norm, nn.modules.batchnorm._BatchNorm):
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
    network.train()
    for batch in batches:
        network(batch)
