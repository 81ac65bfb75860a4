"""Permeability of images, by the lattice Boltzmann method on their pores."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
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
        float64 (N, A), pixel^2: viscosity times mean velocity (of the whole image, or of its mask, the solid included)
        by force. 0 where nothing percolates, infinite where there is no solid to resist, NaN if no image holds the
        phase. Of pixels as they are, or extrapolated to infinitely fine ones where `refine` asks for it.
    error
        float64 (N, A), pixel^2: how far k may be from that of infinitely fine pixels in the same pores; NaN, not known,
        without `refine`.
    native
        float64 (N, A), pixel^2: k of pixels as they are.
    converged
        bool (N, A): whether the flow became steady in time, which is when change and unevenness fell below the
        tolerance; k is what it was at the end in any case. It says nothing about the size of the pixels: see `error`.
    steps
        int (N, A): taken.
    change
        float64 (N, A): largest relative change of the flux over the last third of the steps.
    unevenness
        float64 (N, A): standard deviation of the flux over the layers, by its mean.
    percolating
        float64 (N, A): fraction of the image, or of its mask, that is pore and leads through.
    viscosity
        float64 (N, A), lattice units: with which the flow was driven at the end; k does not depend on it.
    seconds
        float64 (N, A), wall time; images that run side by side share theirs.
    profiles
        By axis: float64 (N, length of the axis), k of each layer across the flow, not extrapolated; all are the same in
        a steady flow. 0 in layers outside a mask's box.
    axes
        Of the images, along which the flow was driven.
    phase
        Value of the phase that the fluid fills.
    settings
        As asked for.
    """

    k: np.ndarray
    error: np.ndarray
    native: np.ndarray
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
        if self.settings.refine > 1:
            protocol["refine"] = f"{self.settings.refine}, extrapolated"
        boundary: Boundary = "periodic" if self.settings.ends == "periodic" else "open"
        return Scalar("permeability", values, "pixel^2", self.phase, boundary, protocol)

    def scalars(self) -> list[Scalar]:
        """`scalar`, and where there is one its error, averaged over the axes as if their errors were one."""
        one = self.scalar()
        if self.settings.refine == 1:
            return [one]
        return [one, replace(one, name="permeability_error", values=self.error.mean(axis=1))]


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
    refine: int = 1,
    mask: np.ndarray | None = None,
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
    refine
        Parts that each pixel is cut into along each axis for a second flow, from which and the first k is extrapolated
        to infinitely fine pixels, with an error. 2 takes about 20 times as long as 1 in 3D.
    mask
        As for `two_point`. What it leaves out is solid, and the flow goes from face to face of its bounding box, to
        which ends and sides belong (along periodic axes it stays the image); a side that the mask fills only in part
        is a wall. The cross-section is the mask's: its pixels by the length of the box, so that a round core has the k
        of its own area and not of the square around.

    Returns
    -------
    Permeability
        In pixel^2; `to_darcy` makes it darcy.

    Notes
    -----
    Throats of a few pixels let too much through: a plane channel of width h by 1 / (2 h^2) of its k, 12 % at 2 pixels
    and 6 % at 3, and throats between the corners of voxels by more, 27 to 76 % in crops of sandstone whose throats
    are one to three voxels wide. `converged` does not see that; `refine=2` does. k falls with the first to the second
    power of the size of the parts (corners: first, flat walls: second), so the value is midway between the two
    extrapolations, and the error three quarters of what is between them. It is that of the pores as the voxels draw
    them; how well those draw the rock, no refinement knows.

    Raises
    ------
    RaysysError
        If the images or the settings are not as said.

    References
    ----------
    Ginzburg, Verhaeghe & d'Humieres, Commun. Comput. Phys. 3 (2008) 427 and 519 (two relaxation times, 3/16);
    Khirevich, Ginzburg & Tallarek, J. Comput. Phys. 281 (2015) 708 (resolution in sphere packs).
    """
    settings = Settings(ends, sides, magic, viscosity, tolerance, max_steps, backend, device, progress, refine)
    boundary: Boundary = "periodic" if ends == "periodic" else "open"
    return permeability_of(Phase.of(images, phase, boundary, mask=mask), axis, settings)


def permeability_of(
    phase: Phase, axis: int | Literal["mean"] = "mean", settings: Settings | None = None, *, refine: int = 1
) -> Permeability:
    """`permeability` of images that are checked; by default with ends and sides that follow their boundary."""
    if settings is None:
        beyond: Ends = "periodic" if phase.boundary == "periodic" else "mirrored"
        settings = Settings(ends=beyond, sides=beyond, refine=refine)
    if isinstance(axis, str) and axis != "mean":
        raise RaysysError(f"axis is {axis!r}; allowed: mean, or a number from 0 to {phase.dims - 1}")
    axes = tuple(range(phase.dims)) if isinstance(axis, str) else (axis_of(axis, phase.shape),)
    driven = [drive(phase, k, settings) for k in axes]
    native = np.stack([one.k for one in driven], axis=1)
    if settings.refine > 1:
        driven = [drive(phase, k, settings, settings.refine) for k in axes]
    columns = {name: np.stack([getattr(one, name) for one in driven], axis=1) for name in COLUMNS}
    columns["native"] = native
    columns["k"], columns["error"] = _extrapolated(native, columns["k"], settings.refine)
    if phase.absent:
        for name in ("k", "native", "error"):
            columns[name][:] = np.nan
    profiles = tuple(one.profile for one in driven)
    return Permeability(**columns, profiles=profiles, axes=axes, phase=phase.value, settings=settings)


def _extrapolated(native: np.ndarray, fine: np.ndarray, refine: int) -> tuple[np.ndarray, np.ndarray]:
    """Permeability of infinitely fine pixels, and its error, from that of pixels and of their parts.

    Walls along an axis are of second order in the size of the parts, edges that jut into the flow of order 1.09 (the
    velocity there grows with the power 0.544 of the distance; Moffatt, J. Fluid Mech. 18 (1964) 1).
    """
    if refine == 1:
        return fine, np.full(fine.shape, np.nan)
    first, second = 1 / (refine - 1), 1 / (refine**2 - 1)
    with np.errstate(invalid="ignore"):
        fallen = np.where(np.isfinite(native), native - fine, 0)
    return fine - (first + second) / 2 * fallen, 0.75 * (first - second) * np.abs(fallen)
