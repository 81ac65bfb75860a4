"""Images that share S2 with real ones and nothing else: Gaussian fields, and annealing on S2 alone."""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import irfftn, rfftn
from scipy.integrate import cumulative_trapezoid
from scipy.special import ndtri

from raysys.anneal import Schedule, Target, anneal

__all__ = ["annealed_on_two_point", "gaussian_like"]

STEPS = 2001  # of the table from the field's correlation to that of what it is cut into
STAGES, ALPHA = 120, 0.94  # S2 is met to 1e-6 and better, which no test of some images can see


def gaussian_like(images: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    """Thresholded Gaussian fields with the mean two-point function of images (N, ...), and each image's phase fraction.

    The field's correlation is that which gives the images' S2 once it is cut at the level of the phase fraction; where
    no Gaussian field has such a correlation, the nearest one is taken (negative parts of its spectrum are zero). Fields
    are made on a torus of twice the side, of which the images are windows.

    References
    ----------
    Teubner, Europhys. Lett. 14 (1991) 403; Roberts & Teubner, Phys. Rev. E 51 (1995) 4141.
    """
    phi = float(images.mean())
    if not 0 < phi < 1:
        return images.copy()
    shape = images.shape[1:]
    amplitude = np.sqrt(_spectrum(images, phi))
    torus = tuple(2 * side for side in shape)
    inside = tuple(slice(0, side) for side in shape)
    made = np.empty_like(images)
    for image, field in zip(images, made, strict=True):
        noise = random.standard_normal(torus)
        smooth = irfftn(rfftn(noise) * amplitude, s=torus)[inside]
        count = int(image.sum())
        field[...] = 0
        field.reshape(-1)[np.argsort(smooth, axis=None)[image.size - count :]] = 1
    return made


def _spectrum(images: np.ndarray, phi: float) -> np.ndarray:
    """Power of the field at the frequencies of a real transform on a torus of twice the side."""
    shape, axes = images.shape[1:], range(1, images.ndim)
    torus = [2 * side for side in shape]
    pairs = irfftn((np.abs(rfftn(images.astype(np.float64), torus, axes)) ** 2).mean(axis=0), s=torus)
    positions, weights = np.ones(()), np.ones(())
    for side in shape:
        lag = np.abs(np.fft.fftfreq(2 * side, 1 / (2 * side)))
        positions = np.multiply.outer(positions, np.maximum(1, side - lag))
        # Long lags have few positions and are mostly noise: they fade out.
        weights = np.multiply.outer(weights, np.cos(np.pi / 2 * lag / side) ** 2)
    scaled = np.clip((pairs / positions - phi**2) / (phi - phi**2), -1.0, 1.0)
    return np.asarray(np.maximum(0.0, rfftn(np.interp(scaled, *_cut(phi)) * weights).real))


def _cut(phi: float) -> tuple[np.ndarray, np.ndarray]:
    """Scaled two-point values, growing, and the field's correlations that give them: an integral of Sheppard's."""
    level = float(ndtri(1 - phi))
    angles = np.linspace(-math.pi / 2, math.pi / 2, STEPS)  # the correlation's arc sine, in which it is smooth
    density = np.exp(-(level**2) / (1 + np.clip(np.sin(angles), -1 + 1e-12, None))) / (2 * math.pi)
    covariance = cumulative_trapezoid(density, angles, initial=0.0)
    covariance -= np.interp(0.0, angles, covariance)
    return covariance / covariance[-1], np.sin(angles)


def annealed_on_two_point(images: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    """Each image annealed anew from a random start, asked for its own S2 along the axes and for nothing else."""
    r_max = min(images.shape[1:]) // 2 - 1
    schedule = Schedule(stages=STAGES, alpha=ALPHA)
    seeds = random.integers(2**31, size=len(images))
    made = images.copy()
    for place, (image, seed) in enumerate(zip(images, seeds, strict=True)):
        if 0 < image.mean() < 1:  # of one phase there is nothing to exchange
            target = Target.from_images(image[None], ("S2",), r_max=r_max)
            made[place] = anneal(target, image.shape, seed=int(seed), schedule=schedule).image
    return made
