"""The compiled loops behind one face: each holds an image, its counts, and what it needs to change both quickly."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from raysys.anneal import lines, maps, mixture
from raysys.anneal.bits import lines_of
from raysys.anneal.lines import rows_of
from raysys.anneal.schedule import Schedule
from raysys.anneal.selection import FROZEN, members_of
from raysys.anneal.target import Target
from raysys.anneal.terms import primitives_of, scales
from raysys.anneal.vectors import all_pairs, fields_of, slopes_of, turned_copies, vectors_of

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


class LineEngine:
    """S2 along the axes of a binary image or volume, mean or apart: the fastest."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        self.labels, self.terms = labels, target.terms
        self.volume = labels.reshape((1,) * (3 - labels.ndim) + labels.shape)
        self.lines = lines_of((self.volume == 1)[None], target.r_max)
        self.wanted, weights = target.counts(labels.shape), target.weights(labels.shape)
        self.unit = float(weights[0])  # energy of a squared count of the first term
        self.rows = rows_of(target.terms, labels.ndim, self.lines.reach, weights)
        self.counts = self.recount()
        solid = None if frozen is None else frozen.reshape(self.volume.shape)
        self.members = members_of(self.volume, schedule.group_of(labels.ndim, 2, FROZEN), solid)

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """See `Engine`."""
        made, accepted, mean, variance = lines.run_stage(
            self.volume, self.lines, self.rows, self.counts, self.wanted, self.members, random,
            temperature / self.unit, moves, threshold / self.unit,
        )  # fmt: skip
        return Outcome(made, accepted, mean * self.unit, variance * self.unit**2)

    def recount(self) -> np.ndarray:
        """See `Engine`."""
        counts = []
        for term in self.terms:
            image = (self.labels == term.phase).astype(np.uint8)
            counts.append(sum(lines.recount_axis(image, axis, term.r) for axis in term.axes(self.labels.ndim)))
        return np.concatenate(counts)


class MapEngine:
    """The two-point map of a binary image or volume; quickest by far if it holds every vector."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        self.labels, self.phase = labels, target.terms[0].phase
        self.volume = labels.reshape((1,) * (3 - labels.ndim) + labels.shape)
        self.vectors = vectors_of(target.terms[0].r, self.volume.shape)
        self.wanted = target.counts(labels.shape)
        self.unit = float(target.weights(labels.shape)[0])  # energy of one squared count
        self.counts, inside = self.recount(), self.volume == 1
        self.copies = turned_copies(inside)
        self.slopes = slopes_of(self.counts, self.wanted, inside, self.vectors)
        self.fields = fields_of(self.counts, self.wanted, inside, self.vectors)
        solid = None if frozen is None else frozen.reshape(self.volume.shape)
        self.members = members_of(self.volume, schedule.group_of(labels.ndim, 2, FROZEN), solid)

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """See `Engine`."""
        made, accepted, mean, variance = maps.run_stage(
            self.volume, self.copies, self.vectors, self.slopes, self.fields, self.counts, self.wanted, self.members,
            random, temperature / self.unit, moves, threshold / self.unit,
        )  # fmt: skip
        return Outcome(made, accepted, mean * self.unit, variance * self.unit**2)

    def recount(self) -> np.ndarray:
        """See `Engine`."""
        return np.asarray(all_pairs(self.volume == self.phase).ravel()[self.vectors.of_slot])


class MixtureEngine:
    """Any terms, in 2D and 3D, of any number of phases."""

    def __init__(self, target: Target, labels: np.ndarray, schedule: Schedule, frozen: np.ndarray | None) -> None:
        self.labels, dims, phases = labels, labels.ndim, len(target.fractions)
        self.volume = labels.reshape((1,) * (3 - dims) + labels.shape)
        self.phases, self.with_surface = phases, any(term.name == "surface" for term in target.terms)
        self.primitives = primitives_of(target.terms, labels.shape, phases)
        self.slots = len(scales(target.terms, labels.shape))
        self.wanted, self.weights = target.counts(labels.shape), target.weights(labels.shape)
        self.copies = mixture.copies_of(self.volume, phases, self.with_surface)
        self.counts = mixture.recount(self.volume, self.copies, self.primitives, self.slots)
        solid = None if frozen is None else frozen.reshape(self.volume.shape)
        self.members = members_of(self.volume, schedule.group_of(dims, phases, FROZEN), solid)

    def stage(self, random: np.ndarray, temperature: float, moves: int, threshold: float) -> Outcome:
        """See `Engine`."""
        return Outcome(
            *mixture.run_stage(
                self.volume, self.copies, self.primitives, self.counts, self.wanted, self.weights, self.members,
                random, temperature, moves, threshold,
            )
        )  # fmt: skip

    def recount(self) -> np.ndarray:
        """See `Engine`."""
        copies = mixture.copies_of(self.volume, self.phases, self.with_surface)
        return np.asarray(mixture.recount(self.volume, copies, self.primitives, self.slots))


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
