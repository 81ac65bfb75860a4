"""What a convolutional generator is fed with: values at lattice points that are functions of their coordinates.

Every part is a function of (seed, absolute coordinates, code), so that any window of it can be computed alone, in any
order and on any machine, and is the same as in the whole. Parts are joined as channels: independent values, waves, and
the code itself (Bergmann et al., "Learning texture manifolds with the periodic spatial GAN", 2017, have all three).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from raysys.errors import RaysysError
from raysys.models.philox import Distribution, lattice_noise
from raysys.models.window import Points

# Purposes of `lattice_noise`: what is drawn for one is independent of what the same seed draws for another.
PHASES, CODES = 1, 2

Code = NDArray[np.float32]
Frequencies = Callable[[Code | None], np.ndarray]
Elsewhere = Callable[[Points], Code]  # what is asked for at other points than those of the window


class Noise(ABC):
    """Values at lattice points, each a function of (seed, coordinates, code).

    Attributes
    ----------
    channels
        Values at a lattice point.
    """

    channels: int

    @abstractmethod
    def at(
        self, seed: int, coordinates: Points, code: Code | None = None, elsewhere: Elsewhere | None = None
    ) -> NDArray[np.float32]:
        """Values on a window of the lattice.

        Parameters
        ----------
        seed
            Any integer; seeds are equal modulo 2**64.
        coordinates
            The points; where they have a period, what is returned repeats after it.
        code
            What is asked for at these points, float32 (values, *points); an axis along which it does not vary may have
            length 1. None where nothing can be asked.
        elsewhere
            What is asked for at other points, where it varies over space: values that add up along the way to a point
            need it. None where the code is the same at every point.

        Returns
        -------
        float32 (channels, *points)
        """


@dataclass(frozen=True)
class LatticeNoise(Noise):
    """Independent values at every point.

    Attributes
    ----------
    channels
        Values at a point.
    distribution
        "normal" (mean 0, variance 1) or "uniform" on [0, 1).
    purpose
        Two parts of one noise need different ones, 0 or 3 to 255, or they have the same values.
    """

    channels: int
    distribution: Distribution = "normal"
    purpose: int = 0

    def at(
        self, seed: int, coordinates: Points, code: Code | None = None, elsewhere: Elsewhere | None = None
    ) -> NDArray[np.float32]:
        """Values as `Noise.at` says; the code changes nothing."""
        return lattice_noise(
            seed,
            self.channels,
            coordinates.shape,
            origin=coordinates.origin,
            period=coordinates.period,
            distribution=self.distribution,
            purpose=self.purpose,
        )


@dataclass(frozen=True)
class Waves(Noise):
    """Plane waves sin(a i + b j + xi), whose frequencies may depend on the code and whose phases come from the seed.

    On a lattice that repeats every frequency is moved to the nearest one of which a whole number of waves fits into the
    period, so that the wave closes.

    Where the code varies over space the phase adds up: along each axis it is the sum of the frequencies at all points
    of the line from coordinate 0 to the point, so that a slow change of the code is a slow change of the wave along
    that axis, however far away. (A frequency times a coordinate is no wave then.) Across it the phase of neighbouring
    lines still drifts apart with the distance from 0, as it must where they have different numbers of waves.

    Attributes
    ----------
    channels
        Number of waves.
    frequencies
        From a code (values, *points) to the waves' frequencies in radians per lattice point, (channels, axes, *points);
        an axis of points along which neither varies may have length 1.
    """

    channels: int
    frequencies: Frequencies

    def at(
        self, seed: int, coordinates: Points, code: Code | None = None, elsewhere: Elsewhere | None = None
    ) -> NDArray[np.float32]:
        """Values as `Noise.at` says."""
        axes = len(coordinates.shape)
        drawn = lattice_noise(seed, self.channels, (1,) * axes, distribution="uniform", purpose=PHASES)
        angle = 2 * np.pi * drawn.astype(np.float64)
        if elsewhere is not None and coordinates.period is None:
            for axis in range(axes):
                angle = angle + self._added_up(axis, coordinates, elsewhere)
        else:
            frequencies = np.asarray(self.frequencies(code), np.float64)
            for axis, line in enumerate(coordinates.grid()):
                angle = angle + self._closing(frequencies[:, axis], coordinates, axis) * line
        full = np.broadcast_to(angle, (self.channels, *coordinates.shape))
        return np.sin(full).astype(np.float32)

    def _closing(self, frequency: np.ndarray, coordinates: Points, axis: int) -> np.ndarray:
        """Frequencies of which a whole number of waves fits into the period, if there is one."""
        if coordinates.period is None:
            return frequency
        lowest = 2 * np.pi / coordinates.period[axis]
        return np.round(frequency / lowest) * lowest

    def _added_up(self, axis: int, coordinates: Points, elsewhere: Elsewhere) -> np.ndarray:
        """Sum of the frequencies along an axis from coordinate 0 to below each point, (channels, *points)."""
        first, stop = coordinates.origin[axis], coordinates.origin[axis] + coordinates.shape[axis]
        low, high = min(first, 0), max(stop, 0)
        strip = Points(_put(coordinates.origin, axis, low), _put(coordinates.shape, axis, high - low))
        found = np.asarray(self.frequencies(elsewhere(strip)), np.float64)[:, axis]
        found = np.moveaxis(np.broadcast_to(found, (self.channels, *strip.shape)), axis + 1, -1)
        # Added from coordinate 0 outwards, so that a window has the rounding of a larger one.
        after = np.cumsum(found[..., -low:], -1)
        before = -np.cumsum(found[..., : -low or None][..., ::-1], -1)[..., ::-1] if low else found[..., :0]
        sums = np.concatenate([before, np.zeros((*found.shape[:-1], 1)), after], -1)
        return np.moveaxis(sums[..., first - low : stop - low], -1, axis + 1)


def _put(numbers: tuple[int, ...], place: int, number: int) -> tuple[int, ...]:
    return (*numbers[:place], number, *numbers[place + 1 :])


@dataclass(frozen=True)
class Coarse(Noise):
    """Noise of a coarser lattice, the same at all points of a square of `factor` points a side.

    Networks that look at noise of several scales are fed so: of each square they take one point.

    Attributes
    ----------
    noise
        Of the coarser lattice.
    factor
        Points per coarser point along each axis; a period is a multiple of it.
    """

    noise: Noise
    factor: int

    @property
    def channels(self) -> int:  # type: ignore[override]
        """Those of the coarser noise."""
        return self.noise.channels

    def at(
        self, seed: int, coordinates: Points, code: Code | None = None, elsewhere: Elsewhere | None = None
    ) -> NDArray[np.float32]:
        """Values as `Noise.at` says; the coarser noise is told no code."""
        first = tuple(one // self.factor for one in coordinates.origin)
        last = tuple(
            (one + side - 1) // self.factor for one, side in zip(coordinates.origin, coordinates.shape, strict=True)
        )
        period = None if coordinates.period is None else tuple(side // self.factor for side in coordinates.period)
        shape = tuple(high - low + 1 for low, high in zip(first, last, strict=True))
        values = self.noise.at(seed, Points(first, shape, period))
        for axis, (low, origin, side) in enumerate(zip(first, coordinates.origin, coordinates.shape, strict=True), 1):
            places = (np.arange(origin, origin + side) // self.factor) - low
            values = values.take(places, axis=axis)
        return values


@dataclass(frozen=True)
class Broadcast(Noise):
    """The code itself as channels: the same at every point, or as it varies over space."""

    channels: int

    def at(
        self, seed: int, coordinates: Points, code: Code | None = None, elsewhere: Elsewhere | None = None
    ) -> NDArray[np.float32]:
        """Values as `Noise.at` says; the seed changes nothing."""
        if code is None or len(code) != self.channels:
            found = "none" if code is None else f"{len(code)} values"
            raise RaysysError(f"a generator was asked with a code of {found}; its noise holds {self.channels} of it")
        return np.broadcast_to(code, (self.channels, *coordinates.shape))


@dataclass(frozen=True)
class Joined(Noise):
    """Several parts, the channels of one after those of the other.

    Raises
    ------
    RaysysError
        If two parts would have the same values.
    """

    parts: tuple[Noise, ...]
    channels: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", sum(part.channels for part in self.parts))
        innermost = [part.noise if isinstance(part, Coarse) else part for part in self.parts]
        drawn = [part.purpose for part in innermost if isinstance(part, LatticeNoise)]
        if len(set(drawn)) < len(drawn):
            raise RaysysError(f"parts of a noise have the purposes {drawn}; allowed: different ones")

    def at(
        self, seed: int, coordinates: Points, code: Code | None = None, elsewhere: Elsewhere | None = None
    ) -> NDArray[np.float32]:
        """Values as `Noise.at` says."""
        return np.concatenate([part.at(seed, coordinates, code, elsewhere) for part in self.parts])
