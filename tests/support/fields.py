"""Periodic Gaussian random fields, thresholded: the targets of this room's tests."""

from collections.abc import Callable

import numpy as np
import pytest

Field = Callable[..., np.ndarray]


def thresholded_field(shape: tuple[int, int], phi: float, sigma: float, seed: int = 0) -> np.ndarray:
    """(H, W) uint8: white noise, Fourier filter exp(-|k|^2 sigma^2 / 2), the largest round(phi H W) pixels are 1."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    ky, kx = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(n) for n in shape), indexing="ij")
    field = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-(kx**2 + ky**2) * sigma**2 / 2)).real
    image = np.zeros(field.size, np.uint8)
    image[np.argsort(field, axis=None)[-round(phi * field.size) :]] = 1
    return image.reshape(shape)


@pytest.fixture(scope="session")
def field() -> Field:
    return thresholded_field
