"""Lines in oblique directions, laid side by side as the rows of an image, with a mask of where there is one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.phases import Phase, largest_lag

Direction = int | Sequence[int]  # an axis, or pixels along each axis from one point of a line to the next


@dataclass(frozen=True)
class Oblique:
    """Lines along one direction of images of one shape.

    Attributes
    ----------
    step
        Pixels along each axis from one point of a line to the next.
    places
        int64 (lines, longest): the pixel of each point by its place in the image; 0 where a line has ended.
    within
        bool (lines, longest): where it has not.
    """

    step: tuple[int, ...]
    places: np.ndarray
    within: np.ndarray

    @classmethod
    def of(cls, shape: tuple[int, ...], step: Sequence[int]) -> Oblique:
        """The lines of every pixel: each begins where a step back leaves the image.

        Raises
        ------
        RaysysError
            If the step is no direction in such images, or could be shorter.
        """
        step = tuple(int(k) for k in step)
        fits = len(step) == len(shape) and all(abs(k) < n for k, n in zip(step, shape, strict=True))
        if not fits or math.gcd(*step) != 1:
            raise RaysysError(
                f"direction is {step}; allowed for images of {shape} pixels: {len(shape)} whole numbers without a "
                "common divisor, each less than its axis is long"
            )
        before = np.indices(shape).reshape(len(shape), -1) - np.array(step)[:, None]
        sides = np.array(shape)[:, None]
        starts = before[:, ((before < 0) | (before >= sides)).any(axis=0)] + np.array(step)[:, None]
        longest = min(-(-n // abs(k)) for k, n in zip(step, shape, strict=True) if k)
        points = starts[..., None] + np.array(step)[:, None, None] * np.arange(longest)
        within = ((points >= 0) & (points < sides[..., None])).all(axis=0)
        places = np.ravel_multi_index(tuple(np.where(within, points, 0)), shape)
        return cls(step, places, within)

    @property
    def spacing(self) -> float:
        """Pixels from one point of a line to the next."""
        return math.hypot(*self.step)

    @property
    def suffix(self) -> str:
        """What names of curves end with."""
        return "_along_" + "_".join(map(str, self.step))

    def steps(self, shape: tuple[int, ...], r_max: int | None) -> int:
        """Steps of the largest lag, which is in pixels."""
        return min(int(largest_lag(shape, r_max) / self.spacing + 1e-9), self.places.shape[1] - 1)

    def laid(self, values: np.ndarray) -> np.ndarray:
        """Values (N, *spatial) on the lines: (N, lines, longest), 0 where a line has ended."""
        return np.asarray(values.reshape(len(values), -1)[:, self.places] * self.within)

    def phase(self, phase: Phase) -> Phase:
        """The phase on the lines, as flat images with a mask, to be measured along axis 1.

        Raises
        ------
        RaysysError
            If the images are periodic, whose lines have no end.
        """
        if phase.boundary == "periodic":
            raise RaysysError(f"boundary is 'periodic' and the direction {self.step}; allowed with a direction: open")
        mask = self.within[None] if phase.mask is None else self.laid(phase.mask)
        return Phase(self.laid(phase.inside), 1, "open", mask)
