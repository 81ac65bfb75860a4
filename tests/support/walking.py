"""A toy order for farms: random walks on the integers, of which nothing is drawn, trained or annealed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from raysys.errors import RaysysError
from raysys.farm import Job, Nouns, Order, Resources, Standing, State
from raysys.farm.order import Rows

WALKS = Nouns("strolling", "walk", "walks", step="stretch", unit="paces", measure="distance")


@dataclass(frozen=True)
class Walked:
    """Where a walk was at the end of each stretch."""

    number: int
    places: tuple[int, ...]


@dataclass(frozen=True)
class Stroll(Order[Walked]):
    """Walks of `stretches` stretches of `paces` paces each; walk k draws from (seed, k, stretch) only.

    `pause` seconds are slept in each stretch; walk number `stumbling` fails at its second stretch.
    """

    seed: int = 0
    stretches: int = 5
    paces: int = 10
    pause: float = 0.0
    stumbling: int | None = None
    resources: Resources = field(default_factory=Resources)

    nouns: ClassVar[Nouns] = WALKS

    @property
    def work(self) -> int:
        return self.stretches * self.paces

    def signature(self) -> dict[str, str]:
        return {"seed": str(self.seed), "stretches": str(self.stretches), "paces": str(self.paces)}

    def begin(self, number: int) -> Walk:
        return Walk(self, number, [])

    def resume(self, number: int, state: State) -> Walk:
        return Walk(self, number, state[1]["places"].tolist())

    def standing(self, state: State) -> Standing:
        return self.at(state[1]["places"].tolist())

    def standing_of_result(self, result: Walked) -> Standing:
        return self.at(result.places)

    def at(self, places: Sequence[int]) -> Standing:
        distance = abs(places[-1]) if places else 0
        return Standing(len(places), self.stretches, distance, len(places) * self.paces)

    def pack(self, results: Sequence[Walked]) -> tuple[Rows, dict[str, np.ndarray]]:
        return [{} for _ in results], {"places": np.array([result.places for result in results])}

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Walked]:
        return [Walked(row["walk"], tuple(places.tolist())) for row, places in zip(rows, arrays["places"], strict=True)]


class Walk(Job[Walked]):
    def __init__(self, order: Stroll, number: int, places: list[int]) -> None:
        self.order, self.number, self.places = order, number, places

    @property
    def standing(self) -> Standing:
        return self.order.at(self.places)

    @property
    def finished(self) -> bool:
        return len(self.places) >= self.order.stretches

    def advance(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while not self.finished:
            self._stretch()
            if time.perf_counter() >= until:
                break

    def _stretch(self) -> None:
        if self.number == self.order.stumbling and self.places:
            raise RaysysError(f"walk {self.number} stumbled")
        time.sleep(self.order.pause)
        rng = np.random.default_rng((self.order.seed, self.number, len(self.places)))
        here = self.places[-1] if self.places else 0
        self.places.append(here + int(rng.choice([-1, 1], self.order.paces).sum()))

    def state(self) -> State:
        return {}, {"places": np.array(self.places, np.int64)}

    def result(self) -> Walked:
        return Walked(self.number, tuple(self.places))
