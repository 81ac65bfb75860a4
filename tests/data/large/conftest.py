"""Small images that stand for large ones."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter


@pytest.fixture(scope="session")
def grains() -> np.ndarray:
    """(201, 317) uint8: dark grains in a bright matrix, with noise that leaves specks."""
    field = gaussian_filter(np.random.default_rng(0).standard_normal((201, 317)), 3)
    grey = np.where(field > 0.6 * field.std(), 60, 170) + np.random.default_rng(1).normal(0, 30, field.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def deep_grains(grains: np.ndarray) -> np.ndarray:
    """The same as uint16, with a slope of brightness."""
    return grains.astype(np.uint16) * 37 + np.arange(317, dtype=np.uint16) * 5
