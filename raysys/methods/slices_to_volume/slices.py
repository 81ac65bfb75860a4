"""Flat slices of volumes, as a critic is shown them."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["all_slices", "some_slices"]


def all_slices(volumes: Tensor, axis: int) -> Tensor:
    """Every slice across an axis: (B, C, D, H, W) to (B * slices, C, rows, columns)."""
    return volumes.movedim(axis + 2, 1).flatten(0, 1)


def some_slices(volumes: Tensor, axes: tuple[int, ...], uniform: Tensor) -> Tensor:
    """Slices at places of chance, of the volumes and across the axes in turns.

    Parameters
    ----------
    volumes
        (B, C, S, S, S) of equal sides.
    axes
        Across which.
    uniform
        (N,) in [0, 1), where each of the slices lies.

    Returns
    -------
    (N, C, S, S), rows and columns along the axes that `raysys.sections.PLANES` says
    """
    side = volumes.shape[2]
    places = (uniform * side).long()
    found = []
    for number, place in enumerate(places.tolist()):
        axis = axes[number % len(axes)]
        volume = volumes[number // len(axes) % len(volumes)]
        found.append(volume.select(axis + 1, place))
    return torch.stack(found)
