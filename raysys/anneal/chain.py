"""One annealing chain: a state that moves on stage by stage, determined by target, shape, schedule, seed and number."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.anneal.archive import read_archive, write_archive
from raysys.anneal.engines import Engine, engine_for
from raysys.anneal.mixture import weighted_residual
from raysys.anneal.reconstruction import History, Reconstruction
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known, first_labels
from raysys.anneal.target import Target
from raysys.errors import RaysysError

__all__ = ["Chain"]

KIND = "raysys annealing chain 2"


class Chain:
    """A chain of trial exchanges.

    Parameters
    ----------
    target, shape
        What is wanted, at which size: (H, W) or (D, H, W).
    seed, chain
        Chain number `chain` of a farm with that seed; nothing else enters its random numbers.
    schedule
        See `Schedule`.
    start
        First image of `shape`, phases 0..P-1; None: random with the target's number of pixels of each phase.
    known
        Pixels that are known and stay; see `Known`.

    Attributes
    ----------
    labels
        Phases 0..P-1, uint8 of `shape`, the present state; the number of pixels of each phase never changes.
    counts
        (slots,) int64: the counts of the target's terms, periodic.
    stage, swaps, seconds
        Stages and trial moves made, and the time they took.

    Raises
    ------
    RaysysError
        If the shape does not suit the target, the seed is negative, `start` is not such an image, or nothing is left
        that may be exchanged.
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
        known: Known | None = None,
    ) -> None:
        self.target, self.schedule, self.seed, self.chain = target, schedule, int(seed), int(chain)
        self.shape = target.check(shape)
        if self.seed < 0 or self.chain < 0:
            raise RaysysError(f"annealing: seed {seed}, chain {chain}; allowed: whole numbers >= 0")
        self._random = np.random.SeedSequence(self.seed, spawn_key=(self.chain,)).generate_state(2, np.uint64)
        labels = first_labels(target, self.shape, self._random, start, known)
        self.stage, self.swaps, self.seconds = 0, 0, 0.0
        self._history: list[tuple[float, float, float]] = []
        self._prepare(labels, None if known is None else known.fixed)

    def _prepare(self, labels: np.ndarray, frozen: np.ndarray | None) -> None:
        """What follows from the labels."""
        self._frozen = frozen
        self.engine: Engine = engine_for(self.target, labels, self.schedule, frozen)
        self._wanted, self._weights = self.target.counts(self.shape), self.target.weights(self.shape)

    @property
    def labels(self) -> np.ndarray:
        """Phases 0..P-1, uint8 of `shape`."""
        return self.engine.labels

    @property
    def counts(self) -> np.ndarray:
        """Counts of the target's terms, (slots,) int64."""
        return self.engine.counts

    @property
    def image(self) -> np.ndarray:
        """The present state with the target's values of the phases."""
        return np.array(self.target.values, np.int64)[self.labels].astype(np.min_scalar_type(max(self.target.values)))

    @property
    def energy(self) -> float:
        """E = sum over the terms of weight * sum over r of (f(r) of the image - f(r) of the target)^2."""
        return float(weighted_residual(self.counts, self._wanted, self._weights))

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
        began = time.perf_counter()
        temperature = self.schedule.temperature(self.stage + 1)
        moves = self.schedule.moves_for(self.shape)
        made = self.engine.stage(self._random, temperature, moves, self.schedule.threshold)
        self.stage += 1
        self.swaps += made.moves
        self.seconds += time.perf_counter() - began
        self._history.append((temperature, self.energy, made.accepted / max(made.moves, 1)))

    def recount(self) -> np.ndarray:
        """The counts of the image from scratch, (slots,) int64: equal to `counts`, whatever the number of moves."""
        return self.engine.recount()

    def reconstruction(self) -> Reconstruction:
        """The present state as a result."""
        history = History(*np.array(self._history, dtype=np.float64).reshape(-1, 3).T.copy())
        return Reconstruction(
            image=self.image,
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
        description = {name: getattr(self, name) for name in ("seed", "chain", "stage", "swaps", "seconds")}
        wanted, arrays = self.target.state()
        arrays = arrays | {"labels": self.labels, "counts": self.counts, "random": self._random}
        arrays["history"] = np.array(self._history, dtype=np.float64).reshape(-1, 3)
        if self._frozen is not None:
            arrays["frozen"] = self._frozen
        return description | {"schedule": self.schedule.as_dict(), "target": wanted}, arrays

    @classmethod
    def from_state(cls, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Chain:
        """The chain whose `state` this was.

        Raises
        ------
        ValueError
            If the counts are not those of the labels.
        """
        chain = cls.__new__(cls)
        chain.target = Target.from_state(description["target"], arrays)
        chain.schedule = Schedule(**description["schedule"])
        for name in ("seed", "chain", "stage", "swaps", "seconds"):
            setattr(chain, name, description[name])
        labels = np.array(arrays["labels"], dtype=np.uint8)  # copies: arrays that come through Ray are read-only
        chain._random = np.array(arrays["random"])
        chain.shape = chain.target.check(labels.shape)
        chain._history = [(float(t), float(e), float(a)) for t, e, a in arrays["history"]]
        chain._prepare(labels, np.array(arrays["frozen"]) if "frozen" in arrays else None)
        if not np.array_equal(chain.counts, arrays["counts"]):
            raise ValueError("its counts are not those of its image")
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
            return cls.from_state(description, arrays)
        except (KeyError, TypeError, ValueError, RaysysError) as error:
            raise RaysysError(f"{path}: damaged ({error}); delete it to start again") from error
