"""How much of a picture is its source as it was: read off the map of nearest patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from raysys.assess.texture.nearest import Map, least_distances, matches, nearest_map, stride_for

__all__ = ["BEND", "EXACT", "LOSS_STRIDE", "Copying", "Piece", "copying"]

EXACT = 1e-3  # root mean squared difference of patches that are one, in units of the values' range
BEND = 2  # pixels that the offset may change by between neighbouring cells of a bent piece
LOSS_STRIDE = 3  # pixels between the patches that the losses compare


@dataclass(frozen=True)
class Piece:
    """The largest piece of a picture that is one piece of its source, in pixels.

    Attributes
    ----------
    row, column, height, width
        The box around its patches in the picture.
    source_row, source_column
        Where that box begins in the source.
    """

    row: int
    column: int
    height: int
    width: int
    source_row: int
    source_column: int


@dataclass(frozen=True)
class Copying:
    """Copy measures of a picture; all but `distance` and `coverage` are shares in [0, 1].

    A cell is a pixel of the picture on a grid of `stride` pixels with its patch of `patch` x `patch` pixels; its
    nearest source is the position of the patch of the source with the least squared difference, out of all.

    Attributes
    ----------
    largest_piece
        Cells of the largest connected region (4 neighbours) of one offset between source and picture, over all cells: 1
        for a crop of the source.
    largest_bent_piece
        The same where the offset may change by up to `BEND` pixels from cell to cell: optimised pictures bend what they
        copy, and shift it by a pixel here and there.
    coherent
        Pairs of neighbouring cells (`stride` pixels apart, along rows and columns) that have one offset, over all
        pairs; 0.1 to 0.2 also of noise, whose neighbouring patches share most of their pixels.
    distinct
        Different nearest sources over cells.
    exact
        Cells whose patch the source has within a thousandth of the range (root mean square).
    source_used
        Pixels of the source that cells stand for, `stride` x `stride` at each nearest source, over those that could be.
    never_matched, matched_again
        Of the picture's patches at every third pixel those that are nearest of none, and of more than one, of the
        source's patches at every third pixel. With N of the former and M of the latter at least 1 - M / N are never
        matched.
    distance
        Root mean squared difference between cells and nearest sources, mean over cells, in units of the values' range.
    coverage
        The reverse: of patches of the source (on a grid of `coverage_stride` pixels) to the nearest of all patches of
        the picture, mean.
    cells
        How many there are.
    patch, stride, coverage_stride
        In pixels.
    piece
        Where the largest piece is.
    """

    largest_piece: float
    largest_bent_piece: float
    coherent: float
    distinct: float
    exact: float
    source_used: float
    never_matched: float
    matched_again: float
    distance: float
    coverage: float
    cells: int
    patch: int
    stride: int
    coverage_stride: int
    piece: Piece


def copying(picture: np.ndarray, source: np.ndarray, *, patch: int, stride: int | None = None) -> tuple[Copying, Map]:
    """Measure how much of a picture is copied.

    Parameters
    ----------
    picture, source
        (H, W) or (H, W, 3), float32 in [0, 1] or uint8 in {0, 1}; at least `patch` pixels a side.
    patch, stride
        As of `nearest_map`.
    """
    found = nearest_map(picture, source, patch=patch, stride=stride)
    back = stride_for(source.shape, picture.shape, patch) if stride is None else stride
    sizes = np.bincount(found.piece.ravel())
    uses = matches(source, picture, patch=patch, stride=LOSS_STRIDE)
    measures = Copying(
        largest_piece=float(sizes.max() / found.piece.size),
        largest_bent_piece=_largest_bent(found.offset),
        coherent=_coherent(found.offset),
        distinct=len(np.unique(found.source.reshape(-1, 2), axis=0)) / found.piece.size,
        exact=float((found.distance <= EXACT).mean()),
        source_used=_used(found, source.shape),
        never_matched=float((uses == 0).mean()),
        matched_again=float((uses > 1).mean()),
        distance=float(found.distance.mean()),
        coverage=float(least_distances(source, picture, patch=patch, stride=back).mean()),
        cells=found.piece.size,
        patch=patch,
        stride=found.stride,
        coverage_stride=back,
        piece=_piece(found, int(sizes.argmax())),
    )
    return measures, found


def _coherent(offset: np.ndarray) -> float:
    pairs = [(offset[1:] == offset[:-1]).all(-1), (offset[:, 1:] == offset[:, :-1]).all(-1)]
    count = sum(one.size for one in pairs)
    return sum(int(one.sum()) for one in pairs) / count if count else 1.0


def _largest_bent(offset: np.ndarray) -> float:
    """Share of the largest set of cells that hang together by neighbours of nearly one offset."""
    shape = offset.shape[:2]
    numbers = np.arange(shape[0] * shape[1]).reshape(shape)
    down = (np.abs(np.diff(offset, axis=0)) <= BEND).all(-1)
    right = (np.abs(np.diff(offset, axis=1)) <= BEND).all(-1)
    one = np.concatenate([numbers[:-1][down], numbers[:, :-1][right]])
    other = np.concatenate([numbers[1:][down], numbers[:, 1:][right]])
    joined = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(numbers.size, numbers.size))
    _, pieces = connected_components(joined, directed=False)
    return float(np.bincount(pieces).max() / numbers.size)


def _used(found: Map, shape: tuple[int, ...]) -> float:
    """Of the positions that a patch can have, those in the square that begins at some nearest source."""
    used = np.zeros((shape[0] - found.patch + 1, shape[1] - found.patch + 1), bool)
    rows, columns = found.source[..., 0].ravel(), found.source[..., 1].ravel()
    for row in range(found.stride):
        for column in range(found.stride):
            inside = (rows + row < used.shape[0]) & (columns + column < used.shape[1])
            used[rows[inside] + row, columns[inside] + column] = True
    return float(used.mean())


def _piece(found: Map, number: int) -> Piece:
    rows, columns = np.nonzero(found.piece == number)
    first = rows.min(), columns.min()
    height, width = ((one.max() - one.min()) * found.stride + found.patch for one in (rows, columns))
    row, column = found.picture[first]
    offset = found.offset[rows[0], columns[0]]
    return Piece(int(row), int(column), int(height), int(width), int(row + offset[0]), int(column + offset[1]))
