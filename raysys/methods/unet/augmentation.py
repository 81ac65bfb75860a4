"""Variations of a training tile that its labels follow: mirrored, turned, bent, brighter, darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from raysys.train.batches import Draws

if TYPE_CHECKING:
    from raysys.methods.unet.settings import UnetSettings

BENDS = 5  # points a side on which displacements are drawn; between them they are smooth


def varied(images: Tensor, targets: Tensor, settings: UnetSettings, draws: Draws) -> tuple[Tensor, Tensor]:
    """Images float (B, 1, H, W) in [-1, 1] and class numbers (B, H, W), each pair varied in its own way.

    Which way depends on the draws alone: on seed, step and place in the batch.
    """
    count = len(images)
    for axis, name in ((-1, "left-right"), (-2, "up-down")):
        if name in settings.flips:
            chosen = draws.uniform(f"flip {name}", (count,)) < 0.5
            images = torch.where(chosen[:, None, None, None], images.flip(axis), images)
            targets = torch.where(chosen[:, None, None], targets.flip(axis), targets)
    if settings.rotations:
        turns = (draws.uniform("turns", (count,)) * 4).long().tolist()
        images = torch.stack([image.rot90(turn, (-2, -1)) for image, turn in zip(images, turns, strict=True)])
        targets = torch.stack([target.rot90(turn, (-2, -1)) for target, turn in zip(targets, turns, strict=True)])
    if settings.elastic:
        images, targets = _bent(images, targets, settings.elastic, draws)
    return _other_exposure(images, settings, draws), targets


def _bent(images: Tensor, targets: Tensor, pixels: float, draws: Draws) -> tuple[Tensor, Tensor]:
    """Simard, Steinkraus and Platt 2003, with displacements between whose points a cubic spline runs."""
    count, _, height, width = images.shape
    coarse = draws.normal("bends", (count, 2, BENDS, BENDS))
    moved = functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True).movedim(1, -1)
    still = functional.affine_grid(
        torch.eye(2, 3, device=images.device).expand(count, 2, 3), list(images.shape), align_corners=False
    )
    grid = still + moved * (2 * pixels / torch.tensor([width, height], device=images.device))
    bent = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    labels = functional.grid_sample(
        targets[:, None].float(), grid, mode="nearest", padding_mode="reflection", align_corners=False
    )
    return bent, labels[:, 0].to(targets.dtype)


def _other_exposure(images: Tensor, settings: UnetSettings, draws: Draws) -> Tensor:
    if not (settings.gain or settings.offset or settings.gamma):
        return images
    gain, offset, gamma = (
        (2 * draws.uniform(name, (len(images),)) - 1)[:, None, None, None] * getattr(settings, name)
        for name in ("gain", "offset", "gamma")
    )
    grey = ((images + 1) / 2).clamp(0, 1) ** gamma.exp()
    return (grey * (1 + gain) + offset).clamp(0, 1) * 2 - 1
