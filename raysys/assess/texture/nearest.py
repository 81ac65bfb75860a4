"""Where in its source each place of a picture comes from: the map of nearest patches, by exact search.

Of every cell of a picture (a pixel on a grid, whose patch lies inside) the patch of the source with the least sum of
squared differences. Where several are as near, as in the flat parts of a binary image, the offset that most cells have
is taken: a copy is then seen as one piece also there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter
from skimage.measure import label

__all__ = ["PATCH", "Map", "least_distances", "matches", "nearest_map", "stride_for"]

PATCH = 7  # pixels a side
PAIRS = 1.5e9  # of patches that a map compares at most: a thinner grid for larger images
AS_NEAR = 1e-6  # mean squared differences that are apart by less are one: a thousandth of the range, root mean square
OFFSETS = 256  # the most frequent ones, which are tried everywhere
BLOCKS = (512, 4096)  # patches of a product of matrices, so that it stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Map:
    """Nearest patches of a picture's cells.

    Attributes
    ----------
    source
        Row and column of the nearest patch's upper left corner in the source, int64 (rows, columns, 2).
    picture
        The same of the cells' own patches.
    distance
        Root mean squared difference of the two over pixels and channels, in units of the values' range [0, 1].
    piece
        Number of the piece that a cell belongs to, int64 (rows, columns) from 1 on: a piece is connected (4 neighbours)
        and has one offset.
    patch, stride
        Sides of the patches and of the cells, in pixels.
    """

    source: np.ndarray
    picture: np.ndarray
    distance: np.ndarray
    piece: np.ndarray
    patch: int
    stride: int

    @property
    def offset(self) -> np.ndarray:
        """Source less picture, int64 (rows, columns, 2)."""
        return self.source - self.picture


def nearest_map(picture: np.ndarray, source: np.ndarray, *, patch: int = PATCH, stride: int | None = None) -> Map:
    """Find the nearest patches.

    Parameters
    ----------
    picture, source
        (H, W) or (H, W, 3), float32 in [0, 1], or uint8 in {0, 1}.
    patch
        Pixels a side.
    stride
        Pixels from cell to cell; by default as few as `PAIRS` comparisons allow.
    """
    ours, theirs = _channels(picture), _channels(source)
    step = stride_for(ours.shape, theirs.shape, patch) if stride is None else stride
    first, shape = _searched(ours, theirs, patch, step)
    places = np.stack(np.meshgrid(*[np.arange(count) * step for count in shape], indexing="ij"), axis=-1)
    width = theirs.shape[1] - patch + 1
    found = np.stack(np.divmod(first.reshape(shape), width), axis=-1)
    squares = _squares(ours, theirs, places, found, patch)
    found = _coherent(ours, theirs, places, found, squares, patch)
    distance = np.sqrt(_squares(ours, theirs, places, found, patch))
    return Map(found, places, distance, _pieces(found - places), patch, step)


def least_distances(queries: np.ndarray, database: np.ndarray, *, patch: int = PATCH, stride: int = 1) -> np.ndarray:
    """Root mean squared difference of patches on a grid of one image to the nearest of all patches of another."""
    ours, theirs = _channels(queries), _channels(database)
    first, shape = _searched(ours, theirs, patch, stride)
    places = np.stack(np.meshgrid(*[np.arange(count) * stride for count in shape], indexing="ij"), axis=-1)
    found = np.stack(np.divmod(first.reshape(shape), theirs.shape[1] - patch + 1), axis=-1)
    return np.sqrt(_squares(ours, theirs, places, found, patch))


def matches(queries: np.ndarray, database: np.ndarray, *, patch: int, stride: int) -> np.ndarray:
    """How often each patch on a grid of the database is the nearest to one on that grid of the queries: (count,)."""
    ours, theirs = (_unfolded(_channels(one), patch, stride) for one in (queries, database))
    found = _nearest(ours.reshape(-1, ours.shape[-1]), theirs.reshape(-1, theirs.shape[-1]))
    return np.bincount(found, minlength=theirs.shape[0] * theirs.shape[1])


def stride_for(picture: tuple[int, ...], source: tuple[int, ...], patch: int = PATCH, pairs: float = PAIRS) -> int:
    """The thinnest grid whose comparisons with all of the source's patches are within a number."""
    cells, places = (math.prod(side - patch + 1 for side in shape[:2]) for shape in (picture, source))
    return max(1, math.ceil((cells * places / pairs) ** 0.5))


def _channels(image: np.ndarray) -> np.ndarray:
    values = np.asarray(image, np.float32)
    return values[..., None] if values.ndim == 2 else values


def _unfolded(values: np.ndarray, patch: int, stride: int) -> np.ndarray:
    """Patches (rows, columns, length) on a grid."""
    seen = np.lib.stride_tricks.sliding_window_view(values, (patch, patch), axis=(0, 1))[::stride, ::stride]
    return seen.reshape(*seen.shape[:2], -1)


def _searched(ours: np.ndarray, theirs: np.ndarray, patch: int, stride: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Number of the nearest of all their patches for each of ours on the grid, and the grid's shape."""
    queries = _unfolded(ours, patch, stride)
    flat = queries.reshape(-1, queries.shape[-1])
    best = np.full(len(flat), -np.inf, np.float32)
    nearest = np.zeros(len(flat), np.int64)
    width = theirs.shape[1] - patch + 1
    rows = max(1, BLOCKS[1] // width)
    # The source is unfolded some rows at a time: as a whole it would be 49 times as large as the image.
    for row in range(0, theirs.shape[0] - patch + 1, rows):
        band = _unfolded(theirs[row : row + rows + patch - 1], patch, 1)
        _improve(flat, band.reshape(-1, band.shape[-1]), row * width, best, nearest)
    return nearest, (queries.shape[0], queries.shape[1])


def _nearest(queries: np.ndarray, database: np.ndarray) -> np.ndarray:
    best = np.full(len(queries), -np.inf, np.float32)
    nearest = np.zeros(len(queries), np.int64)
    for first in range(0, len(database), BLOCKS[1]):
        _improve(queries, database[first : first + BLOCKS[1]], first, best, nearest)
    return nearest


def _improve(queries: np.ndarray, band: np.ndarray, first: int, best: np.ndarray, nearest: np.ndarray) -> None:
    """Take what is nearer in a part of the database: the largest a.b - b.b / 2 has the least (a - b)^2."""
    half = np.einsum("ij,ij->i", band, band) / 2
    for start in range(0, len(queries), BLOCKS[0]):
        part = slice(start, start + BLOCKS[0])
        scores = queries[part] @ band.T - half
        chosen = scores.argmax(1)
        value = scores[np.arange(len(scores)), chosen]
        better = value > best[part]
        best[part] = np.where(better, value, best[part])
        nearest[part] = np.where(better, chosen + first, nearest[part])


def _squares(ours: np.ndarray, theirs: np.ndarray, places: np.ndarray, found: np.ndarray, patch: int) -> np.ndarray:
    """Mean squared differences (rows, columns) of cells and what was found for them, without products' rounding."""
    total = np.zeros(places.shape[:2])
    for row in range(patch):
        for column in range(patch):
            one = ours[places[..., 0] + row, places[..., 1] + column]
            other = theirs[found[..., 0] + row, found[..., 1] + column]
            total += ((one - other).astype(np.float64) ** 2).sum(-1)
    return total / (patch * patch * ours.shape[2])


def _coherent(
    ours: np.ndarray, theirs: np.ndarray, places: np.ndarray, found: np.ndarray, squares: np.ndarray, patch: int
) -> np.ndarray:
    """The same, with the most frequent offset wherever it is as near as the nearest."""
    offsets, counts = np.unique((found - places).reshape(-1, 2), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:OFFSETS]
    kept, free = found.copy(), np.ones(places.shape[:2], bool)
    for offset in offsets[order[counts[order] > 1]]:
        at = _as_near(ours, theirs, places, squares, offset, patch) & free
        kept[at] = places[at] + offset
        free &= ~at
    return kept


def _as_near(
    ours: np.ndarray, theirs: np.ndarray, places: np.ndarray, squares: np.ndarray, offset: np.ndarray, patch: int
) -> np.ndarray:
    """Cells (rows, columns) whose patch at an offset is as near as their nearest."""
    near = np.zeros(places.shape[:2], bool)
    low = np.maximum(0, -offset)
    high = np.minimum(ours.shape[:2], np.array(theirs.shape[:2]) - offset)
    if (high - low < patch).any():
        return near
    one = ours[low[0] : high[0], low[1] : high[1]]
    other = theirs[low[0] + offset[0] : high[0] + offset[0], low[1] + offset[1] : high[1] + offset[1]]
    difference = ((one - other).astype(np.float64) ** 2).mean(-1)
    # The window that begins at a corner is the one around the pixel half a patch further.
    means = uniform_filter(difference, patch)[patch // 2 :, patch // 2 :]
    inside = (places >= low).all(-1) & (places + patch <= high).all(-1)
    rows, columns = np.nonzero(inside)
    row, column = (places[rows, columns] - low).T
    near[rows, columns] = means[row, column] <= squares[rows, columns] + AS_NEAR
    return near


def _pieces(offset: np.ndarray) -> np.ndarray:
    """Numbers from 1 on of connected cells of one offset."""
    _, numbers = np.unique(offset.reshape(-1, 2), axis=0, return_inverse=True)
    return label(numbers.reshape(offset.shape[:2]) + 1, connectivity=1, background=0)
