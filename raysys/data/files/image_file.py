"""The one way into a file: what is in it, which part of it is meant, and its pixels, whole or in windows.

The command line, the windows of large images and uploads all read through `ImageFile`, so that the same bytes give the
same pixels, or the same refusal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from raysys.data.files.axes import chosen_axes
from raysys.data.files.formats import source_of
from raysys.data.files.source import Choice, Content, Source
from raysys.data.files.values import (
    Kind,
    black_is_zero,
    has_hue,
    is_missing,
    missing_sentence,
    red_green_blue,
    stored_place,
    upright,
)
from raysys.data.preparation.colour import OPAQUE, grey_of, to_colour
from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE
from raysys.spacing import Spacing

AT_ONCE = 4 << 20  # numbers, where a file is looked through for colours
FEW = 32  # indices; a palette of which no more occur is one of labels
UPLOAD = "the upload"


class ImageFile:
    """An image, volume or stack in a file, whose pixels are read when they are asked for.

    Parameters
    ----------
    content : Path, bytes or Source
        A file, a zarr folder, what was uploaded, or an array that was opened already.
    choice : Choice
        Which of several images in it is meant.
    kind : "grey", "colour" or "labels"
        What it is to hold: grey or binary values, of which a photograph has the luminance; colours; or the numbers of
        labels, for which an image with a palette has its indices.
    channels : int
        Of so many channels, as probabilities of classes have them, none is asked about: they are the last axis.

    Attributes
    ----------
    shape
        Pixels along each axis, without axes of length one; colour is no axis.
    spacing
        How far apart pixels are, of the last axes; None where the file does not say it.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file, or must be asked about.
    """

    def __init__(
        self, content: Content | Source, choice: Choice = Choice(), kind: Kind = "grey", *, channels: int = 0
    ) -> None:
        self.kind = kind
        if isinstance(content, Source):
            self.source = content
        else:
            self.source = source_of(content, str(content) if isinstance(content, Path) else UPLOAD, choice)
        self.name = self.source.name
        try:
            self._describe(choice, channels)
        except BaseException:
            self.close()
            raise

    def _describe(self, choice: Choice, channels: int) -> None:
        source = self.source
        if math.prod(source.shape) < 2:
            held = "one pixel only" if math.prod(source.shape) else f"no pixel (its array has shape {source.shape})"
            raise RaysysError(f"{self.name} holds {held}; an image has two axes of at least two pixels each")
        self._axes = chosen_axes(source, choice, colour=self.kind == "colour", channels=channels)
        if self.kind == "colour" and self._axes.colours is None and source.facts.palette is None:
            raise RaysysError(
                f"{self.name} holds an array of shape {source.shape} and no colours, which are three numbers a pixel "
                "on the last axis; leave colour out, or take an image in colour"
            )
        self._turned = source.facts.orientation if self._axes.letters(source)[-2:] == "YX" else 1
        kept = tuple(source.shape[axis] for axis in self._axes.kept)
        self.shape = (*kept[:-2], kept[-1], kept[-2]) if self._turned > 4 else kept
        if not 2 <= len(self.shape) <= 4:
            raise RaysysError(
                f"{self.name} holds an array of shape {source.shape}, which is no image (H, W) or volume (D, H, W)"
            )
        self.spacing = self._spacing()

    @cached_property
    def dtype(self) -> np.dtype:
        """Of the pixels, native byte order."""
        if self.kind == "colour":
            return np.dtype(np.float32)
        if self._meaning == "luminance":
            stored = self.source.dtype if self.source.facts.palette is None else self._palette.dtype
            return grey_of(np.zeros((1, 1, RED_GREEN_BLUE), stored)).dtype
        if self._meaning == "levels":
            return self._palette.dtype
        return self.source.dtype

    @property
    def windowed(self) -> bool:
        """Whether a window is read without the rest."""
        return self.source.windowed

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """What was decided on the user's behalf, in sentences."""
        facts, said = self.source.facts, [*self.source.facts.notices]
        if self.kind != "colour" and self._meaning == "luminance":
            said.append(f"{self.name} is in colour and becomes grey (its luminance)")
        if facts.palette is not None and self.kind == "grey" and self._meaning == "plain":
            said.append(f"{self.name} has a palette; its values are the numbers in it, and not their colours")
        if facts.opacity or (facts.colours == "" and self._opaque):
            said.append(f"how opaque the pixels of {self.name} are is left out")
        return tuple(said)

    def read(self, region: tuple[slice, ...] | None = None) -> np.ndarray:
        """Pixels of a region, of starts and stops within the image; all of them by default.

        Returns
        -------
        array
            As many axes as `shape`, and three colours at the end for kind "colour".

        Raises
        ------
        RaysysError
            If they cannot be decoded, or are NaN, infinite or missing.
        """
        place = tuple(slice(0, side) for side in self.shape) if region is None else region
        stored = self._stored(place)
        if is_missing(stored, self.source.facts.fills) is not None:
            raise self._missing()
        return np.ascontiguousarray(self._asked(stored))

    def close(self) -> None:
        """Let go of the file."""
        self.source.close()

    def __enter__(self) -> ImageFile:
        """Use it in a with statement, which closes the file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    @cached_property
    def in_hue(self) -> bool:
        """Whether there are colours, and those of any pixel differ."""
        facts = self.source.facts
        if self._axes.colours is None or facts.colours == "grey":
            return False
        return any(has_hue(red_green_blue(part, facts)) for part in self._parts())

    @property
    def _opaque(self) -> bool:
        axis = self._axes.colours
        return axis is not None and self.source.shape[axis] == OPAQUE

    def _stored(self, place: tuple[slice, ...]) -> np.ndarray:
        """Numbers (..., Y, X) of a region, or (..., Y, X, S) where there are colours, upright."""
        own, turned = place, self._turned
        if turned != 1:
            own = (*place[:-2], *stored_place((place[-2], place[-1]), self.shape[-2:], turned))  # type: ignore[arg-type]
        region: list[slice] = [slice(0, side) for side in self.source.shape]
        for axis, number in self._axes.fixed.items():
            region[axis] = slice(number, number + 1)
        for axis, part in zip(self._axes.kept, own, strict=True):
            region[axis] = part
        found = self._axes.arranged(self.source.read(tuple(region)))
        if turned == 1:
            return found
        flat = self._axes.colours is None
        return upright(found, turned) if flat else np.moveaxis(upright(np.moveaxis(found, -1, 0), turned), 0, -1)

    @cached_property
    def _meaning(self) -> str:
        """What the numbers become: "plain", "colour", "first" of equal ones, "luminance", or "levels" of a palette."""
        facts = self.source.facts
        if self.kind == "colour":
            return "colour"
        if facts.colours == "grey":
            return "first"
        if self._axes.colours is not None:
            if self.in_hue and self.kind == "labels":
                raise RaysysError(
                    f"{self.name} is a colour picture, and labels are one number a pixel; save it as numbers, or with "
                    "a palette"
                )
            return "luminance" if self.in_hue else "first"
        return "plain" if facts.palette is None or self.kind == "labels" else self._meaning_of_palette()

    def _meaning_of_palette(self) -> str:
        """Shades of grey are what the palette says; of colours few are labels, and more are a photograph."""
        palette = self._palette
        used = np.zeros(len(palette), bool)
        for part in self._parts():
            used[np.unique(part[part < len(palette)])] = True
            if has_hue(palette[used]) and used.sum() > FEW:
                return "luminance"
        return "plain" if has_hue(palette[used]) else "levels"

    @cached_property
    def _palette(self) -> np.ndarray:
        """(K, 3) colours of the numbers, of 8 bits where those say all: TIFF stretches them to 16."""
        palette = self.source.facts.palette
        assert palette is not None
        if palette.dtype != np.uint16:
            return palette
        high, low = palette >> 8, palette & 255
        stretched = ((low == 0) | (low == high)).all()
        return high.astype(np.uint8) if stretched else palette

    def _parts(self) -> Iterator[np.ndarray]:
        """All numbers, some at a time; the first parts are small, since they often suffice."""
        across = math.prod(self.shape[1:]) * (OPAQUE if self._axes.colours is not None else 1)
        start, step = 0, 16
        while start < self.shape[0]:
            stop = min(start + max(1, min(step, AT_ONCE // across)), self.shape[0])
            yield self._stored((slice(start, stop), *(slice(0, side) for side in self.shape[1:])))
            start, step = stop, step * 8

    def _missing(self) -> RaysysError:
        """The sentence that counts all missing pixels, whichever window came upon the first."""
        fills, found, size = self.source.facts.fills, list[np.ndarray](), 0
        for part in self._parts():
            size += part.size
            if (where := is_missing(part, fills)) is not None:
                found.append(part[where])
        return missing_sentence(np.concatenate(found), size, self.name, fills)

    def _asked(self, stored: np.ndarray) -> np.ndarray:
        facts, meaning = self.source.facts, self._meaning
        if meaning in ("colour", "luminance"):
            bare = facts.palette is None
            colours = red_green_blue(stored, facts) if bare else _looked_up(self._palette, stored, self.name)
            return self._in_colour(colours) if meaning == "colour" else grey_of(colours)
        if meaning == "levels":
            return _looked_up(self._palette[:, 0], stored, self.name)
        if meaning == "first":
            stored = stored[..., 0] if facts.colours == "grey" else red_green_blue(stored, facts)[..., 0]
        return black_is_zero(stored, facts)

    def _in_colour(self, colours: np.ndarray) -> np.ndarray:
        try:
            return to_colour(colours)
        except RaysysError as error:
            raise RaysysError(f"{self.name} holds {error}") from None

    def _spacing(self) -> Spacing | None:
        """Of the axes that are left, slowest first; an axis of length one is gone with its size."""
        said = self.source.facts.spacing
        if said is None:
            return None
        spatial = self._axes.spatial(self.source)[-len(said.sizes) :]
        sizes = dict(zip(spatial, said.sizes[-len(spatial) :], strict=True))
        known: list[float] = []
        for axis in reversed(self._axes.kept):
            if axis not in sizes:
                break
            known.insert(0, sizes[axis])
        if self._turned > 4 and len(known) > 1:
            known[-1], known[-2] = known[-2], known[-1]
        return replace(said, sizes=tuple(known)) if known else None


def _looked_up(palette: np.ndarray, numbers: np.ndarray, name: str) -> np.ndarray:
    if numbers.size and int(numbers.max()) >= len(palette):
        raise RaysysError(f"{name} holds the number {int(numbers.max())}, and its palette has {len(palette)} colours")
    found: np.ndarray = palette[numbers]
    return found
