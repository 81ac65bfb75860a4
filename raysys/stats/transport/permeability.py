"""Permeability of images, by the lattice Boltzmann method on their pores."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.phases import Phase, axis_of
from raysys.stats.scalar import Scalar
from raysys.stats.transport.driving import Backend, Settings, drive
from raysys.stats.transport.percolation import Ends, Sides
from raysys.stats.transport.steady import Progress

DARCY = 9.869233e-13  # m^2
COLUMNS = ("k", "converged", "steps", "change", "unevenness", "percolating", "viscosity", "seconds")


@dataclass(frozen=True)
class Permeability:
    """Permeability of N images along A axes.

    Attributes
    ----------
    k
        float64 (N, A), pixel^2: viscosity times mean velocity (of the whole image, the solid included) by force. 0
        where nothing percolates, infinite where there is no solid to resist, NaN if no image holds the phase.
    converged
        bool (N, A): whether the flow became steady, which is when change and unevenness fell below the tolerance; k is
        what it was at the end in any case.
    steps
        int (N, A): taken.
    change
        float64 (N, A): largest relative change of the flux over the last third of the steps.
    unevenness
        float64 (N, A): standard deviation of the flux over the layers, by its mean.
    percolating
        float64 (N, A): fraction of the image that is pore and leads through.
    viscosity
        float64 (N, A), lattice units: with which the flow was driven at the end; k does not depend on it.
    seconds
        float64 (N, A), wall time; images that run side by side share theirs.
    profiles
        By axis: float64 (N, length of the axis), k of each layer across the flow; all are the same in a steady flow.
    axes
        Of the images, along which the flow was driven.
    phase
        Value of the phase that the fluid fills.
    settings
        As asked for.
    """

    k: np.ndarray
    converged: np.ndarray
    steps: np.ndarray
    change: np.ndarray
    unevenness: np.ndarray
    percolating: np.ndarray
    viscosity: np.ndarray
    seconds: np.ndarray
    profiles: tuple[np.ndarray, ...]
    axes: tuple[int, ...]
    phase: int
    settings: Settings

    @property
    def values(self) -> np.ndarray:
        """float64 (N,), pixel^2: k, averaged over the axes."""
        return np.asarray(self.k.mean(axis=1))

    def scalar(self, unconverged: bool = False) -> Scalar:
        """One number per image, pixel^2, averaged over the axes.

        Parameters
        ----------
        unconverged
            Keep what did not converge; by default it is NaN, and warned of.
        """
        values, lost = self.values, ~np.asarray(self.converged.all(axis=1))
        if lost.any() and not unconverged:
            warnings.warn(
                f"permeability of {np.count_nonzero(lost)} of {len(lost)} images did not converge to "
                f"{self.settings.tolerance:g} within {self.steps.max()} steps and is NaN; raise max_steps or tolerance",
                stacklevel=2,
            )
            values = np.where(lost, np.nan, values)
        protocol = {
            "axes": ",".join(map(str, self.axes)),
            "ends": self.settings.ends,
            "sides": self.settings.sides,
            "method": f"lattice Boltzmann, two relaxation times, magic {self.settings.magic:g}",
            "tolerance": f"{self.settings.tolerance:g}",
        }
        boundary: Boundary = "periodic" if self.settings.ends == "periodic" else "open"
        return Scalar("permeability", values, "pixel^2", self.phase, boundary, protocol)


def to_darcy(k: np.ndarray | float, voxel_size_m: float) -> np.ndarray | float:
    """Permeability in darcy, from pixel^2 and the side of a pixel in metres."""
    return k * (voxel_size_m**2 / DARCY)


def permeability(
    images: np.ndarray,
    *,
    phase: int = 1,
    axis: int | Literal["mean"] = "mean",
    ends: Ends = "mirrored",
    sides: Sides = "mirrored",
    magic: float = 3 / 16,
    viscosity: float | None = None,
    tolerance: float = 1e-3,
    max_steps: int = 20_000,
    backend: Backend = "auto",
    device: str | None = None,
    progress: Progress | None = None,
) -> Permeability:
    """Permeability of the pore space: Stokes flow under a body force, by the lattice Boltzmann method.

    D3Q19 with two relaxation times, an equilibrium linear in density and velocity (so that there is no inertia, and k
    is that of creeping flow), walls half-way between pore and solid (bounce-back). Only pores that lead through the
    image are kept; 2D images are slabs one voxel thick and periodic across, which is D2Q9.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase that the fluid fills.
    axis
        Along which it is driven (0: slowest, not counting samples); "mean" drives it along each axis by itself.
    ends
        Of that axis. "mirrored": the image goes on as its mirror image, for images that do not tile; "periodic".
    sides
        Of the other axes: "mirrored", "periodic", or "walls".
    magic
        Product of the relaxation times, less one half each. 3/16: velocities in a channel along an axis are exact, and
        their mean is 1/24 pixel^2 above h^2/12; 1/8: the mean is exact. k depends on it, but not on the viscosity.
    viscosity
        Lattice units; by default one that damps the flow well, found on the way.
    tolerance
        Of the relative change of the flux over the last third of all steps, and of its relative standard deviation over
        the layers across it: below it, a flow is called steady.
    max_steps
        After which a flow is given up.
    backend
        "numba": one core, image after image; "torch": images side by side, on `device`; "auto": torch if a device is
        named, numba otherwise.
    device
        For torch: "cpu" (default), "cuda", ...
    progress
        Called with (steps, what is farthest from steady) every 20 steps of an image, or of images side by side.

    Returns
    -------
    Permeability
        In pixel^2; `to_darcy` makes it darcy.

    Raises
    ------
    RaysysError
        If the images or the settings are not as said.

    References
    ----------
    Ginzburg, Verhaeghe & d'Humieres, Commun. Comput. Phys. 3 (2008) 427 and 519 (two relaxation times, 3/16);
    Khirevich, Ginzburg & Tallarek, J. Comput. Phys. 281 (2015) 708 (resolution in sphere packs).
    """
    settings = Settings(ends, sides, magic, viscosity, tolerance, max_steps, backend, device, progress)
    return permeability_of(Phase.of(images, phase, "periodic" if ends == "periodic" else "open"), axis, settings)


def permeability_of(
    phase: Phase, axis: int | Literal["mean"] = "mean", settings: Settings | None = None
) -> Permeability:
    """`permeability` of images that are checked; by default with ends and sides that follow their boundary."""
    if settings is None:
        beyond: Ends = "periodic" if phase.boundary == "periodic" else "mirrored"
        settings = Settings(ends=beyond, sides=beyond)
    if isinstance(axis, str) and axis != "mean":
        raise RaysysError(f"axis is {axis!r}; allowed: mean, or a number from 0 to {phase.dims - 1}")
    axes = tuple(range(phase.dims)) if isinstance(axis, str) else (axis_of(axis, phase.shape),)
    driven = [drive(phase.inside, k, settings) for k in axes]
    columns = {name: np.stack([getattr(one, name) for one in driven], axis=1) for name in COLUMNS}
    if phase.absent:
        columns["k"][:] = np.nan
    profiles = tuple(one.profile for one in driven)
    return Permeability(**columns, profiles=profiles, axes=axes, phase=phase.value, settings=settings)
