"""What a chain looked like on its way: made again, since it is determined by its seed and number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raysys.anneal.chain import Chain
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.errors import RaysysError

__all__ = ["snapshots"]


def snapshots(
    target: Target,
    shape: Sequence[int],
    seed: int,
    chain: int,
    schedule: Schedule,
    stages: Sequence[int],
    *,
    known: Known | None = None,
) -> list[np.ndarray]:
    """Images of a chain after some of its stages; costs the time of the chain up to the last of them.

    Parameters
    ----------
    target, shape, seed, chain, schedule, known
        As for `anneal`.
    stages
        Numbers of stages made, ascending; 0 is the first image. Of those beyond its end a chain has its last state.

    Returns
    -------
    list of (H, W) or (D, H, W) uint8
        With the target's values of the phases; a coarse level is shown at full size.

    Raises
    ------
    RaysysError
        If the stages are not ascending numbers from 0 on, or the settings cannot be annealed.
    """
    if list(stages) != sorted(set(stages)) or min(stages, default=0) < 0:
        raise RaysysError(f"annealing: snapshots after stages {list(stages)}; allowed: ascending whole numbers >= 0")
    state = Chain(target, shape, seed=seed, chain=chain, schedule=schedule, known=known)
    images = []
    for stage in stages:
        while state.stage < stage and state.advance(stage - state.stage):
            pass
        images.append(state.image.copy())
    return images
