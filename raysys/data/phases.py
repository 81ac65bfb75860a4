"""Which pixels of stored images are of the phase of interest; what is decided on the user's behalf is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.data.preparation.grey import is_binary, require_finite
from raysys.data.preparation.segmentation import otsu_threshold, phase_of_value
from raysys.errors import RaysysError

__all__ = ["ALL", "MANY", "SIDES", "Say", "binary", "labels", "stored_value"]

Say = Callable[[str], None]
SIDES = ("bright", "dark")  # of a grey image or one of two values; any other phase is named by its stored value
ALL = "all"  # every stored value is a phase
MANY = 32  # levels; an image of more is hardly one of labels
FEW = 8  # levels; an image of no more is hardly a grey one


def binary(stored: np.ndarray, phase: str, *, threshold: float | None = None, name: str, say: Say) -> np.ndarray:
    """Mark the pixels of the phase; grey values are segmented at Otsu's threshold, which is said.

    Parameters
    ----------
    stored
        Of any shape and dtype.
    phase
        "bright", "dark", or the stored value of the phase as text.
    threshold
        Stored value above which a pixel is bright.
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
        If there is one level only, or the threshold leaves one phase.
    """
    try:
        if phase not in SIDES:
            return phase_of_value(stored, stored_value(phase))
        if threshold is not None:
            return _beyond(stored, phase, threshold)
        if is_binary(stored):  # as `segment` would, without a volume's grey values
            return (stored == (stored.max() if phase == "bright" else stored.min())).view(np.uint8)
        require_finite(stored, "the image")
        if stored.min() == stored.max():
            raise RaysysError(f"the image has one grey level only ({stored.min()}), so there is nothing to segment")
        limit = otsu_threshold(stored)
        marked = _beyond(stored, phase, limit)
    except RaysysError as error:
        raise RaysysError(f"{name}: {error}") from None
    say(_segmented(stored, phase, limit, float(marked.mean()), name))
    return marked


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
    levels = _levels(stored)
    listed = f"{', '.join(f'{level:g}' for level in levels[:6])}{', ...' if len(levels) > 6 else ''}"
    count = f"more than {MANY} values" if len(levels) > MANY else f"{len(levels)} values"
    whole = stored.dtype.kind != "f" or all(float(level).is_integer() for level in levels)
    if not whole or (value is None and len(levels) > MANY):
        every = "--phase all takes each for a phase"
        asked = every if value is None else f"--phase {value:g} asks for the stored value"
        raise RaysysError(
            f"{name} is grey: it holds {count} ({listed}), and {asked} of a label image; segment it with --phase "
            "bright or dark and --threshold T, or with `raysys data segment`"
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


def _segmented(stored: np.ndarray, phase: str, limit: float, fraction: float, name: str) -> str:
    """Say how grey values were segmented, and what to do if they were none."""
    levels = _levels(stored)
    if stored.dtype.kind in "ui" and len(levels) <= FEW:
        what = f"holds {len(levels)} values ({', '.join(f'{level:g}' for level in levels)}) and"
        advice = "if they are phases, name one: --phase VALUE"
    else:
        what = "is grey, so it"
        advice = "for denoising and other thresholds: raysys data segment"
    how = f"was segmented at Otsu's threshold {limit:.6g}"
    return f"{name} {what} {how}: {phase} phase, fraction {fraction:.4f} ({advice})"


def _beyond(stored: np.ndarray, phase: str, threshold: float) -> np.ndarray:
    """Mark (uint8) the pixels above the threshold, or the others."""
    bright = stored > threshold
    if bright.all() or not bright.any():
        raise RaysysError(
            f"--threshold {threshold:g} leaves one phase only; its values run from {stored.min():g} to {stored.max():g}"
        )
    return (bright if phase == "bright" else ~bright).view(np.uint8)


def _levels(stored: np.ndarray) -> list[float]:
    """List the values that occur, ascending; of more than MANY only those of the first images."""
    levels: set[float] = set()
    for image in stored:
        levels |= {float(level) for level in np.unique(image)}
        if len(levels) > MANY:
            break
    return sorted(levels)
