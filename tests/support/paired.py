"""Bright discs on noisy ground with their masks, as files: a task that a small U-Net learns in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

PAIRED = {
    "source": "pairs",
    "classes": ["ground", "disc"],
    "tile": 16,
    "stride": 8,
    "held_out": ["disc_3"],
}


def discs(seed: int, side: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Grey values and a mask, uint8 (side, side): discs 60 brighter than the ground, noise of 30."""
    chance = np.random.default_rng([7, seed])
    rows, columns = np.mgrid[:side, :side]
    mask = np.zeros((side, side), bool)
    for row, column, radius in zip(*chance.integers(0, side, (2, 8)), chance.integers(4, 9, 8), strict=True):
        mask |= (rows - row) ** 2 + (columns - column) ** 2 < radius**2
    grey = 90 + 60 * mask + chance.normal(0, 30, mask.shape)
    return grey.clip(0, 255).astype(np.uint8), mask.astype(np.uint8)


def write_paired(folder: Path, *, count: int = 4, side: int = 64) -> Path:
    """Write disc_0.png and disc_0_mask.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        grey, mask = discs(number, side)
        Image.fromarray(grey).save(folder / f"disc_{number}.png")
        Image.fromarray(mask).save(folder / f"disc_{number}_mask.png")
    return folder
