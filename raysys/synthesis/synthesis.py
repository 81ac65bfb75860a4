"""What a synthesis leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Synthesis"]


@dataclass(frozen=True, eq=False)
class Synthesis:
    """A picture of a texture, and how it came about.

    Attributes
    ----------
    image
        As the exemplar: (H, W) uint8 in {0, 1}, (H, W) float32 in [0, 1], or (H, W, 3) float32 in [0, 1].
    method, preset, seed, variation
        What it was made by; the same seed and variation give the same image on the same machine with as many threads.
    losses
        Before each step, float64; scales are not comparable with each other.
    seconds
        Of work at it, over all runs that went on with it.
    notices
        Sentences on what was decided on the way.
    provenance
        Which weights served.
    kept
        {steps: the picture after them}, where that was asked for; at the scale that it was at.
    exemplar
        Number of the exemplar, of those that a farm continues.
    """

    image: np.ndarray
    method: str
    preset: str
    seed: int
    variation: int
    losses: np.ndarray
    seconds: float
    notices: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)
    kept: Mapping[int, np.ndarray] = field(default_factory=dict)
    exemplar: int = 0
