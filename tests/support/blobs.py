"""Small blobs of three kinds, measured once."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from raysys.stats import (
    Baseline,
    Characterisation,
    Distance,
    RepresentativeSize,
    characterise,
    distances,
    real_against_real,
    representative_size,
)

DESCRIPTORS = ("S2", "P3H", "P4", "L")
EVERYTHING = (*DESCRIPTORS, "S2_axis0", "S2_axis1", "C2", "chord_length", "minkowski", "pores")


def blobs(n: int, width: float, seed: int, side: int = 32) -> np.ndarray:
    """Thresholded smooth noise, (n, side, side) uint8."""
    noise = np.random.default_rng(seed).standard_normal((n, side, side))
    smooth = np.stack([gaussian_filter(one, width, mode="wrap") for one in noise])
    return (smooth > np.quantile(smooth, 0.65)).astype(np.uint8)


@pytest.fixture(scope="session")
def images() -> dict[str, np.ndarray]:
    return {"real <rock>": blobs(12, 2.0, 1), "GAN & Co": blobs(12, 2.0, 2), "coarse": blobs(8, 4.0, 3)}


@pytest.fixture(scope="session")
def characterisations(images: dict[str, np.ndarray]) -> dict[str, Characterisation]:
    return {name: characterise(one, DESCRIPTORS) for name, one in images.items()}


@pytest.fixture(scope="session")
def whole(images: dict[str, np.ndarray]) -> dict[str, Characterisation]:
    """With curves of every group, scalars and pores."""
    return {name: characterise(one, EVERYTHING) for name, one in images.items()}


@pytest.fixture(scope="session")
def apart(whole: dict[str, Characterisation]) -> dict[str, list[Distance]]:
    real, *others = whole
    return {name: distances(whole[real], whole[name], resamples=20, splits=10) for name in others}


@pytest.fixture(scope="session")
def representative() -> RepresentativeSize:
    (image,) = blobs(1, 2.0, 4, side=160)
    return representative_size(image, sizes=(16, 32, 64, 96), windows=6, tolerance=0.1)


@pytest.fixture(scope="session")
def baseline(characterisations: dict[str, Characterisation]) -> dict[str, Baseline]:
    return real_against_real(characterisations["real <rock>"], splits=20)
