"""Shrinking binary and label images, with the treatment of half-filled pixels as a named choice."""

from collections.abc import Callable, Iterable

import numpy as np

from raysys.errors import RaysysError

RULES = ("half", "any", "preserve", "published")
TIE = 1e-9  # area means of fractional factors carry rounding errors of about 1e-12
FIXED_LEVELS = {"half": 0.5, "any": 2 * TIE, "published": 2 * TIE}  # share of phase 1 from which on a pixel has it


def block_mean(image: np.ndarray, factor: float, *, dims: int | None = None) -> np.ndarray:
    """Area mean over blocks of `factor` pixels a side; a remainder at the far ends is left out.

    Parameters
    ----------
    image : bool, integer or float array, (H, W) or (D, H, W)
    factor : float
        Block size in pixels, at least 1; fractional blocks weigh their border pixels by the covered area.
    dims : int, optional
        2 shrinks only the last two axes of a stack; by default all axes.

    Returns
    -------
    float64 array with `floor(length / factor)` pixels along each shrunk axis

    Raises
    ------
    RaysysError
        If the factor is below 1, or larger than the image.
    """
    axes = _shrunk_axes(image.shape, factor, dims)
    total = image
    for axis in axes:
        total = _area_sum(total, factor, axis)
    return total / factor ** len(axes)


def _shrunk_axes(shape: tuple[int, ...], factor: float, dims: int | None) -> tuple[int, ...]:
    axes = tuple(range(len(shape)))[-(dims or len(shape)) :]
    shortest = min(shape[axis] for axis in axes)
    if not 1 <= factor <= shortest:
        raise RaysysError(f"downscale factor {factor:g} is not between 1 and the image's shortest side, {shortest}")
    return axes


def _area_sum(array: np.ndarray, factor: float, axis: int) -> np.ndarray:
    count = int(np.floor(array.shape[axis] / factor + TIE))
    moved = np.moveaxis(array, axis, -1)
    if float(factor).is_integer():
        size = int(factor)
        summed = moved[..., : count * size].reshape(*moved.shape[:-1], count, size).sum(-1, dtype=np.float64)
    else:
        summed = _sums_between(moved, np.minimum(np.arange(count + 1) * factor, moved.shape[-1]))
    return np.moveaxis(summed, -1, axis)


def _sums_between(moved: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sums along the last axis between neighbouring edges, which may lie within pixels."""
    sums = np.concatenate([np.zeros((*moved.shape[:-1], 1)), np.cumsum(moved, -1, dtype=np.float64)], -1)
    whole = np.minimum(edges.astype(int), moved.shape[-1] - 1)
    return np.diff(sums[..., whole] + (edges - whole) * moved[..., whole], axis=-1)


def block_mean_rows(
    rows: Callable[[int, int], np.ndarray], height: int, factor: float, first: int, stop: int
) -> np.ndarray:
    """Rows `first` to `stop` - 1 of `block_mean(image, factor)`, from the rows of the image that they cover.

    Parameters
    ----------
    rows : gives rows (start, stop) of the image, (stop - start, W)
    height : int
        Rows of the image.
    factor : float
        Block size in pixels, at least 1.
    """
    edges = np.minimum(np.arange(first, stop + 1) * factor, height)
    start = int(edges[0])
    band = rows(start, min(int(edges[-1]) + 1, height))
    if float(factor).is_integer():
        return block_mean(band[: (stop - first) * int(factor)], factor)
    down = _sums_between(np.moveaxis(band, 0, -1), edges - start)
    return _area_sum(np.moveaxis(down, -1, 0), factor, 1) / factor**2


def centre_mean(image: np.ndarray, factor: float, *, dims: int | None = None) -> np.ndarray:
    """Bilinear values at the centres of blocks of `factor` pixels a side, without a filter before.

    What scikit-image's `resize(image, shape, order=1, anti_aliasing=False)` gives where the blocks fill the image: of a
    block of 4 x 4 the mean of the central 2 x 2, of one of 3 x 3 the central pixel.

    Parameters
    ----------
    image, factor, dims : as for `block_mean`

    Returns
    -------
    float64 array with `floor(length / factor)` pixels along each shrunk axis

    Raises
    ------
    RaysysError
        As `block_mean` does.
    """
    axes = _shrunk_axes(image.shape, factor, dims)
    found = image
    for axis in axes:
        before, share = _centres(0, int(np.floor(image.shape[axis] / factor + TIE)), factor)
        found = _at_centres(found, before, share, axis)
    return found.astype(np.float64, copy=False)


def centre_mean_rows(
    rows: Callable[[int, int], np.ndarray], height: int, factor: float, first: int, stop: int
) -> np.ndarray:
    """Rows `first` to `stop` - 1 of `centre_mean(image, factor)`; the parameters are those of `block_mean_rows`."""
    before, share = _centres(first, stop, factor)
    start = int(before[0])
    band = rows(start, min(int(before[-1]) + 2, height))
    columns, part = _centres(0, int(np.floor(band.shape[1] / factor + TIE)), factor)
    return _at_centres(_at_centres(band, before - start, share, 0), columns, part, 1)


def _centres(first: int, stop: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The pixels before the centres of blocks `first` to `stop` - 1, and how far behind them the centres lie."""
    centres = (np.arange(first, stop) + 0.5) * factor - 0.5
    before = np.floor(centres + TIE).astype(int)
    share = centres - before
    return before, np.where(share < TIE, 0.0, share)


def _at_centres(array: np.ndarray, before: np.ndarray, share: np.ndarray, axis: int) -> np.ndarray:
    weights = share.reshape([-1 if place == axis else 1 for place in range(array.ndim)])
    behind = np.minimum(before + 1, array.shape[axis] - 1)  # of weight 0 where it would lie outside
    return (1 - weights) * array.take(before, axis) + weights * array.take(behind, axis)


def downscale(binary: np.ndarray, factor: float, *, threshold: str = "half", dims: int | None = None) -> np.ndarray:
    """Shrink a binary image and decide again which pixels are phase 1.

    Parameters
    ----------
    binary : uint8 array in {0, 1}, (H, W) or (D, H, W)
    factor : float
        Block size in pixels, at least 1; 1 returns a copy.
    threshold : "half", "any", "preserve" or "published"
        Phase 1 where at least half of the block is, ties included; where any of it is, which inflates the phase
        fraction most (of fine pores of share 0.030 by 116 %, for a factor 4); where its share reaches the level that
        keeps the phase fraction nearest to the large image's; or where the bilinear value at the centre of the block is
        above 0, which is what the public code of the published WGAN-GP does (33 % for the same pores).
    dims : int, optional
        2 shrinks only the last two axes of a stack; by default all axes.

    Returns
    -------
    uint8 array in {0, 1}

    Raises
    ------
    RaysysError
        For an unknown rule or a factor outside 1 to the shortest side.
    """
    if threshold not in RULES:
        raise RaysysError(f'resize threshold "{threshold}" is unknown; allowed are {", ".join(RULES)}')
    if factor == 1:
        return binary.copy()
    share = (centre_mean if threshold == "published" else block_mean)(binary, factor, dims=dims)
    fixed = FIXED_LEVELS.get(threshold)
    level = preserving_level(*levels_of(share), binary.mean()) if fixed is None else fixed
    return (share >= level - TIE).astype(np.uint8)


def majority(labels: np.ndarray, factor: float, count: int, *, dims: int | None = None) -> np.ndarray:
    """Shrink a label image: each pixel becomes the label that fills most of its block.

    Parameters
    ----------
    labels : uint8 array of 0 to count - 1, (H, W) or (D, H, W)
    factor : float
        Block size in pixels, at least 1; 1 returns a copy.
    count : int
        How many labels there are.
    dims : int, optional
        2 shrinks only the last two axes of a stack; by default all axes.

    Returns
    -------
    uint8 array; where several labels fill most of a block alike, that of the block's first pixel if it is one of them,
    or else the smallest: always taking the smallest would make it more frequent, by 3 % in fine images

    Raises
    ------
    RaysysError
        For a factor outside 1 to the shortest side.
    """
    if factor == 1:
        return labels.copy()
    shares = (block_mean(labels == label, factor, dims=dims) for label in range(count))
    first = labels
    for axis in range(labels.ndim - (dims or labels.ndim), labels.ndim):
        first = first.take(first_pixels(0, int(np.floor(labels.shape[axis] / factor + TIE)), factor), axis)
    return most_of(shares, first)


def first_pixels(start: int, stop: int, factor: float) -> np.ndarray:
    """(stop - start,) int64: the pixels in which blocks `start` to `stop` - 1 begin."""
    return (np.arange(start, stop) * factor).astype(np.int64)


def most_of(shares: Iterable[np.ndarray], first: np.ndarray) -> np.ndarray:
    """The label with the largest share in each block, uint8.

    Parameters
    ----------
    shares : share of each label in each block, which may carry rounding errors
    first : label of each block's first pixel, which decides between equal shares
    """
    labels = np.zeros(first.shape, np.uint8)
    largest = np.full(first.shape, -1.0)
    for label, share in enumerate(shares):
        preferred = share + 3 * TIE * (first == label)
        wins = preferred > largest + TIE
        labels[wins] = label
        np.copyto(largest, preferred, where=wins)
    return labels


def levels_of(share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares that occur, ascending, apart from rounding errors, and how often each does."""
    levels, counts = np.unique(np.round(share, 9), return_counts=True)
    return levels, counts


def preserving_level(levels: np.ndarray, counts: np.ndarray, phase_fraction: float) -> float:
    """The level at or above which the share of pixels is nearest to the phase fraction."""
    kept = np.cumsum(counts[::-1])[::-1] / counts.sum()  # fraction of pixels at or above each level
    return float(levels[np.argmin(np.abs(kept - phase_fraction))])
