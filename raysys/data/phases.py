"""Which pixels of stored images are of the phase of interest; what is decided on the user's behalf is said."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from raysys.data.preparation.grey import is_binary, require_finite
from raysys.data.preparation.outliers import plain_range
from raysys.data.preparation.segmentation import one_phase_left, otsu_threshold, phase_of_value
from raysys.errors import RaysysError

__all__ = [
    "ALL",
    "FEW",
    "MANY",
    "SIDES",
    "Decided",
    "Decision",
    "Say",
    "beyond",
    "binary",
    "check_named",
    "check_threshold",
    "decided",
    "labels",
    "levels_of",
    "stored_value",
    "told",
    "told_decision",
    "ways_of",
]

Say = Callable[[str], None]
SIDES = ("bright", "dark")  # of a grey image or one of two values; any other phase is named by its stored value
ALL = "all"  # every stored value is a phase
MANY = 32  # levels; an image of more is hardly one of labels
FEW = 8  # levels; an image of no more is hardly a grey one
HOW = {
    "stored value": "told by its stored value",
    "two values": "one of the two values stored",
    "otsu": "segmented at Otsu's threshold {threshold:.6g}",
    "multi-otsu": "segmented at a threshold of several by Otsu, {threshold:.6g}",
    "threshold": "segmented at the threshold {threshold:.6g}",
}


@dataclass(frozen=True)
class Decision:
    """By what the pixels of a phase were told from the others.

    Attributes
    ----------
    phase
        "bright", "dark", or the stored value as text.
    method
        A key of `HOW`.
    threshold
        Stored value above which a pixel is bright; None where there was none.
    """

    phase: str
    method: str
    threshold: float | None = None

    @property
    def how(self) -> str:
        """The way in words: "segmented at Otsu's threshold 107"."""
        return HOW[self.method].format(threshold=math.nan if self.threshold is None else self.threshold)


def ways_of(decisions: Mapping[str, Decision]) -> list[str]:
    """How phases were told from the rest, a sentence for each way and its files; decisions are by file."""
    ways: dict[str, list[str]] = {}
    for path, one in decisions.items():
        ways.setdefault(f"phase {one.phase}, {one.how}", []).append(Path(path).name)
    if len(ways) == 1:
        return list(ways)
    return [f"{way} ({', '.join(files)})" for way, files in ways.items()]


def told_decision(said: Mapping[str, Any] | None) -> Decision | None:
    """A decision that was written as JSON (its fields); None stays None."""
    return None if said is None else Decision(**said)


class Decided(NamedTuple):
    """The pixels of a phase, uint8 in {0, 1} with 1 for it, and by what they were told from the others."""

    marked: np.ndarray
    by: Decision


def decided(stored: np.ndarray, phase: str | None, *, threshold: float | None = None) -> Decided:
    """Mark the pixels of a phase in one image, or in a stack that is segmented as one: the one way for all commands.

    Parameters
    ----------
    stored
        Of any shape and dtype.
    phase
        "bright", "dark", or the stored value of the phase as text; None, where nobody has said it, is bright.
    threshold
        Stored value above which a pixel is bright; by default images of two values are taken as they are, and others
        are segmented at Otsu's threshold.

    Raises
    ------
    RaysysError
        If there is one level only, or the threshold leaves one phase or is no stored value, or the phase does not
        occur, or nobody has said which of a few values it is.
    """
    if phase is not None and phase not in SIDES:
        if threshold is not None:
            raise RaysysError(f"a threshold is for phase bright or dark, and phase is {phase}, a stored value")
        return Decided(phase_of_value(stored, stored_value(phase)), Decision(phase, "stored value"))
    side = phase or "bright"
    require_finite(stored, "the image")
    if threshold is not None:
        if stored.dtype.kind in "ui" and 0 < threshold < 1:
            check_threshold(threshold, levels_of(stored), stored.dtype, plain_range(stored))
        return Decided(beyond(stored, side, threshold), Decision(side, "threshold", threshold))
    if is_binary(stored):
        chosen = stored == (stored.max() if side == "bright" else stored.min())
        return Decided(chosen.view(np.uint8), Decision(side, "two values"))
    if stored.min() == stored.max():
        raise RaysysError(f"the image has one grey level only ({stored.min()}), so there is nothing to segment")
    if phase is None:
        check_named(levels_of(stored))
    limit = otsu_threshold(stored)
    return Decided(beyond(stored, side, limit), Decision(side, "otsu", limit))


def check_named(levels: list[float]) -> None:
    """Refuse a few values, which are labels and not grey, where nobody has said which of them is the phase.

    Parameters
    ----------
    levels
        Values that occur; of more than `FEW`, so many that it is seen.

    Raises
    ------
    RaysysError
        If they are whole numbers, and more than two but not more than `FEW`.
    """
    if 2 < len(levels) <= FEW and all(level.is_integer() for level in levels):
        raise RaysysError(
            f"the image holds {len(levels)} values ({_listed(levels)}), which are rather labels than grey values, and "
            f"nobody says which is the phase of interest; name it (phase {levels[-1]:g}, say), or say phase bright or "
            "dark to have them segmented"
        )


def check_threshold(threshold: float, levels: list[float], dtype: np.dtype, full: tuple[float, float]) -> None:
    """Refuse a share of the grey range, from 0 to 1, for grey values that are whole numbers.

    Parameters
    ----------
    threshold
        That was given.
    levels, dtype
        Values that occur, or more than `FEW` of them; and their type.
    full
        The grey range in stored values.

    Raises
    ------
    RaysysError
        If the threshold lies between 0 and 1, and there are more than `FEW` whole numbers.
    """
    if 0 < threshold < 1 and dtype.kind in "ui" and len(levels) > FEW:
        low, high = (0.0, 255.0) if dtype == np.uint8 else (float(full[0]), float(full[1]))
        raise RaysysError(
            f"threshold {threshold:g} is no stored value of an image of whole numbers; thresholds are values as the "
            f"file holds them, and {threshold:g} of its grey range, {low:g} to {high:g}, is "
            f"{low + threshold * (high - low):g}"
        )


def binary(stored: np.ndarray, phase: str | None, *, threshold: float | None = None, name: str, say: Say) -> np.ndarray:
    """Mark the pixels of the phase as `decided` does; how grey values were segmented is said.

    Parameters
    ----------
    stored, phase, threshold
        As for `decided`.
    name
        Of the images in sentences, such as their file's.
    say
        Is told how grey values were segmented.

    Returns
    -------
    uint8 in {0, 1} of the same shape, 1 = phase of interest

    Raises
    ------
    RaysysError
        As `decided` does, with the name.
    """
    return told(stored, phase, threshold=threshold, name=name, say=say).marked


def told(stored: np.ndarray, phase: str | None, *, threshold: float | None = None, name: str, say: Say) -> Decided:
    """What `binary` marks, and by what; parameters as there."""
    try:
        found = decided(stored, phase, threshold=threshold)
    except RaysysError as error:
        raise RaysysError(f"{name}: {error}") from None
    if found.by.method == "otsu":
        say(_segmented(stored, found, name))
    return found


def labels(stored: np.ndarray, value: float | None, *, name: str, say: Say) -> np.ndarray:
    """Return label images as whole numbers, after a look whether they are labels, of which `value` is one.

    Parameters
    ----------
    stored
        (N, ...), of any dtype.
    value
        Of the phase of interest; None where every value is one.
    name, say
        As for `binary`; said is that an image of many levels may be a grey one.

    Raises
    ------
    RaysysError
        If the images hold values that are no whole numbers, or `value` is none, or there are more than MANY where every
        one is a phase.
    """
    levels = levels_of(stored)
    listed = _listed(levels)
    count = f"more than {MANY} values" if len(levels) > MANY else f"{len(levels)} values"
    whole = stored.dtype.kind != "f" or all(float(level).is_integer() for level in levels)
    if not whole or (value is None and len(levels) > MANY):
        every = "all phases ask for each of them as one"
        asked = every if value is None else f"--phase {value:g} asks for the stored value"
        raise RaysysError(
            f"{name} is grey: it holds {count} ({listed}), and {asked} of a label image; segment it with --phase "
            "bright or dark and --grey-threshold T, or with `raysys data segment`"
        )
    if value is None:
        return stored.astype(np.int64) if stored.dtype.kind == "f" else stored
    if len(levels) > MANY and (stored == value).any():
        say(
            f"{name} holds {count}; phase {value:g} is the pixels of this value alone (a grey image is segmented with "
            "--phase bright or dark)"
        )
    if not value.is_integer():
        raise RaysysError(f"{name}: no pixel has the value {value:g}; the image holds {count}: {listed}")
    return stored.astype(np.int64) if stored.dtype.kind == "f" else stored


def stored_value(phase: str) -> float:
    """Read the number of a phase that is named by its stored value.

    Raises
    ------
    RaysysError
        If it is none.
    """
    try:
        return float(phase)
    except ValueError:
        raise RaysysError(f"--phase is {phase!r}; allowed: bright, dark, or the phase's stored value") from None


def _segmented(stored: np.ndarray, found: Decided, name: str) -> str:
    """Say how grey values were segmented, and what to do if they were none."""
    levels = levels_of(stored)
    if stored.dtype.kind in "ui" and len(levels) <= FEW:
        what = f"holds {len(levels)} values ({', '.join(f'{level:g}' for level in levels)}) and"
        advice = "if they are phases, name one: --phase VALUE"
    else:
        what = "is grey, so it"
        advice = "for denoising and other thresholds: raysys data segment"
    return f"{name} {what} was {found.by.how}: {found.by.phase} phase, fraction {found.marked.mean():.4f} ({advice})"


def beyond(stored: np.ndarray, phase: str, threshold: float) -> np.ndarray:
    """Mark (uint8) the pixels above the threshold, or the others.

    Raises
    ------
    RaysysError
        If they are all, or none.
    """
    bright = stored > threshold
    if bright.all() or not bright.any():
        raise RaysysError(one_phase_left(threshold, stored.min(), stored.max()))
    return (bright if phase == "bright" else ~bright).view(np.uint8)


def _listed(levels: list[float]) -> str:
    return f"{', '.join(f'{level:g}' for level in levels[:6])}{', ...' if len(levels) > 6 else ''}"


def levels_of(stored: np.ndarray) -> list[float]:
    """List the values that occur, ascending; of more than MANY only those of the first images."""
    levels: set[float] = set()
    for image in stored:
        levels |= {float(level) for level in np.unique(image)}
        if len(levels) > MANY:
            break
    return sorted(levels)
