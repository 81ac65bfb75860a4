"""What a window of a larger picture begins as, and the pixels in it that its neighbours have made and that stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from raysys.synthesis.exemplar import resized

__all__ = ["Fixed", "Surroundings"]

WHOLLY = 0.999  # of a pixel of a coarser scale, that is made of pixels that stay


@dataclass(frozen=True, eq=False)
class Fixed:
    """Pixels of one scale that stay.

    Attributes
    ----------
    values
        float32 (1, C, H, W).
    known
        bool (1, 1, H, W), where they stay.
    """

    values: Tensor
    known: Tensor

    def restore(self, pixels: Tensor) -> None:
        """Put them back into pixels that a step has changed, in place."""
        pixels.copy_(torch.where(self.known, self.values, pixels))


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Of one window.

    Attributes
    ----------
    window
        Its number, which is drawn from beside the picture's.
    values
        float32 (1, C, H, W) at full size: what neighbours have made, and what the window begins as elsewhere.
    made
        bool (1, 1, H, W), where neighbours have made them, for good or not.
    known
        bool (1, 1, H, W), where they stay.
    start
        float32 (1, C, h, w), the same values at the first scale.
    """

    window: int
    values: Tensor
    made: Tensor
    known: Tensor
    start: Tensor

    @classmethod
    def of(cls, window: int, made: Tensor, known: Tensor, start: Tensor) -> Surroundings:
        """Of pixels (1, C, H, W) that neighbours have made, NaN where none has, and a start at a coarser scale."""
        missing = made.isnan()
        if missing.all():
            return cls(window, made, ~missing[:, :1], known, start)
        begun = resized(start, (int(made.shape[2]), int(made.shape[3]))).clamp(0, 1)
        values = torch.where(missing, begun, made)
        coarse = resized(values, (int(start.shape[2]), int(start.shape[3]))).clamp(0, 1)
        return cls(window, values, ~missing[:, :1], known, coarse)

    def joined(self, pixels: Tensor, feather: int) -> Tensor:
        """Pixels that go over into what stays: within `feather` of it they are mixed with what was made beside it.

        That was made to continue what stays, and is what these pixels began as.
        """
        if not self.known.any() or self.known.all():
            return pixels
        distance = ndimage.distance_transform_edt(~self.known[0, 0].numpy())
        share = torch.from_numpy(np.clip(1 - distance / (feather + 1), 0, 1).astype(np.float32)) * self.made
        return torch.where(share > 0, share * self.values + (1 - share) * pixels, pixels)

    def at(self, size: tuple[int, int]) -> Fixed:
        """What stays at a scale: pixels that are wholly made of pixels that stay."""
        if size == tuple(self.known.shape[2:]):
            return Fixed(self.values, self.known)
        values = resized(self.values, size).clamp(0, 1)
        return Fixed(values, resized(self.known.float(), size) > WHOLLY)
