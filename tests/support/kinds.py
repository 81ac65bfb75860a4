"""Tiny images of every kind in files, and the data sections of recipes that read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from raysys.data.synthetic import gaussian_random_field

SIDE = 16  # of a tile
PHASES = ("pore", "grain", "rim")
KINDS = ("grey", "colour", "phases", "volume", "phase-volume")


def field(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Smooth grey values in [0, 1], float32 (*shape)."""
    fractions = np.linspace(0.1, 0.9, 9)
    drawn = [gaussian_random_field(shape, correlation_length=2.0, phase_fraction=f, seed=seed)[0] for f in fractions]
    return np.mean(drawn, axis=0, dtype=np.float32)


def grey(shape: tuple[int, ...]) -> np.ndarray:
    """Smooth blobs."""
    return field(shape, 3)


def colour(shape: tuple[int, ...]) -> np.ndarray:
    """Red and green blobs of their own, and a blue that follows red: float32 (*shape, 3)."""
    red, green = field(shape, 4), field(shape, 5)
    return np.stack([red, green, 0.7 * red + 0.1], axis=-1)


def labels(shape: tuple[int, ...]) -> np.ndarray:
    """Grains with a rim around them, in PHASES: uint8, as stored values 0, 128 and 255."""
    values = field(shape, 6)
    return np.select([values < 0.45, values < 0.6], [0, 255], 128).astype(np.uint8)


def binary(shape: tuple[int, ...]) -> np.ndarray:
    """Blobs, uint8 0 and 1."""
    return gaussian_random_field(shape, correlation_length=2.0, phase_fraction=0.4, seed=3)[0]


STORED = dict(zip(PHASES, (0, 128, 255), strict=True))
FLAT, DEEP = (96, 96), (48, 32, 32)
SECTIONS = {
    "grey": (grey, FLAT, {"segment": "none", "denoise_sigma_spatial": 0}),
    "colour": (colour, FLAT, {"colour": True}),
    "phases": (labels, FLAT, {"phases": STORED}),
    "volume": (binary, DEEP, {"dims": 3}),
    "phase-volume": (labels, DEEP, {"phases": STORED, "dims": 3}),
}


def data_of(kind: str, folder: Path) -> dict[str, object]:
    """A recipe's data section, whose file is written into the folder if it is not there yet."""
    make, shape, fields = SECTIONS[kind]
    path = folder / f"{kind}.npy"
    if not path.exists():
        np.save(path, make(shape))
    return {"images": str(path), "tile": SIDE, "stride": SIDE // 2, "held_out": 0.34, **fields}
