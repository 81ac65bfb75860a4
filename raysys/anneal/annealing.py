"""One reconstruction, in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from raysys.anneal.chain import Chain
from raysys.anneal.progress import Progress
from raysys.anneal.reconstruction import Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known
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
    known: Known | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Reconstruction:
    """Reconstruct an image of `shape` that has the target's descriptors (Yeong and Torquato 1998).

    Parameters
    ----------
    target
        Phase fractions and descriptors.
    shape
        (H, W) or (D, H, W); each side at least twice the target's longest lag.
    seed, chain
        The result is that of chain number `chain` of `reconstruct` with the same seed.
    schedule
        Temperatures, moves, selection.
    start
        First image of `shape`, phases 0..P-1; random if None.
    known
        Pixels that stay, such as those around a hole that is to be filled.
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
    >>> target = Target.of_two_point(0.25, [0.125, 0.0625])
    >>> anneal(target, (16, 16), seed=0).phase_fraction
    0.25
    """
    state = Chain(target, shape, seed=seed, schedule=schedule, chain=chain, start=start, known=known)
    while state.advance(1):
        if progress:
            progress(_progress(state))
    return state.reconstruction()


def _progress(state: Chain) -> Progress:
    fraction = 1.0 if state.finished else state.stage / state.stages
    rate = state.swaps / state.seconds if state.seconds else 0.0
    return Progress(
        state.chain,
        state.stage,
        state.stages,
        state.energy,
        int(state.finished),
        jobs=1,
        work=state.swaps,
        rate=rate,
        fraction=fraction,
        seconds_left=state.seconds * (1 / fraction - 1),
        shown=lambda: state.image,
        lowest=state.energy,
        median=state.energy,
        highest=state.energy,
    )
