"""One annealing chain: a state that moves on stage by stage, determined by target, shape, schedule, seed and number."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.anneal.engines.draws import next_word
from raysys.anneal.engines.engine import Engine, engine_for
from raysys.anneal.engines.mixture import weighted_residual
from raysys.anneal.reconstruction import History, Reconstruction
from raysys.anneal.resolutions import coarse_known, enlarged, levels_of, refined
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known, first_labels
from raysys.anneal.target import Target
from raysys.errors import RaysysError
from raysys.farm.archive import read_archive, write_archive

__all__ = ["Chain"]

KIND = "raysys annealing chain 2"
STATE = ("seed", "chain", "level", "stage", "swaps", "seconds", "_began", "_t0", "_next", "_lowered", "_stuck")
# What "auto" means by a first temperature; the probe is short beside a stage of an ordinary chain.
AUTO_ACCEPTANCE, AUTO_MOVES = 0.3, 5_000
# A finer level begins where the coarser one had so many times the energy that it ended at, so that the corners of its
# pixels melt. At 1 the target is met before they have: 512 x 512 is left with 3.5 times as many interfaces between the
# coarser pixels as within. Images so small that coarser levels freeze begin at LEAST of the first
# temperature of their size.
MELTING, LEAST = 3.0, 0.1


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
    level
        Of the schedule's levels the one that is at work, 0 the coarsest.
    stage, swaps, seconds
        Stages and trial moves made at all levels, and the time they took.

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
        if start is not None and schedule.levels > 1:
            raise RaysysError("annealing: a first image and several levels; allowed: one or the other")
        self._random = np.random.SeedSequence(self.seed, spawn_key=(self.chain,)).generate_state(2, np.uint64)
        self._known, self._levels = known, levels_of(target, self.shape, schedule.levels)
        self.level, self.stage, self.swaps, self.seconds = 0, 0, 0, 0.0
        self._history: list[tuple[float, ...]] = []
        coarse, sides = self._levels[0]
        self._begin(first_labels(coarse, sides, self._random, start, self._known_here()))

    def _known_here(self) -> Known | None:
        return coarse_known(self._known, self.shape[0] // self._levels[self.level][1][0])

    def _begin(self, labels: np.ndarray) -> None:
        """A level, from its first image on."""
        self._prepare(labels)
        self._t0 = self._carried_t0() if self.level else self._first_t0()
        self._began = self.stage  # stages made before this level
        self._next = self.schedule.temperature(1, self._t0)
        self._best = (self.energy, labels.copy())
        self._lowered = (self.energy, self.stage)  # the energy last lowered by a hundredth, and when
        self._stuck = False

    def _carried_t0(self) -> float:
        """Begin a finer level about where the coarser one ended: much hotter, it would undo what that has done.

        An image at rest at a temperature T has the energy T / 2 for each count, and what more there is because images
        further from the target are more: that is a matter of T times the number of pixels.
        """
        energy, temperature = self._nearly_ended()
        (coarse, few), (_, many) = self._levels[self.level - 1 : self.level + 1]
        counts, finer_counts = len(coarse.counts(few)), len(self.counts)
        of_counts = min(1.0, counts * temperature / 2 / energy) if energy > 0 else 0.0
        colder = of_counts * finer_counts / counts + (1 - of_counts) * math.prod(many) / math.prod(few)
        least = LEAST * self.schedule.first_temperature(many) if self.schedule.t0 == "scaled" else 0.0
        return max(temperature / colder, least)

    def _nearly_ended(self) -> tuple[float, float]:
        """Energy and temperature of the level before, somewhat above the energy that it ended at."""
        made = self._history[self._began : self.stage]
        ended = min((energy for _, energy, *_ in made), default=0.0)
        above = [(energy, temperature) for temperature, energy, *_ in made if energy > MELTING * ended]
        return above[-1] if above else (made[0][1] if made else 0.0, self._t0)

    def _prepare(self, labels: np.ndarray) -> None:
        """What follows from the labels of this level."""
        target, sides = self._levels[self.level]
        known = self._known_here()
        self.engine: Engine = engine_for(target, labels, self.schedule, None if known is None else known.fixed)
        self._wanted, self._weights = target.counts(sides), target.weights(sides)

    def _first_t0(self) -> float:
        return self._found_t0() if self.schedule.t0 == "auto" else self.schedule.first_temperature(self.labels.shape)

    def _found_t0(self) -> float:
        """The temperature at which AUTO_ACCEPTANCE of the moves are accepted, once the first image is quenched."""
        known, target = self._known_here(), self._levels[self.level][0]
        frozen = None if known is None else known.fixed
        trial = engine_for(target, self.labels.copy(), self.schedule, frozen)
        random, moves = self._random.copy(), min(self.schedule.moves_for(self.labels.shape), AUTO_MOVES)
        trial.stage(random, 0.0, 4 * moves, 0.0)
        temperature = float(self._weights.min()) / 2  # half the energy of one count
        for _ in range(200):
            made = trial.stage(random, temperature, moves, 0.0)
            if made.moves == 0 or made.accepted >= AUTO_ACCEPTANCE * made.moves:
                break
            temperature *= 1.5
        return temperature

    @property
    def labels(self) -> np.ndarray:
        """Phases 0..P-1, uint8, of the level at work; the number of pixels of each phase never changes."""
        return self.engine.labels

    @property
    def counts(self) -> np.ndarray:
        """Counts of the target's terms at the level at work, periodic: (slots,) int64."""
        return self.engine.counts

    @property
    def image(self) -> np.ndarray:
        """The present state, of `shape`, with the target's values of the phases."""
        return self._shown(self.labels)

    def _shown(self, labels: np.ndarray) -> np.ndarray:
        values = np.array(self.target.values, np.int64)
        return values[enlarged(labels, self.shape)].astype(np.min_scalar_type(int(values.max())))

    @property
    def energy(self) -> float:
        """E = sum over the terms of weight * sum over r of (f(r) of the image - f(r) of the target)^2."""
        return float(weighted_residual(self.counts, self._wanted, self._weights))

    @property
    def temperature(self) -> float:
        """T of the stage made last; that of the next before the first."""
        return self._history[-1][0] if self._history else self._next

    @property
    def finished(self) -> bool:
        """Whether all stages are made, the energy is at the threshold or stagnates, or nothing can be exchanged."""
        return self.level == len(self._levels) - 1 and self._level_done

    @property
    def stages(self) -> int:
        """Stages that there are to make, at all levels, unless the chain ends before."""
        return self.schedule.stages * len(self._levels)

    @property
    def _level_done(self) -> bool:
        patience = self.schedule.stagnation
        return (
            self.stage - self._began >= self.schedule.stages
            or self.energy <= self.schedule.threshold
            or self._stuck
            or (patience is not None and self.stage - self._lowered[1] >= patience)
        )

    def advance(self, stages: int | None = None, *, seconds: float | None = None) -> int:
        """Make so many stages (None: all that remain), or fewer, but at least one, if `seconds` are over.

        Returns the number of stages made. How a run is cut into calls does not change its images.
        """
        made, began = 0, time.perf_counter()
        while not self.finished and made != stages:
            if self._level_done:
                self._go_finer()
                continue
            self._make_stage()
            made += 1
            if seconds is not None and time.perf_counter() - began >= seconds:
                break
        return made

    def _make_stage(self) -> None:
        began, temperature = time.perf_counter(), self._next
        moves = self.schedule.moves_for(self.labels.shape)
        made = self.engine.stage(self._random, temperature, moves, self.schedule.threshold)
        self.stage += 1
        self.swaps += made.moves
        self._stuck = made.moves == 0
        energy = self.energy
        if energy < self._best[0]:
            self._best = (energy, self.labels.copy())
        if energy < 0.99 * self._lowered[0]:
            self._lowered = (energy, self.stage)
        self._next = self._cooled(temperature, made.variance)
        self.seconds += time.perf_counter() - began
        self._history.append((temperature, energy, made.accepted / max(made.moves, 1), float(self.level)))

    def _cooled(self, temperature: float, variance: float) -> float:
        if self.schedule.cooling == "adaptive" and self.schedule.acceptance != "greedy":
            return self.schedule.cooled(temperature, variance)
        return self.schedule.temperature(self.stage - self._began + 1, self._t0)

    def _go_finer(self) -> None:
        """Go from the end of a level to the first image of the next."""
        labels = self._best[1] if self.schedule.keep == "best" else self.labels
        self.level += 1
        target, sides = self._levels[self.level]
        words = [int(next_word(self._random)) for _ in range(2)]
        self._begin(refined(labels, target, sides, self._known_here(), np.random.default_rng(words)))

    def recount(self) -> np.ndarray:
        """The counts of the image from scratch, (slots,) int64: equal to `counts`, whatever the number of moves."""
        return self.engine.recount()

    def reconstruction(self) -> Reconstruction:
        """The present state, or the best at the end of a stage, as the schedule says."""
        energy, labels = self._best if self.schedule.keep == "best" else (self.energy, self.labels)
        history = History(*np.array(self._history, dtype=np.float64).reshape(-1, 4).T.copy())
        return Reconstruction(
            image=self._shown(labels),
            energy=energy,
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
        description = {name: getattr(self, name) for name in STATE}
        wanted, arrays = self.target.state()
        arrays = arrays | {"labels": self.labels, "counts": self.counts, "random": self._random}
        arrays["history"] = np.array(self._history, dtype=np.float64).reshape(-1, 4)
        if self.schedule.keep == "best":
            arrays["best"] = self._best[1]
        if self._known is not None:
            arrays |= {"known/labels": self._known.labels, "known/fixed": self._known.fixed}
        description |= {"shape": list(self.shape), "best": self._best[0]}
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
        for name in STATE:
            held = description[name]
            setattr(chain, name, tuple(held) if isinstance(held, list) else held)
        chain.shape = chain.target.check(description["shape"])
        chain._levels = levels_of(chain.target, chain.shape, chain.schedule.levels)
        chain._known = Known(arrays["known/labels"], arrays["known/fixed"]) if "known/labels" in arrays else None
        # Copies: arrays that come through Ray are read-only.
        chain._random, labels = np.array(arrays["random"]), np.array(arrays["labels"], dtype=np.uint8)
        chain._history = [tuple(float(x) for x in row) for row in arrays["history"]]
        chain._prepare(labels)
        chain._best = (description["best"], np.array(arrays["best"]) if "best" in arrays else labels.copy())
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
