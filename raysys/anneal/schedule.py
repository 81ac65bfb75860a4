"""The annealing schedule: temperatures, moves per stage, which pixels are drawn and which moves are accepted."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from raysys.errors import RaysysError

__all__ = ["ACCEPTANCES", "SELECTIONS", "Schedule"]

SELECTIONS = ("interface", "uniform", "dpn")
ACCEPTANCES = ("metropolis", "greedy")
COOLINGS = ("geometric", "adaptive")
KEPT = ("last", "best")
COOLING_SPEED = 0.7  # lambda of Huang, Romeo and Sangiovanni-Vincentelli
COOLING_RANGE = (0.5, 0.995)
T0_WORDS = ("scaled", "auto")
# At a temperature T an image comes to rest at about E = (T * pixels)^1.7, far above T for each count: the more pixels,
# the more images are as far from the target. So at 256^3 stage 250 from 1e-7 is hotter, still, than stage 20 at 128^2.
PUBLISHED_T0, PUBLISHED_PIXELS = 1e-7, 128**2
# Not stated by Amiri et al. 2023; ten times more lowers the final energy 1.4 to 3.8 times.
MOVES_PER_PIXEL = 20_000 / 128**2


@dataclass(frozen=True)
class Schedule:
    """How a chain cools.

    Parameters
    ----------
    t0, alpha, stages
        The temperature of stage k = 1..stages is t0 * alpha^k, in units of the energy (dimensionless, see `Target`).
        t0 is a number, or "scaled": 1e-7 up to 128 x 128 pixels, as published, and in inverse proportion to the number
        of pixels beyond, where 1e-7 is too hot (see `PUBLISHED_T0`), or "auto": the temperature at which 0.3 of the
        trial moves are accepted once the first image has been quenched, whatever the target's terms, weights and size.
        alpha and stages are as published. Of several levels t0 is that of the coarsest; each other begins about
        where the one before it came to rest.
    moves
        Trial moves per stage; None: 20,000 at 128 x 128, in proportion to the number of pixels.
    selection
        "interface": uniform among the pixels that have one of the other phase among their eight neighbours; "uniform":
        among all (as published); "dpn": pixels with the most neighbours of the other phase with chance 1/2, the others
        in proportion to n_i (i + 1)^2 (Chen et al.). "interface" and "dpn" reach lower energies with fewer moves, but
        are optimisers, not samplers, with a bias to compact shapes.
    threshold
        The chain ends when its energy is not above this.
    acceptance
        "metropolis": a move that raises the energy by dE is accepted with chance exp(-dE / T); "greedy": never.
    cooling
        "geometric": by alpha at every stage; "adaptive": by exp(-0.7 T / s), s the standard deviation of the energy in
        the stage, within 0.5 to 0.995: fast where the energy hardly varies against T, slow where it falls (Huang et
        al. 1986).
    stagnation
        The chain ends when so many stages have not lowered its least energy by a hundredth; None: it does not.
    keep
        The result is the "last" state, as published, or the "best" at the end of a stage.
    levels
        Resolutions, each twice as fine as the one before: the reconstruction begins with pixels 2^(levels - 1) times as
        large and the target's lags that these have, and each level starts from the one before (Karsanina & Gerke 2018).
        Sides must be multiples of 2^(levels - 1).

    Raises
    ------
    RaysysError
        If a value lies outside its range.
    """

    t0: float | Literal["scaled", "auto"] = "scaled"
    alpha: float = 0.97
    stages: int = 250
    moves: int | None = None
    selection: str = "interface"
    threshold: float = 0.0
    acceptance: str = "metropolis"
    cooling: str = "geometric"
    stagnation: int | None = None
    keep: str = "last"
    levels: int = 1

    def __post_init__(self) -> None:
        rules = (
            ("t0", self.t0 in T0_WORDS if isinstance(self.t0, str) else self.t0 >= 0, "a number >= 0, scaled, or auto"),
            ("alpha", 0 < self.alpha <= 1, "a number in (0, 1]"),
            ("stages", self.stages >= 1, "a whole number >= 1"),
            ("moves", self.moves is None or self.moves >= 1, "a whole number >= 1, or None"),
            ("selection", self.selection in SELECTIONS, f"one of {', '.join(SELECTIONS)}"),
            ("threshold", self.threshold >= 0, "a number >= 0"),
            ("acceptance", self.acceptance in ACCEPTANCES, f"one of {', '.join(ACCEPTANCES)}"),
            ("cooling", self.cooling in COOLINGS, f"one of {', '.join(COOLINGS)}"),
            ("stagnation", self.stagnation is None or self.stagnation >= 1, "a whole number >= 1, or None"),
            ("keep", self.keep in KEPT, f"one of {', '.join(KEPT)}"),
            ("levels", 1 <= self.levels <= 12, "a whole number from 1 to 12"),
        )
        for name, holds, allowed in rules:
            if not holds:
                raise RaysysError(f"annealing schedule: {name} is {getattr(self, name)!r}; allowed: {allowed}")

    @classmethod
    def published(cls, **changes: Any) -> Schedule:
        """The schedule of Amiri et al. 2023: any two unlike pixels are exchanged, from 1e-7 on at any size."""
        return cls(**{"selection": "uniform", "t0": PUBLISHED_T0, **changes})

    def first_temperature(self, shape: tuple[int, ...]) -> float:
        """t0 in numbers, of an image of `shape`; what "auto" comes to depends on the target too."""
        scaled = PUBLISHED_T0 * min(1.0, PUBLISHED_PIXELS / math.prod(shape))
        return scaled if self.t0 == "scaled" else float(self.t0)

    def temperature(self, stage: int, t0: float) -> float:
        """T of stage 1..stages of geometric cooling from t0 on; it is lowered before each stage, the first included."""
        return 0.0 if self.acceptance == "greedy" else t0 * math.pow(self.alpha, stage)

    def cooled(self, temperature: float, variance: float) -> float:
        """The temperature after one at which the energy had that variance, of adaptive cooling."""
        if not math.isfinite(temperature) or variance <= 0:
            return temperature * self.alpha
        factor = math.exp(-COOLING_SPEED * temperature / math.sqrt(variance))
        return temperature * min(max(factor, COOLING_RANGE[0]), COOLING_RANGE[1])

    def moves_for(self, shape: tuple[int, ...]) -> int:
        """Trial moves per stage for an image of `shape`."""
        return self.moves if self.moves is not None else max(1, round(MOVES_PER_PIXEL * math.prod(shape)))

    def group_of(self, dims: int, phases: int, most: int) -> np.ndarray:
        """Which group a pixel is drawn from, by phase and number of neighbours of other phases.

        (phases, 2 most) int64; -1, never drawn, also for all pixels that must stay, whose numbers begin at `most`.

        Raises
        ------
        RaysysError
            For "dpn" with more than two phases.
        """
        groups = np.full((phases, 2 * most), -1, np.int64)
        groups[:, :most] = np.arange(phases)[:, None]
        if self.selection == "interface":
            groups[:, 0] = -1
        if self.selection == "dpn":
            if phases != 2:
                raise RaysysError(
                    f"annealing: dpn selection is of two phases, here are {phases}; allowed: interface, uniform"
                )
            classes = 9 if dims == 2 else 27
            groups[:, :classes] = np.arange(2 * classes).reshape(2, classes)
        return groups

    def as_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return asdict(self)
