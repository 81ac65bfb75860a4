"""A set of equally large images, and how files of images are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from raysys.data.files.source import Choice
from raysys.data.phases import Decision, ways_of
from raysys.spacing import Spacing

__all__ = ["Reading", "Set", "middle_slice"]


@dataclass(frozen=True)
class Reading:
    """How files of images are read, beside their phase.

    Attributes
    ----------
    choice
        Which of several images in each file is meant.
    spacing
        How far apart pixels are, instead of what the files say.
    threshold
        Stored value above which a pixel is bright; by default Otsu's.
    resample
        Whether pixels that are not equally long along all axes become so, see `raysys.data.read_sets`.
    """

    choice: Choice = field(default_factory=Choice)
    spacing: Spacing | None = None
    threshold: float | None = None
    resample: bool = False


class Set(NamedTuple):
    """Images (N, ...) of one size, whole numbers, and the value of the phase of interest in them.

    `spacing` says how far pixels are apart, None where the files do not; `files` (N,) where each image comes from. By
    file: `decisions` tell how its phase was told from the rest, `originals` show an image before it was segmented.
    """

    images: np.ndarray
    phase: int
    spacing: Spacing | None = None
    files: tuple[str, ...] = ()
    decisions: Mapping[str, Decision] = MappingProxyType({})
    originals: Mapping[str, np.ndarray] = MappingProxyType({})

    @property
    def marked(self) -> np.ndarray:
        """The images as uint8 in {0, 1}, 1 = phase of interest."""
        if self.phase == 1 and self.images.dtype == np.uint8 and self.images.max() <= 1:
            return self.images
        return (self.images == self.phase).astype(np.uint8)

    @property
    def pictures(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By file that was segmented, one flat image as it was stored, and its phase, uint8 in {0, 1}."""
        if not self.originals:
            return {}
        shown, first = self.marked, {path: self.files.index(path) for path in self.originals}
        phases = {path: middle_slice(shown[place]) for path, place in first.items()}
        return {path: (original, phases[path]) for path, original in self.originals.items()}

    @property
    def told(self) -> list[str]:
        """How the phase of interest was told from the rest, a sentence for each way and its files."""
        return ways_of(self.decisions)


def middle_slice(image: np.ndarray) -> np.ndarray:
    """A flat image itself, of a volume or stack its middle slice."""
    return image if image.ndim == 2 else image[len(image) // 2]
