"""What a running farm tells its caller, and what it is worked out from."""

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
    """How things stand after a job, or several short ones, have moved on.

    `job` has made `step` of `steps` steps and stands at `measure`; `finished` of `jobs` jobs have ended and `failed`
    more will not; `workers` Ray actors are at work and `pending` more wait for a free CPU (0 of both without Ray).
    `lowest`, `median` and `highest` are measures over all jobs that have begun; `work` units were done, `rate` a second
    in the last seconds; `fraction` of them is done and `seconds_left` remain, both as far as can be told (None: not
    yet).
    """

    job: int
    step: int
    steps: int
    measure: float
    finished: int
    jobs: int
    workers: int = 0
    pending: int = 0
    failed: int = 0
    lowest: float = math.nan
    median: float = math.nan
    highest: float = math.nan
    work: int = 0
    rate: float = 0.0
    fraction: float = 0.0
    seconds_left: float | None = None
    shown: Callable[[], np.ndarray | None] | None = field(default=None, repr=False, compare=False)

    @property
    def image(self) -> np.ndarray | None:
        """What the job looks like as it stands, if like anything; made when it is asked for."""
        return None if self.shown is None else self.shown()


class Gauge:
    """Measures and work of all jobs of a farm.

    Parameters
    ----------
    jobs
        How many there are.
    work
        Of a job that makes all of its steps; what jobs that have ended did is taken once there are some.
    """

    def __init__(self, jobs: int, work: int) -> None:
        self._measures, self._work = np.full(jobs, math.nan), np.zeros(jobs, np.int64)
        self._ended, self._open, self._expected = np.zeros(jobs, bool), np.ones(jobs, bool), work
        self._done = 0  # work since the gauge began; that of resumed jobs was done before
        self._looks = deque([(time.monotonic(), 0)])

    def resumed(self, number: int, measure: float, work: int, *, ended: bool) -> None:
        """A job was found where an earlier run has left it."""
        self._measures[number], self._work[number] = measure, work
        self._ended[number], self._open[number] = ended, not ended

    def begin(self) -> None:
        """The first worker is there: time counts from here."""
        self._looks = deque([(time.monotonic(), 0)])

    def moved(self, number: int, measure: float, work: int, *, ended: bool) -> None:
        """A job has come to `measure` by `work` units of work in all."""
        self._done += work - int(self._work[number])
        self.resumed(number, measure, work, ended=ended)

    def dropped(self, number: int) -> None:
        """A job has failed: nothing more is to be expected of it."""
        self._open[number] = False

    @property
    def measures(self) -> tuple[float, float, float]:
        """Least, median and greatest of the jobs that have begun."""
        begun = self._measures[~np.isnan(self._measures)]
        if not len(begun):
            return math.nan, math.nan, math.nan
        return float(begun.min()), float(np.median(begun)), float(begun.max())

    def read(self) -> dict[str, Any]:
        """Those fields of `Progress` that are of all jobs together."""
        lowest, median, highest = self.measures
        done = int(self._work.sum())
        expected = float(self._work[self._ended].mean()) if self._ended.any() else float(self._expected)
        left = float(np.maximum(expected - self._work[self._open], 0).sum())
        rate = self._rate()
        return {
            "lowest": lowest,
            "median": median,
            "highest": highest,
            "work": done,
            "rate": rate,
            # Jobs may go on for longer than those before them.
            "fraction": min(done / max(done + left, 1.0), 0.999) if self._open.any() else 1.0,
            "seconds_left": left / rate if rate else None,
        }

    def _rate(self) -> float:
        now = time.monotonic()
        self._looks.append((now, self._done))
        while len(self._looks) > 2 and now - self._looks[1][0] > WINDOW:
            self._looks.popleft()
        began, done = self._looks[0]
        return (self._done - done) / (now - began) if now > began else 0.0
