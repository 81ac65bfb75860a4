"""What workers agree on: gradients averaged by one flattened all-reduce per optimiser step, losses, weights, an end.

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
    # One message for all: the cost of a small network's all-reduce is its delay, not its bytes.
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(flat)
    flat /= world_size
    offset = 0
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].view_as(gradient))
        offset += gradient.numel()


def average_losses(losses: dict[str, torch.Tensor], world_size: int) -> dict[str, torch.Tensor]:
    """Mean of every loss over `world_size` workers: what one worker with the joined batch would report.

    Parameters
    ----------
    losses
        Scalars by name, the same names on all workers and on the workers' device; those of workers with an accelerator
        that live on the CPU are settings, equal everywhere, and are left as they are.
    """
    if world_size == 1:
        return losses
    # The workers' back end adds up what lives on their own devices only.
    accelerated = any(loss.device.type != "cpu" for loss in losses.values())
    names = [name for name, loss in losses.items() if not (accelerated and loss.device.type == "cpu")]
    together = torch.stack([losses[name].detach().float() for name in names])
    dist.all_reduce(together)
    return losses | dict(zip(names, (together / world_size).unbind(), strict=True))


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
