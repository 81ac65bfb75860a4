"""Random maps that a network for one texture learns to follow: variations of the source's map, and noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from raysys.data.textures.affine import moved
from raysys.data.textures.orientation import angles_of, vectors_of
from raysys.data.textures.perlin import perlin

__all__ = ["SHARES", "guidance_mixture", "mixture_part"]

Part = Literal["perturbed", "moved", "noise"]
# Zhou et al. 2023, supplement, appendix B; ranges and amplitudes of the parts are not given there.
SHARES: dict[Part, float] = {"perturbed": 0.1, "moved": 0.7, "noise": 0.2}
STRETCH = 2.0  # factors are drawn from its inverse to itself, uniform in their logarithm


def mixture_part(seed: int | tuple[int, ...]) -> Part:
    """Which part of the mixture a seed draws from."""
    drawn = _random(seed).random()
    for part, share in SHARES.items():
        if drawn < share:
            return part
        drawn -= share
    return "noise"


def guidance_mixture(
    values: np.ndarray,
    shape: Sequence[int],
    seed: int | tuple[int, ...],
    *,
    amplitude: tuple[float, float] = (0.1, 0.4),
) -> np.ndarray:
    """A map drawn from the published mixture.

    Of ten maps one is a window of the source's with Perlin noise added ("perturbed"), seven are windows of it stretched
    or, as often, turned ("moved"), and two are Perlin noise ("noise").

    Parameters
    ----------
    values
        The source's map: a progression (H, W) in [0, 1] or a field of orientations (H, W, 2).
    shape
        Rows and columns wanted.
    seed
        The map is a function of it.
    amplitude
        Range of the noise's, of the range of the map: of orientations of half a turn.

    Returns
    -------
    float32 (*shape) in [0, 1], or (*shape, 2)

    References
    ----------
    Zhou et al. 2023 (CVPR), supplement, appendix B.
    """
    part, random = mixture_part(seed), _random(seed)
    random.random()  # which says the part
    words = seed if isinstance(seed, tuple) else (seed,)
    centre = (random.uniform(0, values.shape[0] - 1), random.uniform(0, values.shape[1] - 1))
    octaves = int(random.integers(2, 6))
    if part == "moved":
        turns = random.random() < 0.5
        degrees = random.uniform(0, 360) if turns else 0.0
        factors = (1.0, 1.0) if turns else tuple(np.exp(random.uniform(-1, 1, 2) * np.log(STRETCH)))
        return moved(values, shape, degrees=degrees, stretch=(float(factors[0]), float(factors[1])), centre=centre)
    noise = perlin(shape, seed=(*words, 1), octaves=octaves)
    if part == "noise":
        return noise if values.ndim == 2 else vectors_of(2 * np.pi * noise)
    window, strength = moved(values, shape, centre=centre), random.uniform(*amplitude)
    if values.ndim == 3:
        return vectors_of(angles_of(window) + np.pi * strength * (2 * noise - 1))
    return np.clip(window + strength * (2 * noise - 1), 0, 1).astype(np.float32)


def _random(seed: int | tuple[int, ...]) -> np.random.Generator:
    return np.random.default_rng((*(seed if isinstance(seed, tuple) else (seed,)), 0))
