"""Maps in files: grey pictures, palettes and arrays; and pictures of them to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from scipy import ndimage

from raysys.data.files.reading import read_images
from raysys.data.files.writing import write_images
from raysys.data.textures.orientation import angles_of, vectors_of
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.label_colours import label_colours

__all__ = ["MapKind", "map_picture", "read_map", "write_map"]

MapKind = Literal["progression", "orientation", "annotation"]
ANGLES = 256  # steps of half a turn in a picture of 8 bits
LARGEST = {"uint8": 255, "uint16": 65_535, "bool": 1}
STEPS = 12  # pixels of a streak on either side
# From dark blue over grey to yellow, told apart by everyone and in print.
RAMP = np.array([[0, 32, 76], [87, 93, 109], [124, 123, 120], [166, 157, 117], [255, 233, 69]]) / 255


def read_map(path: str | Path, kind: MapKind) -> np.ndarray:
    """A map from a picture or an array.

    Parameters
    ----------
    path
        Any format that images are read from. Of progressions black is 0 and white 1, arrays of floats hold [0, 1].
        Orientations are angles: in pictures of 8 bits black is 0 and white just below 180 degrees, in arrays (H, W)
        they are radians, and (H, W, 2) holds vectors (right, up). Of annotations the stored numbers are the labels.

    Returns
    -------
    float32 (H, W), float32 (H, W, 2), or int64 (H, W)
    """
    if kind == "orientation" and (vectors := _vectors(path)) is not None:
        return vectors
    stored = read_images(path, kind="labels" if kind == "annotation" else "grey")
    if stored.ndim != 2:
        raise RaysysError(f"{path} holds {stored.shape}, a volume or several images; allowed: one flat {kind} map")
    if kind == "annotation":
        return stored.astype(np.int64)
    if kind == "orientation" and stored.dtype.kind == "f" and Path(path).suffix.lower() == ".npy":
        return vectors_of(stored.astype(np.float64))
    if stored.dtype.kind == "f":
        values = stored.astype(np.float32)  # also the luminance of a picture with colours
    elif stored.dtype.name in LARGEST:
        values = stored.astype(np.float32) / np.float32(LARGEST[stored.dtype.name])
    else:
        raise RaysysError(f"{path} holds {stored.dtype} numbers; allowed for a {kind} map: 8 or 16 bits, or floats")
    if kind == "progression":
        return values
    largest = LARGEST.get(stored.dtype.name, ANGLES - 1)
    return vectors_of(np.pi * values.astype(np.float64) * largest / (largest + 1))


def _vectors(path: str | Path) -> np.ndarray | None:
    """Of an array of vectors, which no image has."""
    if Path(path).suffix.lower() != ".npy" or not Path(path).is_file():
        return None
    try:
        stored = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise RaysysError(f"{path} is no NumPy array ({error})") from None
    if stored.ndim != 3 or stored.shape[2] != 2:
        return None
    lengths = np.linalg.norm(stored.astype(np.float64), axis=-1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise RaysysError(f"{path} has vectors without a direction; allowed: finite vectors (right, up) that are not 0")
    return (stored / lengths).astype(np.float32)


def write_map(path: str | Path, values: np.ndarray, kind: MapKind) -> None:
    """Write a map as `read_map` reads it: .png, .tif (8 bits; labels with a palette in PNG) or .npy (as it is)."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".tif", ".tiff", ".npy"):
        raise RaysysError(f"{path}: unknown format of a map; allowed: .png, .tif, .npy")
    if suffix == ".npy":
        with written_aside(Path(path)) as aside, aside.open("wb") as stream:
            np.save(stream, values, allow_pickle=False)
        return
    if kind == "annotation":
        write_images(path, values.astype(np.uint8)[None], kind="labels")
        return
    if kind == "orientation":
        steps = np.rint(angles_of(values) * ANGLES / np.pi).astype(np.int64) % ANGLES
    else:
        steps = np.rint(255 * values).astype(np.int64)
    write_images(path, steps.astype(np.uint8)[None], kind="grey")


def map_picture(values: np.ndarray, kind: MapKind) -> np.ndarray:
    """A map as colours (H, W, 3), float32 in [0, 1], to look at.

    A progression from dark blue to yellow; labels in the colours that they have everywhere; an orientation as streaks
    along its lines, the hue says the angle.
    """
    if kind == "annotation":
        held, places = np.unique(values, return_inverse=True)
        colours = label_colours(max(len(held), int(held.max()) + 1 if held.min() >= 0 and held.max() < 256 else 0))
        shown = values if held.min() >= 0 and held.max() < 256 else places.reshape(values.shape)
        return (colours[shown] / 255).astype(np.float32)
    if kind == "progression":
        at = np.linspace(0, 1, len(RAMP))
        return np.stack([np.interp(values, at, channel) for channel in RAMP.T], axis=-1).astype(np.float32)
    turn = 2 * angles_of(values)[..., None] - 2 * np.pi * np.array([0, 1 / 3, 2 / 3])
    hue = 0.5 + 0.5 * np.cos(turn)
    return ((0.35 + 0.65 * hue) * (0.25 + 0.75 * _streaks(values)[..., None])).astype(np.float32)


def _streaks(vectors: np.ndarray) -> np.ndarray:
    """Noise averaged along the lines through every pixel, from 0 to 1 (line integral convolution)."""
    noise = np.random.default_rng(0).random(vectors.shape[:2])
    total, grid = noise.copy(), np.indices(vectors.shape[:2]).astype(np.float64)
    for sign in (1, -1):
        at, before = grid.copy(), sign * vectors
        for _ in range(STEPS):
            here = [
                np.clip(np.rint(one), 0, side - 1).astype(np.int64) for one, side in zip(at, noise.shape, strict=True)
            ]
            line = vectors[here[0], here[1]]
            # Of a line's two directions the one that goes on.
            line = np.where((line * before).sum(-1, keepdims=True) < 0, -line, line)
            at += np.stack([-line[..., 1], line[..., 0]])
            before = line
            total += ndimage.map_coordinates(noise, at, order=1, mode="mirror")
    low, high = np.percentile(total, (1, 99))
    return np.clip((total - low) / max(high - low, 1e-12), 0, 1)
