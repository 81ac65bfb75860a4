"""Windows of an endless image, assembled from blocks that lie on one fixed grid.

A block is always computed whole and at the same place, whatever window it is asked for. So two windows that overlap
agree bit for bit on a CPU (a convolution's rounding depends on where in its array a pixel stands), and memory is
bounded by the block, not by the window.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.models.noise import lattice_noise

# Pixels computed in one pass on an accelerator: at 64 channels about 1 GB of activations.
PIXELS_PER_PASS = 2**22
THRESHOLD = 0.5

Network = Callable[[Tensor], Tensor]
Point = tuple[int, ...]


@dataclass(frozen=True)
class Lattice:
    """How a network's noise lies under its images.

    Attributes
    ----------
    channels
        Values per lattice point.
    cell
        Pixels per lattice point along each axis.
    halo
        Lattice points that a block needs beyond itself on each side.
    block
        Pixels of a block along each axis, multiples of `cell`.
    """

    channels: int
    cell: int
    halo: int
    block: Point

    def noise(self, seed: int, start: Point, period: Point | None) -> np.ndarray:
        """What the block that starts at pixel `start` is made of: float32 (channels, *points)."""
        points = [side // self.cell + 2 * self.halo for side in self.block]
        origin = [first // self.cell - self.halo for first in start]
        wrap = None if period is None else [side // self.cell for side in period]
        return lattice_noise(seed, self.channels, points, origin=origin, period=wrap)


@dataclass(frozen=True)
class Window:
    """Pixels [origin, origin + size) of an image without end, or of one that repeats after `period` pixels."""

    origin: Point
    size: Point
    period: Point | None = None

    def blocks(self, block: Point) -> Iterator[Point]:
        """First pixel of every block that the window touches."""
        axes = zip(self.origin, self.size, block, strict=True)
        yield from product(*(range(first // side * side, first + size, side) for first, size, side in axes))


def draw(
    network: Network,
    lattice: Lattice,
    seeds: Sequence[int],
    window: Window,
    *,
    binary: bool,
    device: torch.device,
    conditions: np.ndarray | None = None,
) -> np.ndarray:
    """One image per seed.

    Parameters
    ----------
    network
        Noise (B, channels, *points) to images (B, C, *block), values in [0, 1]; the first channel is taken.
    lattice, window
        Of the network, and the pixels to return.
    seeds
        One per image.
    binary
        Threshold at one half.
    device
        On a CPU every block is computed by itself, so that an image does not depend on its batch; elsewhere in batches.
    conditions
        What each image is asked to have, float32 (len(seeds), conditions): further channels beside the noise, the same
        at every lattice point.

    Returns
    -------
    (len(seeds), *size) uint8 in {0, 1}, or float32 in [0, 1]
    """
    images = _empty((len(seeds), *window.size), np.uint8 if binary else np.float32)
    jobs = list(product(range(len(seeds)), window.blocks(lattice.block)))
    batch = 1 if device.type == "cpu" else max(1, PIXELS_PER_PASS // int(np.prod(lattice.block)))
    with torch.inference_mode():
        for first in range(0, len(jobs), batch):
            now = jobs[first : first + batch]
            noise = np.stack([lattice.noise(seeds[image], start, window.period) for image, start in now])
            if conditions is not None:
                noise = beside(noise, conditions[[image for image, _ in now]])
            blocks = network(torch.from_numpy(noise).to(device))[:, 0].float().cpu().numpy()
            for (image, start), block in zip(now, blocks, strict=True):
                _paste(images[image], block > THRESHOLD if binary else block, start, window)
    return images


def beside(noise: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Noise (B, channels, *points) and, at every point, conditions (B, conditions)."""
    maps = np.broadcast_to(asked.reshape(*asked.shape, *(1,) * (noise.ndim - 2)), (*asked.shape, *noise.shape[2:]))
    return np.concatenate([noise, maps], axis=1)


def _paste(image: np.ndarray, block: np.ndarray, start: Point, window: Window) -> None:
    """Copy the part of a block that lies inside the window."""
    into, out_of = [], []
    for first, side, origin, size in zip(start, block.shape, window.origin, window.size, strict=True):
        low, high = max(first, origin), min(first + side, origin + size)
        into.append(slice(low - origin, high - origin))
        out_of.append(slice(low - first, high - first))
    image[tuple(into)] = block[tuple(out_of)]


def _empty(shape: Point, dtype: type) -> np.ndarray:
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise RaysysError(f"images of shape {shape} do not fit into memory; ask for fewer or smaller ones") from error
