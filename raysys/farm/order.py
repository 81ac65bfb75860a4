"""What a farm makes: an order of many jobs, each of which advances, can be kept at any step, and ends with a result.

A subclass of `Order` and one of `Job` are all that another kind of work needs. What they must keep to is checked by
`raysys.farm.conformance`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from raysys.farm.resources import Resources

__all__ = ["Job", "Nouns", "Order", "Result", "Rows", "Standing", "State"]

Result = TypeVar("Result")
State = tuple[dict[str, Any], dict[str, np.ndarray]]  # a description ready for JSON, and arrays
Rows = list[dict[str, Any]]  # one for each result, ready for JSON


@dataclass(frozen=True)
class Nouns:
    """What an order's things are called, in sentences, tables and files.

    Parameters
    ----------
    work
        All of it, such as "annealing".
    job, jobs
        One job and several, such as "chain" and "chains". The files in the farm's folder are called so, too: lower-case
        letters only, and another word means that older folders are no longer read.
    step
        What a job makes one after the other, such as "stage".
    unit
        What work is counted in, such as "trial moves".
    measure
        The number that says how good a job is by now, such as "energy".
    """

    work: str
    job: str
    jobs: str
    step: str
    unit: str
    measure: str


@dataclass(frozen=True)
class Standing:
    """How far a job has come: `step` of at most `steps` steps, by `work` units of work, to `measure` (NaN: to none)."""

    step: int = 0
    steps: int = 0
    measure: float = math.nan
    work: int = 0


class Job(ABC, Generic[Result]):
    """One job, in the memory of a worker.

    What it becomes depends on its order and its number only: not on the worker, nor on how its steps are cut into
    calls, nor on how often it was kept and taken up again.
    """

    @property
    @abstractmethod
    def standing(self) -> Standing:
        """How far it has come."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether there is nothing left to advance; may be so from the beginning."""

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Make steps until `seconds` are over or it has finished, but one step at least.

        A step should be short: what is longer than the time between two checkpoints makes that time longer.
        """

    @abstractmethod
    def state(self) -> State:
        """All that it goes on from, as it is now: no array may change when the job goes on."""

    @abstractmethod
    def result(self) -> Result:
        """What has come of it, once it has finished."""


class JobAround(Job[Result]):
    """A job that is another one but for what a subclass does otherwise."""

    def __init__(self, job: Job[Result]) -> None:
        self.job = job

    @property
    def standing(self) -> Standing:
        """The inner job's."""
        return self.job.standing

    @property
    def finished(self) -> bool:
        """Whether the inner job has."""
        return self.job.finished

    def advance(self, seconds: float) -> None:
        """Advance the inner job."""
        self.job.advance(seconds)

    def state(self) -> State:
        """The inner job's."""
        return self.job.state()

    def result(self) -> Result:
        """The inner job's."""
        return self.job.result()


class Order(ABC, Generic[Result]):
    """What all jobs of a farm have in common; they differ by their numbers 0, 1, ... only.

    An order is sent to every worker once, by pickle, and stays there: what all jobs need and is dear to make, such as a
    network, is best made when a worker first asks for it, and kept.

    Attributes
    ----------
    nouns
        What things are called.
    resources
        What a worker holds as long as it lives; it works at one job at a time.
    small
        Units of work of all jobs together up to which they are done in the driver's own process, where no Ray runs
        yet: it takes about ten seconds to start one.
    opaque
        Parts of the signature that say nothing to a reader, such as digests, and the words for one that differs:
        {"target": "another target"}.
    """

    nouns: ClassVar[Nouns]
    resources: Resources = Resources()
    small: ClassVar[int] = 0
    opaque: ClassVar[Mapping[str, str]] = {}

    @property
    @abstractmethod
    def work(self) -> int:
        """Units of work of a job that makes all of its steps: what progress is first reckoned with."""

    @abstractmethod
    def signature(self) -> dict[str, str]:
        """Each thing that the results depend on, in a few letters; equal for equal orders, in any process.

        A folder is continued only by an order of the same signature.
        """

    @abstractmethod
    def begin(self, number: int) -> Job[Result]:
        """Job `number`, at its beginning."""

    @abstractmethod
    def resume(self, number: int, state: State) -> Job[Result]:
        """Job `number`, whose `state` this was; the arrays may be read-only, and are not to be changed."""

    @abstractmethod
    def standing(self, state: State) -> Standing:
        """How far the job of that state had come."""

    @abstractmethod
    def standing_of_result(self, result: Result) -> Standing:
        """How far the job of that result has come."""

    @abstractmethod
    def pack(self, results: Sequence[Result]) -> tuple[Rows, dict[str, np.ndarray]]:
        """Results as they are kept in one file: a row for each, and arrays of all of them together.

        The file adds to each row the number of its job, under `nouns.job`.
        """

    @abstractmethod
    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Result]:
        """The results that were packed, in the order of the rows."""

    def image(self, state: State) -> np.ndarray | None:
        """What the job of that state looks like, if like anything: (H, W) or (D, H, W)."""
        return None

    def image_of_result(self, result: Result) -> np.ndarray | None:
        """The same of a result."""
        return None
