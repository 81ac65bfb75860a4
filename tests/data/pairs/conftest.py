"""Small folders of images with masks: five pictures of three specimens."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from raysys.data.pairs import PairsSettings

NAMES = ("a_1", "a_2", "b_1", "c_1", "c_2")


def picture(seed: int, shape: tuple[int, int] = (40, 56)) -> tuple[np.ndarray, np.ndarray]:
    """Grey values uint8 and a mask of values 0, 1, 2: bright stripes are 1, a dark corner is 2."""
    mask = ((np.indices(shape)[1] + 3 * seed) // 7 % 2).astype(np.uint8)
    mask[:6, :6] = 2
    grey = np.array([90, 180, 20])[mask] + np.random.default_rng(seed).integers(0, 20, shape)
    return grey.astype(np.uint8), mask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """NAME.png and NAME_mask.png of five pictures."""
    there = tmp_path / "pairs"
    there.mkdir()
    for seed, name in enumerate(NAMES):
        grey, mask = picture(seed)
        Image.fromarray(grey).save(there / f"{name}.png")
        Image.fromarray(mask).save(there / f"{name}_mask.png")
    return there


@pytest.fixture
def settings(folder: Path) -> Callable[..., PairsSettings]:
    """Settings of that folder, with fields replaced."""

    def make(**fields: object) -> PairsSettings:
        given = {
            "source": "pairs",
            "images": str(folder),
            "classes": ["ground", "stripe", "corner"],
            "tile": 16,
            "stride": 8,
            "specimen": 1,
            "held_out": ["b"],
        }
        return PairsSettings(**(given | fields))

    return make
