"""Which lags of a map of spatial statistics count, and how much: weights (*spatial), zero lag at the centre.

The centre of an axis of n pixels is n // 2, as in `raysys.stats.autocorrelation`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from raysys.errors import RaysysError


def box_window(shape: Sequence[int], side: int | Sequence[int]) -> Tensor:
    """Weight 1 on the central lags and 0 elsewhere.

    Parameters
    ----------
    shape
        Of the images, pixels.
    side
        Of the box, lags; one for all axes or one each. An even box has one lag more before the centre than after it:
        50 of 256 are rows and columns 103 to 152.

    Returns
    -------
    Tensor
        float32 (*shape).

    Raises
    ------
    RaysysError
        If the box is empty or larger than the images.

    References
    ----------
    CESS supplement, section 1.4: "the center 50x50 crop of spatial statistics".
    """
    sides = (side,) * len(shape) if isinstance(side, int) else tuple(side)
    if len(sides) != len(shape) or not all(1 <= one <= length for one, length in zip(sides, shape, strict=True)):
        raise RaysysError(
            f"the window has {sides} lags; allowed for maps of {tuple(shape)}: 1 to as many as the map has"
        )
    window = torch.zeros(*shape)
    starts = [length // 2 - one // 2 for one, length in zip(sides, shape, strict=True)]
    # An odd box stands symmetrically about zero lag.
    window[tuple(slice(start, start + one) for start, one in zip(starts, sides, strict=True))] = 1
    return window


def gaussian_window(shape: Sequence[int], radius: float) -> Tensor:
    """Weight exp(-r^2 / (2 radius^2)) of the lag's length r: near lags count most, no lag is cut off.

    Parameters
    ----------
    shape
        Of the images, pixels.
    radius
        Standard deviation in pixels; infinity weighs all lags alike.

    Returns
    -------
    Tensor
        float32 (*shape), 1 at zero lag.

    Raises
    ------
    RaysysError
        If the radius is not positive.

    References
    ----------
    The published code of arXiv:2402.11103 multiplies its maps by a Gaussian of radius 20.
    """
    if not radius > 0:
        raise RaysysError(f"the window's radius is {radius}; allowed: above 0 pixels")
    axes = [torch.arange(length, dtype=torch.float64) - length // 2 for length in shape]
    r2 = sum(axis.square() for axis in torch.meshgrid(*axes, indexing="ij"))
    return torch.exp(-torch.as_tensor(r2) / (2 * radius**2)).float()


@dataclass(frozen=True)
class GrowingRadius:
    """The radius of a Gaussian window over training: grains first, their arrangement later.

    Attributes
    ----------
    start, end
        Radius in pixels at step 0, and from `steps` on; an `end` of infinity counts all lags alike from then on, and
        is approached as if it were `longest`.
    steps
        How many steps the growth takes, at a constant factor a step.
    longest
        Radius in pixels beyond which a window makes no difference; 1000 is four times the side of the usual images.
    """

    start: float
    end: float
    steps: int
    longest: float = 1000.0

    def __post_init__(self) -> None:
        """Refuse what would not grow."""
        if not 0 < self.start <= self.end or self.steps < 1 or not self.start <= self.longest < math.inf:
            raise RaysysError(
                f"the window grows from {self.start} to {self.end} pixels in {self.steps} steps; allowed: "
                f"0 < start <= end, start up to {self.longest} pixels, 1 step or more"
            )

    def at(self, step: int) -> float:
        """Radius in pixels at a step of training, counted from 0."""
        if step >= self.steps:
            return self.end
        factor = min(self.end, self.longest) / self.start
        return float(self.start * factor ** (max(step, 0) / self.steps))
