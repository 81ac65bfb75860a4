"""Correlation of grey values, without phases."""

from __future__ import annotations

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.pair_counts import batches, count_pairs
from raysys.stats.correlation.radial import averaged_counts, edges_of, rings_of
from raysys.stats.curve import Boundary, Curve


def grey_correlation(
    images: np.ndarray,
    *,
    r_max: int | None = None,
    boundary: Boundary = "open",
    scaled: bool = True,
    mask: np.ndarray | None = None,
) -> Curve:
    """Two-point correlation of grey values, averaged over all directions.

    Parameters
    ----------
    images
        Real numbers (N, H, W) or (N, D, H, W): grey values, heights, a field; finite.
    r_max, boundary
        As for `two_point_radial`.
    scaled
        As the autocorrelation: products of what lies above and below the image's mean, by the image's variance, 1 at
        r = 0 and 0 where values know nothing of each other. False: the mean product of the values themselves, which of
        images of 0 and 1 is their S2_radial.
    mask
        Region of interest as for `two_point`: values outside count nowhere, and may be anything.

    Returns
    -------
    Curve
        "grey_correlation"; NaN where a bin holds no pair, and if scaled for an image of one grey value.

    Raises
    ------
    RaysysError
        If the images or the options are not as said.
    """
    images, room = _checked(np.asarray(images), boundary, mask)
    rings = rings_of(images.shape[1:], edges_of("integer", r_max, images.shape[1:], boundary), boundary)
    axes, values = tuple(range(1, images.ndim)), np.empty((len(images), rings.n))
    for some in batches(images, boundary):
        held, grey = room[some], np.where(room[some], images[some], 0.0)
        pixels = held.sum(axis=axes, keepdims=True)
        if scaled:
            grey = np.where(held, grey - grey.sum(axis=axes, keepdims=True) / pixels, 0.0)
        products = averaged_counts(rings, count_pairs(grey, grey, rings.lags, boundary, whole=False), "pairs")
        if mask is not None:
            pairs = averaged_counts(rings, count_pairs(held, held, rings.lags, boundary), "pairs")
            products = np.divide(products, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
        if scaled:
            variance = ((grey**2).sum(axis=axes, keepdims=True) / pixels).reshape(-1, 1)
            products = np.divide(products, variance, out=np.full(products.shape, np.nan), where=variance > 0)
        values[some] = products
    return Curve("grey_correlation", np.arange(rings.n), values, -1, boundary, {"scaled": str(scaled).lower()})


def _checked(images: np.ndarray, boundary: str, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The images as float64, and where they count, of the same shape."""
    if boundary not in ("open", "periodic"):
        raise RaysysError(f"boundary is {boundary!r}; allowed: open, periodic")
    if images.ndim not in (3, 4) or images.size == 0 or images.dtype.kind not in "buif":
        raise RaysysError(
            f"images have shape {images.shape} and type {images.dtype}; allowed: real numbers (N, H, W) or (N, D, H, W)"
        )
    room = np.ones(images.shape, bool) if mask is None else np.asarray(mask) != 0
    if room.shape not in (images.shape, (1, *images.shape[1:]), images.shape[1:]) or not room.any():
        raise RaysysError(
            f"mask has shape {room.shape} and {np.count_nonzero(room)} pixels, images {images.shape}; allowed: "
            f"{images.shape[1:]}, for all, or {images.shape}, one for each, of at least one pixel"
        )
    room = np.broadcast_to(room, images.shape)
    if not np.isfinite(images[room]).all():
        raise RaysysError("images hold values that are not finite; allowed: finite ones (a mask leaves the others out)")
    return images.astype(np.float64), room
