"""Errors of pixels and of spatial statistics, the periodic S2 at every lag: what a loss in their space makes small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft

from raysys.errors import RaysysError
from raysys.stats.paired.checks import THRESHOLD, checked, finite

# Lags along each axis of the published centre crop of S2, and the side of the images that it belongs to.
WINDOW, OF_SIDE = 50, 256

# Pixels transformed at once: 0.5 MB of float64, which stays in a core's cache.
BLOCK = 2**16


def published_window(side: int) -> int:
    """The published 50 x 50 lags of 256 x 256 pixels, in images of another side: 13 of 64."""
    return max(1, int(WINDOW * side / OF_SIDE + 0.5))


def spatial_errors(images: np.ndarray, originals: np.ndarray, *, window: int = WINDOW) -> dict[str, np.ndarray]:
    """Errors of the pixels and of S2, the periodic autocorrelation at every lag.

    Parameters
    ----------
    images
        (N, H, W) in [0, 1], clipped.
    originals
        Integers (N, H, W), 0 and 1.
    window
        Lags along each axis of the central window, -window // 2 to (window - 1) // 2; cut to the map where that is
        smaller.

    Returns
    -------
    {name: (N,) float64}
        "pixel_error": mean squared. "s2_error": mean over lags of dS2^2. "s2_relative": sum dS2^2 over
        sum (S2 - phi^2)^2 of the original, so that a flat grey image of the right phi has 1; NaN if the original holds
        one phase alone. "..._window": over the central window. "..._thresholded": of image > 0.5.
        "phase_fraction_difference": between image > 0.5 and original, absolute.

    Raises
    ------
    RaysysError
        If the images or the window are not as said.

    References
    ----------
    Hashemi, Guerzhoy & Paulson, arXiv 2402.11103 (2024): S2 by FFT and its squared error.
    """
    grey, binary = checked(images, originals)
    return errors_of(finite(grey), binary, window)


def errors_of(grey: np.ndarray, binary: np.ndarray, window: int) -> dict[str, np.ndarray]:
    """`spatial_errors` of images that are checked."""
    if window < 1:
        raise RaysysError(f"window is {window} lags; allowed: 1 or more")
    parts = [_errors(grey[some], binary[some], window) for some in blocks(binary.shape)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Images that are worth being transformed together, of an array of this shape (N, H, W)."""
    step = max(1, BLOCK // (shape[1] * shape[2]))
    return (slice(start, start + step) for start in range(0, shape[0], step))


def power(images: np.ndarray) -> np.ndarray:
    """|F|^2 / pixels^2 (N, H, W // 2 + 1), float64: the transform of S2, whose value at lag zero is the sum of it."""
    spectrum = fft.rfft2(images.astype(np.float64), overwrite_x=True)
    return (spectrum.real**2 + spectrum.imag**2) / (images.shape[1] * images.shape[2]) ** 2


def lag_map(of_power: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """S2, or a difference of two, (N, H, W) with lag zero first, from `power`."""
    return fft.irfft2(of_power, shape[-2:]) * (shape[-2] * shape[-1])


def _errors(grey: np.ndarray, binary: np.ndarray, window: int) -> dict[str, np.ndarray]:
    phase, original = grey > THRESHOLD, power(binary)
    phi = binary.mean(axis=(1, 2))
    fluctuation = original.copy()
    fluctuation[:, 0, 0] = 0  # S2 - phi^2: what a flat grey image lacks
    maps = {
        "": lag_map(power(grey) - original, binary.shape),
        "_thresholded": lag_map(power(phase) - original, binary.shape),
        "reference": lag_map(fluctuation, binary.shape),
    }
    squares = {name: square**2 for name, square in maps.items()}
    central = _central(binary.shape, window)
    reference = squares.pop("reference")
    found = {
        "pixel_error": ((grey - binary) ** 2).mean(axis=(1, 2), dtype=np.float64),
        "phase_fraction_difference": np.abs(phase.mean(axis=(1, 2)) - phi),
    }
    mixed = (phi > 0) & (phi < 1)
    for name, square in squares.items():
        found[f"s2_error{name}"] = square.mean(axis=(1, 2))
        found[f"s2_relative{name}"] = _relative(square, reference, mixed)
    square, reference = squares[""][central], reference[central]
    return found | {
        "s2_error_window": square.mean(axis=(1, 2)),
        "s2_relative_window": _relative(square, reference, mixed),
    }


def _central(shape: tuple[int, ...], window: int) -> tuple[np.ndarray, ...]:
    """Index of the central lags of maps (N, H, W) with lag zero first."""
    sides = [min(window, side) for side in shape[1:]]
    return np.ix_(np.arange(shape[0]), *(np.arange(-(side // 2), side - side // 2) for side in sides))


def _relative(square: np.ndarray, reference: np.ndarray, mixed: np.ndarray) -> np.ndarray:
    whole = np.full(len(square), np.nan)
    return np.divide(square.sum(axis=(1, 2)), reference.sum(axis=(1, 2)), out=whole, where=mixed)
