"""The annealing schedule: temperatures, moves per stage, which pixels are drawn and which moves are accepted."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from raysys.errors import RaysysError

__all__ = ["ACCEPTANCES", "SELECTIONS", "Schedule"]

SELECTIONS = ("interface", "uniform", "dpn")
ACCEPTANCES = ("metropolis", "greedy")
MOVES_PER_PIXEL = 20_000 / 128**2  # the seed does not state it; ten times more lowers the final energy 1.4 to 3.8 times


@dataclass(frozen=True)
class Schedule:
    """How a chain cools.

    Parameters
    ----------
    t0, alpha, stages
        The temperature of stage k = 1..stages is t0 * alpha^k, in units of the energy (dimensionless, see `Target`).
        Defaults as published: 1e-7, 0.97, 250.
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

    Raises
    ------
    RaysysError
        If a value lies outside its range.
    """

    t0: float = 1e-7
    alpha: float = 0.97
    stages: int = 250
    moves: int | None = None
    selection: str = "interface"
    threshold: float = 0.0
    acceptance: str = "metropolis"

    def __post_init__(self) -> None:
        rules = (
            ("t0", self.t0 >= 0, "a number >= 0"),
            ("alpha", 0 < self.alpha <= 1, "a number in (0, 1]"),
            ("stages", self.stages >= 1, "a whole number >= 1"),
            ("moves", self.moves is None or self.moves >= 1, "a whole number >= 1, or None"),
            ("selection", self.selection in SELECTIONS, f"one of {', '.join(SELECTIONS)}"),
            ("threshold", self.threshold >= 0, "a number >= 0"),
            ("acceptance", self.acceptance in ACCEPTANCES, f"one of {', '.join(ACCEPTANCES)}"),
        )
        for name, holds, allowed in rules:
            if not holds:
                raise RaysysError(f"annealing schedule: {name} is {getattr(self, name)!r}; allowed: {allowed}")

    @classmethod
    def published(cls, **changes: Any) -> Schedule:
        """The seed's schedule: any two pixels of different phase are exchanged."""
        return cls(**{"selection": "uniform", **changes})

    def temperature(self, stage: int) -> float:
        """T of stage 1..stages; it is lowered before each stage, the first included."""
        return 0.0 if self.acceptance == "greedy" else self.t0 * math.pow(self.alpha, stage)

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
