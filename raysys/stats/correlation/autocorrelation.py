"""The full periodic two-point correlation, at every lag vector."""

from __future__ import annotations

import math

import numpy as np
from scipy import fft

from raysys.stats.phases import indicator


def autocorrelation(images: np.ndarray, *, phase: int = 1) -> np.ndarray:
    """Periodic two-point correlation at every lag vector, by FFT.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase of interest.

    Returns
    -------
    np.ndarray
        float64 (N, *spatial), exact, zero lag at the centre (H // 2, W // 2); its mean is the phase fraction squared.

    Raises
    ------
    RaysysError
        If the images are not as said.
    """
    inside = indicator(images, phase)
    shape = inside.shape[1:]
    maps = np.empty(inside.shape)
    for image, found in zip(inside, maps, strict=True):
        spectrum = fft.rfftn(image.astype(np.float64))
        pairs = fft.irfftn(spectrum.real**2 + spectrum.imag**2, s=shape)
        # Pairs are counted, so what the FFT leaves behind the point is its own error.
        found[:] = fft.fftshift(np.rint(pairs))
    return maps / math.prod(shape)
