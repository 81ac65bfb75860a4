"""Grains: the connected parts of N periodic images with their shapes, and which of them are which in another image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from raysys.assess.autoencoding.assessment import median
from raysys.assess.autoencoding.outlines import outlines
from raysys.stats.geometry.pores import pores
from raysys.stats.labelling import labelled

# Pixels from which on a part counts as a grain: smaller ones are specks. The smallest grain of MICRO2D has about 10.
SMALLEST = 5
# Pixels from which on a grain has a shape of its own, and one that is nowhere in the original is an invention.
SHAPED = 20
# Corners and circularity are of grains that stand alone: groups that touch are not convex.
CONVEX = 0.88
# Share of the smaller of two grains from which on they are the same, or parts of the same.
SAME = 0.5


@dataclass(frozen=True)
class Grains:
    """The P parts of N images, pixels that share a side or a corner belonging together.

    Attributes
    ----------
    labels
        (N, H, W) int64: 0, or 1 to P, counted through all images.
    image
        (P,) int64, ascending: index of the image that each lies in.
    properties
        {name: (P,) float64}: those of `pores` and of `outlines`, and "axis_ratio" and "eccentricity". Shapes are NaN
        for parts below `SHAPED` pixels, and for those that go on for ever.
    """

    labels: np.ndarray
    image: np.ndarray
    properties: dict[str, np.ndarray]

    @classmethod
    def of(cls, images: np.ndarray) -> Grains:
        """Measure the grains of periodic images (N, H, W) of 0 and 1."""
        inside = np.asarray(images, np.uint8)
        parts = pores(inside, boundary="periodic", connectivity="all", edges="keep")
        properties, first = dict(parts.properties), np.searchsorted(parts.image, np.arange(len(inside) + 1))
        endless = np.isnan(properties["circularity"])
        shaped = (properties["area"] >= SHAPED) & ~endless
        labels, drawn = np.zeros(inside.shape, np.int64), []
        for i, one in enumerate(inside.astype(bool)):
            found, count = labelled(one, "all", "periodic")
            drawn.append(outlines(found, shaped[first[i] : first[i] + count]))
            labels[i] = np.where(found > 0, found + first[i], 0)
        properties |= {name: np.concatenate([some[name] for some in drawn]) for name in drawn[0]}
        minor = properties["minor_axis"] / properties["major_axis"]
        properties |= {"axis_ratio": 1 / minor, "eccentricity": np.sqrt(1 - minor**2)}
        for name in ("axis_ratio", "eccentricity", "circularity", "orientation"):
            properties[name] = np.where(shaped, properties[name], np.nan)
        return cls(labels, parts.image, properties)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.properties[name]

    @property
    def n(self) -> int:
        """Number of images, also those without a grain."""
        return len(self.labels)

    @cached_property
    def counted(self) -> np.ndarray:
        """(P,) bool: no specks."""
        return self["area"] >= SMALLEST

    @cached_property
    def alone(self) -> np.ndarray:
        """(P,) bool: convex, so that the outline is a grain's own."""
        return self["solidity"] > CONVEX

    def counts(self, chosen: np.ndarray) -> np.ndarray:
        """Number of chosen parts (P,) bool in each image: float64 (N,)."""
        return np.bincount(self.image[chosen], minlength=self.n).astype(np.float64)

    def share(self, chosen: np.ndarray, among: np.ndarray) -> np.ndarray:
        """Number of chosen parts (P,) bool in each image, by that of those among which they are: (N,); NaN of none."""
        every = self.counts(among)
        return np.divide(self.counts(chosen), every, out=np.full(self.n, np.nan), where=every > 0)

    def share_in(self, images: np.ndarray) -> np.ndarray:
        """Mean of other images (N, H, W) over the pixels of each part: float64 (P,)."""
        inside = self.labels > 0
        held = np.bincount(self.labels[inside], images[inside], len(self.image) + 1)[1:]
        return held / self["area"]

    def each(self, values: np.ndarray, chosen: np.ndarray, of: Callable[[np.ndarray], Any] = median) -> np.ndarray:
        """What `of` makes of the values (P,) of an image's chosen parts, by default the median: float64 (N,)."""
        kept = chosen & ~np.isnan(values)
        ends = np.searchsorted(self.image[kept], np.arange(1, self.n))
        return np.array([of(some) if len(some) else np.nan for some in np.split(values[kept], ends)])


@dataclass(frozen=True)
class Links:
    """Which grains of autoencodings are which of their originals: an overlap graph, specks left out.

    A grain of one and a grain of the other are linked if they share at least half of the smaller one.

    Attributes
    ----------
    autoencoded, original
        (L,) int64: indices of the grains at both ends of each link.
    partners, original_partners
        (P,) int64: number of links of each autoencoded, and of each original grain.
    """

    autoencoded: np.ndarray
    original: np.ndarray
    partners: np.ndarray
    original_partners: np.ndarray

    @classmethod
    def between(cls, autoencoded: Grains, original: Grains) -> Links:
        """Measures of the grains of N autoencodings and of their N originals."""
        both = (autoencoded.labels > 0) & (original.labels > 0)
        many = len(original.image) + 1
        codes, shared = np.unique(autoencoded.labels[both] * many + original.labels[both], return_counts=True)
        ours, theirs = codes // many - 1, codes % many - 1
        smaller = np.minimum(autoencoded["area"][ours], original["area"][theirs])
        linked = (shared >= SAME * smaller) & autoencoded.counted[ours] & original.counted[theirs]
        ours, theirs = ours[linked], theirs[linked]
        counts = np.bincount(ours, minlength=len(autoencoded.image)), np.bincount(theirs, minlength=many - 1)
        return cls(ours, theirs, *counts)

    @cached_property
    def matched(self) -> tuple[np.ndarray, np.ndarray]:
        """Autoencoded and original grain (M,) of the links that are the only ones of both."""
        only = (self.partners[self.autoencoded] == 1) & (self.original_partners[self.original] == 1)
        return self.autoencoded[only], self.original[only]

    @cached_property
    def merged(self) -> np.ndarray:
        """(P of the originals,) bool: grains that share their autoencoding with others."""
        found = np.zeros(len(self.original_partners), bool)
        found[self.original[self.partners[self.autoencoded] > 1]] = True
        return found

    @cached_property
    def split(self) -> np.ndarray:
        """(P of the originals,) bool: grains that several autoencoded ones are parts of."""
        return self.original_partners > 1
