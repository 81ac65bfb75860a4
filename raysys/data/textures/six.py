"""Six textures that come without a file, for a first training: three photographs of scikit-image, three drawn ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from raysys.data.textures.perlin import perlin

LICENCE = (
    "CC0 (skimage.data.brick, grass and gravel: CC0Textures Bricks25, linolafett Grass 01, CC0Textures Gravel04); "
    "Apache-2.0 (cells, weave and marble: drawn by raysys.data.textures.six)"
)
SIDE = 256
NAMES = ("brick", "grass", "gravel", "cells", "marble", "weave")


def six_textures() -> dict[str, np.ndarray]:
    """By name, float32 (256, 256, 3) in [0, 1]: brick, grass, gravel, tinted, and cells, marble and weave."""
    tints = {"brick": (1.0, 0.62, 0.5), "grass": (0.62, 0.9, 0.45), "gravel": (0.85, 0.87, 0.95)}
    photographs = {name: _photograph(name, tint) for name, tint in tints.items()}
    drawn: dict[str, Callable[[], np.ndarray]] = {"cells": cells, "marble": marble, "weave": weave}
    return photographs | {name: draw() for name, draw in drawn.items()}


def _photograph(name: str, tint: tuple[float, float, float]) -> np.ndarray:
    """Half the size of scikit-image's, so that its pieces of 64 pixels show several bricks."""
    from skimage import data

    grey = np.asarray(getattr(data, name)()).astype(np.float32) / 255
    small = grey.reshape(SIDE, 2, SIDE, 2).mean((1, 3))
    return (small[..., None] * np.array(tint, np.float32)).astype(np.float32)


def cells() -> np.ndarray:
    """Round cells with dark walls, like tissue."""
    chance = np.random.default_rng(1)
    seeds = np.ones((SIDE, SIDE), bool)
    corners = np.stack(np.meshgrid(*(np.arange(8, SIDE, 16),) * 2, indexing="ij"), -1).reshape(-1, 2)
    for row, column in (corners + chance.integers(-5, 6, corners.shape)) % SIDE:
        seeds[row, column] = False
    away = ndimage.distance_transform_edt(seeds).astype(np.float32)
    inside = np.clip(1 - away / 10, 0, 1)[..., None]
    return np.array([0.35, 0.1, 0.3], np.float32) * (1 - inside) + np.array([0.95, 0.75, 0.8], np.float32) * inside


def weave() -> np.ndarray:
    """Threads over and under each other."""
    rows, columns = np.indices((SIDE, SIDE)).astype(np.float32)
    over = ((rows // 8 + columns // 8) % 2).astype(bool)
    across = np.abs(np.sin(np.pi * (rows % 8 + 0.5) / 8))
    down = np.abs(np.sin(np.pi * (columns % 8 + 0.5) / 8))
    light = np.where(over, across, down)[..., None].astype(np.float32)
    colour = np.where(over[..., None], np.float32([0.85, 0.75, 0.45]), np.float32([0.25, 0.35, 0.65]))
    return (colour * (0.4 + 0.6 * light)).astype(np.float32)


def marble() -> np.ndarray:
    """Veins of noise."""
    turned = perlin((SIDE, SIDE), seed=3, cell=28, octaves=3)
    rows = np.indices((SIDE, SIDE))[0]
    vein = np.abs(np.sin(2 * np.pi * (rows / 42 + 1.6 * turned)))[..., None].astype(np.float32) ** 0.6
    return vein * np.float32([0.9, 0.92, 0.88]) + (1 - vein) * np.float32([0.2, 0.3, 0.3])
