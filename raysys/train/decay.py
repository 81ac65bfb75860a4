"""How a learning rate falls over a training."""

from __future__ import annotations

import math

import torch

LOWEST = 0.01  # of the learning rate is left in the end


def half_cosine(highest: float, step: int, steps: int | None) -> float:
    """Learning rate of a step counted from 0: from `highest` to a hundredth of it within `steps`, or always `highest`.

    A function of the step alone, so that a resumed training goes on as if it had not stopped.
    """
    # A run that is prolonged beyond its schedule goes on at the lowest rate.
    share = min(step / steps, 1.0) if steps else 0.0
    return highest * (LOWEST + (1 - LOWEST) * (1 + math.cos(math.pi * share)) / 2)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give all parameters of an optimiser one learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
