"""Pictures optimised patch by patch, each place of the source used about as often as any other; no network is needed.

All patches of the picture look for their nearest patch in the source, of which those in use already cost more, and then
every pixel becomes what the patches around it agree on; from coarse to fine. What Self-tuning texture optimisation
(Kaspar et al. 2015) does beyond that, its guidance by edges and its choice of scales, is not here.

Kwatra et al. 2005 (texture optimisation); Barnes et al. 2009 (PatchMatch); Kaspar et al. 2015, section 4 (uniform use).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numba import njit

from raysys.errors import RaysysError
from raysys.synthesis.exemplar import as_pixels, resized, scaled_size
from raysys.synthesis.quilting import Guides, quilt

__all__ = ["PatchMatch", "patch_match"]

SCALES = (0.25, 0.5, 1.0)
PATCH = 7  # pixels a side, at every scale
SMALLEST = 2 * PATCH  # pixels of a source's side that a scale is worth
ROUNDS = (8, 5, 3)  # of search and agreement at each scale
SWEEPS = 2  # of the search, down and up
UNIFORM = 0.1  # cost of a place that is used as often as all are on average, in variances of the source
BIN = 4  # pixels a side of the places whose use is counted together


@dataclass(frozen=True)
class PatchMatch:
    """A picture, and where each of its pixels comes from.

    Attributes
    ----------
    image
        As the source, of the size asked for.
    origin
        Row and column in the source of every pixel, int64 (H, W, 2): image[y, x] = source[origin[y, x]].
    """

    image: np.ndarray
    origin: np.ndarray


def patch_match(
    source: np.ndarray,
    size: tuple[int, int],
    *,
    seed: int | tuple[int, ...] = 0,
    periodic: bool = False,
    uniform: float = UNIFORM,
    guides: Guides | None = None,
) -> PatchMatch:
    """A picture whose patches are all in the source, of all places of the source about as often.

    Parameters
    ----------
    source
        (H, W) or (H, W, 3), in [0, 1].
    size
        Rows and columns wanted.
    seed
        Everything that is drawn is a function of it.
    periodic
        Whether opposite edges are to continue each other.
    uniform
        Cost of a place in average use, in variances of the source; 0 for none.
    guides
        What patches are to follow beside the pixels around them, in the full size of both.

    Raises
    ------
    RaysysError
        If a side of the source or of the picture is shorter than a patch.
    """
    if min(*source.shape[:2], *size) < PATCH:
        raise RaysysError(
            f"a source of {source.shape[:2]} pixels and a picture of {tuple(size)}; allowed: {PATCH} a side and more"
        )
    scales = [one for one in SCALES if one == 1 or min(scaled_size(source.shape[:2], one)) >= SMALLEST]
    picture: np.ndarray | None = None
    for place, scale in enumerate(scales):
        values, shape = _at(source, scale), scaled_size(size, scale, periodic=False)
        followed = None if guides is None else _guides_at(guides, values.shape[:2], shape, periodic)
        random = np.random.default_rng((*np.atleast_1d(seed).tolist(), place))
        if picture is None:
            block = min(24, *(side // 2 for side in (*values.shape[:2], *shape)))
            block = max(2, block)
            picture = _channels(quilt(values, shape, seed=seed, block=block, periodic=periodic, guides=followed).image)
        else:
            picture = _pixels(resized(as_pixels(picture), shape, periodic=periodic))
        rounds = ROUNDS[len(ROUNDS) - len(scales) + place]
        picture, origin = _optimised(picture, values, rounds, random, periodic, uniform, followed)
    return PatchMatch(source[origin[..., 0], origin[..., 1]], origin)


def _at(source: np.ndarray, scale: float) -> np.ndarray:
    values = as_pixels(source)
    return _pixels(values if scale == 1 else resized(values, scaled_size(source.shape[:2], scale)).clamp(0, 1))


def _guides_at(guides: Guides, source: tuple[int, ...], picture: tuple[int, int], periodic: bool) -> Guides:
    target = _pixels(resized(as_pixels(guides.target), picture, periodic=periodic))
    height, width = source
    return Guides(target, (_pixels(resized(as_pixels(guides.sources[0]), (height, width))),))


def _pixels(values: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(values[0].permute(1, 2, 0).numpy())


def _channels(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.reshape(*image.shape[:2], -1), np.float32)


def _optimised(
    picture: np.ndarray,
    source: np.ndarray,
    rounds: int,
    random: np.random.Generator,
    periodic: bool,
    uniform: float,
    guides: Guides | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The picture after some rounds, and where its pixels come from."""
    seen, seen_source = picture, source
    if guides is not None:  # further channels, which the picture keeps as they are asked for
        seen, seen_source = (
            np.concatenate(pair, axis=-1)
            for pair in zip((picture, source), (guides.target, guides.sources[0]), strict=True)
        )
    shape = picture.shape[:2] if periodic else tuple(side - PATCH + 1 for side in picture.shape[:2])
    places = tuple(side - PATCH + 1 for side in source.shape[:2])
    nearest = np.stack([random.integers(0, side, shape) for side in places], axis=-1)
    price = uniform * float(source.var(axis=(0, 1)).sum()) * PATCH * PATCH
    origin = np.zeros((*picture.shape[:2], 2), np.int64)
    for _ in range(rounds):
        for sweep in range(SWEEPS):
            drawn = random.random((*shape, 2), np.float32)
            _search(seen, seen_source, nearest, drawn, price, sweep % 2 == 1)
        origin = _nearest_votes(_agreed(nearest, source, *picture.shape[:2]), nearest, source)
        picture = source[origin[..., 0], origin[..., 1]]
        seen = picture if guides is None else np.concatenate([picture, guides.target], axis=-1)
    return picture, origin


@njit(cache=True, nogil=True)
def _distance(
    picture: np.ndarray, source: np.ndarray, row: int, column: int, top: int, left: int, limit: float
) -> float:
    """Sum of squared differences of two patches; no more of it is summed than a limit."""
    total = 0.0
    for i in range(PATCH):
        y = (row + i) % picture.shape[0]
        for j in range(PATCH):
            x = (column + j) % picture.shape[1]
            for channel in range(source.shape[2]):
                difference = picture[y, x, channel] - source[top + i, left + j, channel]
                total += difference * difference
        if total >= limit:
            return total
    return total


@njit(cache=True, nogil=True)
def _candidate(
    nearest: np.ndarray, drawn: np.ndarray, row: int, column: int, k: int, step: int, radius: int
) -> tuple[int, int]:
    """The place to be tried as number k: neighbours', moved along, then drawn within a radius; it may lie outside."""
    if k < 2:
        other, beside = (row - step, column) if k == 0 else (row, column - step)
        if 0 <= other < nearest.shape[0] and 0 <= beside < nearest.shape[1]:
            return nearest[other, beside, 0] + row - other, nearest[other, beside, 1] + column - beside
        return -1, -1
    # Two numbers were drawn for each cell; irrational steps make others of them, so that nothing is drawn in here.
    first = (drawn[row, column, 0] + 0.6180339887 * k) % 1
    second = (drawn[row, column, 1] + 0.7548776662 * k) % 1
    top, left = nearest[row, column]
    return int(top + radius * (2 * first - 1)), int(left + radius * (2 * second - 1))


@njit(cache=True, nogil=True)
def _used(nearest: np.ndarray, high: int, wide: int) -> np.ndarray:
    """How many patches have their nearest in each bin of places."""
    use = np.zeros((high // BIN + 1, wide // BIN + 1))
    for row in range(nearest.shape[0]):
        for column in range(nearest.shape[1]):
            use[nearest[row, column, 0] // BIN, nearest[row, column, 1] // BIN] += 1
    return use


@njit(cache=True, nogil=True)
def _search(
    picture: np.ndarray, source: np.ndarray, nearest: np.ndarray, drawn: np.ndarray, price: float, upwards: bool
) -> None:
    """One sweep of PatchMatch in place: the neighbours' offsets, then places at halved distances."""
    rows, columns = nearest.shape[:2]
    high, wide = source.shape[0] - PATCH + 1, source.shape[1] - PATCH + 1
    use = _used(nearest, high, wide)
    per_use = price * (high * wide) / (BIN * BIN) / (rows * columns)
    halvings = int(np.log2(max(high, wide)))
    for cell in range(rows * columns):
        row, column = divmod(rows * columns - 1 - cell if upwards else cell, columns)
        top, left = nearest[row, column]
        use[top // BIN, left // BIN] -= 1
        best = per_use * use[top // BIN, left // BIN] + _distance(picture, source, row, column, top, left, np.inf)
        for k in range(3 + halvings):
            radius = max(high, wide) >> max(0, k - 2)
            y, x = _candidate(nearest, drawn, row, column, k, -1 if upwards else 1, radius)
            if 0 <= y < high and 0 <= x < wide:
                cost = per_use * use[y // BIN, x // BIN]
                if cost < best:
                    found = cost + _distance(picture, source, row, column, y, x, best - cost)
                    if found < best:
                        best, nearest[row, column, 0], nearest[row, column, 1] = found, y, x
        use[nearest[row, column, 0] // BIN, nearest[row, column, 1] // BIN] += 1


@njit(cache=True, nogil=True)
def _agreed(nearest: np.ndarray, source: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Means of what the patches over each pixel have there."""
    total = np.zeros((rows, columns, source.shape[2]), np.float32)
    count = np.zeros((rows, columns, 1), np.float32)
    for row in range(nearest.shape[0]):
        for column in range(nearest.shape[1]):
            top, left = nearest[row, column]
            for i in range(PATCH):
                for j in range(PATCH):
                    y, x = (row + i) % rows, (column + j) % columns
                    count[y, x, 0] += 1
                    for channel in range(source.shape[2]):
                        total[y, x, channel] += source[top + i, left + j, channel]
    return total / count


@njit(cache=True, nogil=True)
def _nearest_votes(mean: np.ndarray, nearest: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Where each pixel comes from: of what the patches over it have there, the nearest to their mean, a blur."""
    rows, columns = mean.shape[:2]
    origin = np.zeros((rows, columns, 2), np.int64)
    least = np.full((rows, columns), np.inf)
    for row in range(nearest.shape[0]):
        for column in range(nearest.shape[1]):
            top, left = nearest[row, column]
            for i in range(PATCH):
                for j in range(PATCH):
                    y, x = (row + i) % rows, (column + j) % columns
                    total = 0.0
                    for channel in range(source.shape[2]):
                        total += (source[top + i, left + j, channel] - mean[y, x, channel]) ** 2
                    if total < least[y, x]:
                        least[y, x] = total
                        origin[y, x, 0], origin[y, x, 1] = top + i, left + j
    return origin
