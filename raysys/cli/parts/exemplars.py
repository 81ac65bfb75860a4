"""Exemplars of textures as commands read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.images import reading
from raysys.cli.parts.terminal import notice
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.files.source import Choice
    from raysys.spacing import Spacing
    from raysys.synthesis.exemplar import Kind

__all__ = ["ReadExemplar", "names_of", "read_exemplar", "read_exemplars"]


@dataclass(frozen=True, eq=False)
class ReadExemplar:
    """An image in [0, 1], what its values are, and how far its pixels are apart."""

    image: np.ndarray
    kind: Kind
    spacing: Spacing | None


def read_exemplars(images: Sequence[str], kind: str, **how: Any) -> list[ReadExemplar]:
    """All images; `how` says which of several in a file is meant, and the size of pixels."""
    chosen = reading(**how)
    found = [read_exemplar(image, kind, chosen["choice"]) for image in images]
    if chosen["spacing"] is None:
        return found
    return [ReadExemplar(one.image, one.kind, chosen["spacing"].of_axes(2)) for one in found]


def read_exemplar(image: str, asked: str, choice: Choice) -> ReadExemplar:
    """One image; --kind auto looks whether it has colours, or two values."""
    import numpy as np

    from raysys.data import is_binary, to_grey
    from raysys.data.files.reading import read_stored

    if asked in ("auto", "colour"):
        try:
            colours, _, spacing = read_stored(image, choice, kind="colour")
        except RaysysError:
            if asked == "colour":
                raise
            colours, spacing = None, None
        if colours is not None and (asked == "colour" or np.ptp(colours, axis=-1).max() > 0):
            return ReadExemplar(_flat(colours, image, 3), "colour", spacing)
    found = read_stored(image, choice)
    stored = _flat(found.array, image, 2)
    if asked == "binary" and not is_binary(stored):
        raise RaysysError(f"{image} has more than two values; segment it first (raysys data segment), or --kind grey")
    kind: Kind = "binary" if asked != "grey" and is_binary(stored) else "grey"
    if asked == "auto":
        notice(f"{image} is taken as {kind}; --kind says otherwise")
    grey = to_grey(stored)
    return ReadExemplar(grey.astype(np.uint8) if kind == "binary" else grey, kind, found.spacing)


def names_of(images: Sequence[str]) -> list[str]:
    """A name for each image, from its file's: those that several have are numbered."""
    stems = [Path(image.rpartition(":")[2] or image).stem for image in images]
    several, seen = Counter(stems), Counter[str]()
    names = []
    for stem in stems:
        seen[stem] += 1
        names.append(f"{stem}-{seen[stem]}" if several[stem] > 1 else stem)
    return names


def _flat(array: np.ndarray, image: str, axes: int) -> np.ndarray:
    if array.ndim != axes:
        raise RaysysError(f"{image} holds {array.shape}, a volume or several images; allowed: one flat image")
    return array
