"""A drawn progression made as rough as a source's: its variance at every scale, and its histogram."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import ndimage

from raysys.errors import RaysysError

__all__ = ["as_distributed", "laplacian_pyramid", "refined"]

LEVELS = 7
LEAST = 4  # pixels of the shorter side at the coarsest level


def refined(values: np.ndarray, source: np.ndarray, *, seed: int, levels: int = LEVELS) -> np.ndarray:
    """A progression with the source's roughness at every scale and the source's distribution of values.

    Both maps are taken apart into bands, each half as fine as the one before. To every band noise of half its
    resolution is added where the source has more variance, and it is damped where the source has less; the coarsest
    takes the source's distribution of values, and so does the whole in the end.

    Parameters
    ----------
    values
        (H, W) in [0, 1], as drawn.
    source
        (h, w) in [0, 1], the exemplar's.
    seed
        What the noise is drawn from.

    Returns
    -------
    float32 (H, W)

    References
    ----------
    Zhou et al. 2023, the published code's refinement, whose factor of the noise is a ratio of variances; what matches
    them is one of standard deviations.
    """
    for name, one in (("map", values), ("source's map", source)):
        if one.ndim != 2 or min(one.shape) < LEAST:
            raise RaysysError(
                f"the {name} to be refined has shape {one.shape}; allowed: (H, W) from {LEAST} pixels a side"
            )
    shortest = min(*values.shape, *source.shape)
    levels = max(1, min(levels, 1 + int(np.log2(shortest / LEAST))))
    ours, theirs = (laplacian_pyramid(one.astype(np.float64), levels) for one in (values, source))
    random = np.random.default_rng(seed)
    whole = as_distributed(ours[-1], theirs[-1])
    for band, wanted in zip(ours[-2::-1], theirs[-2::-1], strict=True):
        whole = _grown(whole, band.shape) + _roughened(band, float(wanted.std()), random)
    return as_distributed(whole, source).astype(np.float32)


def laplacian_pyramid(values: np.ndarray, levels: int) -> list[np.ndarray]:
    """Bands from fine to coarse, the last of them what is left: each level is half the size of the one before."""
    gaussian = [values]
    for _ in range(levels - 1):
        gaussian.append(ndimage.gaussian_filter(gaussian[-1], 1.0, mode="reflect")[::2, ::2])
    return [fine - _grown(coarse, fine.shape) for fine, coarse in pairwise(gaussian)] + gaussian[-1:]


def as_distributed(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The same order of values, in the distribution of another map."""
    order = np.argsort(values, axis=None, kind="stable")
    found = np.empty(values.size)
    found[order] = np.quantile(like, np.linspace(0, 1, values.size))
    return found.reshape(values.shape)


def _roughened(band: np.ndarray, wanted: float, random: np.random.Generator) -> np.ndarray:
    """A band whose standard deviation is the wanted one."""
    held = float(band.std())
    noise = random.standard_normal(tuple(-(-side // 2) for side in band.shape))
    if held >= wanted:
        return band * (wanted / held) if held else band
    grown = _grown(noise, band.shape)
    grown -= grown.mean()
    # What they have in common counts too: the root of the quadratic equation of the sum's variance.
    a, b, c = grown.var(), ((band - band.mean()) * grown).mean(), held**2 - wanted**2
    return band + (np.sqrt(b * b - a * c) - b) / a * grown


def _grown(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Interpolated linearly: value k of an axis lies at 2k of the finer one."""
    places = np.meshgrid(*(np.arange(side) / 2 for side in shape), indexing="ij", sparse=False)
    return ndimage.map_coordinates(values, places, order=1, mode="nearest")
