"""Whether the sets of `raysys compare` are copies of what the models were trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raysys.assess.methods.reference import Real
from raysys.cli.parts.terminal import Bar, by, notice
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.stats import Memorising

MOST = 64  # windows of a set
FEWEST = 8  # fewer show nothing
WORK = 2e9  # windows that one set may be compared with without being asked for: some 20 s of two cores


@dataclass(frozen=True)
class Asked:
    """What the user said: windows of each set, None for as many as are cheap, and their side."""

    images: int | None = None
    side: int | None = None

    @property
    def anything(self) -> bool:
        """Whether windows are to be looked up even at a high price."""
        return bool(self.images or self.side) and self.images != 0


@dataclass(frozen=True)
class Copied:
    """What was found of every set, and sentences on what was left out."""

    found: dict[str, Memorising] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def check_asked(real: Real, asked: Asked, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raise a RaysysError if windows are asked for that cannot be looked up, before anything is drawn or measured.

    Parameters
    ----------
    real
        The reference.
    asked
        What the user said.
    shapes
        Of the images of every set, by name.
    """
    if not asked.anything:
        return
    if not real.training:
        raise RaysysError(
            "--nearest looks for windows of the image that a model was trained on, and no model's card says how this "
            "one was prepared; give such a model, without --tile, --stride and --phase"
        )
    parts = {"training part": real.training, "held-out part": real.aside or real.training}
    known = {name: shape for name, shape in shapes.items() if name not in real.strangers}
    for name, shape in known.items():
        if len(shape) != real.images.ndim - 1:  # is refused for that
            continue
        side = _side(shape, real, asked)
        if side is not None and side > min(shape):
            raise RaysysError(
                f"--nearest looks for windows of {side} pixels a side, and images of {name} have {by(shape)}; allowed: "
                f"--nearest-side 2 to {min(shape)}"
            )
        window = shape if side is None else (side,) * len(shape)
        for part, images in parts.items():
            if not any(all(a >= b for a, b in zip(one.shape, window, strict=True)) for one in images):
                raise RaysysError(
                    f"--nearest looks for windows of {by(window)} pixels for {name}, and the {part} of the real image "
                    f"has {by(images[0].shape)}; give a smaller --nearest-side"
                )


def memorised(real: Real, sets: dict[str, np.ndarray], asked: Asked) -> Copied:
    """Look up the nearest training windows of every set, but of models that were trained on other images.

    Parameters
    ----------
    real
        The reference, with the images that the first model was trained on where they are known.
    sets
        Images (N, ...) by name.
    asked
        How many of their windows.

    Raises
    ------
    RaysysError
        If windows were asked for, and do not fit the images.
    """
    if not real.training or asked.images == 0:
        return Copied()
    found: dict[str, Memorising] = {}
    notes: list[str] = []
    for name, images in sets.items():
        one, note = _looked_up(name, images, real, asked)
        found |= {name: one} if one is not None else {}
        notes += [note] if note else []
    return Copied(found, notes)


def _looked_up(name: str, images: np.ndarray, real: Real, asked: Asked) -> tuple[Memorising | None, str]:
    from raysys.stats.sets.memorising import side_by_side

    if name in real.strangers:
        return _left_out(name, "its card does not say that it was trained on the same part of the same image")
    try:
        parts = side_by_side(images, _side(images.shape[1:], real, asked))
        some = _thinned(parts, asked.images or _affordable(parts.shape[1:], real))
        if len(some) < min(FEWEST, len(parts)) and asked.images is None:
            return _left_out(name, "it is large; --nearest 16 does it")
        one = _memorising(name, some, real)
    except RaysysError as error:
        if asked.anything:
            raise
        return _left_out(name, str(error))
    of = f"images of {name}" if len(parts) == len(images) else f"windows of the images of {name}"
    few = f"{len(some)} of {len(parts)} {of} were looked up among the training windows."
    return one, few if len(some) < len(parts) else ""


def _left_out(name: str, why: str) -> tuple[None, str]:
    note = f"Whether {name} copies the training image was not looked at: {why}."
    notice(note)
    return None, note


def _memorising(name: str, windows: np.ndarray, real: Real) -> Memorising:
    from raysys.stats import memorising

    with Bar(f"nearest training windows of {name}", "of") as bar:
        return memorising(
            windows,
            real.training or [],
            real.aside or None,
            progress=lambda done, total: bar.update(done, total, of="images"),
        )


def _side(shape: tuple[int, ...], real: Real, asked: Asked) -> int | None:
    """Of the windows that images of that shape are cut into; None where they stay whole."""
    tile = real.images.shape[1:]
    larger = any(length > side for length, side in zip(shape, tile, strict=True))
    return asked.side or (min(tile) if larger else None)


def _affordable(shape: tuple[int, ...], real: Real) -> int:
    """How many windows are compared with all windows of the training images at no great cost."""
    windows = sum(math.prod(one.shape) for one in real.training or [])
    symmetries = 2 ** len(shape) * math.factorial(len(shape))
    return int(min(MOST, WORK / (windows * symmetries)))


def _thinned(windows: np.ndarray, count: int) -> np.ndarray:
    """So many of them, evenly taken."""
    from raysys.spacing import evenly

    return windows[evenly(count, len(windows))]
