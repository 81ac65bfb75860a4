"""What several tests of the data room need."""

import numpy as np
import pytest
from support.shared import shared

from raysys.data.large import image as large_image
from raysys.data.large import shrinking, smoothing


@pytest.fixture
def shared_image():
    """A function from a name below the shared data folder to its path; skips where the folder is absent."""

    return shared


@pytest.fixture
def noisy_halves() -> np.ndarray:
    """(64, 96) uint8: dark left half, bright right half, with noise."""
    image = np.where(np.arange(96) < 48, 70.0, 180.0) + np.random.default_rng(0).normal(0, 8, (64, 96))
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands of 16 rows, windows of 50 columns, so that the images of these tests have many of them."""
    monkeypatch.setattr(large_image, "BAND_PIXELS", 4_000)
    monkeypatch.setattr(smoothing, "WINDOW_COLUMNS", 50)
    monkeypatch.setattr(shrinking, "AT_ONCE", 0)
    monkeypatch.setattr(shrinking, "BAND_ROWS", 40)
    monkeypatch.setattr(shrinking, "BAND_PIXELS", 40_000)
