"""Annealing as an order for a farm: what all chains have in common, a chain as a job, and what is kept of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from raysys.anneal.chain import Chain
from raysys.anneal.engines.selection import FROZEN
from raysys.anneal.packing import pack, pack_results, unpack, unpack_results
from raysys.anneal.reconstruction import Reconstruction
from raysys.anneal.resolutions import levels_of
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.errors import RaysysError
from raysys.farm.order import Job, Nouns, Order, Rows, Standing, State

__all__ = ["CHAINS", "AnnealingOrder", "ChainJob"]

# Also the words in the names of files: folders of every release are continued.
CHAINS = Nouns("annealing", "chain", "chains", step="stage", unit="trial moves", measure="energy")
IMAGES = ("labels", "best")  # arrays of a state that are packed
SMALL = 2_000_000  # trial moves of all chains together, of which most terms make a million a second and more
SHARED = ("target/", "known/")  # beginnings of the names of arrays that all chains have in common


@dataclass(frozen=True, eq=False)
class AnnealingOrder(Order[Reconstruction]):
    """Target, shape, schedule, seed and known pixels of a farm; its chains differ by their number only."""

    target: Target
    shape: tuple[int, ...]
    schedule: Schedule
    seed: int
    known: Known | None = None

    nouns: ClassVar[Nouns] = CHAINS
    small: ClassVar[int] = SMALL
    opaque: ClassVar[Mapping[str, str]] = {"target": "another target", "known pixels": "other known pixels"}

    @classmethod
    def of(
        cls, target: Target, shape: Sequence[int], schedule: Schedule, seed: int, known: Known | None = None
    ) -> AnnealingOrder:
        """An order that can be carried out.

        Raises
        ------
        RaysysError
            If the shape, the levels, the selection or the known pixels do not suit the target, or the seed is negative.
        """
        sides = target.check(shape)
        levels_of(target, sides, schedule.levels)
        schedule.group_of(len(sides), len(target.fractions), FROZEN)
        if known is not None:
            known.check(target, sides)
        if seed < 0:
            raise RaysysError(f"annealing: seed {seed}; allowed: whole numbers >= 0")
        return cls(target, sides, schedule, int(seed), known)

    @property
    def work(self) -> int:
        """Trial moves of a chain that makes all of its stages."""
        levels = levels_of(self.target, self.shape, self.schedule.levels)
        return self.schedule.stages * sum(self.schedule.moves_for(sides) for _, sides in levels)

    def begin(self, number: int) -> ChainJob:
        """Chain `number`, at its first image."""
        chain = Chain(self.target, self.shape, seed=self.seed, schedule=self.schedule, chain=number, known=self.known)
        return ChainJob(self, chain)

    def resume(self, number: int, state: State) -> ChainJob:
        """The chain whose state was `kept`, which has its number."""
        description, arrays = state
        wanted, shared = self.target.state()
        if self.known is not None:
            shared |= {"known/labels": self.known.labels, "known/fixed": self.known.fixed}
        images = {name: unpack(arrays[name], tuple(sides)) for name, sides in description["sides"].items()}
        whole = description | {"target": wanted, "schedule": self.schedule.as_dict()}
        return ChainJob(self, Chain.from_state(whole, arrays | shared | images))

    def kept(self, chain: Chain) -> State:
        """The state of a chain of this order, less what the order says already; images as bits."""
        description, arrays = chain.state()
        own = {name: array for name, array in arrays.items() if not name.startswith(SHARED)}
        images = {name: own[name] for name in IMAGES if name in own}
        own |= {name: pack(image, len(self.target.fractions)) for name, image in images.items()}
        # The chain goes on with its own. Its packed images and its history are new arrays already.
        own |= {name: own[name].copy() for name in ("counts", "random")}
        description = {name: value for name, value in description.items() if name not in ("target", "schedule")}
        return description | {"sides": {name: list(image.shape) for name, image in images.items()}}, own

    def standing(self, state: State) -> Standing:
        """Stages and trial moves made, and the energy at the end of the last stage."""
        description, arrays = state
        energies = arrays["history"][:, 1]
        energy = float(energies[-1]) if len(energies) else math.nan
        return Standing(description["stage"], self._stages, energy, description["swaps"])

    def standing_of_result(self, result: Reconstruction) -> Standing:
        """The same of a chain that has ended."""
        return Standing(len(result.history.energy), self._stages, result.energy, result.swaps)

    @property
    def _stages(self) -> int:
        return self.schedule.stages * self.schedule.levels

    def image(self, state: State) -> np.ndarray:
        """The labels, uint8, of a state that was `kept`; of the resolution that it was at."""
        return unpack(state[1]["labels"], tuple(state[0]["sides"]["labels"]))

    def image_of_result(self, result: Reconstruction) -> np.ndarray:
        """The image, with the target's values of the phases."""
        return result.image

    def pack(self, results: Sequence[Reconstruction]) -> tuple[Rows, dict[str, np.ndarray]]:
        """See `pack_results`."""
        return pack_results(results)

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Reconstruction]:
        """See `unpack_results`; seed, schedule and longest lag are the order's."""
        shared = {"seed": self.seed, "schedule": self.schedule, "r_max": self.target.r_max}
        return unpack_results(rows, arrays, shared)

    def signature(self) -> dict[str, str]:
        """Each part of the order in a few letters, equal for equal parts."""
        wanted, arrays = self.target.state()
        schedule = {
            # 1 and 1.0 are the same setting
            name: repr(float(value)).removesuffix(".0") if isinstance(value, int | float) else str(value)
            for name, value in self.schedule.as_dict().items()
        }
        known = [] if self.known is None else [self.known.fixed, np.where(self.known.fixed, self.known.labels, 0)]
        return schedule | {
            "shape": " x ".join(map(str, self.shape)),
            "seed": str(self.seed),
            "target": _digest(json.dumps(wanted, sort_keys=True), list(arrays.values())),
            "known pixels": _digest("", known),
        }


class ChainJob(Job[Reconstruction]):
    """A chain as a farm sees it."""

    def __init__(self, order: AnnealingOrder, chain: Chain) -> None:
        self.order, self.chain = order, chain

    @property
    def standing(self) -> Standing:
        """Stages and trial moves made, and the energy now."""
        return Standing(self.chain.stage, self.chain.stages, self.chain.energy, self.chain.swaps)

    @property
    def finished(self) -> bool:
        """Whether the chain has ended."""
        return self.chain.finished

    def advance(self, seconds: float) -> None:
        """Make stages, one at least."""
        self.chain.advance(seconds=seconds)

    def state(self) -> State:
        """What the order keeps of the chain."""
        return self.order.kept(self.chain)

    def result(self) -> Reconstruction:
        """The chain's last state, or its best, as the schedule says."""
        return self.chain.reconstruction()


def _digest(text: str, arrays: Sequence[np.ndarray]) -> str:
    found = hashlib.sha256(text.encode())
    for array in arrays:
        found.update(f"{array.shape}".encode())
        found.update(np.ascontiguousarray(array, np.float64 if array.dtype.kind == "f" else np.int64).tobytes())
    return found.hexdigest()[:16]
