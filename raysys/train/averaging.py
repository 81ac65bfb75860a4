"""What workers agree on: gradients averaged by one flattened all-reduce per optimiser step, first weights, an end.

Wrapping a critic in DistributedDataParallel fights the double backward of the gradient penalty: no network is wrapped.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn


def average_gradients(parameters: Iterable[nn.Parameter], world_size: int) -> None:
    """Replace every gradient by its mean over `world_size` workers, in place; does nothing for one worker."""
    if world_size == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(flat)
    flat /= world_size
    offset = 0
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].view_as(gradient))
        offset += gradient.numel()


def broadcast_from_first(modules: Iterable[nn.Module], world_size: int) -> None:
    """Give every worker rank 0's weights and buffers, so that all start equal; does nothing for one worker."""
    if world_size == 1:
        return
    for module in modules:
        for tensor in module.state_dict().values():
            dist.broadcast(tensor, src=0)


def any_worker(here: bool, world_size: int) -> bool:
    """Whether something is true on any worker; all get the same answer."""
    if world_size == 1:
        return here
    votes: list[bool] = [False] * world_size
    dist.all_gather_object(votes, here)
    return any(votes)
