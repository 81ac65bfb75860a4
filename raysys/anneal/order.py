"""What all chains of a farm are determined by, beside their numbers, and a chain's state without it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raysys.anneal.chain import Chain
from raysys.anneal.engines.selection import FROZEN
from raysys.anneal.packing import pack, unpack
from raysys.anneal.resolutions import levels_of
from raysys.anneal.schedule import Schedule
from raysys.anneal.start import Known
from raysys.anneal.target import Target
from raysys.errors import RaysysError

__all__ = ["Order", "State"]

State = tuple[dict[str, Any], dict[str, np.ndarray]]
IMAGES = ("labels", "best")  # arrays of a state that are packed
SHARED = ("target/", "known/")  # beginnings of the names of arrays that all chains have in common


@dataclass(frozen=True, eq=False)
class Order:
    """Target, shape, schedule, seed and known pixels of a farm; its chains differ by their number only."""

    target: Target
    shape: tuple[int, ...]
    schedule: Schedule
    seed: int
    known: Known | None = None

    @classmethod
    def of(
        cls, target: Target, shape: Sequence[int], schedule: Schedule, seed: int, known: Known | None = None
    ) -> Order:
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
    def moves(self) -> int:
        """Trial moves of a chain that makes all of its stages."""
        levels = levels_of(self.target, self.shape, self.schedule.levels)
        return self.schedule.stages * sum(self.schedule.moves_for(sides) for _, sides in levels)

    def begin(self, number: int) -> Chain:
        """Chain `number`, at its first image."""
        return Chain(
            self.target, self.shape, seed=self.seed, schedule=self.schedule, chain=number, known=self.known
        )  # fmt: skip

    def kept(self, chain: Chain) -> State:
        """The state of a chain of this order, less what the order says already; images as bits."""
        description, arrays = chain.state()
        own = {name: array for name, array in arrays.items() if not name.startswith(SHARED)}
        images = {name: own[name] for name in IMAGES if name in own}
        own |= {name: pack(image, len(self.target.fractions)) for name, image in images.items()}
        own["counts"] = own["counts"].copy()  # the chain goes on with its own
        description = {name: value for name, value in description.items() if name not in ("target", "schedule")}
        return description | {"sides": {name: list(image.shape) for name, image in images.items()}}, own

    def resume(self, state: State) -> Chain:
        """The chain whose state was `kept`."""
        description, arrays = state
        wanted, shared = self.target.state()
        if self.known is not None:
            shared |= {"known/labels": self.known.labels, "known/fixed": self.known.fixed}
        images = {name: unpack(arrays[name], tuple(sides)) for name, sides in description["sides"].items()}
        whole = description | {"target": wanted, "schedule": self.schedule.as_dict()}
        return Chain.from_state(whole, arrays | shared | images)

    def image(self, state: State) -> np.ndarray:
        """The labels, uint8, of a state that was `kept`; of the resolution that it was at."""
        return unpack(state[1]["labels"], tuple(state[0]["sides"]["labels"]))

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


def _digest(text: str, arrays: Sequence[np.ndarray]) -> str:
    found = hashlib.sha256(text.encode())
    for array in arrays:
        found.update(f"{array.shape}".encode())
        found.update(np.ascontiguousarray(array, np.float64 if array.dtype.kind == "f" else np.int64).tobytes())
    return found.hexdigest()[:16]
