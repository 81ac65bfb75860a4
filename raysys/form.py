"""The form of images: what an array's values mean, how many pixels it has, and how many channels networks see.

An array of images has a leading sample axis. Binary ones are uint8 in {0, 1}; grey ones float32 in [0, 1]; colour ones
float32 in [0, 1], sRGB, with a trailing axis of three; label images uint8, 0 to phases - 1. Nothing guesses a form from
an array's shape: it is said, by a recipe's data section and by a model's card.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.errors import RaysysError

Kind = Literal["binary", "grey", "colour", "labels"]

RED_GREEN_BLUE = 3
MOST_PHASES = 32  # beyond it one channel a phase is no sensible way to train


@dataclass(frozen=True)
class Form:
    """Kind and size of images.

    Attributes
    ----------
    kind
        What the values mean.
    shape
        Pixels along each axis, two or three of them; colour is no axis.
    phases
        Names of the label values 0, 1, ... of label images; empty for other kinds.
    """

    kind: Kind
    shape: tuple[int, ...]
    phases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind == "labels") != bool(self.phases) or len(self.phases) == 1 or len(self.phases) > MOST_PHASES:
            raise RaysysError(
                f"{self.kind} images with {len(self.phases)} named phases; allowed: none, and for kind labels 2 to "
                f"{MOST_PHASES}"
            )
        if len(self.shape) not in (2, 3) or min(self.shape) < 1:
            raise RaysysError(f"images of {self.shape} pixels; allowed: two or three axes of at least 1")

    @property
    def dims(self) -> int:
        """Axes of an image: 2 or 3."""
        return len(self.shape)

    @property
    def channels(self) -> int:
        """Channels in which networks see an image: three colours, one for each phase, or one."""
        return {"colour": RED_GREEN_BLUE, "labels": len(self.phases)}.get(self.kind, 1)

    @property
    def side(self) -> int:
        """The side of square or cubic images.

        Raises
        ------
        RaysysError
            If the sides differ.
        """
        if len(set(self.shape)) > 1:
            raise RaysysError(f"tiles of {self.shape} pixels; allowed here: equal sides")
        return self.shape[0]

    @property
    def pixels(self) -> int:
        """Pixels, or voxels, of an image."""
        return math.prod(self.shape)

    def array_shape(self, count: int, shape: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """Shape of an array of `count` images, of other pixels than `self.shape` if `shape` says so."""
        spatial = self.shape if shape is None else shape
        return (count, *spatial, RED_GREEN_BLUE) if self.kind == "colour" else (count, *spatial)

    def spatial(self, images: np.ndarray) -> tuple[int, ...]:
        """Pixels along each axis of an array of images of this kind."""
        return images.shape[1:-1] if self.kind == "colour" else images.shape[1:]

    @property
    def dtype(self) -> np.dtype:
        """The number type of an array of images."""
        return np.dtype(np.uint8 if self.kind in ("binary", "labels") else np.float32)

    def indicators(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Images uint8 in {0, 1} by phase, of which descriptors are measured.

        Binary images are their own, under the name "phase"; label images have one for each phase, in their order.

        Raises
        ------
        RaysysError
            For grey and colour images, which have no phases.
        """
        if self.kind == "binary":
            return {"phase": images}
        if self.kind == "labels":
            return {name: (images == value).astype(np.uint8) for value, name in enumerate(self.phases)}
        raise RaysysError(f"{self.kind} images have no phases to measure; segment them first")
