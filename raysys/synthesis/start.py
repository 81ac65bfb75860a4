"""What a picture begins as: noise, pixels of the exemplar, or a quilt of it; the latter two as guidance asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from raysys.synthesis.guidance import FittedGuidance
from raysys.synthesis.quilting import Guides, Quilt, quilt
from raysys.synthesis.sources import Source

__all__ = ["guides_of", "matched", "picked", "quilted", "quilting_of"]

LEVELS = 255  # of a progression: pixels of one level are alike


def quilted(
    sources: Sequence[Source],
    size: tuple[int, int],
    *,
    seed: tuple[int, ...],
    block: int,
    periodic: bool,
    guidance: FittedGuidance | None = None,
) -> Quilt:
    """A quilt of the sources that follows the guidance of a picture of that size."""
    images, block, guides = quilting_of(sources, size, block, guidance)
    return quilt(images, size, seed=seed, block=block, periodic=periodic, guides=guides)


def quilting_of(
    sources: Sequence[Source], size: tuple[int, int], block: int, guidance: FittedGuidance | None
) -> tuple[list[np.ndarray], int, Guides | None]:
    """Images, side of windows and guides of a quilt of the sources."""
    images = [one.pixels[0].permute(1, 2, 0).numpy() for one in sources]
    side = min(side // 2 for image in images for side in image.shape[:2])
    guides = None
    if guidance is not None:
        guides = guides_of(sources, size, guidance)
        # Within a window the map's value cannot be followed.
        block //= 2
    return images, min(block, side), guides


def guides_of(sources: Sequence[Source], size: tuple[int, int], guidance: FittedGuidance) -> Guides:
    """Maps of sources and of a picture of that size as channels, each by its weight."""
    target, *theirs = (
        maps.all_channels(guidance.weights, guidance.labels)
        for maps in (guidance.target.resized(size), *(one.maps for one in sources))
    )
    return Guides(target, tuple(theirs))


def picked(
    sources: Sequence[Source], size: tuple[int, int], random: np.random.Generator, guidance: FittedGuidance | None
) -> Tensor:
    """Pixels (1, C, H, W) of the sources, each picked at random; of those of its progression where that is asked for.

    References
    ----------
    Zhou et al. 2023, the published code's start of pictures with copies of the exemplar.
    """
    values = torch.cat([one.pixels.flatten(2) for one in sources], dim=2)
    wanted = None if guidance is None else guidance.target.resized(size).progression
    if wanted is None:
        places = random.integers(values.shape[2], size=size)
    else:
        held = np.concatenate([one.maps.progression.ravel() for one in sources if one.maps.progression is not None])
        places = matched(wanted, held, random)
    return values[:, :, torch.from_numpy(places)]


def matched(wanted: np.ndarray, held: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Of each pixel the place in a list of one that has the same progression in 256 levels, drawn from all of them.

    Where no pixel of the list has a level, those of the nearest level that one has.

    Parameters
    ----------
    wanted
        Progression of the picture in [0, 1], (H, W).
    held
        That of the list, (n,).

    Returns
    -------
    int64 (H, W)
    """
    ours, theirs = (np.rint(LEVELS * one).astype(np.int64) for one in (wanted, held.ravel()))
    order = np.argsort(theirs, kind="stable")
    existing, first, counts = np.unique(theirs[order], return_index=True, return_counts=True)
    middles = (existing[:-1] + existing[1:]) / 2
    level = np.searchsorted(middles, ours)
    found: np.ndarray = order[first[level] + (random.random(ours.shape) * counts[level]).astype(np.int64)]
    return found
