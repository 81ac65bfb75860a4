"""The result of a chain: its image, and how it was reached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raysys.anneal.schedule import Schedule
from raysys.errors import RaysysError
from raysys.farm.archive import read_archive, write_archive

__all__ = ["History", "Reconstruction"]

KIND = "raysys reconstruction 2"


@dataclass(frozen=True, eq=False)
class History:
    """One entry per stage made.

    Parameters
    ----------
    temperature, energy
        (stages,) float64: temperature of the stage, energy at its end.
    acceptance
        (stages,) float64 in [0, 1]: share of the trial moves that were accepted.
    level
        (stages,) float64: resolution of the stage, 0 the coarsest.
    """

    temperature: np.ndarray
    energy: np.ndarray
    acceptance: np.ndarray
    level: np.ndarray


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """A reconstructed image.

    Parameters
    ----------
    image
        (H, W) or (D, H, W), with the target's values of the phases, 1 = phase of interest by default; periodic.
    energy
        E = sum over the terms of weight * sum over r of (f(r) of the image - f(r) of the target)^2.
    history, swaps, seconds
        Per stage; trial moves made; time spent in them.
    seed, chain, schedule, r_max
        What it can be made again from, together with the target.
    """

    image: np.ndarray
    energy: float
    history: History
    swaps: int
    seconds: float
    seed: int
    chain: int
    schedule: Schedule
    r_max: int

    @property
    def mse(self) -> float:
        """Energy / r_max: of a target that is S2 at r = 1..r_max, the mean squared error of S2."""
        return self.energy / self.r_max

    @property
    def phase_fraction(self) -> float:
        """Share of the phase with the highest value, the phase of interest of a binary image."""
        return float((self.image == self.image.max()).mean())

    def save(self, path: str | Path) -> None:
        """Write to `path` (.npz), which appears only when it is complete."""
        scalars = ("energy", "swaps", "seconds", "seed", "chain", "r_max")
        description = {name: getattr(self, name) for name in scalars} | {"schedule": self.schedule.as_dict()}
        write_archive(path, KIND, description, {"image": self.image, **vars(self.history)})

    @classmethod
    def load(cls, path: str | Path) -> Reconstruction:
        """Read what `save` wrote; RaysysError if the file is missing, damaged or something else."""
        description, arrays = read_archive(path, KIND)
        description.pop("kind")
        try:
            schedule = Schedule(**description.pop("schedule"))
            image = arrays.pop("image")
            return cls(image=image, history=History(**arrays), schedule=schedule, **description)
        except (KeyError, TypeError) as error:
            raise RaysysError(f"{path}: damaged ({error})") from error
