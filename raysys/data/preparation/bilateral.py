"""Edge-preserving denoising with a bilateral filter (Tomasi & Manduchi, ICCV 1998, doi:10.1109/ICCV.1998.710815).

scikit-image has one too, but the spatial kernel of its release 0.26.0 is sheared (its look-up table has one column
more than the loop that reads it), so the filter smears images along a diagonal. A microstructure's directional
statistics would carry that; hence this one, which is symmetric and treats image borders by leaving outside pixels out.
"""

import itertools
import math

import numpy as np

BAND_PIXELS = 1 << 18  # a band's working arrays stay in the processor's cache
WORTH_A_TABLE = 1 << 20  # pixels; smaller images are filtered before numba is imported


def denoise(
    grey: np.ndarray,
    *,
    sigma_color: float | None = 0.1,
    sigma_spatial: float = 3.0,
    dims: int | None = None,
    by_table: bool | None = None,
) -> np.ndarray:
    """Average each pixel with neighbours that are close in space and similar in value.

    Parameters
    ----------
    grey : float array in [0, 1], (H, W) or (D, H, W)
    sigma_color : float, optional
        Standard deviation of the grey-value weight, in grey values. None takes the image's own standard deviation.
    sigma_spatial : float
        Standard deviation of the spatial weight, in pixels; neighbours up to 3 sigma count. 0 returns the image.
    dims : int, optional
        2 filters every slice of a stack on its own; by default all axes are filtered together.
    by_table : bool, optional
        Whether a flat image of 8-bit values is filtered with a table of weights, which gives the same, bit for bit,
        four times as fast once numba is there; by default from a million pixels on.

    Returns
    -------
    float32 array of the same shape, values within the image's own range
    """
    image = np.ascontiguousarray(grey, dtype=np.float32)
    if sigma_spatial == 0:
        return image.copy()
    if dims is not None and dims < image.ndim:
        return np.stack([denoise(s, sigma_color=sigma_color, sigma_spatial=sigma_spatial) for s in image])
    # In float64, so that the spread hardly depends on the order in which pixels are summed, as in windows.
    spread = float(image.std(dtype=np.float64)) if sigma_color is None else sigma_color
    if spread == 0:
        return image.copy()
    offsets = _half_ball(image.ndim, sigma_spatial)
    if not offsets:
        return image.copy()
    if image.ndim == 2 and (image.size >= WORTH_A_TABLE if by_table is None else by_table):
        from raysys.data.preparation.bilateral_levels import filter_levels, levels_of  # numba, when asked for

        levels = levels_of(image)
        if levels is not None:
            steps, closeness = (np.array(column) for column in zip(*offsets, strict=True))
            return filter_levels(levels, steps, closeness.astype(np.float32), np.float32(-0.5 / spread**2))
    radius = math.ceil(3 * sigma_spatial)
    rows = max(4 * radius, BAND_PIXELS // max(1, math.prod(image.shape[1:])))
    filtered = np.empty_like(image)
    for start in range(0, image.shape[0], rows):
        stop = min(start + rows, image.shape[0])
        halo = max(0, start - radius)
        band = _filter(image[halo : stop + radius], offsets, spread)
        filtered[start:stop] = band[start - halo : stop - halo]
    return filtered


def _half_ball(ndim: int, sigma: float) -> list[tuple[tuple[int, ...], float]]:
    """One of each pair of opposite offsets within 3 sigma, with its spatial weight."""
    radius = math.ceil(3 * sigma)
    steps = itertools.product(range(-radius, radius + 1), repeat=ndim)
    squares = ((step, sum(s * s for s in step)) for step in steps if step > (0,) * ndim)
    return [(step, math.exp(-0.5 * r2 / sigma**2)) for step, r2 in squares if r2 <= (3 * sigma) ** 2]


def _filter(image: np.ndarray, offsets: list[tuple[tuple[int, ...], float]], sigma_color: float) -> np.ndarray:
    total, weights = image.copy(), np.ones_like(image)
    sharpness = np.float32(-0.5 / sigma_color**2)
    for step, closeness in offsets:
        if any(abs(s) >= n for s, n in zip(step, image.shape, strict=True)):
            continue  # no pixel of so narrow an image has such a neighbour
        here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(step, image.shape, strict=True))
        there = tuple(slice(max(0, s), n - max(0, -s)) for s, n in zip(step, image.shape, strict=True))
        weight = image[here] - image[there]
        weight *= weight
        weight *= sharpness
        np.exp(weight, out=weight)
        weight *= np.float32(closeness)
        # A pair of pixels has one weight, used in both directions.
        total[here] += weight * image[there]
        total[there] += weight * image[here]
        weights[here] += weight
        weights[there] += weight
    return total / weights
