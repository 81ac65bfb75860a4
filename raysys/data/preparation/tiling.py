"""Cutting a large image into tiles, and splitting them so that training and held-out tiles share no pixel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from raysys.errors import RaysysError

BLOCKS_A_SIDE = 4


@dataclass(frozen=True)
class Tiles:
    """Tiles of one large image, split by region.

    Attributes
    ----------
    train, held_out : (N, tile, tile) or (N, tile, tile, tile); uint8 in {0, 1}, or float32 in [0, 1] for grey images
    train_origins, held_out_origins : (N, image.ndim) int64, first corner of each tile in `image`
    train_groups, held_out_groups : (N,) int64, region label 0, 1, ... of the block in which the tile's centre lies
    train_inside, held_out_inside : (N,) bool, whether the tile lies wholly inside its block: such tiles of different
        groups share no pixel, others may overlap their neighbours' at a border
    image : the large image that was cut, after all preparation
    grey : float32 in [0, 1], the image as read, before denoising and downscaling; None for label images
    phase_fraction, phase_fraction_before : share of phase 1 in `image`, and before downscaling; for grey images the
        mean grey value
    provenance : where the tiles come from, ready for JSON
    train_targets, held_out_targets : what a network is to say of each tile; tiles have nothing of the kind
    target_names : of their values
    train_weights : how often each training tile is to be drawn; None for all alike
    """

    train: np.ndarray
    held_out: np.ndarray
    train_origins: np.ndarray
    held_out_origins: np.ndarray
    train_groups: np.ndarray
    held_out_groups: np.ndarray
    train_inside: np.ndarray
    held_out_inside: np.ndarray
    image: np.ndarray
    grey: np.ndarray | None = None
    phase_fraction: float = math.nan
    phase_fraction_before: float = math.nan
    provenance: dict[str, Any] = field(default_factory=dict)
    train_targets: np.ndarray | None = None
    held_out_targets: np.ndarray | None = None
    target_names: tuple[str, ...] = ()
    train_weights: np.ndarray | None = None


def window_count(shape: Sequence[int], size: int, stride: int) -> int:
    """How many whole windows of `size` fit at multiples of `stride` (all in pixels).

    17,920 x 54,784 pixels, windows of 512 every 256, give 14,697; 15,000 x 30,000, 1,024 every 200, give 10,150
    (the published training sets; partial windows do not count).
    """
    return math.prod(max(0, (length - size) // stride + 1) for length in shape)


def windows(image: np.ndarray, size: int, stride: int, *, dims: int | None = None) -> np.ndarray:
    """Cut whole windows at multiples of `stride`, in row-major order of their origins.

    Parameters
    ----------
    image : array (H, W) or (D, H, W)
    size, stride : int
        Window side and step, in pixels.
    dims : int, optional
        2 cuts flat windows out of every slice of a stack; by default windows have as many axes as the image.

    Returns
    -------
    array (N, size, size) or (N, size, size, size) of the image's dtype

    Raises
    ------
    RaysysError
        If the image is smaller than one window, or size or stride is below 1.
    """
    dims = dims or image.ndim
    if size < 1 or stride < 1:
        raise RaysysError(f"window size {size} and stride {stride} must be at least 1 pixel")
    if min(image.shape[-dims:]) < size:
        raise RaysysError(f"the image of {_by(image.shape)} pixels is smaller than the window of {size} pixels")
    axes = tuple(range(image.ndim - dims, image.ndim))
    view = np.lib.stride_tricks.sliding_window_view(image, (size,) * dims, axis=axes)
    step = (slice(None),) * (image.ndim - dims) + (slice(None, None, stride),) * dims
    return np.ascontiguousarray(view[step]).reshape(-1, *(size,) * dims)


def split_by_region(
    image: np.ndarray, size: int, stride: int, *, held_out: float = 0.25, dims: int | None = None
) -> Tiles:
    """Cut tiles on both sides of one straight cut across the longest axis; the far side is held out.

    Parameters
    ----------
    image : array (H, W) or (D, H, W)
    size, stride : int
        Tile side and step, in pixels.
    held_out : float
        Share of the longest axis that is held out, from 0 (none) to below 1.
    dims : int, optional
        2 cuts flat tiles out of every slice of a stack; by default tiles have as many axes as the image.

    Returns
    -------
    Tiles
        No pixel belongs to both a training and a held-out tile.

    Raises
    ------
    RaysysError
        If either side of the cut is smaller than one tile.
    """
    dims = dims or image.ndim
    axis, cut = cut_of(image.shape, held_out)
    train, aside = placed(image.shape, size, stride, held_out=held_out, dims=dims)
    along = np.moveaxis(image, axis, 0)
    near = windows(np.moveaxis(along[:cut], 0, axis), size, stride, dims=dims)
    far = windows(np.moveaxis(along[cut:], 0, axis), size, stride, dims=dims) if held_out else near[:0]
    return Tiles(
        train=near,
        held_out=far,
        train_origins=train.origins,
        held_out_origins=aside.origins,
        train_groups=train.groups,
        held_out_groups=aside.groups,
        train_inside=train.inside,
        held_out_inside=aside.inside,
        image=image,
        phase_fraction=float(image.mean()),
        phase_fraction_before=float(image.mean()),
    )


class Side(NamedTuple):
    """Where the tiles of one side lie: `origins`, `groups` and `inside` as in `Tiles`."""

    origins: np.ndarray
    groups: np.ndarray
    inside: np.ndarray


def cut_of(shape: Sequence[int], held_out: float) -> tuple[int, int]:
    """The longest axis, and the first pixel along it that is held out."""
    if not 0 <= held_out < 1:
        raise RaysysError(f"held_out is {held_out:g}; allowed are shares from 0 to below 1")
    axis = int(np.argmax(shape))
    return axis, shape[axis] - round(held_out * shape[axis])


def placed(shape: Sequence[int], size: int, stride: int, *, held_out: float, dims: int) -> tuple[Side, Side]:
    """Where `split_by_region` cuts the training and the held-out tiles of an image of that shape."""
    axis, cut = cut_of(shape, held_out)
    near, far, start = list(shape), list(shape), np.zeros(len(shape), np.int64)
    near[axis], far[axis], start[axis] = cut, shape[axis] - cut, cut
    train = _side(near, size, stride, dims, "training", shape, held_out)
    if not held_out:
        return train, Side(*(part[:0] for part in train))
    aside = _side(far, size, stride, dims, "held-out", shape, held_out)
    return train, aside._replace(origins=aside.origins + start)


def _side(
    part: Sequence[int], size: int, stride: int, dims: int, name: str, whole: Sequence[int], held_out: float
) -> Side:
    if min(part) < 1 or min(part[-dims:]) < size:
        raise RaysysError(
            f"the {name} side has {_by(part)} of the image's {_by(whole)} pixels at held_out={held_out:g}, less "
            f"than one tile of {size}; use smaller tiles, less downscaling, a larger image or another held_out"
        )
    if size < 1 or stride < 1:
        raise RaysysError(f"window size {size} and stride {stride} must be at least 1 pixel")
    origins = _origins(part, size, stride, dims)
    return Side(origins, *_groups(part, origins, size, stride, dims))


def _origins(shape: Sequence[int], size: int, stride: int, dims: int) -> np.ndarray:
    leading = [np.arange(length) for length in shape[:-dims]]
    cut = [np.arange(0, length - size + 1, stride) for length in shape[-dims:]]
    return np.stack(np.meshgrid(*leading, *cut, indexing="ij"), -1).reshape(-1, len(shape))


def _groups(
    shape: Sequence[int], origins: np.ndarray, size: int, stride: int, dims: int
) -> tuple[np.ndarray, np.ndarray]:
    """Label tiles by a grid of up to four equal blocks a side, each of which holds at least one whole tile."""
    flat = len(shape) - dims
    extent, step = [1] * flat + [size] * dims, [1] * flat + [stride] * dims
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


def _by(shape: Sequence[int]) -> str:
    return " x ".join(f"{length:,}" for length in shape)
