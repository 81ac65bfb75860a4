"""Where images are of one phase: checked, and packed once for all descriptors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
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
    mask
        bool (1 or N, *spatial): the region of interest, of all images or of each; None: all of them.
    """

    images: np.ndarray
    value: int
    boundary: Boundary
    mask: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        images: np.ndarray,
        value: int,
        boundary: Boundary = "open",
        dims: tuple[int, ...] = (2, 3),
        mask: np.ndarray | None = None,
    ) -> Phase:
        """Check images, and the mask of what counts of them, and look at one phase of them.

        A phase that no image holds is warned of, and all that is measured of it is NaN; only of binary images ({0, 1})
        is the absence of a phase an answer: its probability is 0.

        Raises
        ------
        RaysysError
            If the images have no sample axis, are not whole numbers, or are empty, the boundary is unknown, or the mask
            does not fit them or is empty.
        """
        if boundary not in ("open", "periodic"):
            raise RaysysError(f"boundary is {boundary!r}; allowed: open, periodic")
        images = np.asarray(images)
        _check_images(images, dims)
        return cls(images, value, boundary, None if mask is None else _checked_mask(np.asarray(mask), images.shape))

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
        """bool (N, *spatial), within the mask; without a copy where the images are binary already and all counts."""
        inside = of_phase(self.images, self.value)
        return inside if self.mask is None else inside & self.mask

    @cached_property
    def region(self) -> Phase | None:
        """The mask as a phase of its own, of one image or N."""
        return None if self.mask is None else Phase(self.mask, 1, self.boundary)

    def box(self, image: int, periodic: Sequence[bool]) -> tuple[slice, ...]:
        """The bounding box of an image's mask, through whose faces things flow; whole along axes that are periodic.

        Along these an image goes on as it begins, one period of the image further on, wherever its mask lies.
        """
        if self.mask is None or not self.masks[image].any():
            return (slice(None),) * self.dims
        found = []
        for axis, whole in enumerate(periodic):
            others = tuple(k for k in range(self.dims) if k != axis)
            held = np.flatnonzero(self.masks[image].any(axis=others))
            found.append(slice(None) if whole else slice(int(held[0]), int(held[-1]) + 1))
        return tuple(found)

    def room(self, image: int, box: tuple[slice, ...]) -> float:
        """The share of a box that lies in the image's mask; NaN where that is empty."""
        return 1.0 if self.mask is None else float(self.masks[image][box].mean()) or math.nan

    @cached_property
    def masks(self) -> np.ndarray:
        """bool (N, *spatial), a view: of each image; all of it without a mask."""
        return np.broadcast_to(np.True_ if self.mask is None else self.mask, self.images.shape)

    def within_mask(self, measure: Callable[[Phase], np.ndarray]) -> np.ndarray:
        """What is measured (N, ...) of the phase, as it is or as a share of what the mask holds.

        A probability is a number of places by all places: where only those count whose points all lie in the mask, both
        numbers are its own, and what they are divided by cancels. NaN where the mask holds no such place.
        """
        values = measure(self)
        if self.region is None:
            return values
        room = np.broadcast_to(measure(self.region), values.shape)
        return np.divide(values, room, out=np.full(values.shape, np.nan), where=room > 0)

    @cached_property
    def fractions(self) -> np.ndarray:
        """Phase fraction (N,) of each image, or of its masked part."""
        return self.within_mask(lambda one: one._shares)

    @cached_property
    def _shares(self) -> np.ndarray:
        """Pixels (N,) of the phase, within the mask, by all pixels of the image."""
        words = self.slices.words.reshape(self.n, -1)
        return np.asarray(np.bitwise_count(words).sum(axis=1, dtype=np.int64) / math.prod(self.shape))

    @cached_property
    def absent(self) -> bool:
        """Whether no image holds the phase, of images that are not just binary ones without it; warns where so."""
        if self._shares.any() or (self.value in (0, 1) and self.images.min() >= 0 and self.images.max() <= 1):
            return False
        where, looked_at = "the images", self.images
        if self.mask is not None:
            where, looked_at = "the mask", self.images[np.broadcast_to(self.mask, self.images.shape)]
        warnings.warn(
            f"phase {self.value} does not occur in {where}, which hold{'s' * (self.mask is not None)} "
            f"{values_found(looked_at)}; what is measured of it is NaN",
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
        if self.mask is not None:
            return pack(self.inside.reshape(-1, *self.shape[-2:]))
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


def _checked_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The mask as bool (1 or N, *spatial)."""
    if mask.shape not in (shape, (1, *shape[1:]), shape[1:]):
        raise RaysysError(
            f"mask has shape {mask.shape}, images {shape}; allowed: {shape[1:]}, for all, or {shape}, one for each"
        )
    if mask.dtype.kind not in "bui":
        raise RaysysError(f"mask is of type {mask.dtype}; allowed: bool, or whole numbers, of which 0 lies outside")
    if not mask.any():
        raise RaysysError("mask is 0 everywhere; allowed: at least one pixel inside")
    return np.asarray(mask.reshape(-1, *shape[1:]) != 0)


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
