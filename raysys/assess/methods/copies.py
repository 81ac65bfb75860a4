"""Whether sets are copies of what the models were trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from raysys.assess.listener import Listener
from raysys.assess.methods.reference import Reference
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import evenly
from raysys.stats import Memorising, memorising
from raysys.stats.sets.memorising import side_by_side

__all__ = ["Copies", "LookUp", "check_look_up", "copies_among"]

MOST = 64  # windows of a set
FEWEST = 8  # fewer show nothing
WORK = 2e9  # windows that one set may be compared with without being asked for: some 20 s of two cores


@dataclass(frozen=True)
class LookUp:
    """What is to be looked up: windows of each set, None for as many as are cheap, and their side in pixels."""

    images: int | None = None
    side: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether windows are to be looked up even at a high price."""
        return bool(self.images or self.side) and self.images != 0


@dataclass(frozen=True)
class Copies:
    """What was found of every set, by name, and sentences on what was left out."""

    found: dict[str, Memorising] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def check_look_up(reference: Reference, look_up: LookUp, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise a RaysysError if windows are asked for that cannot be looked up, before anything is drawn or measured.

    Parameters
    ----------
    reference
        The real images.
    look_up
        What is to be looked up.
    shapes
        Of the images of every set, by name.
    """
    if not look_up.wanted:
        return
    if not reference.training:
        raise RaysysError(
            "--nearest looks for windows of the image that a model was trained on, and no model's card says how this "
            "one was prepared; give such a model, without --tile, --stride and --phase"
        )
    parts = {"training part": reference.training, "held-out part": reference.aside or reference.training}
    known = {name: shape for name, shape in shapes.items() if name not in reference.strangers}
    for name, shape in known.items():
        if len(shape) != reference.images.ndim - 1:  # is refused for that
            continue
        side = _side(shape, reference, look_up)
        if side is not None and side > min(shape):
            raise RaysysError(
                f"--nearest looks for windows of {side} pixels a side, and images of {name} have {by(shape)}; allowed: "
                f"--nearest-side 2 to {min(shape)}"
            )
        window = shape if side is None else (side,) * len(shape)
        for part, images in parts.items():
            if not any(all(a >= b for a, b in zip(image.shape, window, strict=True)) for image in images):
                raise RaysysError(
                    f"--nearest looks for windows of {by(window)} pixels for {name}, and the {part} of the real image "
                    f"has {by(images[0].shape)}; give a smaller --nearest-side"
                )


def copies_among(
    sets: dict[str, np.ndarray], reference: Reference, look_up: LookUp, listener: Listener | None = None
) -> Copies:
    """Look up the nearest training windows of every set, but of models that were trained on other images.

    Parameters
    ----------
    sets
        Images (N, ...) by name.
    reference
        The real images, with those that the first model was trained on where they are known.
    look_up
        How many of their windows.
    listener
        Is told what is left out, and how far it is.

    Raises
    ------
    RaysysError
        If windows were asked for, and do not fit the images.
    """
    if not reference.training or look_up.images == 0:
        return Copies()
    found: dict[str, Memorising] = {}
    notes: list[str] = []
    for name, images in sets.items():
        memory, note = _looked_up(name, images, reference, look_up, listener or Listener())
        found |= {name: memory} if memory is not None else {}
        notes += [note] if note else []
    return Copies(found, notes)


def _looked_up(
    name: str, images: np.ndarray, reference: Reference, look_up: LookUp, listener: Listener
) -> tuple[Memorising | None, str]:
    if name in reference.strangers:
        why = "its card does not say that it was trained on the same part of the same image"
        return _left_out(name, why, listener)
    try:
        parts = side_by_side(images, _side(images.shape[1:], reference, look_up))
        windows = _thinned(parts, look_up.images or _affordable(parts.shape[1:], reference))
        if len(windows) < min(FEWEST, len(parts)) and look_up.images is None:
            return _left_out(name, "it is large; --nearest 16 does it", listener)
        told = listener.counting(f"nearest training windows of {name}", "images")
        labels = bool(reference.phases)
        found = memorising(windows, reference.training or [], reference.aside or None, labels=labels, progress=told)
    except RaysysError as error:
        if look_up.wanted:
            raise
        return _left_out(name, str(error), listener)
    of = f"images of {name}" if len(parts) == len(images) else f"windows of the images of {name}"
    few = f"{len(windows)} of {len(parts)} {of} were looked up among the training windows."
    return found, few if len(windows) < len(parts) else ""


def _left_out(name: str, why: str, listener: Listener) -> tuple[None, str]:
    note = f"Whether {name} copies the training image was not looked at: {why}."
    listener.say(note)
    return None, note


def _side(shape: tuple[int, ...], reference: Reference, look_up: LookUp) -> int | None:
    """Side of the windows that images of that shape are cut into; None where they stay whole."""
    tile = reference.images.shape[1:]
    larger = any(length > side for length, side in zip(shape, tile, strict=True))
    return look_up.side or (min(tile) if larger else None)


def _affordable(shape: tuple[int, ...], reference: Reference) -> int:
    """How many windows are compared with all windows of the training images at no great cost."""
    windows = sum(math.prod(image.shape) for image in reference.training or [])
    symmetries = 2 ** len(shape) * math.factorial(len(shape))
    return int(min(MOST, WORK / (windows * symmetries * max(1, len(reference.phases)))))


def _thinned(windows: np.ndarray, count: int) -> np.ndarray:
    """So many of them, evenly taken."""
    return windows[evenly(count, len(windows))]
