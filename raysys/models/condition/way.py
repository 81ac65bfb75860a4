"""The straight way from one thing that can be asked for to another."""

from __future__ import annotations

import numpy as np

from raysys.errors import RaysysError
from raysys.models.condition.card import ConditionCard, IndexCard
from raysys.models.condition.reading import asked_values


def way_between(card: ConditionCard, first: object, second: object, steps: int, *, model: str) -> np.ndarray:
    """Values float32 (steps, channels) on the way, both ends included.

    Parameters
    ----------
    card
        What can be asked for: a number, a code or levels of a map; an end is whatever a request may have.
    model
        Its name, for sentences.

    Raises
    ------
    RaysysError
        If an end cannot be asked for, or there is nothing between names.
    """
    if isinstance(card, IndexCard):
        raise RaysysError(f"model {model!r} is asked for one {card.name} of several, and there is nothing between two")
    ends = [asked_values({card.name: end}, card, 1, model=model) for end in (first, second)]
    start, stop = (end[0] for end in ends if end is not None)
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    found: np.ndarray = (1 - share) * start + share * stop
    return found
