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
CUT = 1 / 2  # of the side: the square or cube that is blanked (Zhao et al., policy "cutout")
BLANK = 0.0  # between the phases at -1 and 1
MIRRORS = {"left-right": -1, "up-down": -2, "front-back": -3}  # axis along which each mirrors
# Quarter turns, as (how many, in which plane), that bring each of the six sides of a cube to its front.
FRONTS = ((0, (-3, -2)), (1, (-3, -2)), (2, (-3, -2)), (3, (-3, -2)), (1, (-3, -1)), (3, (-3, -1)))


def turned(images: Tensor, flips: Sequence[str], rotations: bool, draws: Draws, label: str) -> Tensor:
    """Images (B, C, *spatial), each mirrored or not along the axes in `flips`, and turned by chance if asked.

    A flat image is turned by 0 to 3 quarters, a volume into one of the 24 positions of a cube.
    """
    for name, axis in MIRRORS.items():
        if name in flips:
            chosen = draws.uniform(f"{name} {label}", (len(images),)) < 0.5
            images = torch.where(_along(chosen, images), images.flip(axis), images)
    if rotations:
        ways = _ways(images)
        turns = _along((draws.uniform(f"turns {label}", (len(images),)) * len(ways)).long(), images)
        images = ways[0]
        for number, way in enumerate(ways[1:], 1):
            images = torch.where(turns == number, way, images)
    return images


def changed(images: Tensor, changes: Sequence[str], draws: Draws, label: str) -> Tensor:
    """Images (B, C, *spatial) in [-1, 1], each moved and cut in its own way; the same object if nothing is asked."""
    shape = (len(images), images.dim() - 2)
    if "translation" in changes:
        images = _moved(images, draws.uniform(f"translation {label}", shape))
    if "cutout" in changes:
        images = _cut(images, draws.uniform(f"cutout {label}", shape))
    return images


def _ways(images: Tensor) -> list[Tensor]:
    """The images in all positions that quarter turns bring them to."""
    fronts = [images] if images.dim() == 4 else [images.rot90(quarters, plane) for quarters, plane in FRONTS]
    return [front.rot90(quarters, (-2, -1)) if quarters else front for front in fronts for quarters in range(4)]


def _moved(images: Tensor, uniform: Tensor) -> Tensor:
    """Shift by whole pixels, up to `MOVED` either way; what comes in is blank."""
    for axis, side in enumerate(images.shape[2:]):
        reach = max(1, round(MOVED * side))
        around = [0, 0] * (images.dim() - 3 - axis) + [reach, reach]  # torch counts axes from the last
        padded = functional.pad(images, around, value=BLANK)
        first = (uniform[:, axis] * (2 * reach + 1)).long()
        places = first[:, None] + torch.arange(side, device=images.device)
        images = torch.take_along_dim(padded, _along_axis(places, images, axis), axis + 2)
    return images


def _cut(images: Tensor, uniform: Tensor) -> Tensor:
    """Blank a square or cube whose centre lies anywhere in the image."""
    inside = torch.ones((), dtype=torch.bool, device=images.device)
    for axis, side in enumerate(images.shape[2:]):
        centre = (uniform[:, axis] * side).floor()
        away = torch.arange(side, device=images.device) - centre[:, None]
        half = round(CUT * side) // 2
        inside = inside & _along_axis((away >= -half) & (away < round(CUT * side) - half), images, axis)
    return torch.where(inside, BLANK, images)


def _along(values: Tensor, images: Tensor) -> Tensor:
    """One value for each image, (B,), ready to be combined with images (B, C, *spatial)."""
    return values.view(-1, *(1,) * (images.dim() - 1))


def _along_axis(values: Tensor, images: Tensor, axis: int) -> Tensor:
    """Values (B, side) along one of the spatial axes, ready to be combined with images (B, C, *spatial)."""
    sides = [1] * (images.dim() - 2)
    sides[axis] = values.shape[1]
    return values.view(len(values), 1, *sides)
