"""The ladder's rungs: which damage at which strengths, in the order of strength, and how each is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from raysys.assess.power.damage import blurred, dilated, eroded, filled, flipped, shifted, specked
from raysys.assess.power.surrogates import annealed_on_two_point, gaussian_like
from raysys.errors import RaysysError

__all__ = ["COPIES", "DAMAGES", "Damage", "Level", "Rung", "check_level", "rungs_of"]

Level = Literal["none", "quick", "full"]
Function = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
COPIES = "copies"  # damage to the choice of images and to none of them: every image several times


def _share(strength: float) -> str:
    return f"one flipped pixel in {1 / strength:.0f}"


def _pixels(strength: float) -> str:
    return f"{strength:g} pixel{'' if strength == 1 else 's'}"


@dataclass(frozen=True)
class Damage:
    """One kind of damage.

    Attributes
    ----------
    name
        As tables and verdict.json call it.
    strengths
        From the smallest on; the unit is the function's.
    told
        A strength in words, such as "one flipped pixel in 100".
    apply
        From images, a strength and random numbers to images.
    quick
        The strengths that a quick ladder has.
    plain
        Whether whoever does not notice its greatest strength notices little at all.
    """

    name: str
    strengths: tuple[float, ...]
    told: Callable[[float], str]
    apply: Function
    quick: tuple[float, ...] = ()
    plain: bool = False

    def on(self, level: Level) -> tuple[float, ...]:
        """The strengths of a ladder."""
        return {"none": (), "quick": self.quick, "full": self.strengths}[level]


@dataclass(frozen=True)
class Rung:
    """One damage at one strength."""

    damage: Damage
    strength: float

    @property
    def key(self) -> str:
        """As files and tables call it."""
        return f"{self.damage.name} {self.strength:g}"

    @property
    def words(self) -> str:
        """What was done, in words."""
        return self.damage.told(self.strength)


def _as_they_are(images: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    return images


DAMAGES = {
    one.name: one
    for one in (
        Damage("flips", (0.001, 0.003, 0.01, 0.03), _share, flipped, quick=(0.001, 0.003, 0.01, 0.03), plain=True),
        Damage("dilation", (1, 2), lambda s: f"a growth of the phase by {_pixels(s)}", dilated, quick=(1,), plain=True),
        Damage("erosion", (1, 2), lambda s: f"a loss of {_pixels(s)} all around the phase", eroded),
        Damage("blur", (1, 2, 3), lambda s: f"edges smoothed over {_pixels(s)}", blurred, quick=(1,)),
        Damage("specks", (0.001, 0.003, 0.01), lambda s: f"specks on {100 * s:g} % of the pixels", specked,
               quick=(0.003,)),
        Damage("filled", (4, 10, 30), lambda s: f"the loss of all parts of up to {_pixels(s)}", filled),
        Damage("shift", (0.005, 0.01, 0.02, 0.05), lambda s: f"{100 * s:g} percentage points more of the phase",
               shifted),
        Damage("gaussian", (1,), lambda s: "a Gaussian field of the same S2", gaussian_like, quick=(1,)),
        Damage("annealed", (1,), lambda s: "annealing on S2 alone", annealed_on_two_point),
        Damage(COPIES, (2, 4, 8), lambda s: f"every image {s:g} times", _as_they_are, quick=(2, 4)),
    )
}  # fmt: skip


def rungs_of(level: Level) -> list[Rung]:
    """All rungs of a ladder."""
    return [Rung(damage, strength) for damage in DAMAGES.values() for strength in damage.on(level)]


def check_level(level: str) -> Level:
    """Let pass a level.

    Raises
    ------
    RaysysError
        If it is none.
    """
    for known in get_args(Level):
        if level == known:
            return known
    raise RaysysError(f"--power {level} is not known; allowed: {', '.join(get_args(Level))}")
