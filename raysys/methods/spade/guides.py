"""Maps as networks see them, as patches are compared by them, and mirrored or turned with their images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from raysys.data.textures import mirrored_copies, turned_copies
from raysys.form import Form
from raysys.losses.guided_correspondence import Guidance
from raysys.models.channels import unit_channels
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


def copies_of(
    form: Form, image: np.ndarray, guide: np.ndarray, copies: str
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Images (C, h, w) in [0, 1] with maps (1 or 2, h, w) and coordinates (2, h, w), of an image and its map.

    "none" leaves it as it is, "flips" mirrors it in all four ways, "quarters" and "turns" turn it by multiples of 90
    and of 45 degrees.
    """
    ways = {"none": 1, "quarters": 4, "turns": 8}
    found = mirrored_copies(image) if copies == "flips" else turned_copies(image, ways[copies])
    values = guide[0] if len(guide) == 1 else np.moveaxis(guide, 0, -1)
    maps = [one.map_of(values) for one in found]
    return (
        [_contiguous(unit_channels(form, one.image[None])[0]) for one in found],
        [_contiguous(one[None] if one.ndim == 2 else np.moveaxis(one, -1, 0)) for one in maps],
        [_contiguous(np.moveaxis(one.coordinates, -1, 0)) for one in found],
    )


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


def _contiguous(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32)
