"""Drive a flow through the pores of images, along one axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.phases import Phase
from raysys.stats.transport.lattice import Lattice, Rates, hydraulic_radius
from raysys.stats.transport.percolation import Ends, Sides, percolating_part, periodic_axes
from raysys.stats.transport.steady import Flow, Progress, Suited, settle

Backend = Literal["auto", "numba", "torch"]

# Nodes that torch takes side by side, at about 450 bytes each.
SIDE_BY_SIDE = 4_000_000
# k of pores of hydraulic radius r is about phi r^2 / 5 (Carman); that of rocks and blobs lies below.
KOZENY = 10.0
# Viscosity by that of critical damping: what was fastest for the rocks, packs and blobs tried.
DAMPING = 2.5
SLOWEST_TO_FASTEST = (0.001, 4.0)


@dataclass(frozen=True)
class Settings:
    """How a flow is driven; the parameters of `permeability`."""

    ends: Ends = "mirrored"
    sides: Sides = "mirrored"
    magic: float = 3 / 16
    viscosity: float | None = None
    tolerance: float = 1e-3
    max_steps: int = 20_000
    backend: Backend = "auto"
    device: str | None = None
    progress: Progress | None = None
    refine: int = 1

    def __post_init__(self) -> None:
        if self.backend not in ("auto", "numba", "torch"):
            raise RaysysError(f"backend is {self.backend!r}; allowed: auto, numba, torch")
        if self.backend == "numba" and self.device is not None:
            raise RaysysError(f"device is {self.device!r}, but numba runs on the CPU; allowed with a device: torch")
        for name in ("magic", "viscosity", "tolerance", "max_steps"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise RaysysError(f"{name} is {value}; allowed: numbers above 0")
        if self.refine not in range(1, 9):
            raise RaysysError(f"refine is {self.refine!r}; allowed: 1 (pixels as they are) to 8 parts along each axis")

    @property
    def by_torch(self) -> bool:
        """Whether torch drives the flow."""
        return self.backend == "torch" or (self.backend == "auto" and self.device is not None)

    def flow(self, lattice: Lattice, rates: list[Rates]) -> Flow:
        """A flow at rest."""
        if self.by_torch:
            from raysys.stats.transport.torch_flow import TorchFlow

            return TorchFlow(lattice, rates, self.device or "cpu")
        from raysys.stats.transport.streaming import NumbaFlow

        return NumbaFlow(lattice, rates)


@dataclass(frozen=True)
class Driven:
    """Flow along one axis of N images: the columns of `Permeability`, (N,) each, and the profile (N, length)."""

    k: np.ndarray
    converged: np.ndarray
    steps: np.ndarray
    change: np.ndarray
    unevenness: np.ndarray
    percolating: np.ndarray
    viscosity: np.ndarray
    seconds: np.ndarray
    profile: np.ndarray

    @classmethod
    def at_rest(cls, n: int, length: int) -> Driven:
        """What is known of images in which nothing percolates."""
        numbers = {name: np.zeros(n) for name in ("k", "change", "unevenness", "percolating", "viscosity", "seconds")}
        steps = np.zeros(n, np.int64)
        return cls(converged=np.ones(n, bool), steps=steps, profile=np.zeros((n, length)), **numbers)


def drive(phase: Phase, axis: int, settings: Settings, fineness: int = 1) -> Driven:
    """Drive a flow along an axis through the phase of each image, of which each pixel is cut into `fineness`.

    What a mask leaves out is solid, and the flow goes through its bounding box; velocities are means over the mask.
    """
    found = Driven.at_rest(phase.n, phase.shape[axis])
    periodic = periodic_axes(phase.dims, axis, settings.ends, settings.sides)
    boxes = [phase.box(i, periodic) for i in range(phase.n)]
    masks = [mask[box] for mask, box in zip(phase.masks, boxes, strict=True)]
    walled = [_walled(mask, axis, settings.sides) for mask in masks]
    inside = [np.pad(image[box], walls) for image, box, walls in zip(phase.inside, boxes, walled, strict=True)]
    for chosen, parts in _batches(inside, axis, settings, fineness, found):
        lattice = Lattice.of(parts, settings.ends, settings.sides)
        suited = partial(_suited, lattice, settings.ends)
        viscosity = _viscosities(lattice, settings, suited)
        flow = settings.flow(lattice, [Rates(one, settings.magic) for one in viscosity])
        tuned = suited if settings.viscosity is None else None
        settled = settle(
            flow, viscosity, tuned, settings.magic, settings.tolerance, settings.max_steps, settings.progress
        )
        for name in ("converged", "steps", "change", "unevenness", "viscosity", "seconds"):
            getattr(found, name)[chosen] = getattr(settled, name)
        # Of layers of pixels, in areas of pixels, whatever they were cut into.
        profile = settled.profile.reshape(len(chosen), -1, fineness).mean(axis=2) / fineness**2
        found.k[chosen] = profile.mean(axis=1)
        for i, layers in zip(chosen, profile, strict=True):
            found.profile[i, boxes[i][axis]] = layers
    room = np.array([mask.sum() / image.size or math.nan for mask, image in zip(masks, inside, strict=True)])
    for values in (found.k, found.percolating, found.profile.T):
        values /= room
    return found


def _walled(mask: np.ndarray, axis: int, sides: Sides) -> list[tuple[int, int]]:
    """Layers of solid to be put before and behind each axis of a mask's box, where its sides would be mirrors.

    A side that the mask fills only in part is where the mask ends, as a round core does where it touches its box: a
    mirror there would let the fluid slip along it.
    """
    walls = [(0, 0)] * mask.ndim
    for k in range(mask.ndim if sides == "mirrored" else 0):
        if k != axis:
            walls[k] = (int(not mask.take(0, k).all()), int(not mask.take(-1, k).all()))
    return walls


def _batches(
    inside: list[np.ndarray], axis: int, settings: Settings, fineness: int, found: Driven
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Images that run side by side, and their pores that lead through with the flow along the first axis."""
    most = SIDE_BY_SIDE if settings.by_torch else 1
    chosen: list[int] = []
    parts: list[np.ndarray] = []
    for i, image in enumerate(inside):
        part = percolating_part(image, axis, settings.ends, settings.sides)
        found.percolating[i] = part.mean()
        if part.all() and settings.sides != "walls":
            found.k[i] = found.profile[i] = np.inf
        elif part.any():
            cut = _cut(np.moveaxis(part, axis, 0), fineness)
            if parts and parts[0].shape != cut.shape:  # boxes of masks differ
                yield chosen, np.stack(parts)
                chosen, parts = [], []
            chosen.append(i)
            parts.append(cut)
        if sum(np.count_nonzero(part) for part in parts) >= most:
            yield chosen, np.stack(parts)
            chosen, parts = [], []
    if parts:
        yield chosen, np.stack(parts)


def _cut(part: np.ndarray, fineness: int) -> np.ndarray:
    """A bool image whose pixels are cut into so many along each axis; it shows the same."""
    for axis in range(part.ndim if fineness > 1 else 0):
        part = part.repeat(fineness, axis)
    return part


def _viscosities(lattice: Lattice, settings: Settings, suited: Suited) -> np.ndarray:
    """Viscosity (N,) of each volume to begin with: as asked for, or as its hydraulic radius suggests."""
    if settings.viscosity is not None:
        return np.full(len(lattice.number), float(settings.viscosity))
    return suited(lattice.porosity * hydraulic_radius(lattice) ** 2 / KOZENY)


def _suited(lattice: Lattice, ends: Ends, k: np.ndarray) -> np.ndarray:
    """Viscosity (N,) with which pressure and velocity settle about equally fast, for permeabilities k (N,).

    Pressure waves of the longest wavelength, 2 pi / q, are damped by the drag of the pores, viscosity phi / k; the
    damping is critical where it is 2 q / sqrt(3), twice their frequency. A more viscous fluid levels its pressure
    slowly, like heat; a less viscous one gains speed slowly.
    """
    q = 2 * math.pi / (lattice.number.shape[1] * (2 if ends == "mirrored" else 1))
    return np.asarray((DAMPING * 2 / math.sqrt(3) * q * k / lattice.porosity).clip(*SLOWEST_TO_FASTEST))
