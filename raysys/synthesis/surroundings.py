"""What a window of a larger picture begins as, and the pixels in it that its neighbours have made and that stay."""

from __future__ import annotations

from dataclasses import dataclass

import torch
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
    start
        float32 (1, C, h, w) at any scale.
    values, known
        As of `Fixed`, at full size.
    """

    window: int
    start: Tensor
    values: Tensor
    known: Tensor

    def at(self, size: tuple[int, int]) -> Fixed:
        """What stays at a scale: pixels that are wholly made of pixels that stay."""
        if size == tuple(self.known.shape[2:]):
            return Fixed(self.values, self.known)
        # Beside them what the window begins as, since shrinking looks at neighbours too.
        around = resized(self.start, (int(self.known.shape[2]), int(self.known.shape[3])))
        values = resized(torch.where(self.known, self.values, around), size).clamp(0, 1)
        return Fixed(values, resized(self.known.float(), size) > WHOLLY)
