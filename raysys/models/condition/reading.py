"""What a conditional model is asked for: read from whatever form a request has, and checked against its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.models.condition.card import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from raysys.models.condition.code import Code, CodeMap, Constant
from raysys.models.condition.maps import is_map, read_maps
from raysys.models.condition.values import codes, indices, levels, numbers, unasked
from raysys.models.window import Window


@dataclass(frozen=True)
class Asked:
    """What each image of a request is asked to have.

    Attributes
    ----------
    card
        Of the model's condition.
    codes
        One for each image.
    notices
        Sentences about what was granted, though it is unusual.
    """

    card: ConditionCard
    codes: tuple[Code, ...]
    notices: tuple[str, ...] = ()

    @property
    def values(self) -> np.ndarray:
        """What is the same at every place, float32 (n, values).

        Raises
        ------
        RaysysError
            If something varies over space.
        """
        if not all(isinstance(code, Constant) for code in self.codes):
            raise RaysysError(f"{self.card.name} varies over space here; allowed: the same at every place")
        return np.stack([code.values for code in self.codes if isinstance(code, Constant)])

    def as_request(self) -> dict[str, Any]:
        """The same as a request that JSON can hold: what was drawn or left open is in it."""
        maps = [_spread(code, self.card) for code in self.codes if isinstance(code, CodeMap)]
        if maps:
            return {self.card.name: maps}
        if isinstance(self.card, IndexCard):
            return {self.card.name: [self.card.names[row.argmax()] for row in self.values]}
        # A float32 is read as the short decimal that was written.
        rows = [[float(str(value)) for value in row] for row in self.values]
        plain = isinstance(self.card, (NumberCard, MapCard)) and self.card.channels == 1
        return {self.card.name: [row[0] for row in rows] if plain else rows}


def read_condition(
    condition: object, card: ConditionCard | None, seeds: Sequence[int], *, model: str, window: Window | None = None
) -> Asked | None:
    """What each image is asked to have.

    Parameters
    ----------
    condition
        None asks for nothing. A number: a number, or one per image. A code: its values, (length,) or (n, length), or
        a name on the card, or one per image. An index: a name or its number, or one per image. A map: (channels, *grid)
        or (n, channels, *grid), or the same everywhere as a number, (channels,) or (n, channels). Everything may vary
        over space as {"values": grid, "extent": pixels, "origin": pixels}, with the grid of a map, or (*grid) of
        numbers and names;
        without `extent` and `origin` it is spread over the window.
        All of this may be named, as {"phase_fraction": 0.2}.
    card
        What the model can be asked for; None if it is not conditional.
    seeds
        Of the images; they draw the codes that are left open.
    model
        Its name, for sentences.
    window
        Of the images, needed for what varies over space.

    Returns
    -------
    None for a model that is not conditional. Where nothing is asked, numbers and maps are the training mean, and codes
    and indices are drawn from the prior by each image's seed.

    Raises
    ------
    RaysysError
        If the model is not conditional, the name is another one, or values are of another shape, too many or out of
        range. A code outside its prior's usual range is granted, with a notice.
    """
    if card is None:
        if condition is not None:
            raise RaysysError(f"model {model!r} is not conditional; leave the condition out")
        return None
    if condition is None:
        return Asked(card, _each(unasked(card, seeds)))
    request, n = _unnamed(condition, card, model), len(seeds)
    if is_map(request, card, 2 if window is None else len(window.size)):
        return Asked(card, *read_maps(request, card, n, window, model))
    if isinstance(card, NumberCard):
        return Asked(card, _each(numbers(request, card, n, model)))
    if isinstance(card, CodeCard):
        values, notices = codes(request, card, n, model)
        return Asked(card, _each(values), notices)
    if isinstance(card, IndexCard):
        return Asked(card, _each(indices(request, card, n, model)))
    return Asked(card, _each(levels(request, card, n, model)))


def asked_values(
    condition: object, card: ConditionCard | None, n: int, *, model: str, seed: int = 0
) -> np.ndarray | None:
    """The values that every place of each image is asked to have, float32 (n, values); as `read_condition` otherwise.

    Images have the seeds `seed`, `seed + 1`, ...
    """
    asked = read_condition(condition, card, range(seed, seed + n), model=model)
    return None if asked is None else asked.values


def _each(values: np.ndarray) -> tuple[Constant, ...]:
    return tuple(Constant(row) for row in values)


def _spread(code: CodeMap, card: ConditionCard) -> dict[str, Any]:
    values = code.values.argmax(0) if isinstance(card, IndexCard) else code.values
    return {"values": values.tolist(), "origin": list(code.origin), "extent": list(code.extent)}


def _unnamed(condition: object, card: ConditionCard, model: str) -> Any:
    """What is asked under the condition's name, or without one."""
    if not isinstance(condition, Mapping) or "values" in condition:
        return condition
    if list(condition) == [card.name]:
        return condition[card.name]
    names = ", ".join(map(str, condition)) or "nothing"
    raise RaysysError(f"the condition names {names}; model {model!r} can be asked for {card.name} only")
