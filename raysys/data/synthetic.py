"""Synthetic microstructures with known statistics: thresholded Gaussian fields and overlapping discs.

Both are periodic, and image i of a request has seed `seed + i`, so that a set does not depend on how it was asked for.
A few images have names, `synthetic:NAME`, under which recipes train on them: they are ours, and drawn when asked for.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from raysys.errors import RaysysError


def gaussian_random_field(
    shape: Sequence[int],
    *,
    correlation_length: float | Sequence[float],
    phase_fraction: float,
    seed: int,
    n: int = 1,
    angle: float = 0.0,
) -> np.ndarray:
    """Threshold periodic Gaussian random fields so that each image has exactly the phase fraction asked for.

    The field's autocorrelation is exp(-r^2 / (2 l^2)) with l the correlation length, as long as l is far below the
    image's side; it is made by filtering white noise in Fourier space. Thresholded fields are a classical model of
    porous rock (Quiblier, J. Colloid Interface Sci. 98, 1984, 84).

    Parameters
    ----------
    shape : (H, W) or (D, H, W), in pixels
    correlation_length : float or one for each axis
        l in pixels, above 0; where they differ, r / l is taken axis by axis.
    phase_fraction : float
        Share of phase 1, between 0 and 1; met to the nearest pixel.
    seed : int
        Seed of the first image; image i has seed + i.
    n : int
        Number of images.
    angle : float
        Degrees by which the axes of the correlation lengths are turned in the plane of the last two axes, from the last
        one towards the one before.

    Returns
    -------
    uint8 array (n, *shape), 1 = phase of interest

    Raises
    ------
    RaysysError
        For a phase fraction outside 0 to 1, or correlation lengths that are not positive or not one for each axis.
    """
    _require_fraction(phase_fraction)
    if np.shape(correlation_length) not in ((), (len(shape),)) or np.min(correlation_length) <= 0:
        raise RaysysError(
            f"correlation_length is {correlation_length}; it must be above 0 pixels, one number or {len(shape)}"
        )
    lengths = np.broadcast_to(correlation_length, len(shape))
    *before, down, along = np.meshgrid(*_frequencies(shape), indexing="ij")
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    axes = [*before, down * cos - along * sin, down * sin + along * cos]
    exponent = sum(np.square(length * f) for length, f in zip(lengths, axes, strict=True))
    amplitude = np.exp(-(math.pi**2) * exponent)  # its square is the covariance's transform
    count = round(phase_fraction * math.prod(shape))
    images = np.zeros((n, math.prod(shape)), np.uint8)
    for i, image in enumerate(images):
        noise = np.random.default_rng(seed + i).standard_normal(tuple(shape))
        field = np.fft.irfftn(np.fft.rfftn(noise) * amplitude, s=tuple(shape), axes=range(len(shape)))
        image[np.argsort(field, axis=None, kind="stable")[field.size - count :]] = 1
    return images.reshape(n, *shape)


def pores() -> np.ndarray:
    """An isotropic porous medium, uint8 (1024, 1024): 27 % pores, a field of 3.5 pixels correlation length."""
    return gaussian_random_field((1024, 1024), correlation_length=3.5, phase_fraction=0.27, seed=1)[0]


def oriented_pores() -> np.ndarray:
    """An oriented one, uint8 (1024, 1024): 27 % pores, 8 pixels along 30 degrees and 2.5 across."""
    lengths = (2.5, 8.0)
    return gaussian_random_field((1024, 1024), correlation_length=lengths, phase_fraction=0.27, seed=2, angle=30)[0]


def porosities() -> np.ndarray:
    """Sixteen specimens of one kind and of 15 to 45 % pores, uint8 (16, 256, 384); correlation length 3.5 pixels."""
    shares = np.linspace(0.15, 0.45, 16)
    fields = [
        gaussian_random_field((256, 384), correlation_length=3.5, phase_fraction=float(share), seed=100 + number)
        for number, share in enumerate(shares)
    ]
    return np.concatenate(fields)


SCENES: dict[str, Callable[[], np.ndarray]] = {
    "oriented-pores": oriented_pores,
    "pores": pores,
    "porosities": porosities,
}


def _frequencies(shape: Sequence[int]) -> list[np.ndarray]:
    return [np.fft.fftfreq(length) for length in shape[:-1]] + [np.fft.rfftfreq(shape[-1])]


def discs(shape: Sequence[int], *, radius: float, phase_fraction: float, seed: int, n: int = 1) -> np.ndarray:
    """Throw discs (balls in 3D) of one size at random places, overlapping and periodic (the Boolean model).

    The number of discs is Poisson distributed with the intensity -ln(1 - phi) / V, V the area of a disc in pixels; then
    the expected phase fraction is phi and S2 of the gaps is exp(-intensity * area of the union of two discs at r)
    (Torquato, Random Heterogeneous Materials, 2002, section 5.1).

    Parameters
    ----------
    shape : (H, W) or (D, H, W), in pixels; each side at least 2 radius + 1
    radius : float
        In pixels, above 0; a pixel belongs to a disc if its centre lies within the radius.
    phase_fraction : float
        Expected share of discs (phase 1), between 0 and 1; single images scatter around it.
    seed : int
        Seed of the first image; image i has seed + i.
    n : int
        Number of images.

    Returns
    -------
    uint8 array (n, *shape), 1 = discs

    Raises
    ------
    RaysysError
        For a phase fraction outside 0 to 1, or a radius that is not positive or too large for the image.
    """
    _require_fraction(phase_fraction)
    if not 0 < radius <= (min(shape) - 1) / 2:
        raise RaysysError(
            f"radius is {radius:g}; discs in {tuple(shape)} pixels have 0 < radius <= {(min(shape) - 1) / 2:g}"
        )
    volume = {2: math.pi * radius**2, 3: 4 / 3 * math.pi * radius**3}[len(shape)]
    expected = -math.log1p(-phase_fraction) / volume * math.prod(shape)
    images = np.zeros((n, *shape), np.uint8)
    for i, image in enumerate(images):
        rng = np.random.default_rng(seed + i)
        for centre in rng.random((rng.poisson(expected), len(shape))) * np.array(shape):
            _stamp(image, centre, radius)
    return images


def _stamp(image: np.ndarray, centre: np.ndarray, radius: float) -> None:
    around = [np.arange(math.ceil(c - radius), math.floor(c + radius) + 1) for c in centre]
    r2 = sum(np.square(a - c) for a, c in zip(np.meshgrid(*around, indexing="ij"), centre, strict=True))
    box = np.ix_(*(a % length for a, length in zip(around, image.shape, strict=True)))
    image[box] |= (r2 <= radius**2).astype(np.uint8)


def _require_fraction(phase_fraction: float) -> None:
    if not 0 < phase_fraction < 1:
        raise RaysysError(f"phase_fraction is {phase_fraction}; it must lie between 0 and 1")
