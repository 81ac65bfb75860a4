"""Orders like others, of which something is altered: other resources, and what `raysys.farm.conformance` checks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.farm.order import Job, JobAround, Order, Rows, Standing, State
from raysys.farm.resources import Resources

__all__ = ["Altered", "AlteredJob", "Changed", "Failing", "Mortal", "Needing"]


class Altered(Order[Any]):
    """An order like another one; subclasses alter something."""

    def __init__(self, order: Order[Any]) -> None:
        self.order = order
        # Of the instance: the class does not know which order it is like.
        self.nouns, self.opaque, self.resources = order.nouns, order.opaque, order.resources  # type: ignore[misc]

    @property
    def work(self) -> int:
        return self.order.work

    def signature(self) -> dict[str, str]:
        return self.order.signature()

    def begin(self, number: int) -> Job[Any]:
        return self.order.begin(number)

    def resume(self, number: int, state: State) -> Job[Any]:
        return self.order.resume(number, state)

    def standing(self, state: State) -> Standing:
        return self.order.standing(state)

    def standing_of_result(self, result: Any) -> Standing:
        return self.order.standing_of_result(result)

    def pack(self, results: Sequence[Any]) -> tuple[Rows, dict[str, np.ndarray]]:
        return self.order.pack(results)

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Any]:
        return self.order.unpack(rows, arrays)

    def image(self, state: State) -> np.ndarray | None:
        return self.order.image(state)

    def image_of_result(self, result: Any) -> np.ndarray | None:
        return self.order.image_of_result(result)


class Changed(Altered):
    """An order of which one part of the signature is another."""

    def __init__(self, order: Order[Any], part: str) -> None:
        super().__init__(order)
        self.part = part

    def signature(self) -> dict[str, str]:
        return super().signature() | {self.part: "another"}


class Needing(Altered):
    """An order whose workers need other resources."""

    def __init__(self, order: Order[Any], resources: Resources) -> None:
        super().__init__(order)
        self.resources = resources


class Failing(Altered):
    """An order of which one job fails at its first step, for a reason."""

    def __init__(self, order: Order[Any], number: int, reason: str) -> None:
        super().__init__(order)
        self.number, self.reason = number, reason

    def begin(self, number: int) -> Job[Any]:
        return AlteredJob(super().begin(number), self._fail) if number == self.number else super().begin(number)

    def _fail(self, job: Job[Any]) -> None:
        raise RaysysError(self.reason)


class Mortal(Altered):
    """An order of which the first worker that comes to a step is killed in it; a file, `marker`, is made then."""

    def __init__(self, order: Order[Any], step: int, marker: Path) -> None:
        super().__init__(order)
        self.step, self.marker = step, marker

    def begin(self, number: int) -> Job[Any]:
        return AlteredJob(super().begin(number), self._kill)

    def resume(self, number: int, state: State) -> Job[Any]:
        return AlteredJob(super().resume(number, state), self._kill)

    def _kill(self, job: Job[Any]) -> None:
        if job.standing.step >= self.step:
            try:
                self.marker.touch(exist_ok=False)  # so that one of several workers dies, once
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)


class AlteredJob(JobAround[Any]):
    """A job like another one, to which something happens in each call, after its steps."""

    def __init__(self, job: Job[Any], happening: Callable[[Job[Any]], None]) -> None:
        super().__init__(job)
        self.happening = happening

    def advance(self, seconds: float) -> None:
        """Advance it, and let it happen."""
        super().advance(seconds)
        self.happening(self.job)
