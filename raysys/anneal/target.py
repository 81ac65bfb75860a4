"""What a reconstruction shall have in common with the original: phase fraction and two-point function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.stats import Boundary, Characterisation

__all__ = ["Target"]

# Wanted counts are rounded to this fraction of a count (an error of S2 of 1.5e-8 at 128 x 128), which makes every sum
# in an energy exact; targets that are whole counts stay what they are.
GRID = 2.0**-10
LONGEST_SIDE = 32_767


@dataclass(frozen=True, eq=False)
class Target:
    """Line S2, mean of the axes, of a two-dimensional two-phase image.

    Parameters
    ----------
    phase_fraction
        phi, in (0, 1).
    S2
        (R,) float64: S2(r) at r = 1..R pixels. Lag 0 is phi, which no move changes.
    boundary
        Boundary condition under which it was measured; the reconstruction itself is always periodic.
    phase, images
        Which value was the phase of interest, and the mean of how many images this is.
    """

    phase_fraction: float
    S2: np.ndarray
    boundary: Boundary = "open"
    phase: int = 1
    images: int = 1

    def __post_init__(self) -> None:
        S2 = np.array(self.S2, dtype=np.float64)
        if S2.ndim != 1 or S2.size == 0 or not np.isfinite(S2).all():
            raise RaysysError(f"annealing target: S2 has shape {S2.shape}; allowed: finite values at r = 1, 2, ..., R")
        if not 0 < self.phase_fraction < 1:
            raise RaysysError(
                f"annealing target: the phase fraction is {self.phase_fraction:g}, so nothing can be exchanged; "
                "allowed: images that hold both phases"
            )
        S2.setflags(write=False)
        object.__setattr__(self, "S2", S2)

    @classmethod
    def from_images(
        cls,
        images: np.ndarray,
        descriptors: Sequence[str] = ("S2",),
        *,
        phase: int = 1,
        r_max: int | None = None,
        boundary: Boundary = "open",
    ) -> Target:
        """The mean S2 of binary images (N, H, W) at r = 1..r_max (half the shortest side - 1 if None).

        Raises
        ------
        RaysysError
            For descriptors other than "S2", images that are not two-dimensional, or of one phase only.
        """
        from raysys.stats import two_point

        _check_descriptors(descriptors)
        if np.ndim(images) != 3:
            raise RaysysError(f"annealing target: images have shape {np.shape(images)}; allowed for now: (N, H, W)")
        curve = two_point(images, phase=phase, r_max=r_max, boundary=boundary)
        return cls._from_mean(curve.r, curve.mean, boundary, phase, len(images))

    @classmethod
    def from_characterisation(cls, characterisation: Characterisation, descriptors: Sequence[str] = ("S2",)) -> Target:
        """The mean S2 of a characterisation of two-dimensional images.

        Raises
        ------
        RaysysError
            For descriptors other than "S2", or if the characterisation lacks it or is of three-dimensional images.
        """
        _check_descriptors(descriptors)
        if "S2" not in characterisation.curves:
            held = ", ".join(characterisation.curves)
            raise RaysysError(f"annealing target: the characterisation holds {held}; it needs S2")
        if len(characterisation.shape) != 2:
            raise RaysysError(
                f"annealing target: the characterisation is of images of shape {tuple(characterisation.shape)}; "
                "allowed for now: two dimensions"
            )
        curve = characterisation.curves["S2"]
        return cls._from_mean(curve.r, curve.mean, curve.boundary, curve.phase, characterisation.n)

    @classmethod
    def _from_mean(cls, r: np.ndarray, mean: np.ndarray, boundary: Boundary, phase: int, images: int) -> Target:
        if not np.array_equal(r, np.arange(len(r))):
            raise RaysysError("annealing target: S2 is not given at r = 0, 1, 2, ...; allowed: every whole lag")
        return cls(float(mean[0]), np.asarray(mean[1:]), boundary, phase, images)

    @property
    def r_max(self) -> int:
        """The longest lag, pixels."""
        return int(self.S2.size)

    def ones(self, shape: tuple[int, int]) -> int:
        """Pixels of the phase in a reconstruction of `shape`: round(phi * pixels)."""
        return round(self.phase_fraction * math.prod(shape))

    def counts(self, shape: tuple[int, int]) -> np.ndarray:
        """Wanted pair counts of an image of `shape`, (R,) float64, whole multiples of 2^-10."""
        return np.round(self.S2 * (count_scale(shape) / GRID)) * GRID

    def check(self, shape: Sequence[int]) -> tuple[int, int]:
        """`shape` as a pair, if a reconstruction of that shape can have this S2; else RaysysError."""
        sides = tuple(int(side) for side in shape)
        if len(sides) != 2 or min(sides) < 1 or max(sides) > LONGEST_SIDE:
            raise RaysysError(f"annealing: the shape is {sides}; allowed for now: (H, W) up to {LONGEST_SIDE} a side")
        if min(sides) < 2 * self.r_max:
            raise RaysysError(
                f"annealing: shape {sides} is too small for a target with lags up to {self.r_max}, since pairs beyond "
                f"half the period repeat; allowed: sides of at least {2 * self.r_max}, or a target with "
                f"r_max={min(sides) // 2}"
            )
        if not 0 < self.ones(sides) < math.prod(sides):
            raise RaysysError(
                f"annealing: a phase fraction of {self.phase_fraction:g} leaves one phase only at shape {sides}; "
                "allowed: a larger shape"
            )
        return sides[0], sides[1]

    def same_as(self, other: Target) -> bool:
        """Whether phase fraction and S2 are equal."""
        return self.phase_fraction == other.phase_fraction and np.array_equal(self.S2, other.S2)


def count_scale(shape: tuple[int, int]) -> float:
    """Pair counts per unit of S2: 2 H W. Energies are squared counts / count_scale^2, the energy's quantum."""
    return 2.0 * math.prod(shape)


def _check_descriptors(descriptors: Sequence[str]) -> None:
    if tuple(descriptors) != ("S2",):
        raise RaysysError(f"annealing target: descriptors are {tuple(descriptors)}; allowed for now: ('S2',)")
