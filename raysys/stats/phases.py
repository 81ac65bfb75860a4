"""Where images are of one phase: checked, and packed once for all descriptors."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary, Curve
from raysys.stats.packed import Packed, pack
from raysys.stats.scalar import Scalar


@dataclass(frozen=True)
class Phase:
    """Where a set of images is of one phase; packed when it is first asked for, and then kept for all descriptors.

    Attributes
    ----------
    images
        Whole numbers (N, *spatial), as they were given.
    value
        Of the phase in the images.
    boundary
        Under which it is measured.
    """

    images: np.ndarray
    value: int
    boundary: Boundary

    @classmethod
    def of(cls, images: np.ndarray, value: int, boundary: Boundary = "open", dims: tuple[int, ...] = (2, 3)) -> Phase:
        """Check images and look at one phase of them.

        A phase that no image holds is warned of, and all that is measured of it is NaN; only of binary images ({0, 1})
        is the absence of a phase an answer: its probability is 0.

        Raises
        ------
        RaysysError
            If the images have no sample axis, are not whole numbers, or are empty, or the boundary is unknown.
        """
        if boundary not in ("open", "periodic"):
            raise RaysysError(f"boundary is {boundary!r}; allowed: open, periodic")
        images = np.asarray(images)
        _check_images(images, dims)
        return cls(images, value, boundary)

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.images)

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels of one image."""
        return self.images.shape[1:]

    @property
    def dims(self) -> int:
        """Axes of one image: 2 or 3."""
        return len(self.shape)

    @cached_property
    def inside(self) -> np.ndarray:
        """bool (N, *spatial); without a copy where the images are binary already."""
        return of_phase(self.images, self.value)

    @cached_property
    def fractions(self) -> np.ndarray:
        """Phase fraction (N,) of each image."""
        words = self.slices.words.reshape(self.n, -1)
        return np.asarray(np.bitwise_count(words).sum(axis=1, dtype=np.int64) / math.prod(self.shape))

    @cached_property
    def absent(self) -> bool:
        """Whether no image holds the phase, of images that are not just binary ones without it; warns where so."""
        if self.fractions.any() or (self.value in (0, 1) and self.images.min() >= 0 and self.images.max() <= 1):
            return False
        warnings.warn(
            f"phase {self.value} does not occur in the images, which hold {values_found(self.images)}; what is "
            "measured of it is NaN",
            stacklevel=2,
        )
        return True

    def curve(self, name: str, r: np.ndarray, values: np.ndarray, protocol: dict[str, str] | None = None) -> Curve:
        """A descriptor over lags of this phase; NaN if the phase is absent."""
        if self.absent:
            values = np.full(values.shape, np.nan)
        return Curve(name, r, values, self.value, self.boundary, protocol or {})

    def scalar(self, name: str, values: np.ndarray, unit: str, protocol: dict[str, str] | None = None) -> Scalar:
        """A number per image of this phase; NaN if the phase is absent."""
        values = np.asarray(values, np.float64)
        if self.absent:
            values = np.full(values.shape, np.nan)
        return Scalar(name, values, unit, self.value, self.boundary, protocol or {})

    @cached_property
    def slices(self) -> Packed:
        """Every (H, W) slice: N images or N D slices of volumes."""
        return pack(self.images.reshape(-1, *self.shape[-2:]), self.value)

    def sections(self, normal: int) -> Packed:
        """Every slice normal to an axis: rows and columns run along the other two; flat images are normal to axis 0."""
        if normal == 0:
            return self.slices
        return self.upright if normal == 1 else self.sideways

    def lines(self, axis: int) -> Packed:
        """The images as rows of words along an axis, in the order of their pixels along the others."""
        if axis == self.dims - 1:
            return self.slices
        return (self.upright if axis == self.dims - 3 else self.slices).transposed()

    @cached_property
    def upright(self) -> Packed:
        """Every (D, W) slice of volumes, N H of them; rows stay rows, so words stay words."""
        depth, height, width = self.shape
        words = self.slices.words.reshape(self.n, depth, height, -1).swapaxes(1, 2)
        return Packed(words.reshape(self.n * height, depth, -1), width)

    @cached_property
    def sideways(self) -> Packed:
        """Every (D, H) slice of volumes, N W of them."""
        depth, height, width = self.shape
        words = self.slices.transposed().words.reshape(self.n, depth, width, -1).swapaxes(1, 2)
        return Packed(words.reshape(self.n * width, depth, -1), height)


def of_phase(images: np.ndarray, value: int) -> np.ndarray:
    """Where whole numbers equal the phase: bool of the same shape; a view of them where that can be."""
    if images.dtype == np.bool_ and value == 1:
        return images
    if images.dtype == np.uint8 and value == 1 and images.size and images.max() <= 1:
        return images.view(np.bool_)
    return np.asarray(images == value)


def indicator(images: np.ndarray, phase: int, *, dims: tuple[int, ...] = (2, 3)) -> np.ndarray:
    """Where the images are of the phase: bool (N, *spatial).

    Raises
    ------
    RaysysError
        If the images have no sample axis, are not whole numbers, or are empty.
    """
    images = np.asarray(images)
    _check_images(images, dims)
    return of_phase(images, phase)


def values_found(images: np.ndarray, most: int = 6) -> str:
    """The values of an array in words: "0, 1, 2", "0, 3, 7, ... (256 values)"."""
    found = np.unique(images)
    named = ", ".join(f"{value:g}" for value in found[:most])
    return named if len(found) <= most else f"{named}, ... ({len(found):,} values)"


def _check_images(images: np.ndarray, dims: tuple[int, ...]) -> None:
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
