"""One annealing chain: a state that moves on stage by stage, determined by target, shape, schedule, seed and number."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.anneal.archive import read_archive, write_archive
from raysys.anneal.kernels import (
    Groups,
    Lines,
    line_copies,
    pixel_groups,
    random_image,
    recount,
    run_stage,
    squared_residual,
)
from raysys.anneal.reconstruction import History, Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.target import Target, count_scale
from raysys.errors import RaysysError

__all__ = ["Chain"]

KIND = "raysys annealing chain 1"


class Chain:
    """A chain of trial exchanges.

    Parameters
    ----------
    target, shape
        What is wanted, at which size (H, W).
    seed, chain
        Chain number `chain` of a farm with that seed; nothing else enters its random numbers.
    schedule
        See `Schedule`.
    start
        First image (H, W) of zeros and ones; None: random with round(phi H W) ones.

    Attributes
    ----------
    image
        (H, W) uint8, the present state; its number of ones never changes.
    counts
        (R,) int64: periodic pair counts of `image` at r = 1..R, summed over the axes.
    stage, swaps, seconds
        Stages and trial moves made, and the time they took.

    Raises
    ------
    RaysysError
        If the shape does not suit the target, the seed is negative, or `start` is not such an image.
    """

    def __init__(
        self,
        target: Target,
        shape: Sequence[int],
        *,
        seed: int,
        schedule: Schedule = Schedule(),
        chain: int = 0,
        start: np.ndarray | None = None,
    ) -> None:
        self.target, self.schedule, self.seed, self.chain = target, schedule, int(seed), int(chain)
        self.shape = target.check(shape)
        if self.seed < 0 or self.chain < 0:
            raise RaysysError(f"annealing: seed {seed}, chain {chain}; allowed: whole numbers >= 0")
        self._random = np.random.SeedSequence(self.seed, spawn_key=(self.chain,)).generate_state(2, np.uint64)
        if start is None:
            self.image = random_image(self._random, *self.shape, target.ones(self.shape))
        else:
            self.image = _checked_start(start, self.shape)
        self.counts = recount(self.image, target.r_max)
        self.stage, self.swaps, self.seconds = 0, 0, 0.0
        self._history: list[tuple[float, float, float]] = []
        self._wanted = target.counts(self.shape)
        self._work: tuple[Lines, Groups] | None = None

    @property
    def energy(self) -> float:
        """E = sum over r of (S2 of the image - S2 of the target)^2."""
        return float(squared_residual(self.counts, self._wanted)) / count_scale(self.shape) ** 2

    @property
    def temperature(self) -> float:
        """T of the stage made last; t0 before the first."""
        return self.schedule.temperature(self.stage)

    @property
    def finished(self) -> bool:
        """Whether all stages are made, or the energy is at the threshold."""
        return self.stage >= self.schedule.stages or self.energy <= self.schedule.threshold

    def advance(self, stages: int | None = None, *, seconds: float | None = None) -> int:
        """Make so many stages (None: all that remain), or fewer, but at least one, if `seconds` are over.

        Returns the number of stages made. How a run is cut into calls does not change its images.
        """
        made, began = 0, time.perf_counter()
        while not self.finished and made != stages:
            self._make_stage()
            made += 1
            if seconds is not None and time.perf_counter() - began >= seconds:
                break
        return made

    def _make_stage(self) -> None:
        began, scale = time.perf_counter(), count_scale(self.shape) ** 2
        if self._work is None:
            self._work = (
                line_copies(self.image, self.target.r_max),
                pixel_groups(self.image, self.schedule.group_of()),
            )
        temperature = self.schedule.temperature(self.stage + 1)
        moves, accepted = run_stage(
            self.image,
            self._work[0],
            self.counts,
            self._wanted,
            self._work[1],
            self._random,
            temperature * scale,
            self.schedule.moves_for(self.shape),
            self.schedule.threshold * scale,
        )
        self.stage += 1
        self.swaps += moves
        self.seconds += time.perf_counter() - began
        self._history.append((temperature, self.energy, accepted / moves))

    def recount(self) -> np.ndarray:
        """The pair counts of the image from scratch, (R,) int64: equal to `counts`, whatever the number of moves."""
        return recount(self.image, self.target.r_max)

    def reconstruction(self) -> Reconstruction:
        """The present state as a result."""
        history = History(*np.array(self._history, dtype=np.float64).reshape(-1, 3).T.copy())
        return Reconstruction(
            image=self.image.copy(),
            energy=self.energy,
            history=history,
            swaps=self.swaps,
            seconds=self.seconds,
            seed=self.seed,
            chain=self.chain,
            schedule=self.schedule,
            r_max=self.target.r_max,
        )

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything that the chain continues from: a description ready for JSON, and arrays."""
        names = ("seed", "chain", "stage", "swaps", "seconds")
        target = {name: getattr(self.target, name) for name in ("phase_fraction", "boundary", "phase", "images")}
        description = {name: getattr(self, name) for name in names}
        arrays = {"image": self.image, "counts": self.counts, "random": self._random, "S2": self.target.S2}
        arrays["history"] = np.array(self._history, dtype=np.float64).reshape(-1, 3)
        return description | {"schedule": self.schedule.as_dict(), "target": target}, arrays

    @classmethod
    def from_state(cls, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Chain:
        """The chain whose `state` this was."""
        chain = cls.__new__(cls)
        chain.target = Target(S2=arrays["S2"], **description["target"])
        chain.schedule = Schedule(**description["schedule"])
        for name in ("seed", "chain", "stage", "swaps", "seconds"):
            setattr(chain, name, description[name])
        chain.image = np.array(arrays["image"], dtype=np.uint8)  # copies: arrays that come through Ray are read-only
        chain.counts, chain._random = np.array(arrays["counts"]), np.array(arrays["random"])
        chain.shape = chain.target.check(chain.image.shape)
        chain._history = [(float(t), float(e), float(a)) for t, e, a in arrays["history"]]
        chain._wanted, chain._work = chain.target.counts(chain.shape), None
        return chain

    def save(self, path: str | Path) -> None:
        """Write a checkpoint (.npz), which appears only when it is complete."""
        write_archive(path, KIND, *self.state())

    @classmethod
    def load(cls, path: str | Path) -> Chain:
        """Continue from a checkpoint.

        Raises
        ------
        RaysysError
            If the file is missing, damaged (its counts are not those of its image) or something else.
        """
        description, arrays = read_archive(path, KIND)
        try:
            chain = cls.from_state(description, arrays)
        except (KeyError, TypeError, ValueError) as error:
            raise RaysysError(f"{path}: damaged ({error})") from error
        if not np.array_equal(chain.counts, chain.recount()):
            raise RaysysError(f"{path}: damaged (its pair counts are not those of its image); delete it to start again")
        return chain


def _checked_start(start: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    image = np.array(start)
    if image.shape != shape or not np.isin(image, (0, 1)).all() or image.min() == image.max():
        raise RaysysError(f"annealing: the first image has shape {image.shape}; allowed: {shape}, both zeros and ones")
    return np.ascontiguousarray(image, dtype=np.uint8)
