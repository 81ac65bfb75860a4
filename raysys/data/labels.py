"""Label images: which stored values mean which phase, and the numbers 0, 1, ... that stand for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator

from raysys.errors import RaysysError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,49}")  # of a phase or a class: what MLflow takes in a metric's name
LISTED = 8  # values that a sentence names
NO_NUMBER = 255  # of a value that has no name; numbers end below it


def numbered(plural: str) -> Callable[[Any], Any]:
    """What reads names of things, called `plural`, from a recipe.

    Names alone have the values 0, 1, 2, ...; a value alone is a tuple of one.
    """

    def read(named: Any) -> Any:
        if isinstance(named, (list, tuple)):
            if len(set(named)) != len(named):
                raise ValueError(f"two {plural} have one name")
            return {name: (value,) for value, name in enumerate(named)}
        if isinstance(named, dict):
            return {name: (value,) if isinstance(value, int) else value for name, value in named.items()}
        return named

    return read


Phases = Annotated[dict[str, tuple[int, ...]], BeforeValidator(numbered("phases"))]


def check_names(values: Mapping[str, Sequence[int]], thing: str, plural: str, most: int) -> None:
    """Raise a ValueError unless 2 to `most` things have names that can be written down, and values of their own.

    Parameters
    ----------
    values
        Stored values by name.
    thing, plural
        What has the names: "class", "classes".
    most
        Largest number of them.
    """
    stored = [value for each in values.values() for value in each]
    if not 2 <= len(values) <= most:
        raise ValueError(f"{plural} names {len(values)}; allowed: 2 to {most}")
    if len(set(stored)) != len(stored) or not all(values.values()):
        raise ValueError(f"every {thing} needs values of its own")
    bad = next((name for name in values if not NAME.fullmatch(name)), None)
    if bad is not None:
        raise ValueError(f"{thing} {bad!r}: names are of letters, digits, spaces and . _ -")


def in_words(values: Mapping[str, Sequence[int]]) -> str:
    """What the stored values mean: "pore 0, solid 1 2"."""
    return ", ".join(f"{name} {' '.join(map(str, each))}" for name, each in values.items())


def listed(values: Sequence[float]) -> str:
    """The first of some values."""
    return ", ".join(f"{value:g}" for value in values[:LISTED]) + (", ..." if len(values) > LISTED else "")


def label_numbers(
    stored: np.ndarray,
    values: Mapping[str, Sequence[int]],
    *,
    refuse: Callable[[str], RaysysError],
    unlabelled: int | None = None,
) -> np.ndarray:
    """The numbers of the names that stored values have.

    Parameters
    ----------
    stored
        Integers or whole floats of any shape.
    values
        Stored values by name; numbers follow the order of the names.
    refuse
        Makes the error from the values, in words, that have no name.
    unlabelled
        A stored value whose number is 255.

    Returns
    -------
    uint8 array of the same shape, 0 to len(values) - 1

    Raises
    ------
    RaysysError
        What `refuse` makes, if a value has no name.
    """
    names = {value: number for number, each in enumerate(values.values()) for value in each}
    names |= {} if unlabelled is None else {unlabelled: NO_NUMBER}
    if stored.dtype in (np.uint8, np.uint16, np.bool_):
        # A table of all values: counting takes a tenth of the time that sorting the pixels takes.
        places: np.ndarray = stored.astype(np.uint16)
        counts = np.bincount(places.ravel())
        held, rows = np.flatnonzero(counts), np.arange(len(counts))
    else:
        held, flat = np.unique(stored, return_inverse=True)
        places, rows = flat.reshape(stored.shape), held
    foreign = [value for value in held.tolist() if value not in names]
    if foreign:
        raise refuse(listed(foreign))
    return np.array([names.get(value, NO_NUMBER) for value in rows.tolist()], np.uint8)[places]


def shares_of(labels: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Share of the pixels of each phase, by name.

    Parameters
    ----------
    labels
        uint8 numbers of any shape.
    names
        Of the numbers 0, 1, ...
    """
    return shares_of_counts(np.bincount(labels.ravel(), minlength=len(names)), names)


def shares_of_counts(counts: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """`shares_of` from (K,) int64 pixels of each number, of which those beyond the names are none."""
    return {name: float(count / counts.sum()) for name, count in zip(names, counts, strict=False)}


def foreign_values(foreign: str, phases: Mapping[str, Sequence[int]]) -> RaysysError:
    """The sentence on stored values, in words, that no phase has."""
    return RaysysError(
        f"the image holds values that no phase names: {foreign}; phases are {in_words(phases)}; give every phase its "
        "value, or its values, as in {pore: 0, solid: [1, 2]}"
    )


def check_occurring(shares: Mapping[str, float], where: str) -> None:
    """Raise a RaysysError if a phase has no pixel; `where` says in which image."""
    missing = [name for name, share in shares.items() if not share]
    if missing:
        held = ", ".join(f"{name} {share:.4f}" for name, share in shares.items() if share)
        raise RaysysError(f"no pixel of {where} is of the phase {' or '.join(missing)}; the others' shares are {held}")
