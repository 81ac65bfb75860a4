"""Many pictures of many textures on Ray, as one farm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.farm.patience import Patience
from raysys.farm.progress import Progress
from raysys.synthesis.gallery import GalleryOrder
from raysys.synthesis.order import SynthesisOrder
from raysys.synthesis.synthesis import Synthesis
from raysys.synthesis.synthesise import order_of

__all__ = ["farm", "gallery_of"]


def farm(
    exemplars: Sequence[np.ndarray],
    size: int | Sequence[int],
    *,
    variations: int = 1,
    threads: int = 1,
    address: str | None = None,
    workers: int | None = None,
    checkpoint_folder: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    finished: Callable[[Synthesis], None] | None = None,
    deadline: float | None = None,
    patience: Patience = Patience(),
    **settings: Any,
) -> list[Synthesis]:
    """Make pictures of many textures, spread over the actors of a farm; each is the one that `synthesise` makes.

    Parameters
    ----------
    exemplars
        Images as of `synthesise`; their kinds and sizes may differ.
    size
        Of every picture.
    variations
        Pictures of each exemplar.
    threads
        Of one picture; a worker holds as many CPUs.
    address, workers, checkpoint_folder, progress, finished, deadline, patience
        As of `raysys.farm.run`; the same call with the same folder goes on, also with more variations.
    settings
        method, preset, seed, periodic, weights, kind, copies: as of `synthesise`.

    Returns
    -------
    list of Synthesis: all pictures of the first exemplar, then of the next; `Synthesis.exemplar` and `.variation` say
    which is which

    Raises
    ------
    FarmError
        If any picture failed; it carries the results of the others.
    RaysysError
        As of `synthesise` and `raysys.farm.run`.
    """
    # `run` is loaded when it is first asked for: to load this room does not load the platform.
    from raysys.farm import run

    order, _ = gallery_of(exemplars, size, threads=threads, **settings)
    made = run(
        order,
        variations * len(order.orders),
        address=address,
        checkpoint_folder=checkpoint_folder,
        workers=workers,
        progress=progress,
        finished=finished,
        deadline=deadline,
        patience=patience,
    )
    return sorted(made, key=lambda one: (one.exemplar, one.variation))


def gallery_of(
    exemplars: Sequence[np.ndarray], size: int | Sequence[int], *, threads: int = 1, **settings: Any
) -> tuple[GalleryOrder, str]:
    """What a farm is asked to make pictures of several exemplars by, and a notice where quilting serves instead."""
    orders: list[SynthesisOrder] = []
    replaced = ""
    for number, exemplar in enumerate(exemplars):
        kernels = orders[0].plan.kernels if orders else None
        try:
            order, replaced = order_of(exemplar, size, threads=threads, kernels=kernels, **settings)
        except RaysysError as error:
            raise RaysysError(f"exemplar {number} of {len(exemplars)}: {error}") from error
        orders.append(order)
    return GalleryOrder(tuple(orders)), replaced
