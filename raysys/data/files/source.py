"""What every reader of a format gives: one array in a file, of which only what is asked for is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from raysys.spacing import Spacing

Region = tuple[slice, ...]  # starts and stops within the array, of step 1
Content = Path | bytes  # a file, or what somebody has uploaded: its bytes, which name no other file


@dataclass(frozen=True)
class Choice:
    """Which of several images in a file is meant; None is asked about where there are several.

    Attributes
    ----------
    dataset
        Name of an array in an HDF5, NPZ or zarr file.
    series
        Number of an image in a TIFF or zarr file of several, from 0.
    channel, time
        Numbers along those axes, from 0.
    shape, dtype
        Of a raw file.
    """

    dataset: str | None = None
    series: int | None = None
    channel: int | None = None
    time: int | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None

    @staticmethod
    def of(how: Mapping[str, Any]) -> Choice:
        """The choice among the options of a command or of `read_images`; what is no choice is left out."""
        found = {name: how.get(name) for name in Choice.__dataclass_fields__}
        if found["shape"] is not None:
            found["shape"] = tuple(found["shape"])
        return Choice(**found)


@dataclass(frozen=True)
class Facts:
    """What a file says of its numbers.

    Attributes
    ----------
    colours
        What the axis S holds: "rgb", "cmyk", or "grey" beside an opacity; empty where there is no such axis.
    opacity
        Whether the last value on the axis S says how opaque a pixel is.
    white_is_zero
        The number that is black where 0 is white; -1 for signed numbers and floats, which have no such number.
    palette
        (K, 3) uint8 or uint16, colours of the numbers.
    orientation
        As TIFF and EXIF number it: 1 is upright.
    spacing
        Of the last axes Y and X, or Z, Y and X.
    fills
        Values that stand for missing pixels.
    notices
        What was decided on the user's behalf, in sentences.
    """

    colours: Literal["", "rgb", "cmyk", "grey"] = ""
    opacity: bool = False
    white_is_zero: int | None = None
    palette: np.ndarray | None = None
    orientation: int = 1
    spacing: Spacing | None = None
    fills: tuple[float, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass
class Source(ABC):
    """An array as it is stored.

    Attributes
    ----------
    name
        Of the file, in sentences.
    shape, dtype
        Of the whole array, native byte order.
    axes
        A letter for each axis: T time, C channel, Z, Y, X, S colours; Q where the file says nothing, I for one after
        another.
    facts
        What the file says of the numbers.
    windowed
        Whether a small part is read without the rest.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    axes: str
    facts: Facts = field(default_factory=Facts)
    windowed: bool = False

    @abstractmethod
    def read(self, region: Region) -> np.ndarray:
        """Numbers of a part, with as many axes as the whole."""

    def close(self) -> None:  # noqa: B027 - many have nothing open
        """Let go of the file."""


@dataclass
class Held(Source):
    """An array of a format that is decoded whole, when it is first asked for.

    `refusal` is the sentence for whoever wants windows of a file that may be too large for that.
    """

    decode: Callable[[], np.ndarray] = lambda: np.empty(0)
    array: np.ndarray | None = None
    refusal: str = ""

    def read(self, region: Region) -> np.ndarray:
        """A part of the decoded array."""
        if self.array is None:
            self.array = self.decode()
        return self.array[region]

    def close(self) -> None:
        """Let go of the array, which would be decoded again."""
        self.array = None


def unsaid(shape: tuple[int, ...]) -> str:
    """Axes of an array of whose axes a file says nothing."""
    return "Q" * len(shape)
