"""Where images are of one phase: checked, and packed once for all descriptors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.packed import Packed, pack


@dataclass(frozen=True)
class Phase:
    """Where a set of images is of one phase.

    Attributes
    ----------
    inside
        bool (N, *spatial).
    value
        Of the phase in the images.
    boundary
        Under which it is measured.
    """

    inside: np.ndarray
    value: int
    boundary: Boundary

    @classmethod
    def of(cls, images: np.ndarray, value: int, boundary: Boundary = "open", dims: tuple[int, ...] = (2, 3)) -> Phase:
        """Check images and reduce them to one phase.

        Raises
        ------
        RaysysError
            If the images are not as `indicator` says, or the boundary is unknown.
        """
        if boundary not in ("open", "periodic"):
            raise RaysysError(f"boundary is {boundary!r}; allowed: open, periodic")
        return cls(indicator(images, value, dims=dims), value, boundary)

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.inside)

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels of one image."""
        return self.inside.shape[1:]

    @property
    def fractions(self) -> np.ndarray:
        """Phase fraction (N,) of each image."""
        return np.bitwise_count(self.slices.words).reshape(self.n, -1).sum(axis=1) / math.prod(self.shape)

    @cached_property
    def slices(self) -> Packed:
        """Every (H, W) slice: N images or N D slices of volumes."""
        return pack(self.inside.reshape(-1, *self.shape[-2:]))

    @cached_property
    def upright(self) -> Packed:
        """Every (D, W) slice of volumes, N H of them; rows stay rows, so words stay words."""
        depth, height, width = self.shape
        words = self.slices.words.reshape(self.n, depth, height, -1).swapaxes(1, 2)
        return Packed(words.reshape(self.n * height, depth, -1), width)

    @cached_property
    def planes(self) -> np.ndarray:
        """Word planes of `slices`."""
        return self.slices.planes(self.boundary)

    @cached_property
    def upright_planes(self) -> np.ndarray:
        """Word planes of `upright`."""
        return self.upright.planes(self.boundary)


def indicator(images: np.ndarray, phase: int, *, dims: tuple[int, ...] = (2, 3)) -> np.ndarray:
    """Where the images are of the phase: bool (N, *spatial).

    Raises
    ------
    RaysysError
        If the images have no sample axis, are not whole numbers, or are empty.
    """
    images = np.asarray(images)
    allowed = " or ".join({2: "(N, H, W)", 3: "(N, D, H, W)"}[d] for d in dims)
    if images.ndim - 1 not in dims:
        raise RaysysError(
            f"images have {images.ndim} axes, shape {images.shape}; allowed: {allowed} with a leading sample axis "
            "(for a single image add one: image[None])"
        )
    if images.size == 0:
        raise RaysysError(f"images are empty, shape {images.shape}; at least one image of at least one pixel is needed")
    if images.dtype.kind not in "bui":
        raise RaysysError(
            f"images are of type {images.dtype}; allowed: whole numbers, one value per phase (segment them first)"
        )
    return np.asarray(images == phase)


def largest_lag(shape: tuple[int, ...], r_max: int | None) -> int:
    """The largest lag: half the shortest axis less one by default.

    Raises
    ------
    RaysysError
        If it does not fit the images.
    """
    shortest = min(shape)
    if r_max is None:
        return max(0, shortest // 2 - 1)
    if not 0 <= r_max < shortest:
        raise RaysysError(f"r_max is {r_max}; allowed for images of {shape} pixels: 0 to {shortest - 1}")
    return int(r_max)


def axis_of(axis: int, shape: tuple[int, ...]) -> int:
    """An axis of the images, not counting samples, as a number from 0 on.

    Raises
    ------
    RaysysError
        If the images have no such axis.
    """
    if not -len(shape) <= axis < len(shape):
        raise RaysysError(f"axis is {axis}; allowed for images of {len(shape)} dimensions: 0 to {len(shape) - 1}")
    return axis % len(shape)
