"""How near the patches of a picture are to those of its source: each one's least distance, averaged.

Zhou et al. 2023 (Guided Correspondence, supplement, appendix E): a thousand random patches of each. The least distance
rewards copying, so that beside it stands the disjoint floor: that of the source's own patches to those of its patches
that do not overlap them. A picture below it is nearer to its source than the source is to itself elsewhere.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from raysys.errors import RaysysError

__all__ = ["Nearness", "SourcePatches", "corners", "cut"]

Vectors = Callable[[np.ndarray], np.ndarray]
IN_MEMORY = 1 << 30  # bytes of the source's vectors; more of them are kept in a temporary file
BATCH = 16  # patches that a network sees at once
ROWS, COLUMNS = 1 << 27, 1 << 25  # numbers of the picture's and of the source's vectors in memory at once


@dataclass(frozen=True)
class Nearness:
    """The mean of least distances.

    Attributes
    ----------
    mean
        NaN where no patch has any other to be compared with.
    patches
        Over how many.
    """

    mean: float
    patches: int


class SourcePatches:
    """Patches of a source as vectors, which many pictures are compared with.

    Parameters
    ----------
    image
        (H, W, 3) float32 in [0, 1].
    side
        Of the patches, in pixels.
    count
        Patches at most; fewer where the image has fewer places.
    seed
        Of their places.
    vectors
        Makes of patches (N, side, side, 3) vectors (N, length) float32 whose squared distances are the patches'.
    progress
        Is told how many are done, and of how many.

    Raises
    ------
    RaysysError
        If no patch fits into the image.
    """

    def __init__(
        self,
        image: np.ndarray,
        side: int,
        count: int,
        seed: int,
        vectors: Vectors,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.side, self.count, self.seed, self.vectors = side, count, seed, vectors
        self.corners = corners(image.shape[:2], side, count, seed)
        self.values = self._kept(image, progress)

    def nearness(self, image: np.ndarray, progress: Callable[[int, int], None] | None = None) -> Nearness:
        """The mean least distance of a picture's patches; 0 where each of them is one of the source's."""
        places = corners(image.shape[:2], self.side, self.count, self.seed)
        least = []
        for block in self._blocks(len(places), ROWS):
            found = np.empty((block.stop - block.start, self.values.shape[1]), np.float32)
            for part in _blocks(len(found), BATCH):
                found[part] = self.vectors(cut(image, places[block][part], self.side))
                if progress is not None:
                    progress(block.start + part.stop, len(places))
            least.append(self._least(found, self._table(found)))
        return Nearness(float(np.concatenate(least).mean()), len(places))

    def floor(self) -> Nearness:
        """The same of the source's own patches, each against those that share no pixel with it."""
        least = []
        for block in self._blocks(len(self.corners), ROWS):
            found = np.array(self.values[block])
            table = self._table(found)
            apart = np.abs(self.corners[block, None] - self.corners[None])
            table[(apart < self.side).all(-1)] = np.inf
            least.append(self._least(found, table))
        defined = np.concatenate(least)
        defined = defined[np.isfinite(defined)]
        return Nearness(float(defined.mean()) if len(defined) else float("nan"), len(defined))

    def _kept(self, image: np.ndarray, progress: Callable[[int, int], None] | None) -> np.ndarray:
        held: np.ndarray | None = None
        for block in _blocks(len(self.corners), BATCH):
            found = self.vectors(cut(image, self.corners[block], self.side))
            if held is None:
                held = _room(len(self.corners), found.shape[1])
            held[block] = found
            if progress is not None:
                progress(block.stop, len(self.corners))
        assert held is not None
        return held

    def _blocks(self, count: int, numbers: int) -> Iterator[slice]:
        """Parts of `count` vectors that have so many numbers together, or a network's batch."""
        return _blocks(count, max(BATCH, numbers // self.values.shape[1]))

    def _table(self, found: np.ndarray) -> np.ndarray:
        """Squared distances (n, M) by products of matrices, which round: `_least` takes the least ones anew."""
        table = np.empty((len(found), len(self.values)), np.float32)
        ours = torch.from_numpy(found)
        squares = ours.square().sum(1, keepdim=True)
        for block in self._blocks(len(self.values), COLUMNS):
            theirs = torch.from_numpy(np.ascontiguousarray(self.values[block]))
            table[:, block] = (squares + theirs.square().sum(1) - 2 * ours @ theirs.T).numpy()
        return table

    def _least(self, found: np.ndarray, table: np.ndarray) -> np.ndarray:
        """The least of each row, float64 (n,), without the rounding of the products; infinite where there is none."""
        nearest = table.argmin(1)
        least = np.array([_squared(one, self.values[place]) for one, place in zip(found, nearest, strict=True)])
        least[~np.isfinite(table[np.arange(len(table)), nearest])] = np.inf
        return least


def corners(shape: tuple[int, ...], side: int, count: int, seed: int) -> np.ndarray:
    """Upper left corners of random patches, int64 (count, 2), all different; of a shape and seed always the same.

    Raises
    ------
    RaysysError
        If no patch fits.
    """
    rows, columns = shape[0] - side + 1, shape[1] - side + 1
    if min(rows, columns) < 1:
        raise RaysysError(
            f"patches of {side} pixels of an image of {shape[0]} x {shape[1]}; allowed: its sides at most"
        )
    drawn = np.random.default_rng((seed, side)).choice(rows * columns, min(count, rows * columns), replace=False)
    return np.stack(np.unravel_index(drawn, (rows, columns)), axis=-1)


def cut(image: np.ndarray, places: np.ndarray, side: int) -> np.ndarray:
    """Patches (N, side, side, ...) at corners (N, 2)."""
    return np.stack([image[row : row + side, column : column + side] for row, column in places])


def _room(count: int, length: int) -> np.ndarray:
    """Room for vectors: a file that is gone when it is closed, where they are many."""
    needed = 4 * count * length
    if needed <= IN_MEMORY:
        return np.empty((count, length), np.float32)
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if needed > free:  # a mapped file that outgrows its disk would end the process without a word
        raise RaysysError(
            f"{count} patches take {needed / 1e9:.1f} GB in {folder}, which has {free / 1e9:.1f} GB; allowed: fewer or "
            "smaller patches, or another folder (TMPDIR)"
        )
    with tempfile.TemporaryFile() as file:  # mapped, it outlives its name and its closing
        return np.memmap(file, np.float32, "w+", shape=(count, length))


def _blocks(count: int, size: int) -> Iterator[slice]:
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def _squared(one: np.ndarray, other: np.ndarray) -> float:
    difference = one - other
    return float(np.dot(difference, difference))
