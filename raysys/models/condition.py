"""What a conditional model is asked for: read from whatever form a request has, and checked against its range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.models.card import ConditionCard


def asked_values(condition: object, card: ConditionCard | None, n: int, *, model: str) -> np.ndarray | None:
    """The value of each image.

    Parameters
    ----------
    condition
        A number, a sequence of `n` numbers, or either as {name: ...}; None asks for nothing.
    card
        What the model can be asked for; None if it is not conditional.
    n
        Number of images.
    model
        Its name, for sentences.

    Returns
    -------
    float32 (n, 1), the training mean where nothing is asked; None for a model that is not conditional

    Raises
    ------
    RaysysError
        If the model is not conditional, the name is another one, or values are no numbers, too many or out of range.
    """
    if card is None:
        if condition is not None:
            raise RaysysError(f"model {model!r} is not conditional; leave the condition out")
        return None
    given = np.atleast_1d(_numbers(_unnamed(condition, card, model), card, model))
    if given.ndim != 1 or len(given) not in (1, n):
        raise RaysysError(
            f"{given.size} values of {card.name} were asked of model {model!r} for {n} images; allowed: one, or {n}"
        )
    outside = given[~((given >= card.low) & (given <= card.high))]
    if outside.size:
        raise RaysysError(
            f"{card.name} {outside[0]:g} was asked of model {model!r}; allowed: {card.low:g} to {card.high:g}, the "
            "range of its training images"
        )
    return np.broadcast_to(given.astype(np.float32)[:, None], (n, 1))


def _unnamed(condition: object, card: ConditionCard, model: str) -> Any:
    if condition is None:
        return card.mean
    if not isinstance(condition, Mapping):
        return condition
    if list(condition) != [card.name]:
        found = ", ".join(map(str, condition)) or "nothing"
        raise RaysysError(f"the condition names {found}; model {model!r} can be asked for {card.name} only")
    return condition[card.name]


def _numbers(value: Any, card: ConditionCard, model: str) -> np.ndarray:
    try:
        numbers = np.asarray(value)
    except ValueError:  # lists of several lengths
        numbers = np.asarray(None)
    if numbers.dtype.kind not in "iuf":
        raise RaysysError(
            f"{card.name} {value!r:.80} was asked of model {model!r}; allowed: a number, or one per image, "
            f"{card.low:g} to {card.high:g}"
        )
    return numbers.astype(np.float64)
