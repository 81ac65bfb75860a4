"""Cutting a large image into tiles, and splitting them so that training and held-out tiles share no pixel."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raysys.data.preparation.cut_tiles import CutTiles
from raysys.data.preparation.places import Side, axes_of, check_steps, cut_of, holds, placed, window_count
from raysys.data.shapes import Sides, sides_of, spelled, told
from raysys.errors import RaysysError

__all__ = ["Tiles", "cut_of", "split_by_region", "tiles_at", "window_count", "windows"]


@dataclass(frozen=True)
class Tiles:
    """Tiles of one large image, split by region.

    Attributes
    ----------
    train, held_out : (N, *tile), with a further axis of three for colours; uint8 in {0, 1}, or the numbers 0, 1, ... of
        labels, or float32 in [0, 1] for grey and colour images. Training tiles of large images, and of those that are
        mapped from a file, are cut when they are asked for; those held out are too where `split_large` has cut them
    train_origins, held_out_origins : (N, dims of the image) int64, first corner of each tile in `image`
    train_groups, held_out_groups : (N,) int64, region label 0, 1, ... of the block in which the tile's centre lies
    train_inside, held_out_inside : (N,) bool, whether the tile lies wholly inside its block: such tiles of different
        groups share no pixel, others may overlap their neighbours' at a border
    image : the large image that was cut, after all preparation
    grey : float32 in [0, 1], the image as read, before denoising and downscaling; None for labels, for colours, and
        where the prepared image was read from a file
    phase_fraction, phase_fraction_before : share of phase 1 in `image`, and before downscaling; for grey and colour
        images the mean value, for labels the share of the first phase
    phase_fractions : of labels, the share of each phase in `image` by name; empty otherwise
    provenance : where the tiles come from, ready for JSON
    train_targets, held_out_targets : what a network is to say of each tile; tiles have nothing of the kind
    target_names : of their values
    train_weights : how often each training tile is to be drawn; None for all alike
    """

    train: np.ndarray | CutTiles
    held_out: np.ndarray
    train_origins: np.ndarray
    held_out_origins: np.ndarray
    train_groups: np.ndarray
    held_out_groups: np.ndarray
    train_inside: np.ndarray
    held_out_inside: np.ndarray
    image: Any
    grey: np.ndarray | None = None
    phase_fraction: float = math.nan
    phase_fraction_before: float = math.nan
    phase_fractions: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    train_targets: np.ndarray | None = None
    held_out_targets: np.ndarray | None = None
    target_names: tuple[str, ...] = ()
    train_weights: np.ndarray | None = None


def windows(
    image: np.ndarray, size: Sides, stride: Sides, *, dims: int | None = None, colour: bool = False
) -> np.ndarray:
    """Cut whole windows at multiples of `stride`, in row-major order of their origins.

    Parameters
    ----------
    image : array (H, W) or (D, H, W), with a further axis for colours
    size, stride : int, or one for each axis
        Window sides and steps, in pixels.
    dims : int, optional
        2 cuts flat windows out of every slice of a stack; by default windows have as many axes as `size` says, or as
        the image.
    colour : bool
        Whether the image's last axis is its colours.

    Returns
    -------
    array (N, *size), with a further axis for colours, of the image's dtype

    Raises
    ------
    RaysysError
        If the image is smaller than one window, or size or stride is below 1.
    """
    shape = image.shape[: image.ndim - colour]
    dims = axes_of(size, len(shape), dims)
    sides, steps = sides_of(size, dims), sides_of(stride, dims)
    check_steps(sides, steps)
    if not holds(shape, sides):
        raise RaysysError(f"the image of {spelled(shape)} pixels is smaller than the window of {told(sides)} pixels")
    axes = tuple(range(len(shape) - dims, len(shape)))
    view = np.lib.stride_tricks.sliding_window_view(image, sides, axis=axes)
    view = view[(slice(None),) * axes[0] + tuple(slice(None, None, step) for step in steps)]
    # The window's axes come last, behind the colours.
    view = np.moveaxis(view, len(shape), -1) if colour else view
    return np.ascontiguousarray(view).reshape(-1, *sides, *image.shape[len(shape) :])


def split_by_region(
    image: np.ndarray,
    size: Sides,
    stride: Sides,
    *,
    held_out: float = 0.25,
    dims: int | None = None,
    colour: bool = False,
) -> Tiles:
    """Cut tiles on both sides of one straight cut across the longest axis; the far side is held out.

    Parameters
    ----------
    image : array (H, W) or (D, H, W), with a further axis for colours
    size, stride : int, or one for each axis
        Tile sides and steps, in pixels.
    held_out : float
        Share of the longest axis that is held out, from 0 (none) to below 1.
    dims : int, optional
        2 cuts flat tiles out of every slice of a stack; by default tiles have as many axes as `size` says, or as the
        image.
    colour : bool
        Whether the image's last axis is its colours.

    Returns
    -------
    Tiles
        No pixel belongs to both a training and a held-out tile.

    Raises
    ------
    RaysysError
        If either side of the cut is smaller than one tile.
    """
    shape = image.shape[: image.ndim - colour]
    dims = axes_of(size, len(shape), dims)
    sides = placed(shape, size, stride, held_out=held_out, dims=dims)
    near, far = (CutTiles(image, side.origins, sides_of(size, dims), colour=colour)[:] for side in sides)
    mean = float(image.mean())
    return tiles_at(image, near, far, sides, phase_fraction=mean, phase_fraction_before=mean)


def tiles_at(image: Any, train: np.ndarray | CutTiles, held_out: Any, sides: tuple[Side, Side], **more: Any) -> Tiles:
    """Tiles of both sides, where they lie, and whatever else `Tiles` holds."""
    near, far = sides
    return Tiles(
        train=train,
        held_out=held_out,
        train_origins=near.origins,
        held_out_origins=far.origins,
        train_groups=near.groups,
        held_out_groups=far.groups,
        train_inside=near.inside,
        held_out_inside=far.inside,
        image=image,
        **more,
    )
