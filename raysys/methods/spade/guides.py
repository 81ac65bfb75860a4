"""Maps as networks see them, as patches are compared by them, and mirrored or turned with their images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from raysys.losses.guided_correspondence import Guidance
from raysys.train.batches import Draws

__all__ = ["as_guidance", "as_seen", "copies_of", "mirrored", "principal"]

MIRRORS = {"left-right": -1, "up-down": -2}


def as_seen(guide: Tensor) -> Tensor:
    """Maps as the network is told them: progressions (B, 1, H, W) as they are, lines (B, 2, H, W) by twice the angle.

    (cos 2t, sin 2t) of vectors (cos t, sin t): the same of a line's two directions.
    """
    if guide.shape[1] == 1:
        return guide
    across, up = guide[:, 0], guide[:, 1]
    length = (across.square() + up.square()).clamp(min=1e-12)
    return torch.stack([(across.square() - up.square()) / length, 2 * across * up / length], 1)


def as_guidance(guide: Tensor) -> Guidance:
    """A map (1 or 2, H, W) as the comparison of patches takes it."""
    return Guidance(progression=guide) if len(guide) == 1 else Guidance(orientation=guide)


def mirrored(images: Tensor, guide: Tensor, flips: Sequence[str], draws: Draws) -> tuple[Tensor, Tensor]:
    """Half of the images (B, C, H, W) mirrored with their maps; a mirrored line runs the other way up."""
    for name in flips:
        axis = MIRRORS[name]
        chosen = (draws.uniform(f"mirror {name}", (len(images),)) < 0.5)[:, None, None, None]
        images = torch.where(chosen, images.flip(axis), images)
        guide = torch.where(chosen, _reversed(guide.flip(axis)), guide)
    return images, guide


def copies_of(image: Tensor, guide: Tensor, copies: str) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """An image (C, H, W) with its map and its coordinates (2, H, W), once or in four ways.

    "flips" mirrors along either axis and along both, "quarters" turns; "none" leaves it as it is.
    """
    rows, columns = image.shape[1:]
    grid = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")).to(image)
    if copies == "flips":
        ways = [(), (-1,), (-2,), (-1, -2)]
        # A line that is mirrored twice runs as before.
        maps = [_reversed(guide.flip(way)) if len(way) == 1 else guide.flip(way) for way in ways]
        return [image.flip(way) for way in ways], maps, [grid.flip(way) for way in ways]
    quarters = range(4 if copies == "quarters" else 1)
    turned = [_turned(guide.rot90(count, (1, 2)), count) for count in quarters]
    return [image.rot90(count, (1, 2)) for count in quarters], turned, [grid.rot90(count, (1, 2)) for count in quarters]


def principal(guide: np.ndarray) -> np.ndarray:
    """What most of a map (1 or 2, H, W) has: its mean, or of lines the direction that they have on average."""
    if len(guide) == 1:
        return guide.mean((1, 2)).astype(np.float32)
    twice = as_seen(torch.from_numpy(guide)[None])[0].mean((1, 2)).numpy()
    angle = np.arctan2(twice[1], twice[0]) / 2
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _reversed(guide: Tensor) -> Tensor:
    """Lines of a map (..., channels, H, W) after one mirroring: their vertical part changes its sign."""
    if guide.shape[-3] == 1:
        return guide
    return torch.stack([guide.select(-3, 0), -guide.select(-3, 1)], -3)


def _turned(guide: Tensor, quarters: int) -> Tensor:
    """Lines after quarter turns anticlockwise, which is how they and `rot90` turn."""
    for _ in range(quarters if len(guide) == 2 else 0):
        guide = torch.stack([-guide[1], guide[0]])
    return guide
