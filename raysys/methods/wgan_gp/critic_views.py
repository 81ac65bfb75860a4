"""What a critic is shown of a batch, so that a few real images teach it their kind and not themselves.

Two things that must not be confused. Mirroring and turning real tiles says that the material looks the same that way:
true of what is isotropic, and the user's to say; generated images are left as they are, for they have to learn it.
Moving images and cutting out of them are changes that no real image has: real and generated ones get them alike, each
with draws of its own, so that the generator is not asked to make them (Zhao et al. 2020, arXiv:2006.10738, section 3;
Karras et al. 2020, arXiv:2006.06676, section 2.2). They are differentiable: the generator learns through them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from raysys.train.batches import Draws

MOVED = 1 / 8  # of the side, at most, along each axis (Zhao et al., policy "translation")
CUT = 1 / 2  # of the side: the square that is blanked (Zhao et al., policy "cutout")
BLANK = 0.0  # between the phases at -1 and 1


def turned(images: Tensor, flips: Sequence[str], rotations: bool, draws: Draws, label: str) -> Tensor:
    """Images (B, C, H, W), each mirrored or not along the axes in `flips`, and turned by 0 to 3 quarters if asked."""
    for axis, name in ((-1, "left-right"), (-2, "up-down")):
        if name in flips:
            chosen = draws.uniform(f"{name} {label}", (len(images),)) < 0.5
            images = torch.where(chosen[:, None, None, None], images.flip(axis), images)
    if rotations:
        quarters = (draws.uniform(f"turns {label}", (len(images),)) * 4).long()[:, None, None, None]
        ways = [images, *(images.rot90(quarter, (-2, -1)) for quarter in (1, 2, 3))]
        for quarter in (1, 2, 3):
            images = torch.where(quarters == quarter, ways[quarter], images)
    return images


def changed(images: Tensor, changes: Sequence[str], draws: Draws, label: str) -> Tensor:
    """Images (B, C, H, W) in [-1, 1], each moved and cut in its own way; the same object if nothing is asked."""
    if "translation" in changes:
        images = _moved(images, draws.uniform(f"translation {label}", (len(images), 2)))
    if "cutout" in changes:
        images = _cut(images, draws.uniform(f"cutout {label}", (len(images), 2)))
    return images


def _moved(images: Tensor, uniform: Tensor) -> Tensor:
    """Shift by whole pixels, up to `MOVED` either way; what comes in is blank."""
    height, width = images.shape[-2:]
    reach = [max(1, round(MOVED * side)) for side in (height, width)]
    padded = functional.pad(images, (reach[1], reach[1], reach[0], reach[0]), value=BLANK)
    down, across = ((uniform[:, axis] * (2 * most + 1)).long() for axis, most in enumerate(reach))
    rows = down[:, None] + torch.arange(height, device=images.device)
    columns = across[:, None] + torch.arange(width, device=images.device)
    sample = torch.arange(len(images), device=images.device)
    return padded.movedim(1, -1)[sample[:, None, None], rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


def _cut(images: Tensor, uniform: Tensor) -> Tensor:
    """Blank a square whose centre lies anywhere in the image."""
    inside = []
    for axis, side in enumerate(images.shape[-2:]):
        centre = (uniform[:, axis] * side).floor()
        away = torch.arange(side, device=images.device) - centre[:, None]
        half = round(CUT * side) // 2
        inside.append((away >= -half) & (away < round(CUT * side) - half))
    square = inside[0][:, :, None] & inside[1][:, None, :]
    return torch.where(square[:, None], BLANK, images)
