"""Sliced Wasserstein loss: features of two images seen from many directions, each a sorted list of numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from raysys.errors import RaysysError

__all__ = ["random_directions", "sliced_wasserstein"]


def sliced_wasserstein(found: Tensor, wanted: Tensor, directions: Tensor) -> Tensor:
    """Sum over directions of the mean squared difference of sorted projections, as many as there are channels.

    Parameters
    ----------
    found, wanted
        Features (1, C, H, W) and (1, C, h, w); of sizes that differ, the shorter list is drawn out to the longer one,
        so that ranks meet. Nothing flows back to `wanted`.
    directions
        Unit vectors (K, C), drawn anew for every step: `random_directions`.

    References
    ----------
    Heitz, Vanhoey, Chambon and Belcour 2021 (CVPR), Eqs. 3-5.
    """
    if len(found) != 1 or len(wanted) != 1 or found.shape[1] != wanted.shape[1]:
        raise RaysysError(
            f"features of {tuple(found.shape)} and {tuple(wanted.shape)}; allowed: one image each, as many channels"
        )
    with torch.autocast(found.device.type, enabled=False):
        lists = [(directions @ one.flatten(2)[0].to(directions)).sort(dim=1).values for one in (found, wanted.detach())]
        longest = max(one.shape[1] for one in lists)
        ours, theirs = (_drawn_out(one, longest) for one in lists)
        return (ours - theirs).square().mean(1).sum()


def random_directions(channels: int, *, generator: torch.Generator | None = None, device: object = "cpu") -> Tensor:
    """As many unit vectors as there are channels, float32 (channels, channels), uniform over the sphere."""
    vectors = torch.randn(channels, channels, generator=generator)
    return (vectors / vectors.norm(dim=1, keepdim=True)).to(torch.device(str(device)))


def _drawn_out(values: Tensor, length: int) -> Tensor:
    """Sorted lists (K, n) as (K, length), each number repeated as evenly as can be."""
    if values.shape[1] == length:
        return values
    return values[:, torch.arange(length, device=values.device) * values.shape[1] // length]
