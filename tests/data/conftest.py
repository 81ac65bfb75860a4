"""What several tests of the data room need."""

from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def shared_image():
    """A function from a name below the shared data folder to its path; skips where the folder is absent."""

    def find(name: str) -> Path:
        if not (SHARED / name).exists():
            pytest.skip(f"the shared data folder with {name} is absent")
        return SHARED / name

    return find


@pytest.fixture
def noisy_halves() -> np.ndarray:
    """(64, 96) uint8: dark left half, bright right half, with noise."""
    image = np.where(np.arange(96) < 48, 70.0, 180.0) + np.random.default_rng(0).normal(0, 8, (64, 96))
    return np.clip(image, 0, 255).astype(np.uint8)
