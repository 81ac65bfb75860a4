"""One reconstruction, in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from raysys.anneal.chain import Chain
from raysys.anneal.progress import Progress
from raysys.anneal.reconstruction import Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.target import Target

__all__ = ["anneal"]


def anneal(
    target: Target,
    shape: Sequence[int],
    *,
    seed: int,
    schedule: Schedule = Schedule(),
    chain: int = 0,
    start: np.ndarray | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Reconstruction:
    """Reconstruct an image of `shape` whose two-point function is the target's (Yeong and Torquato 1998).

    Parameters
    ----------
    target
        Phase fraction and S2.
    shape
        (H, W); each side at least twice the target's longest lag.
    seed, chain
        The result is that of chain number `chain` of `reconstruct` with the same seed.
    schedule
        Temperatures, moves, selection.
    start
        First image (H, W) of zeros and ones; random if None.
    progress
        Called after each stage.

    Returns
    -------
    Reconstruction
        The last state, as in the published code.

    Raises
    ------
    RaysysError
        If the shape does not suit the target.

    Examples
    --------
    >>> target = Target(phase_fraction=0.25, S2=[0.125, 0.0625])
    >>> anneal(target, (16, 16), seed=0).phase_fraction
    0.25
    """
    state = Chain(target, shape, seed=seed, schedule=schedule, chain=chain, start=start)
    while state.advance(1):
        if progress:
            progress(Progress(chain, state.stage, schedule.stages, state.energy, int(state.finished), 1))
    return state.reconstruction()
