"""The compiled loops behind one face: each holds an image, its counts, and what it needs to change both quickly."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from raysys.anneal.engines import lines, maps, mixture
from raysys.anneal.engines.bits import lines_of
from raysys.anneal.engines.counts import counts_of, surface_of
from raysys.anneal.engines.figures import doubled_copy
from raysys.anneal.engines.interfaces import draws_needed
from raysys.anneal.engines.lines import rows_of
from raysys.anneal.engines.selection import FROZEN, Members, count_foreign, members_of
from raysys.anneal.engines.vectors import fields_of, slopes_of, turned_copies, vectors_of
from raysys.anneal.schedule import Schedule
from raysys.anneal.target import Target
from raysys.anneal.terms import plan_of

__all__ = ["Engine", "Outcome", "engine_for"]


class Outcome(NamedTuple):
    """What a stage did: trial moves made and accepted, mean and variance of the energy over them."""

    moves: int
    accepted: int
    mean: float
    variance: float


class Engine(Protocol):
    """An image that is annealed.

    Attributes
    ----------
    labels
        Phases 0..P-1 of the image, uint8 of its shape; changed in place.
    counts
        (slots,) int64, of the target's terms one after the other; changed in place.
    """

    labels: np.ndarray
    counts: np.ndarray

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """Make trial moves at one temperature; temperature and threshold in units of the energy."""
        ...

    def recount(self) -> np.ndarray:
        """The counts of the image from scratch."""
        ...


# Pairs are sifted while each takes fewer draws than that (two are the least); beyond, groups are quicker.
SIFTED = 2.4


class _Counted:
    """What all engines have: an image, its counts and those wanted, and the groups that its pixels are drawn from."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        self.labels, self.terms, phases = labels, target.terms, len(target.fractions)
        self.volume = labels.reshape((1,) * (3 - labels.ndim) + labels.shape)
        self.wanted, self.weights = target.counts(labels.shape), target.weights(labels.shape)
        self.counts = self.recount()
        solid = None if frozen is None else frozen.reshape(self.volume.shape)
        self.members = members_of(self.volume, schedule.group_of(labels.ndim, phases, FROZEN), solid)

    @property
    def unit(self) -> float:
        """Energy of a squared count of the first term."""
        return float(self.weights[0])

    def recount(self) -> np.ndarray:
        """See `Engine`."""
        return counts_of(self.labels, self.terms)

    def _outcome(self, made: int, accepted: int, mean: float, variance: float) -> Outcome:
        """Moments of the energy from those in squared counts."""
        return Outcome(made, accepted, mean * self.unit, variance * self.unit**2)


class LineEngine(_Counted):
    """S2 along the axes of a binary image or volume, mean or apart: the fastest."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        super().__init__(target, labels, schedule, frozen)
        self.lines = lines_of((self.volume == 1)[None], target.r_max)
        self.rows = rows_of(target.terms, labels.ndim, self.lines.reach, self.weights)
        # What stays is in no group, but would be drawn here; and what is a row of a single pixel has no bits.
        self.may_sift = schedule.selection == "interface" and frozen is None and labels.shape[-1] > 1
        self.sifted, self.all_pixels = False, Schedule.published().group_of(labels.ndim, 2, FROZEN)

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """See `Engine`."""
        members = self._drawn_from()
        return self._outcome(
            *lines.run_stage(
                self.volume, self.lines, self.rows, self.counts, self.wanted, members, random,
                temperature / self.unit, moves, threshold / self.unit, self.sifted,
            )
        )  # fmt: skip

    def _drawn_from(self) -> Members:
        """Groups of pixels, or all of them to be sifted: whichever is quicker; the image alone decides."""
        behind = self.sifted
        self.sifted = self.may_sift and draws_needed(self.lines) < SIFTED
        if self.sifted:
            return self.members._replace(group_of=self.all_pixels)
        if behind:  # while all pixels are sifted, their neighbours are not counted
            count_foreign(self.volume, self.members.foreign)
        return self.members


class MapEngine(_Counted):
    """The two-point map of a binary image or volume; quickest by far if it holds every vector."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        super().__init__(target, labels, schedule, frozen)
        inside, self.vectors = self.volume == 1, vectors_of(target.terms[0].r, self.volume.shape)
        self.copies = turned_copies(inside)
        self.slopes = slopes_of(self.counts, self.wanted, inside, self.vectors)
        self.fields = fields_of(self.counts, self.wanted, inside, self.vectors)

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """See `Engine`."""
        return self._outcome(
            *maps.run_stage(
                self.volume, self.copies, self.vectors, self.slopes, self.fields, self.counts, self.wanted,
                self.members, random, temperature / self.unit, moves, threshold / self.unit,
            )
        )  # fmt: skip


class MixtureEngine(_Counted):
    """Any terms, in 2D and 3D, of any number of phases."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        super().__init__(target, labels, schedule, frozen)
        phases = len(target.fractions)
        self.plan, self.figures = plan_of(target.terms, self.weights, labels.shape, phases)
        inside = [self.volume == f for f in range(phases)]
        drawn = [inside[f] for f in range(phases) if self.plan.lines[f] >= 0]
        drawn += [surface_of(inside[f]) for f in range(phases) if self.plan.surfaces[f] >= 0]
        longest = max((int(term.r.max()) for term in target.terms if term.name != "map"), default=1)
        self.lines = lines_of(np.stack(drawn or inside[:1]), longest)
        copied = [doubled_copy(inside[f]) for f in range(phases) if self.plan.copies[f] >= 0]
        self.copies = np.stack(copied) if copied else np.zeros((0, 0), np.uint8)
        self.room = mixture.room_of(self.figures, phases, self.lines.reach)

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """See `Engine`."""
        return Outcome(
            *mixture.run_stage(
                self.volume, self.plan, self.figures, self.lines, self.copies, self.room, self.counts, self.wanted,
                self.weights, self.members, random, temperature, moves, threshold,
            )
        )  # fmt: skip


def engine_for(target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None = None) -> Engine:
    """The fastest engine that can count the target's terms in such an image."""
    if target.binary_image and _lines_alone(target):
        return LineEngine(target, labels, schedule, frozen)
    if target.binary_image and [term.name for term in target.terms] == ["map"]:
        return MapEngine(target, labels, schedule, frozen)
    return MixtureEngine(target, labels, schedule, frozen)


def _lines_alone(target: Target) -> bool:
    """Whether the mean S2 is wanted, or that of axes apart, each once, and nothing else."""
    names = [term.name for term in target.terms]
    apart = len(set(names)) == len(names) and all(name.startswith("S2_axis") for name in names)
    return names == ["S2"] or apart
