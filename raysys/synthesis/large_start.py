"""What a large picture begins as, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from raysys.synthesis.descent import Plan
from raysys.synthesis.presets import Scale
from raysys.synthesis.quilting import BAND, quilt_in_bands
from raysys.synthesis.start import picked, quilting_of

__all__ = ["started_in_bands"]


def started_in_bands(plan: Plan, scale: Scale | None, number: int, canvas: Path) -> Iterator[np.ndarray]:
    """Bands (rows, W, C) or (rows, W) of the start at a scale; None is a quilt at full size.

    Parameters
    ----------
    number
        Of the picture.
    canvas
        A file that a quilt is laid down in.
    """
    factor, size = (1.0, plan.size) if scale is None else (scale.factor, plan.size_at(scale))
    sources, seed = [one.at(factor) for one in plan.sources], (plan.seed, number)
    if scale is None or plan.preset.start == "quilting":
        images, block, guides = quilting_of(sources, size, plan.preset.block, plan.guidance)
        return quilt_in_bands(images, size, canvas, seed=seed, block=block, periodic=plan.periodic, guides=guides)
    return _drawn(plan, size, factor, number)


def _drawn(plan: Plan, size: tuple[int, int], factor: float, number: int) -> Iterator[np.ndarray]:
    """Noise, or pixels picked of the sources where maps or copies ask for some."""
    sources = [one.at(factor) for one in plan.sources]
    random, guidance = np.random.default_rng((plan.seed, number)), plan.guidance
    target = None if guidance is None else guidance.target.resized(size)
    plain = plan.copies.alone and (target is None or target.progression is None)
    for first in range(0, size[0], BAND):
        rows = np.arange(first, min(first + BAND, size[0]))
        if plain:
            yield random.random((len(rows), size[1], sources[0].pixels.shape[1]), np.float32)
            continue
        if guidance is not None and target is not None:
            guidance = replace(guidance, target=target.part((rows[:, None], np.arange(size[1])[None, :])))
        yield picked(sources, (len(rows), size[1]), random, guidance)[0].permute(1, 2, 0).numpy()
