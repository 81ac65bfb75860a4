"""Gaussian fields on a torus: thresholded they are the class GRF, and the other classes crowd where they are high."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft

from raysys.data.micro2d.drawing import Drawing, rounded

REFERENCE = 256  # side of MICRO2D's images, in pixels


@dataclass(frozen=True)
class Bands:
    """How the fields of a class are drawn.

    Attributes
    ----------
    length
        Range of the shorter correlation length l in pixels, drawn uniformly in its logarithm; the field's
        autocorrelation is exp(-r^2 / (2 l^2)). In images smaller than 256 the upper end shrinks with the side.
    aspect
        Range of the longer one over the shorter, uniform; the longer is at most 0.4 of the image's side.
    """

    length: tuple[float, float] = (5.0, 60.0)
    aspect: tuple[float, float] = (1.0, 6.0)

    def draw(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, dict[str, Any]]:
        """A field (size, size) float32 of mean 0 and variance 1, and what it was drawn with."""
        low, high = self.length[0], max(self.length[0], self.length[1] * min(1.0, size / REFERENCE))
        short = low * (high / low) ** rng.random()
        long = max(short, min(short * rng.uniform(*self.aspect), 0.4 * size))
        angle = rng.uniform(0, 180)
        drawn = rounded(length=short, aspect=long / short, angle=angle)
        return gaussian_field(rng, size, short, long, math.radians(angle)), drawn


BANDS = Bands()


def gaussian_field(rng: np.random.Generator, size: int, short: float, long: float, angle: float) -> np.ndarray:
    """Filter white noise so that its autocorrelation is a Gaussian of two lengths, the longer at `angle` from axis 1.

    Returns
    -------
    float32 (size, size), periodic, of mean 0 and variance 1
    """
    noise = rng.standard_normal((size, size), dtype=np.float32)
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    along, across = fx * math.cos(angle) - fy * math.sin(angle), fx * math.sin(angle) + fy * math.cos(angle)
    # The square of this is the transform of the autocorrelation.
    amplitude = np.exp(-(math.pi**2) * ((long * along) ** 2 + (short * across) ** 2)).astype(np.float32)
    amplitude[0, 0] = 0
    field = scipy.fft.irfft2(scipy.fft.rfft2(noise) * amplitude, s=(size, size))
    return field / field.std()


def arrivals(rng: np.random.Generator, field: np.ndarray, crowding: float) -> np.ndarray:
    """All pixels in the order in which they are drawn, without replacement, with probability ~ exp(crowding * field).

    Each pixel has a clock that rings after an exponential time of that rate; the order of the rings is that of draws
    (Efraimidis & Spirakis, Inf. Process. Lett. 97 (2006) 181).

    Returns
    -------
    int64 (size^2,), flat indices
    """
    times = rng.standard_exponential(field.size, dtype=np.float32) * np.exp(-np.float32(crowding) * field.reshape(-1))
    # Positive floats sort like their bits; the pixel below them breaks ties, and makes one sort of what would be two.
    keys = times.view(np.uint32).astype(np.uint64) << np.uint64(32) | np.arange(field.size, dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


@dataclass(frozen=True)
class ThresholdedField(Drawing):
    """The class GRF: a field above the quantile that leaves the share drawn.

    The lengths were chosen so that over many images the medians of the density of Canny edges (0.026) and of the mean
    run length (54 pixels) are those measured over all images of the class.
    """

    bands: Bands = Bands(length=(3.0, 40.0))

    def fill(self, rng: np.random.Generator, size: int, share: float) -> tuple[np.ndarray, dict[str, Any]]:
        field, drawn = self.bands.draw(rng, size)
        rank = field.size - max(1, round(share * field.size))
        threshold = np.partition(field, rank, axis=None)[rank]
        return (field >= threshold).view(np.uint8), drawn
