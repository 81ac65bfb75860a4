"""What conditional training adds to a system: phase fractions of images, values to ask for, how far they are missed.

Networks are told a value as a further channel, constant over the image (conditional GANs: Mirza & Osindero 2014,
arXiv:1411.1784, there for vectors).
"""

from __future__ import annotations

import torch
from torch import Tensor

from raysys.methods.wgan_gp.networks import Generator
from raysys.models.condition import NumberCard
from raysys.train.batches import Draws

DIGITS = 4  # of a range, so that what a card says is what can be asked for


def beside(images: Tensor, asked: Tensor | None) -> Tensor:
    """Images or noise (B, C, *spatial) with the values (B, conditions) as further channels; None adds nothing."""
    if asked is None:
        return images
    maps = asked.view(*asked.shape, *(1,) * (images.dim() - 2)).expand(*asked.shape, *images.shape[2:])
    return torch.cat([images, maps.to(images.dtype)], 1)


def fractions(images: Tensor) -> Tensor:
    """Phase fractions (B, 1) of images (B, 1, *spatial) in [-1, 1]; their gradient is the same in every pixel."""
    # The mean of many pixels is taken in float32, also of images in a coarser format.
    exact = torch.promote_types(images.dtype, torch.float32)
    return (images.flatten(1).mean(1, keepdim=True, dtype=exact) + 1) / 2


def missed(images: Tensor, asked: Tensor) -> Tensor:
    """Mean squared difference between the phase fractions of images (B, 1, *spatial) and those asked for, (B, 1).

    Of the grey values: they become the fractions above the threshold as a training makes the images binary. A steep
    function of the grey values in their place leaves images grey, since all of them then lie near the threshold.
    """
    return ((fractions(images) - asked) ** 2).mean()


def anywhere(generator: Generator, count: int, draws: Draws) -> Tensor:
    """Values (count, 1) evenly over the range: what is rare among the images is to be obtained as well as the rest."""
    low, _, high = generator.condition_range[0]
    return low + (high - low) * draws.uniform("condition", (count, 1))


def ladder(generator: Generator, count: int) -> Tensor:
    """Values (count, 1) from the lowest to the highest."""
    limits = generator.condition_range
    low, _, high = limits[0].tolist()
    return torch.linspace(low, high, count, device=limits.device)[:, None]


def condition_card(generator: Generator) -> NumberCard | None:
    """What a generator can be asked for; None if it is not conditional."""
    if not generator.conditions:
        return None
    low, mean, high = (round(value, DIGITS) for value in generator.condition_range[0].tolist())
    return NumberCard(name="phase_fraction", low=low, high=high, mean=mean)
