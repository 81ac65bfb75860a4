"""Shrinking binary images, with the treatment of half-filled pixels as a named choice."""

import numpy as np

from raysys.errors import RaysysError

RULES = ("half", "any", "preserve")
TIE = 1e-9  # area means of fractional factors carry rounding errors of about 1e-12


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
    axes = tuple(range(image.ndim))[-(dims or image.ndim) :]
    shortest = min(image.shape[axis] for axis in axes)
    if not 1 <= factor <= shortest:
        raise RaysysError(f"downscale factor {factor:g} is not between 1 and the image's shortest side, {shortest}")
    total = image
    for axis in axes:
        total = _area_sum(total, factor, axis)
    return total / factor ** len(axes)


def _area_sum(array: np.ndarray, factor: float, axis: int) -> np.ndarray:
    count = int(np.floor(array.shape[axis] / factor + TIE))
    moved = np.moveaxis(array, axis, -1)
    if float(factor).is_integer():
        size = int(factor)
        summed = moved[..., : count * size].reshape(*moved.shape[:-1], count, size).sum(-1, dtype=np.float64)
    else:
        edges = np.minimum(np.arange(count + 1) * factor, moved.shape[-1])
        sums = np.concatenate([np.zeros((*moved.shape[:-1], 1)), np.cumsum(moved, -1, dtype=np.float64)], -1)
        whole = np.minimum(edges.astype(int), moved.shape[-1] - 1)
        summed = np.diff(sums[..., whole] + (edges - whole) * moved[..., whole], axis=-1)
    return np.moveaxis(summed, -1, axis)


def downscale(binary: np.ndarray, factor: float, *, threshold: str = "half", dims: int | None = None) -> np.ndarray:
    """Shrink a binary image by area means and decide again which pixels are phase 1.

    Parameters
    ----------
    binary : uint8 array in {0, 1}, (H, W) or (D, H, W)
    factor : float
        Block size in pixels, at least 1; 1 returns a copy.
    threshold : "half", "any" or "preserve"
        Phase 1 where at least half of the block is, ties included; where any of it is, which inflates the phase
        fraction by 5-30 % (what public code for the published WGAN-GP does); or where its share reaches the level that
        keeps the phase fraction nearest to the large image's.
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
    share = block_mean(binary, factor, dims=dims)
    levels = {"half": lambda: 0.5, "any": lambda: 2 * TIE, "preserve": lambda: _preserving_level(share, binary.mean())}
    return (share >= levels[threshold]() - TIE).astype(np.uint8)


def _preserving_level(share: np.ndarray, phase_fraction: float) -> float:
    levels, counts = np.unique(np.round(share, 9), return_counts=True)
    kept = np.cumsum(counts[::-1])[::-1] / share.size  # fraction of pixels at or above each level
    return float(levels[np.argmin(np.abs(kept - phase_fraction))])
