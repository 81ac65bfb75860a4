"""Reconstructions beside their originals, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from raysys.assess.autoencoding.assessment import THRESHOLD
from raysys.assess.autoencoding.grains import Grains, Links
from raysys.errors import RaysysError

# {measure: its values (N,) of the reconstructions and of the originals}.
Found = dict[str, tuple[np.ndarray, np.ndarray]]


def checked(reconstructions: np.ndarray, originals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reconstructions and originals as all measures take them.

    Parameters
    ----------
    reconstructions
        Numbers (N, H, W); clipped to [0, 1].
    originals
        Integers or bool (N, H, W), 0 and 1 only.

    Returns
    -------
    float32 (N, H, W) in [0, 1], or NaN where they were; uint8 (N, H, W)

    Raises
    ------
    RaysysError
        If there is no image, shapes differ, or originals are not binary.
    """
    grey, binary = np.asarray(reconstructions), np.asarray(originals)
    if grey.ndim != 3 or 0 in grey.shape or grey.shape != binary.shape:
        raise RaysysError(
            f"reconstructions have shape {grey.shape} and originals {binary.shape}; allowed: both (N, H, W), N >= 1"
        )
    if binary.dtype.kind not in "bui" or binary.min() < 0 or binary.max() > 1:
        raise RaysysError(f"originals are {binary.dtype} up to {binary.max()}; allowed: whole numbers 0 and 1")
    return np.clip(grey.astype(np.float32, copy=False), 0, 1), binary.astype(np.uint8, copy=False)


def finite(reconstructions: np.ndarray) -> np.ndarray:
    """The same reconstructions (N, H, W), if each pixel of them is a number.

    Raises
    ------
    RaysysError
        If one is not.
    """
    bad = np.flatnonzero(~np.isfinite(reconstructions).all(axis=(1, 2)))
    if len(bad):
        raise RaysysError(f"reconstruction {bad[0]} holds pixels that are no numbers; allowed: numbers in [0, 1]")
    return reconstructions


@dataclass(frozen=True)
class Pairs:
    """N reconstructions and originals, and what several measures need of them, each made once.

    Attributes
    ----------
    grey
        float32 (N, H, W) in [0, 1]: the reconstructions.
    binary
        uint8 (N, H, W): the originals.
    window
        Lags along each axis of the central window of S2.
    """

    grey: np.ndarray
    binary: np.ndarray
    window: int

    @property
    def none(self) -> np.ndarray:
        """(N,) NaN: what a measure that compares both has of the originals."""
        return np.full(len(self.binary), np.nan)

    @cached_property
    def phase(self) -> np.ndarray:
        """Reconstructions above the threshold, uint8 (N, H, W)."""
        return (self.grey > THRESHOLD).astype(np.uint8)

    @cached_property
    def grains(self) -> Grains:
        """Of the reconstructions above the threshold."""
        return Grains.of(self.phase)

    @cached_property
    def original_grains(self) -> Grains:
        """Of the originals."""
        return Grains.of(self.binary)

    @cached_property
    def links(self) -> Links:
        """Which grains are which."""
        return Links.between(self.grains, self.original_grains)
