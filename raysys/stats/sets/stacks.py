"""Whether the images of a stack are slices of one volume, and how many of them are worth one independent image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from raysys.stats.sets.units import integral_of

FEWEST = 4  # images, of which neighbours can be told from others
SIGNIFICANT, LEAST = 4.0, 0.05  # standard errors, and correlation, above which neighbours are alike
PIXELS = 1 << 16  # of an image that are looked at


@dataclass(frozen=True)
class Stack:
    """Images that are slices of one volume.

    Attributes
    ----------
    correlation
        Of neighbours, pixel by pixel, beyond that of images far apart.
    length
        Correlation length along the stack, in images.
    groups
        (N,) int64 labels of images that are counted as one: neighbours over two correlation lengths.
    """

    correlation: float
    length: float
    groups: np.ndarray

    @property
    def words(self) -> str:
        """What they are, in words that follow a subject in the plural."""
        return (
            f"are slices of one volume: neighbours are correlated ({self.correlation:.2f}), over {self.length:.3g} "
            f"images; {len(self.groups)} of them are counted as {self.units} independent ones"
        )

    @property
    def units(self) -> int:
        """How many independent images they are counted as."""
        return int(self.groups[-1]) + 1


def stack_of(images: np.ndarray) -> Stack | None:
    """Tell whether images (N, H, W) or (N, D, H, W) of {0, 1} are slices of one volume; None where they are not.

    Neighbours are compared with images that are half the stack apart: a frame or a shadow that all images share makes
    them alike, but not neighbours.

    Notes
    -----
    The correlation c(k) of images k apart is the mean product of their deviations from their own means, over all
    pixels and pairs, over the mean variance; the length is that of `raysys.stats.sets.units.correlation_length`. Means
    of blocks of two lengths are correlated by a tenth (for a Gaussian c), of one by a quarter.
    """
    n = len(images)
    if n < FEWEST:
        return None
    flat = images.reshape(n, -1)
    flat = flat[:, :: max(1, flat.shape[1] // PIXELS)].astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    variance = float((flat**2).mean())
    if not variance:
        return None

    def products(k: int) -> np.ndarray:
        """Correlation of each pair of images that are k apart."""
        return np.einsum("ij,ij->i", flat[:-k], flat[k:]) / (flat.shape[1] * variance)

    near, far = products(1), products(n // 2)
    uncertain = math.hypot(*(float(pairs.std()) / math.sqrt(len(pairs)) for pairs in (near, far)))
    excess = float(near.mean() - far.mean())
    if excess < max(LEAST, SIGNIFICANT * uncertain):
        return None
    rho = [1.0, excess]
    while rho[-1] > 0 and len(rho) < n // 2:
        rho.append(float(products(len(rho)).mean() - far.mean()))
    length = integral_of(np.array(rho))
    units = max(1, n // math.ceil(2 * length))
    return Stack(excess, length, np.arange(n) * units // n)
