"""Where tiles lie in an image: at multiples of the stride, on both sides of one cut, in blocks that share no pixel."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from raysys.data.shapes import Sides, sides_of, spelled, told
from raysys.errors import RaysysError

BLOCKS_A_SIDE = 4


class Side(NamedTuple):
    """Where the tiles of one side lie: `origins`, `groups` and `inside` as in `Tiles`."""

    origins: np.ndarray
    groups: np.ndarray
    inside: np.ndarray

    def taken(self, chosen: np.ndarray) -> "Side":
        """Some of them."""
        return Side(*(part[chosen] for part in self))


def axes_of(size: Sides, axes: int, dims: int | None) -> int:
    """Axes of a tile: `dims`, else as many as `size` has, else all of the image's."""
    return dims or (axes if isinstance(size, int) else len(size))


def window_count(shape: Sequence[int], size: Sides, stride: Sides) -> int:
    """How many whole windows of `size` fit at multiples of `stride` (all in pixels).

    17,920 x 54,784 pixels, windows of 512 every 256, give 14,697; 15,000 x 30,000, 1,024 every 200, give 10,150
    (the published training sets; partial windows do not count).
    """
    sides, steps = sides_of(size, len(shape)), sides_of(stride, len(shape))
    return math.prod(max(0, (n - side) // step + 1) for n, side, step in zip(shape, sides, steps, strict=True))


def check_steps(size: Sequence[int], stride: Sequence[int]) -> None:
    """Raise a RaysysError if a window or a step has no pixel."""
    if min(size) < 1 or min(stride) < 1:
        raise RaysysError(f"window size {told(size)} and stride {told(stride)} must be at least 1 pixel")


def holds(shape: Sequence[int], size: Sequence[int]) -> bool:
    """Whether a window fits into the last axes of an image."""
    return all(length >= side for length, side in zip(shape[len(shape) - len(size) :], size, strict=True))


def cut_of(shape: Sequence[int], held_out: float) -> tuple[int, int]:
    """The longest axis, and the first pixel along it that is held out."""
    if not 0 <= held_out < 1:
        raise RaysysError(f"held_out is {held_out:g}; allowed are shares from 0 to below 1")
    axis = int(np.argmax(shape))
    return axis, shape[axis] - round(held_out * shape[axis])


def placed(shape: Sequence[int], size: Sides, stride: Sides, *, held_out: float, dims: int) -> tuple[Side, Side]:
    """Where `split_by_region` cuts the training and the held-out tiles of an image of that shape.

    Raises
    ------
    RaysysError
        If either side of the cut is smaller than one tile.
    """
    sides, steps = sides_of(size, dims), sides_of(stride, dims)
    axis, cut = cut_of(shape, held_out)
    near, far, start = list(shape), list(shape), np.zeros(len(shape), np.int64)
    near[axis], far[axis], start[axis] = cut, shape[axis] - cut, cut
    train = _side(near, sides, steps, "training", shape, held_out)
    if not held_out:
        return train, Side(*(part[:0] for part in train))
    aside = _side(far, sides, steps, "held-out", shape, held_out)
    return train, aside._replace(origins=aside.origins + start)


def _side(
    part: Sequence[int], size: Sequence[int], stride: Sequence[int], name: str, whole: Sequence[int], held_out: float
) -> Side:
    if min(part) < 1 or not holds(part, size):
        raise RaysysError(
            f"the {name} side has {spelled(part)} of the image's {spelled(whole)} pixels at held_out={held_out:g}, "
            f"less than one tile of {told(size)}; use smaller tiles, less downscaling, a larger image or another "
            "held_out"
        )
    check_steps(size, stride)
    origins = _origins(part, size, stride)
    return Side(origins, *_groups(part, origins, size, stride))


def _origins(shape: Sequence[int], size: Sequence[int], stride: Sequence[int]) -> np.ndarray:
    flat = len(shape) - len(size)
    leading = [np.arange(length) for length in shape[:flat]]
    cut = [np.arange(0, n - side + 1, step) for n, side, step in zip(shape[flat:], size, stride, strict=True)]
    return np.stack(np.meshgrid(*leading, *cut, indexing="ij"), -1).reshape(-1, len(shape))


def _groups(
    shape: Sequence[int], origins: np.ndarray, size: Sequence[int], stride: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Label tiles by a grid of up to four equal blocks a side, each of which holds at least one whole tile."""
    flat = len(shape) - len(size)
    extent, step = [1] * flat + list(size), [1] * flat + list(stride)
    blocks = [_block_count(*axis) for axis in zip(shape, extent, step, strict=True)]
    width = np.array(shape) / blocks
    place = np.minimum(((origins + np.array(extent) / 2) // width).astype(np.int64), np.array(blocks) - 1)
    inside = (origins >= place * width) & (origins + extent <= (place + 1) * width)
    return np.ravel_multi_index(tuple(place.T), tuple(blocks)).astype(np.int64), inside.all(1)


def _block_count(length: int, size: int, stride: int) -> int:
    def each_holds_a_tile(count: int) -> bool:
        firsts = (-(-block * length // (count * stride)) * stride for block in range(count))
        return all((first + size) * count <= (block + 1) * length for block, first in enumerate(firsts))

    return next((count for count in range(BLOCKS_A_SIDE, 1, -1) if each_holds_a_tile(count)), 1)
