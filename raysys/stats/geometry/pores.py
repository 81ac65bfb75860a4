"""Pores as objects: every connected part of the phase with its size, shape and direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from raysys.stats.curve import Boundary


@dataclass(frozen=True)
class Pores:
    """The connected parts of a phase in N images.

    Attributes
    ----------
    image
        (P,) int64: index of the image that each pore lies in.
    properties
        {name: (P,) float64}, such as "area" (pixels) and "orientation" (degrees).
    n
        Number of images, also those without a pore.
    phase
        Value of the phase in the images.
    boundary
        "open" or "periodic".
    protocol
        Further choices by name: connectivity, what happens to pores at the edge, the smallest area kept.
    """

    image: np.ndarray
    properties: dict[str, np.ndarray]
    n: int
    phase: int = 1
    boundary: Boundary = "open"
    protocol: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of pores in all images."""
        return len(self.image)

    def subset(self, indices: np.ndarray) -> Pores:
        """The pores of some of the images, in the order of the indices; an image named twice comes twice."""
        rows = [np.flatnonzero(self.image == index) for index in np.asarray(indices)]
        chosen = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        image = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        properties = {name: values[chosen] for name, values in self.properties.items()}
        return Pores(image, properties, len(rows), self.phase, self.boundary, self.protocol)

    @classmethod
    def joined(cls, parts: Sequence[Pores]) -> Pores:
        """The pores of the images of several sets that were measured alike, in their order."""
        first, offsets = parts[0], np.cumsum([0, *(part.n for part in parts)])
        image = np.concatenate([part.image + offset for part, offset in zip(parts, offsets[:-1], strict=True)])
        properties = {name: np.concatenate([part.properties[name] for part in parts]) for name in first.properties}
        return Pores(image, properties, int(offsets[-1]), first.phase, first.boundary, first.protocol)
