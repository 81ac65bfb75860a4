"""What a running reconstruction tells its caller, and what it is worked out from."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Gauge", "Progress"]

WINDOW = 10.0  # seconds that the speed is a mean over


@dataclass(frozen=True)
class Progress:
    """State after a chain, or several short ones, have moved on.

    `chain` has made `stage` of `stages` stages and stands at `energy`; `finished` of `chains` chains have ended and
    `failed` more will not; `workers` Ray actors are at work and `pending` more wait for a free CPU (0 of both without
    Ray). `lowest`, `median` and `highest` are energies over all chains that have begun; `swaps` trial moves were made,
    `rate` a second in the last seconds; `fraction` of the work is done and `seconds_left` remain, both as far as can
    be told (None: not yet).
    """

    chain: int
    stage: int
    stages: int
    energy: float
    finished: int
    chains: int
    workers: int = 0
    pending: int = 0
    failed: int = 0
    lowest: float = math.nan
    median: float = math.nan
    highest: float = math.nan
    swaps: int = 0
    rate: float = 0.0
    fraction: float = 0.0
    seconds_left: float | None = None
    shown: Callable[[], np.ndarray] | None = field(default=None, repr=False, compare=False)

    @property
    def image(self) -> np.ndarray | None:
        """Phases of the chain as it stands, at the resolution that it is at; unpacked when it is asked for."""
        return None if self.shown is None else self.shown()


class Gauge:
    """Energies and trial moves of all chains of a farm.

    Parameters
    ----------
    chains
        How many there are.
    moves
        Of a chain that makes all of its stages; what chains that have ended made is taken once there are some.
    """

    def __init__(self, chains: int, moves: int) -> None:
        self._energies, self._moves = np.full(chains, math.nan), np.zeros(chains, np.int64)
        self._ended, self._open, self._expected = np.zeros(chains, bool), np.ones(chains, bool), moves
        self._made = 0  # trial moves since the gauge began; those of resumed chains were made before
        self._steps = deque([(time.monotonic(), 0)])

    def resumed(self, number: int, energy: float, moves: int, *, ended: bool) -> None:
        """A chain was found where an earlier run has left it."""
        self._energies[number], self._moves[number] = energy, moves
        self._ended[number], self._open[number] = ended, not ended

    def begin(self) -> None:
        """The first worker is there: time counts from here."""
        self._steps = deque([(time.monotonic(), 0)])

    def moved(self, number: int, energy: float, moves: int, *, ended: bool) -> None:
        """A chain has come to `energy` by `moves` trial moves in all."""
        self._made += moves - int(self._moves[number])
        self.resumed(number, energy, moves, ended=ended)

    def dropped(self, number: int) -> None:
        """A chain has failed: nothing more is to be expected of it."""
        self._open[number] = False

    @property
    def energies(self) -> tuple[float, float, float]:
        """Least, median and greatest of the chains that have begun."""
        begun = self._energies[~np.isnan(self._energies)]
        if not len(begun):
            return math.nan, math.nan, math.nan
        return float(begun.min()), float(np.median(begun)), float(begun.max())

    def read(self) -> dict[str, Any]:
        """Those fields of `Progress` that are of all chains together."""
        lowest, median, highest = self.energies
        done = int(self._moves.sum())
        expected = float(self._moves[self._ended].mean()) if self._ended.any() else float(self._expected)
        left = float(np.maximum(expected - self._moves[self._open], 0).sum())
        rate = self._rate()
        return {
            "lowest": lowest,
            "median": median,
            "highest": highest,
            "swaps": done,
            "rate": rate,
            # Chains may go on for longer than those before them.
            "fraction": min(done / max(done + left, 1.0), 0.999) if self._open.any() else 1.0,
            "seconds_left": left / rate if rate else None,
        }

    def _rate(self) -> float:
        now = time.monotonic()
        self._steps.append((now, self._made))
        while len(self._steps) > 2 and now - self._steps[1][0] > WINDOW:
            self._steps.popleft()
        began, made = self._steps[0]
        return (self._made - made) / (now - began) if now > began else 0.0
