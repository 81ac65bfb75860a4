"""Classes of equal inclusions: discs that touch but do not overlap, ellipses of one or of all directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.data.micro2d.addition import add_at_distance, add_shapes
from raysys.data.micro2d.drawing import Drawing, rounded
from raysys.data.micro2d.fields import BANDS, Bands, arrivals
from raysys.data.micro2d.shapes import discs, ellipses


@dataclass(frozen=True)
class Discs(Drawing):
    """Discs of some radii, equal in number, that crowd in bands.

    Attributes
    ----------
    radii
        In pixels.
    gap
        Centres keep the sum of both radii and this, in pixels.
    crowding
        Range of the k in exp(k * field), the rate at which centres arrive at a pixel.
    bands
        The field.
    """

    radii: tuple[int, ...] = (5,)
    gap: float = 0.8
    crowding: tuple[float, float] = (3.0, 6.0)
    bands: Bands = BANDS

    def fill(self, rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, dict[str, Any]]:
        field, drawn = self.bands.draw(rng, size)
        crowding = rng.uniform(*self.crowding)
        stamps, count = discs(self.radii), len(self.radii)
        order = np.stack([arrivals(rng, field, crowding) for _ in range(count)])
        near = discs([one + other + self.gap - 1e-6 for one in self.radii for other in self.radii])
        wanted = round(share * size * size)
        kinds = rng.integers(0, count, 2 + 2 * wanted // int(stamps.areas.sum()) * count)
        image, put = add_at_distance(size, order, kinds, stamps.first, stamps.runs, near.first, near.runs, wanted)
        return image, drawn | rounded(crowding=crowding) | {"radii": list(self.radii), "discs": put.tolist()}


@dataclass(frozen=True)
class Ellipses(Drawing):
    """Equal ellipses, of one direction an image or of all.

    Attributes
    ----------
    axes
        Full lengths of the longer and the shorter axis, in pixels.
    aligned
        One direction an image, drawn uniformly; else each ellipse has its own.
    gap
        Pixels that the semi-axes grow by before overlaps are counted.
    tolerance
        Share of an ellipse that may overlap with those that are there.
    crowding, bands
        As of `Discs`.
    """

    axes: tuple[float, float] = (20.0, 6.0)
    aligned: bool = True
    gap: float = 1.5
    tolerance: float = 0.0
    crowding: tuple[float, float] = (0.0, 2.0)
    bands: Bands = BANDS

    def fill(self, rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, dict[str, Any]]:
        field, drawn = self.bands.draw(rng, size)
        crowding = rng.uniform(*self.crowding)
        a, b = self.axes[0] / 2, self.axes[1] / 2
        wanted = round(share * size * size)
        degrees = rng.uniform(0, 180, 1 if self.aligned else 2 + int(wanted / (math.pi * a * b)))
        stamps = ellipses((a, b), np.radians(degrees))
        probes = ellipses((a + self.gap, b + self.gap), np.radians(degrees))
        order = arrivals(rng, field, crowding)
        shapes = (stamps.first, stamps.runs, probes.first, probes.runs)
        image, put = add_shapes(size, order, *shapes, self.tolerance, wanted)
        drawn |= rounded(crowding=crowding) | {"ellipses": put}
        return image, drawn | (rounded(direction=degrees[0]) if self.aligned else {})
