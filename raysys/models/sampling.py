"""Windows of an endless image, assembled from blocks that lie on one fixed grid.

A block is always computed whole and at the same place, whatever window it is asked for. So two windows that overlap
agree bit for bit on a CPU (a convolution's rounding depends on where in its array a pixel stands), and memory is
bounded by the block, not by the window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.models.channels import THRESHOLD, from_channels, values_before
from raysys.models.condition.code import Code, Constant
from raysys.models.noise import Noise
from raysys.models.window import Point, Points, Window

__all__ = ["THRESHOLD", "Lattice", "Window", "array_dtype", "array_shape", "draw"]

# Pixels computed in one pass on an accelerator: at 64 channels about 1 GB of activations.
PIXELS_PER_PASS = 2**22

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Lattice:
    """How a network's noise lies under its images.

    Attributes
    ----------
    noise
        Values at lattice points.
    cell
        Pixels per lattice point along each axis.
    halo
        Lattice points that a block needs beyond itself on each side.
    block
        Pixels of a block along each axis, multiples of `cell`.
    detail
        Values within a cell along each axis, where noise or a map is looked at more finely than cell by cell; `halo` is
        of whole cells all the same.
    """

    noise: Noise
    cell: int
    halo: int
    block: Point
    detail: int = 1

    @property
    def channels(self) -> int:
        """Values at a lattice point."""
        return self.noise.channels

    def at(self, seed: int, start: Point, period: Point | None = None, code: Code | None = None) -> np.ndarray:
        """What the block that starts at pixel `start` is made of: float32 (channels, *points).

        `period` is that of the image, in pixels; `code` is what the image is asked to have.
        """
        points = Points(
            tuple((first // self.cell - self.halo) * self.detail for first in start),
            tuple((side // self.cell + 2 * self.halo) * self.detail for side in self.block),
            None if period is None else tuple(side // self.cell * self.detail for side in period),
        )
        if code is None:
            return self.noise.at(seed, points)
        side = self.cell // self.detail
        elsewhere = None if isinstance(code, Constant) else partial(code.at, cell=side)
        return self.noise.at(seed, points, code.at(points, side), elsewhere)


def array_shape(form: Form, count: int, size: Point, *, grey: bool = False) -> tuple[int, ...]:
    """Shape of an array of images of a form, see `draw`."""
    return (count, *size, form.channels) if form.kind == "labels" and grey else form.array_shape(count, size)


def array_dtype(form: Form, *, grey: bool = False) -> np.dtype:
    """Number type of an array of images of a form, see `draw`."""
    return np.dtype(np.float32) if grey else form.dtype


def draw(
    network: Network,
    lattice: Lattice,
    seeds: Sequence[int],
    window: Window,
    *,
    form: Form,
    device: torch.device,
    grey: bool = False,
    codes: Sequence[Code] | None = None,
    show: Callable[[int], Any] | None = None,
) -> np.ndarray:
    """One image per seed.

    Parameters
    ----------
    network
        Noise (B, channels, *points) to images (B, C, *block), values in [0, 1], as `GenerativeModel.grey`.
    lattice, window
        Of the network, and the pixels to return.
    seeds
        One per image.
    form
        What the network's channels mean.
    device
        On a CPU every block is computed by itself, so that an image does not depend on its batch; elsewhere in batches.
    grey
        Return binary and label images before the threshold.
    codes
        What each image is asked to have; None if nothing can be asked.
    show
        Called with the number of blocks that have just been made.

    Returns
    -------
    (len(seeds), *size) uint8 for binary and label images, float32 in [0, 1] for grey ones and binary ones before the
    threshold, (len(seeds), *size, 3) for colour, (len(seeds), *size, phases) for label images before the threshold
    """
    images = _empty(array_shape(form, len(seeds), window.size, grey=grey), array_dtype(form, grey=grey))
    finished = values_before if grey else from_channels
    jobs = list(product(range(len(seeds)), window.blocks(lattice.block)))
    batch = 1 if device.type == "cpu" else max(1, PIXELS_PER_PASS // int(np.prod(lattice.block)))
    with torch.inference_mode():
        for first in range(0, len(jobs), batch):
            now = jobs[first : first + batch]
            noise = np.stack(
                [
                    lattice.at(seeds[image], start, window.period, None if codes is None else codes[image])
                    for image, start in now
                ]
            )
            values = network(torch.from_numpy(noise).to(device)).float().cpu().numpy()
            for (image, start), block in zip(now, finished(form, values), strict=True):
                _paste(images[image], block, start, window)
            if show is not None:
                show(len(now))
    return images


def _paste(image: np.ndarray, block: np.ndarray, start: Point, window: Window) -> None:
    """Copy the part of a block (*spatial, ...) that lies inside the window."""
    into, out_of = [], []
    for first, side, origin, size in zip(start, block.shape, window.origin, window.size, strict=False):
        low, high = max(first, origin), min(first + side, origin + size)
        into.append(slice(low - origin, high - origin))
        out_of.append(slice(low - first, high - first))
    image[tuple(into)] = block[tuple(out_of)]


def _empty(shape: Point, dtype: np.dtype) -> np.ndarray:
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError) as error:
        raise RaysysError(
            f"images of shape {shape} do not fit into memory; ask for fewer or smaller ones, or write them to a file "
            "part by part with raysys.models.write_sample"
        ) from error
