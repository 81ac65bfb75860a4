"""Which phases label images have that are compared: their names, and the stored values that stand for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from raysys.data import read_images
from raysys.data.labels import Phases, check_names, in_words
from raysys.data.phases import MANY
from raysys.errors import RaysysError
from raysys.form import MOST_PHASES

if TYPE_CHECKING:
    from pathlib import Path

    from raysys.models import GenerativeModel

__all__ = ["AskedPhases", "Values", "phases_of"]

AskedPhases: TypeAlias = "str | Sequence[str] | Mapping[str, int | Sequence[int]]"
Values = dict[str, tuple[int, ...]]  # stored values of each phase, by name; the order is that of their numbers
ALL = "all"


def phases_of(
    asked: AskedPhases | None, phase: str | None, models: Mapping[str, GenerativeModel], real: str | Path | np.ndarray
) -> Values | None:
    """The phases of the label images that are compared; None where binary images are.

    Parameters
    ----------
    asked
        "all" for every value that the real images hold, names of the values 0, 1, ..., or names with their values.
    phase
        The one phase of interest, if one was asked for.
    models
        By name. The first one's card says the phases' names, where it makes label images.
    real
        The real images, or their file.

    Raises
    ------
    RaysysError
        If models make images of several kinds or of other phases, or what is asked for does not go together.
    """
    named = _phases_of_models(models)
    if asked is None and named is None:
        return None
    if phase is not None:
        raise RaysysError(
            f"--phase is {phase}, and of label images every phase is compared; leave it out, or leave --phases out and "
            "give binary images"
        )
    if models and named is None:
        raise RaysysError(
            f"--phases is for label images, and --model {next(iter(models))} makes binary ones; leave --phases out"
        )
    if asked == ALL and named is None:
        return _found_in(real)
    values = _read(asked) if asked is not None and asked != ALL else None
    if named is None or values is None:
        return values or {name: (number,) for number, name in enumerate(named or ())}
    if tuple(values) != named:
        raise RaysysError(
            f"--phases names {', '.join(values)}, and the phases of --model {next(iter(models))} are "
            f"{', '.join(named)}; allowed: the same names in the same order"
        )
    return values


def _phases_of_models(models: Mapping[str, GenerativeModel]) -> tuple[str, ...] | None:
    """What the cards say, which have to agree; None of models of binary images, or where there are none."""
    if not models:
        return None
    (first, one), *others = models.items()
    for name, other in others:
        if other.form.kind != one.form.kind:
            raise RaysysError(
                f"--model {name} makes {_in_words(other)}, and --model {first} {_in_words(one)}; allowed: models of "
                "one kind of images"
            )
        if other.form.phases != one.form.phases:
            raise RaysysError(
                f"--model {name} makes {_in_words(other)}, and the reference's phases are those of --model {first}, "
                f"{', '.join(one.form.phases)}; allowed: the same names in the same order"
            )
    return one.form.phases or None


def _in_words(model: GenerativeModel) -> str:
    phases = f" of the {len(model.form.phases)} phases {', '.join(model.form.phases)}" if model.form.phases else ""
    return f"{model.form.kind.removesuffix('s')} images{phases}"


def _found_in(real: str | Path | np.ndarray) -> Values:
    """Every value that is stored is a phase, and has its number for a name."""
    stored = real if isinstance(real, np.ndarray) else read_images(real, kind="labels")
    values = np.unique(stored)
    if len(values) > MANY or (values != np.round(values)).any():
        raise RaysysError(
            f"{_name(real)} is grey ({len(values)} values), and --phases all takes each value for a phase; segment it, "
            "or compare one phase with --phase bright or dark"
        )
    return _checked({str(int(value)): (int(value),) for value in values})


def _read(asked: AskedPhases) -> Values:
    """Names with their values as recipes take them; a text with commas is a list of names."""
    from pydantic import TypeAdapter, ValidationError

    names = [name.strip() for name in asked.split(",")] if isinstance(asked, str) else asked
    try:
        return _checked(TypeAdapter(Phases).validate_python(names))
    except ValidationError as error:
        first = error.errors()[0]
        raise RaysysError(
            f"--phases {asked}: {first['msg']}; allowed: all, names of the values 0, 1, ... such as pore,solid, or "
            "names with their values such as {pore: 0, solid: [128, 255]}"
        ) from None


def _checked(values: Values) -> Values:
    try:
        check_names(values, "phase", "phases", MOST_PHASES)
    except ValueError as error:
        raise RaysysError(f"--phases: {error}; found: {in_words(values)}") from None
    return values


def _name(real: str | Path | np.ndarray) -> str:
    return "the array of real images" if isinstance(real, np.ndarray) else str(real)
