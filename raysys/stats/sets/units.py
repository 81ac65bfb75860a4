"""How many independent images tiles of one image are worth, and which of them may be taken for independent.

Tiles that overlap, or lie nearer to each other than the structure's correlation length, say partly the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Curve

WIDE = 4  # correlation lengths: blocks of that width are as good as independent of the next one
ENOUGH_BLOCKS = 8  # they are halved in 35 ways; fewer than seven in fewer than the twenty that 95 % asks for
PAIRS = 1 << 22  # of tiles, looked at a time


@dataclass(frozen=True)
class Blocks:
    """Tiles of one image in blocks that are apart.

    Attributes
    ----------
    groups
        (N,) int64, the block that each tile is in, or the nearest one of those between blocks: 0, 1, ...
    inside
        (N,) bool, whether it is in its block. Such tiles of different blocks share no pixel.
    """

    groups: np.ndarray
    inside: np.ndarray


def correlation_length(S2: Curve) -> float:
    """Length in pixels over which a structure remembers itself: the integral of its correlation function.

    Parameters
    ----------
    S2
        Two-point correlation of all tiles of an image, at every lag from r = 0 on. Curves along one axis give the
        length along that axis.

    Returns
    -------
    float
        1 + 2 sum_{r >= 1} rho(r), rho = (S2 - phi^2) / (phi - phi^2), up to the first lag at which rho is not above
        zero: 1 for pixels without any memory, 2 sigma sqrt(pi) for rho = exp(-r^2 / 4 sigma^2). NaN without two phases.

    Notes
    -----
    phi is the mean over all tiles and not each tile's own, whose fluctuation is what is asked for. Beyond its first
    zero an estimated rho is noise; where the true one turns negative (grains, layers), ending there makes the length
    too large and the number of independent tiles too small, which is the safe side.

    References
    ----------
    The integral range of Lantuejoul, J. Microsc. 161 (1991) 387, along one axis: the variance of a mean over n pixels
    is sigma^2 times range / n. Kanit et al., Int. J. Solids Struct. 40 (2003) 3647, section 4, for phase fractions.
    """
    mean = S2.mean
    if S2.r[0] != 0 or (np.diff(S2.r) != 1).any():
        raise RaysysError(f"{S2.name} has the lags {S2.r[:3]}...; a correlation length needs r = 0, 1, 2, ...")
    phi = float(mean[0])
    if not 0 < phi < 1:
        return math.nan
    return integral_of((mean - phi**2) / (phi - phi**2))


def integral_of(rho: np.ndarray) -> float:
    """Sum over all lags, on both sides of 0, of a correlation function (R,) up to its first value not above zero."""
    end = np.flatnonzero(~(rho > 0))
    return float(1 + 2 * rho[1 : end[0] if len(end) else None].sum())


def effective_number(origins: np.ndarray, tile: Sequence[int], length: float) -> float:
    """How many independent tiles the mean over tiles of one image is worth.

    Parameters
    ----------
    origins
        (N, axes of the image) first pixel of each tile.
    tile
        Its sides in pixels; of fewer axes than the image, tiles are flat ones out of its slices.
    length
        Correlation length in pixels, see `correlation_length`.

    Returns
    -------
    float
        Var(one tile's phase fraction) / Var(mean over all tiles), between 1 and N.

    Notes
    -----
    N^2 / sum_ij K(x_i - x_j), where K is the correlation of the phase fractions of two tiles: that of the structure,
    averaged over both tiles. Only the integral of the structure's correlation matters for tiles that are larger than
    its length, so that exp(-pi r^2 / length^2) stands for it, whose averages are products over the axes. Statistics of
    finer things, such as S2 at small r, are correlated over shorter lengths: they are worth this number or more.
    """
    sides = [1] * (origins.shape[1] - len(tile)) + [int(side) for side in tile]
    tables = [
        _tile_correlation(side, length, int(np.ptp(origins[:, axis]))) for axis, side in enumerate(sides)
    ]  # fmt: skip
    n, total = len(origins), 0.0
    rows = max(1, PAIRS // n)
    for start in range(0, n, rows):
        apart = np.abs(origins[start : start + rows, None] - origins[None])
        pairs = np.ones(apart.shape[:2])
        for axis, table in enumerate(tables):
            pairs *= table[apart[..., axis]]
        total += float(pairs.sum())
    return n**2 / total


def _tile_correlation(side: int, length: float, furthest: int) -> np.ndarray:
    """Correlation (furthest + 1,) of the means of two rows of `side` pixels that are 0, 1, ... pixels apart."""
    reach = math.ceil(2 * length)  # where exp(-pi r^2 / length^2) has fallen to a millionth
    lags = np.arange(-reach, reach + 1)
    rho = np.exp(-math.pi * (lags / length) ** 2)
    apart = np.arange(furthest + 1)[:, None]
    found = (np.maximum(0, side - np.abs(lags - apart)) * rho).sum(axis=1)
    return np.asarray(found / found[0])


def separated_blocks(origins: np.ndarray, tile: Sequence[int], length: float, *, enough: int = ENOUGH_BLOCKS) -> Blocks:
    """Sort the tiles of one image into blocks that share no pixel, nor a correlation that matters.

    Parameters
    ----------
    origins, tile, length
        As for `effective_number`.
    enough
        Number of blocks that is aimed at: of the grids with so many, that which leaves the fewest tiles between its
        blocks; where there is none, the finest, whose blocks may be single tiles.

    Notes
    -----
    Means of two blocks side by side are correlated by length / (2 pi width), four per cent where a block is four
    lengths wide: such blocks may touch, and nothing of the image is lost but the tiles across their borders. Narrower
    ones are kept a length apart.
    """
    sides = [1] * (origins.shape[1] - len(tile)) + [int(side) for side in tile]
    axes = [_Axis(origins[:, axis], side, length) for axis, side in enumerate(sides)]
    grids = list(product(*([count for count in range(1, enough + 1) if axis.holds(count)] for axis in axes)))

    def worth(grid: tuple[int, ...]) -> tuple[int, int]:
        kept = math.prod(axis.kept(count) for axis, count in zip(axes, grid, strict=True))
        return min(math.prod(grid), enough), kept

    chosen = max(grids, key=worth)
    runs = [axis.runs(count) for axis, count in zip(axes, chosen, strict=True)]
    groups = np.ravel_multi_index(tuple(run for run, _ in runs), chosen).astype(np.int64)
    return Blocks(groups, np.logical_and.reduce([inside for _, inside in runs]))


class _Axis:
    """Places of tiles along one axis, and how they fall into runs whose tiles share no pixel with the next run's."""

    def __init__(self, places: np.ndarray, side: int, length: float) -> None:
        self.places, self.of = np.unique(places, return_inverse=True)
        self.side, self.length = side, length
        self.extent = int(self.places[-1] - self.places[0]) + side

    def jump(self, count: int) -> int:
        """Places from the last of a run to the first of the next one, if there are so many runs."""
        gap = 0 if self.extent >= count * WIDE * self.length else math.ceil(self.length)
        beyond = np.searchsorted(self.places, self.places + self.side + gap)
        reached = beyond < len(self.places)
        return int((beyond - np.arange(len(beyond)))[reached].max()) if reached.any() else len(self.places)

    def kept(self, count: int) -> int:
        """How many places lie in so many runs, and not between them."""
        return len(self.places) - (count - 1) * (self.jump(count) - 1)

    def holds(self, count: int) -> bool:
        """Whether there can be so many runs."""
        return self.kept(count) >= count

    def runs(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The run (N,) of each tile, or the nearest one, and whether (N,) it lies in it."""
        lengths = np.full(count, self.kept(count) // count) + (np.arange(count) < self.kept(count) % count)
        firsts = np.concatenate([[0], np.cumsum(lengths + self.jump(count) - 1)[:-1]])
        centres = firsts + (lengths - 1) / 2
        beyond = np.abs(np.arange(len(self.places))[:, None] - centres) - (lengths - 1) / 2  # 0 or less within a run
        return beyond.argmin(axis=1)[self.of], (beyond.min(axis=1) <= 0)[self.of]
