"""The full periodic two-point correlation, at every lag vector."""

from __future__ import annotations

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
        float64 (N, *spatial), zero lag at the centre (H // 2, W // 2); its mean is the phase fraction squared.

    Raises
    ------
    RaysysError
        If the images are not as said.
    """
    inside = indicator(images, phase)
    axes = tuple(range(1, inside.ndim))
    spectrum = fft.rfftn(inside.astype(np.float64), axes=axes)
    pairs = fft.irfftn(np.abs(spectrum) ** 2, s=inside.shape[1:], axes=axes)
    return np.asarray(fft.fftshift(pairs, axes=axes) / np.prod(inside.shape[1:]))
