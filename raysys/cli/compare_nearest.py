"""Whether the sets of `raysys compare` are copies of what the models were trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raysys.cli.compare_reference import Real
from raysys.cli.terminal import Bar, notice
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.stats import Memorising

MOST = 64  # images of a set
FEWEST = 8  # fewer show nothing
WORK = 2e9  # windows that one set may be compared with without being asked for: some 20 s of two cores


@dataclass(frozen=True)
class Asked:
    """What the user said: images of each set, None for as many as are cheap, and side of their windows."""

    images: int | None = None
    side: int | None = None


@dataclass(frozen=True)
class Copied:
    """What was found of every set, and sentences on what was left out."""

    found: dict[str, Memorising] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def check_asked(real: Real, asked: Asked) -> None:
    """Raise a RaysysError if windows are asked for where the training image is not known."""
    if (asked.images or asked.side) and not real.training:
        raise RaysysError(
            "--nearest looks for windows of the image that a model was trained on, and no model's card says how this "
            "one was prepared; give such a model, without --tile, --stride and --phase"
        )


def memorised(real: Real, sets: dict[str, np.ndarray], asked: Asked) -> Copied:
    """Look up the nearest training windows of every set.

    Parameters
    ----------
    real
        The reference, with the images that models were trained on where they are known.
    sets
        Images (N, ...) by name.
    asked
        How many of them.

    Raises
    ------
    RaysysError
        If windows do not fit the images.
    """
    if not real.training or asked.images == 0:
        return Copied()
    found, notes = {}, []
    for name, images in sets.items():
        one, note = _looked_up(name, images, real, asked)
        found |= {name: one} if one is not None else {}
        notes += [note] if note else []
    return Copied(found, notes)


def _looked_up(name: str, images: np.ndarray, real: Real, asked: Asked) -> tuple[Memorising | None, str]:
    from raysys.stats import memorising

    tile = real.images.shape[1:]
    larger = any(length > side for length, side in zip(images.shape[1:], tile, strict=True))
    side = asked.side or (min(tile) if larger else None)
    count = asked.images or _affordable(images.shape[1:], real)
    parts = _thinned(images, side, count)
    if len(parts) < min(FEWEST, len(images)) and asked.images is None:
        note = f"Whether {name} copies the training image was not looked at, which is large; --nearest 16 does."
        notice(note)
        return None, note
    with Bar(f"nearest training windows of {name}", "of") as bar:
        held = real.aside or None
        one = memorising(
            parts, real.training or [], held, side=side, progress=lambda done, all_: bar.update(done, all_, of="images")
        )  # fmt: skip
    few = f"{len(parts)} of {len(images)} images of {name} were looked up among the training windows."
    return one, few if len(parts) < len(images) else ""


def _affordable(shape: tuple[int, ...], real: Real) -> int:
    """How many images are compared with all windows of the training images at no great cost."""
    windows = sum(math.prod(one.shape) for one in real.training or [])
    symmetries = 2 ** len(shape) * math.factorial(len(shape))
    return int(min(MOST, WORK / (windows * symmetries)))


def _thinned(images: np.ndarray, side: int | None, count: int) -> np.ndarray:
    """So many images, evenly taken; fewer where each is cut into many windows."""
    import numpy as np

    each = 1 if side is None else math.prod(max(1, length // side) for length in images.shape[1:])
    kept = min(len(images), max(1, count // each) if count else 0)
    return images[np.unique(np.linspace(0, len(images) - 1, kept).round().astype(int))]
