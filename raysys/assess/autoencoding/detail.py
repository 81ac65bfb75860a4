"""Fine detail: power at short wavelengths, and the slope of S2 at lag zero."""

from __future__ import annotations

import numpy as np
from scipy import fft

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.stats.geometry.minkowski import minkowski
from raysys.stats.paired.spatial import blocks, power

# Fine: wavelengths below eight pixels.
FINE = 1 / 8

MEASURES = (
    Measure("fine_power", "Power above 1/8 px^-1", "", "fine detail", "original"),
    Measure("interface", "Interface per area", "1/px", "fine detail", "original"),
    Measure("s2_slope", "Slope of S2 at lag 0", "1/px", "fine detail, as interface", "original"),
)


def detail(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    return {
        "fine_power": (fine_power(both.grey), fine_power(both.binary)),
        "interface": (interface(both.phase), interface(both.binary)),
        "s2_slope": (s2_slope(both.grey), s2_slope(both.binary)),
    }


def fine_power(images: np.ndarray) -> np.ndarray:
    """Variance (N,) that images (N, H, W) have at frequencies above 1 / 8 per pixel, in any direction."""
    height, width = images.shape[1:]
    along, across = fft.rfftfreq(width), fft.fftfreq(height)
    fine = np.hypot(across[:, None], along) > FINE
    # Half of the spectrum stands for both, but for the columns that are their own mirror image.
    weight = fine * np.where((np.arange(len(along)) == 0) | (2 * np.arange(len(along)) == width), 1.0, 2.0)
    return np.concatenate([(power(images[some]) * weight).sum(axis=(1, 2)) for some in blocks(images.shape)])


def interface(images: np.ndarray) -> np.ndarray:
    """Length by area (N,) of the interface of periodic images (N, H, W) of 0 and 1: Crofton's, in 1 / pixel."""
    lengths = minkowski(images, boundary="periodic").totals["perimeter"]
    return np.nan_to_num(lengths) / (images.shape[1] * images.shape[2])


def s2_slope(images: np.ndarray) -> np.ndarray:
    """S2(0) - S2(1) (N,), mean of both axes: in binary images 1 / pi of the specific interface, in 1 / pixel."""
    values = images.astype(np.float32, copy=False)
    return (
        np.mean(
            [((np.roll(values, 1, axis) - values) ** 2).mean(axis=(1, 2), dtype=np.float64) for axis in (1, 2)], axis=0
        )
        / 2
    )
