"""How a set of images that is judged was made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.spacing import Spacing

__all__ = ["Kind", "Made", "Method"]

Kind = Literal["model", "annealed", "images"]


@dataclass(frozen=True)
class Method:
    """How a set of images was made.

    Attributes
    ----------
    kind
        "model" (drawn from a generator), "annealed", or "images" (given as they are).
    source
        URI, folder or file.
    asked
        Descriptors of the annealing's target.
    training
        Seconds that the model's training took, by the clock; NaN if it is not known.
    per_image
        Seconds that an image takes: of sampling here, or (the median chain's) of one core; NaN if it is not known.
    told
        More about it, for readers: where it was timed, its schedule, its seed.
    """

    kind: Kind
    source: str
    asked: tuple[str, ...] = ()
    training: float = math.nan
    per_image: float = math.nan
    told: str = ""

    @property
    def two_point_alone(self) -> bool:
        """Whether it was annealed on two-point functions and on nothing else."""
        return self.kind == "annealed" and bool(self.asked) and all(_two_point(name) for name in self.asked)


@dataclass(frozen=True)
class Made:
    """A set: images (N, ...) uint8 {0, 1}, or numbers of phases; how they were made, and how far pixels are apart."""

    images: np.ndarray
    method: Method
    spacing: Spacing | None = None


def _two_point(name: str) -> bool:
    return name == "map" or name.partition("_")[0] == "S2"
