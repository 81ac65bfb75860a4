"""Autoencodings beside their originals, and what several measures need of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from raysys.assess.autoencoding.grains import Grains, Links
from raysys.stats.paired.checks import THRESHOLD

# {measure: its values (N,) of the autoencodings and of the originals}.
Numbers = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class SideBySide:
    """N autoencodings and originals, and what several measures need of them, each made once.

    Attributes
    ----------
    grey
        float32 (N, H, W) in [0, 1]: the autoencodings.
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
        """Autoencodings above the threshold, uint8 (N, H, W)."""
        return (self.grey > THRESHOLD).astype(np.uint8)

    @cached_property
    def grains(self) -> Grains:
        """Phase fractions of the autoencodings above the threshold."""
        return Grains.of(self.phase)

    @cached_property
    def original_grains(self) -> Grains:
        """Phase fractions of the originals."""
        return Grains.of(self.binary)

    @cached_property
    def links(self) -> Links:
        """Which grains are which."""
        return Links.between(self.grains, self.original_grains)
