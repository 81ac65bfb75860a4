"""The image that is to be continued, and the way between images and the pixels that are optimised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE

__all__ = ["Exemplar", "Kind", "brightest", "resized", "scaled_size"]

Kind = Literal["binary", "grey", "colour"]
SMALLEST = 8  # pixels a side: less is no texture
WRAPPED = 4  # pixels beyond an edge that bicubic interpolation looks at, and some more
POOLED = 8  # pixels of one feature in the fourth block: periodic images are multiples of it


@dataclass(frozen=True, eq=False)
class Exemplar:
    """One image and what its values mean.

    Attributes
    ----------
    image
        (H, W) uint8 in {0, 1} of kind "binary", (H, W) float32 in [0, 1] of "grey", (H, W, 3) float32 of "colour".
    """

    image: np.ndarray
    kind: Kind

    @classmethod
    def of(cls, image: np.ndarray, kind: Kind | None = None) -> Exemplar:
        """An exemplar that can be continued; of uint8 with values 0 and 1 only the kind is "binary" by default.

        Raises
        ------
        RaysysError
            If the image is none of that kind, is too small, or has one value only.
        """
        image = np.asarray(image)
        kind = _kind_of(image) if kind is None else kind
        axes = 3 if kind == "colour" else 2
        if image.ndim != axes or (kind == "colour" and image.shape[2] != RED_GREEN_BLUE):
            raise RaysysError(f"a {kind} exemplar has shape {image.shape}; allowed: {_shape(kind)}")
        if min(image.shape[:2]) < SMALLEST:
            raise RaysysError(f"the exemplar has {image.shape[:2]} pixels; allowed: {SMALLEST} a side and more")
        if image.min() == image.max():
            raise RaysysError(f"the exemplar has one value only ({image.min()}); a texture has two at least")
        if image.min() < 0 or image.max() > 1 or not np.isfinite(image).all():
            raise RaysysError(f"the exemplar has values from {image.min():g} to {image.max():g}; allowed: 0 to 1")
        if kind == "binary" and not np.isin(image, (0, 1)).all():
            raise RaysysError("a binary exemplar has other values than 0 and 1; segment it first, or take it as grey")
        return cls(image.astype(np.uint8 if kind == "binary" else np.float32), kind)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.image.shape[0], self.image.shape[1]

    def pixels(self, factor: float = 1.0) -> Tensor:
        """The image shrunk by a factor, float32 (1, 1 or 3, H, W), smoothed before it is thinned."""
        values = as_pixels(self.image)
        return values if factor == 1 else resized(values, scaled_size(self.size, factor)).clamp(0, 1)

    def image_of(self, pixels: Tensor, fraction: float | None = None) -> np.ndarray:
        """What optimised pixels are as an image of this kind; a binary one has the exemplar's phase fraction.

        Parameters
        ----------
        pixels
            float32 (1, 1 or 3, H, W).
        fraction
            Another phase fraction, such as that of several exemplars.
        """
        values = pixels.detach().clamp(0, 1)[0].permute(1, 2, 0).cpu().numpy()
        if self.kind == "colour":
            return values
        flat = values[..., 0]
        if self.kind == "grey":
            return flat
        if np.isin(flat, (0, 1)).all():  # a quilt
            return flat.astype(np.uint8)
        return brightest(flat, float(self.image.mean()) if fraction is None else fraction)


def brightest(values: np.ndarray, share: float) -> np.ndarray:
    """1 where values of any shape are among the brightest, so many that they are a share of all; uint8."""
    ones = round(share * values.size)
    binary = np.zeros(values.size, np.uint8)
    binary[np.argsort(values, axis=None, kind="stable")[values.size - ones :]] = 1
    return binary.reshape(values.shape)


def as_pixels(image: np.ndarray) -> Tensor:
    """(H, W) or (H, W, 3) as float32 (1, 1 or 3, H, W)."""
    values = torch.from_numpy(np.ascontiguousarray(image, np.float32))
    return values.view(*image.shape[:2], -1).permute(2, 0, 1)[None].contiguous()


def scaled_size(size: tuple[int, int], factor: float, *, periodic: bool = False) -> tuple[int, int]:
    """Rows and columns of an image at a scale; of periodic ones multiples of what features are pooled from."""
    unit = POOLED if periodic else 1
    rows, columns = (max(unit, round(side * factor / unit) * unit) for side in size)
    return rows, columns


def resized(pixels: Tensor, size: tuple[int, int], *, periodic: bool = False) -> Tensor:
    """Pixels (1, C, H, W) at another size, bicubic; shrinking smooths first, periodic images are looked at around."""
    if tuple(pixels.shape[2:]) == tuple(size):
        return pixels.clone()
    if not periodic:
        return functional.interpolate(pixels, size=size, mode="bicubic", antialias=True, align_corners=False)
    old, new = zip(*(_margins(a, b) for a, b in zip(pixels.shape[2:], size, strict=True)), strict=True)
    wrapped = functional.pad(pixels, (old[1], old[1], old[0], old[0]), mode="circular")
    larger = (size[0] + 2 * new[0], size[1] + 2 * new[1])
    found = functional.interpolate(wrapped, size=larger, mode="bicubic", antialias=True, align_corners=False)
    return found[:, :, new[0] : new[0] + size[0], new[1] : new[1] + size[1]].contiguous()


def _margins(old: int, new: int) -> tuple[int, int]:
    """Whole pixels before and after resizing that are as wide as each other, and enough on both sides."""
    common = int(np.gcd(old, new))
    one, other = old // common, new // common
    count = -(-WRAPPED // min(one, other)) if min(one, other) < WRAPPED else 1
    # A margin wraps around once at most.
    return (old, new) if one * count > old else (one * count, other * count)


def _kind_of(image: np.ndarray) -> Kind:
    if image.ndim == 3:
        return "colour"
    return "binary" if image.dtype.kind in "bu" and np.isin(image, (0, 1)).all() else "grey"


def _shape(kind: str) -> str:
    return "(H, W, 3) in [0, 1]" if kind == "colour" else f"(H, W) {'of 0 and 1' if kind == 'binary' else 'in [0, 1]'}"
