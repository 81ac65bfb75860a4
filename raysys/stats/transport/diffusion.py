"""Effective diffusivity and tortuosity of images, by steady diffusion on their voxels."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.phases import Phase, axis_of
from raysys.stats.scalar import Scalar
from raysys.stats.threads import over_threads
from raysys.stats.transport.conduction import Grid, Solved, mean_flux
from raysys.stats.transport.percolation import Ends, Sides, percolating_part, periodic_axes


@dataclass(frozen=True)
class Diffusivity:
    """Steady diffusion through N images along A axes.

    Attributes
    ----------
    effective
        float64 (N, A): mean flux by mean gradient, in units of the diffusivity in the phase. 0 where nothing leads
        through, NaN if no image holds the phase.
    straight
        float64 (N,): diffusivity of straight channels of the same amounts, the upper bound of `effective`: the fraction
        of the phase, all of it, or the mean of the diffusivities of several.
    percolating
        float64 (N, A): fraction of the image, or of its mask, that conducts and leads through.
    converged
        bool (N, A): whether the effective diffusivity is known to the tolerance; of the pores as the voxels draw them.
    iterations
        int (N, A): of conjugate gradients.
    axes
        Of the images, along which it was driven.
    phase
        Value of the phase.
    protocol
        Ends, sides, axes and diffusivities in words.
    """

    effective: np.ndarray
    straight: np.ndarray
    percolating: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray
    axes: tuple[int, ...]
    phase: int
    boundary: Boundary
    protocol: dict[str, str]

    @property
    def tortuosity(self) -> np.ndarray:
        """float64 (N, A): straight by effective diffusivity, 1 or more; infinite where nothing leads through.

        This is the tortuosity factor of TauFactor. Peers that leave out what does not lead through (PoreSpy) have
        `percolating / effective`, which is less.
        """
        return self._by_straight(self.effective)

    @property
    def values(self) -> np.ndarray:
        """float64 (N,): effective diffusivity, averaged over the axes."""
        return np.asarray(self.effective.mean(axis=1))

    def scalars(self) -> list[Scalar]:
        """Effective diffusivity, averaged over the axes, and tortuosity, by that mean; NaN where nothing leads through.

        What did not converge is NaN in both, and warned of.
        """
        values, lost = self.values, ~np.asarray(self.converged.all(axis=1))
        if lost.any():
            warnings.warn(
                f"diffusion in {np.count_nonzero(lost)} of {len(lost)} images did not converge within "
                f"{self.iterations.max()} iterations and is NaN; raise max_iterations or tolerance",
                stacklevel=2,
            )
            values = np.where(lost, np.nan, values)
        bent = self._by_straight(values[:, None])[:, 0]
        bent[np.isinf(bent)] = np.nan
        about = ("", self.phase, self.boundary, self.protocol)
        return [Scalar("effective_diffusivity", values, *about), Scalar("tortuosity", bent, *about)]

    def _by_straight(self, effective: np.ndarray) -> np.ndarray:
        bent = np.full(effective.shape, np.inf)
        straight = np.broadcast_to(self.straight[:, None], effective.shape)
        return np.divide(straight, effective, out=bent, where=effective != 0)


def effective_diffusivity(
    images: np.ndarray,
    *,
    phase: int = 1,
    axis: int | Literal["mean"] = "mean",
    ends: Ends = "mirrored",
    sides: Sides = "mirrored",
    diffusivities: Mapping[int, float] | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 1000,
    mask: np.ndarray | None = None,
) -> Diffusivity:
    """Effective diffusivity and tortuosity: steady diffusion on the voxels of a phase, or of several.

    The same equations hold for conduction of heat or of electricity, dielectrics, and magnetic permeability.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase in which there is diffusion; nothing goes through the others.
    axis
        Along which it is driven (0: slowest, not counting samples); "mean" drives it along each axis by itself.
    ends
        Of that axis. "mirrored": the image goes on as its mirror image, which holds the concentration of each end;
        "periodic".
    sides
        Of the other axes: "mirrored" or "walls", which nothing passes either way, or "periodic".
    diffusivities
        {value in the images: diffusivity} instead of 1 in the phase and 0 in the others; 0 where none is named.
    tolerance
        Relative, of the effective diffusivity.
    max_iterations
        Of conjugate gradients, after which it is given up.
    mask
        As for `permeability`: nothing passes through what it leaves out, the ends are faces of its bounding box, and
        the mean flux, like the fraction of the phase, is that over the mask.

    Returns
    -------
    Diffusivity

    Raises
    ------
    RaysysError
        If the images or the settings are not as said.

    Notes
    -----
    One cell a voxel; between two voxels the harmonic mean, so that layers along and across the flow are exact.
    Obstacles with steps hinder more than smooth ones: spheres of a radius of 17 voxels by 2 to 3 %, of twice that by
    half as much. It takes about 105 bytes a voxel and thread, whatever the porosity.

    References
    ----------
    Cooper et al., SoftwareX 5 (2016) 203 (TauFactor: ends held half a voxel outside, tortuosity by the whole fraction);
    Torquato, Random Heterogeneous Materials, 2002, chapters 13 and 16.
    """
    boundary: Boundary = "periodic" if ends == "periodic" else "open"
    found = Phase.of(images, phase, boundary, mask=mask)
    return effective_diffusivity_of(found, axis, ends, sides, diffusivities, tolerance, max_iterations)


def effective_diffusivity_of(
    phase: Phase,
    axis: int | Literal["mean"] = "mean",
    ends: Ends | None = None,
    sides: Sides | None = None,
    diffusivities: Mapping[int, float] | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 1000,
) -> Diffusivity:
    """`effective_diffusivity` of images that are checked; by default with ends and sides that follow their boundary."""
    beyond: Ends = "periodic" if phase.boundary == "periodic" else "mirrored"
    ends, sides = ends or beyond, sides or beyond
    _check(axis, phase.dims, diffusivities, tolerance, max_iterations)
    axes = tuple(range(phase.dims)) if isinstance(axis, str) else (axis_of(axis, phase.shape),)
    straight = np.empty(phase.n)
    columns = {name: np.zeros((phase.n, len(axes))) for name in ("effective", "percolating", "converged", "iterations")}

    def solve(first: int, last: int) -> None:
        for i, j in (divmod(task, len(axes)) for task in range(first, last)):
            conductivity = _conductivity(phase, i, diffusivities)
            straight[i] = conductivity.mean() / phase.room(i, ())
            box = phase.box(i, periodic_axes(phase.dims, axes[j], ends, sides))
            room, within = phase.room(i, box), conductivity[box]
            part = percolating_part(within > 0, axes[j], ends, sides)
            solved = _solved(np.where(part, within, 0), axes[j], ends, sides, tolerance, max_iterations)
            row = (solved.flux / room, part.mean() / room, solved.converged, solved.iterations)
            for name, value in zip(columns, row, strict=True):
                columns[name][i, j] = value

    # Images and axes side by side; a pixel takes about 500 steps.
    over_threads(solve, phase.n * len(axes), 500 * phase.images.size)
    if diffusivities is None and phase.absent:
        columns["effective"][:] = straight[:] = np.nan
    protocol = {"axes": ",".join(map(str, axes)), "ends": ends, "sides": sides, "tolerance": f"{tolerance:g}"}
    if diffusivities is not None:
        protocol["diffusivities"] = ", ".join(f"{value}: {one:g}" for value, one in sorted(diffusivities.items()))
    return Diffusivity(
        columns["effective"],
        straight,
        columns["percolating"],
        columns["converged"].astype(bool),
        columns["iterations"].astype(np.int64),
        axes,
        phase.value,
        phase.boundary,
        protocol,
    )


def _check(
    axis: int | str, dims: int, diffusivities: Mapping[int, float] | None, tolerance: float, max_iterations: int
) -> None:
    if isinstance(axis, str) and axis != "mean":
        raise RaysysError(f"axis is {axis!r}; allowed: mean, or a number from 0 to {dims - 1}")
    if not 0 < tolerance < 1:
        raise RaysysError(f"tolerance is {tolerance}; allowed: numbers between 0 and 1")
    if max_iterations < 1:
        raise RaysysError(f"max_iterations is {max_iterations}; allowed: 1 or more")
    for value, one in (diffusivities or {}).items():
        if not 0 <= one < math.inf:
            raise RaysysError(f"diffusivities: {one} of phase {value}; allowed: numbers from 0 on")


def _conductivity(phase: Phase, i: int, diffusivities: Mapping[int, float] | None) -> np.ndarray:
    """What each pixel of an image conducts; nothing outside its mask."""
    if diffusivities is None:
        return phase.inside[i].astype(np.float64)
    conductivity = np.zeros(phase.shape)
    for value, one in diffusivities.items():
        conductivity[(phase.images[i] == value) & phase.masks[i]] = one
    return conductivity


def _solved(
    conductivity: np.ndarray, axis: int, ends: Ends, sides: Sides, tolerance: float, max_iterations: int
) -> Solved:
    if not conductivity.any():
        return Solved(0.0, True, 0)
    return mean_flux(Grid.of(np.moveaxis(conductivity, axis, 0), ends, sides), tolerance, max_iterations)
