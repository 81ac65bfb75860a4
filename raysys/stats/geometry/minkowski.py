"""Minkowski functionals: area, perimeter and Euler characteristic; volume, surface, mean breadth and Euler's again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.geometry.cells import Edges, extent
from raysys.stats.geometry.crofton import euler_characteristic, mean_breadth, perimeter
from raysys.stats.geometry.crofton import surface as surface_of
from raysys.stats.geometry.figures import count_figures
from raysys.stats.labelling import Connectivity, neighbours
from raysys.stats.phases import Phase
from raysys.stats.scalar import Scalar

Surface = Literal["crofton", "faces"]

# How many directions Crofton's formula takes of images of so many axes, the first by default.
DIRECTIONS = {2: (4, 2), 3: (13, 3)}
UNITS = {"perimeter": 1, "surface": 1, "mean_breadth": 2}  # densities are per pixel to this power


@dataclass(frozen=True)
class Minkowski:
    """Minkowski functionals of N images.

    Attributes
    ----------
    totals
        {name: (N,) float64} of each image, in pixels: "area", "perimeter", "euler_characteristic" in 2D; "volume",
        "surface", "mean_breadth", "euler_characteristic" in 3D. NaN where the phase does not occur.
    extent
        (N,) int64: pixels of each image that the totals are of: all of them, or those of its mask; of a window the
        cells.
    dims
        Axes of one image.
    phase, boundary
        As they were measured.
    protocol
        {name: choices} of each total.
    """

    totals: dict[str, np.ndarray]
    extent: np.ndarray
    dims: int
    phase: int
    boundary: Boundary
    protocol: dict[str, dict[str, str]]

    def densities(self) -> list[Scalar]:
        """All but area and volume, by the pixels of the image; NaN where a window is too narrow to hold any.

        Area and volume are left out, since their density is the phase fraction. A density compares between images of
        different size if it is taken with edges="window" or a periodic boundary; "closed" adds the image's own border.
        """
        size = np.where(self.extent > 0, self.extent, np.nan)
        return [
            Scalar(name, total / size, self._unit(name), self.phase, self.boundary, self.protocol[name])
            for name, total in self.totals.items()
            if name not in ("area", "volume")
        ]

    def _unit(self, name: str) -> str:
        power = UNITS.get(name, self.dims)
        return "1/pixel" if power == 1 else f"1/pixel^{power}"


def minkowski(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "open",
    edges: Edges = "closed",
    connectivity: Connectivity = "faces",
    surface: Surface = "crofton",
    directions: int | None = None,
    mask: np.ndarray | None = None,
) -> Minkowski:
    """Minkowski functionals from what the cells of 2 x 2 pixels, or 2 x 2 x 2 voxels, hold.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase of interest.
    boundary
        "open", or "periodic": the image goes on as it begins, and has no border.
    edges
        What the border of an open image is. "closed": the other phase lies around the image, so that pixels at the
        border have a side there; what objects that lie wholly within an image need. "window": the image is a window
        into something larger; its border is no side, and what lies on the border counts by the share of the cells (of
        2 x 2 (x 2) pixels) around it that the window holds, one half on a face, a quarter on an edge, an eighth at a
        corner. The window is then as large as the cells within it, (H - 1) (W - 1), and densities are unbiased; the
        totals of windows that share a layer of pixels add up to those of both together. (matImage's `Estimate` and
        `Density` functions.)
    connectivity
        "faces": pixels that share a side belong together (4 or 6 neighbours), and the other phase's that share a corner
        (8 or 26); "all": the other way round. It concerns the Euler characteristic and, since that is the sum over
        plane sections, the mean breadth.
    surface
        "crofton": of the smooth body that the pixels sample, from changes along lattice directions, and its mean
        breadth from sections by lattice planes. "faces": of the pixels as they are, squares and cubes: the sum of their
        sides, and half the sum of the sections across the three axes. A ball's faces are 3/2 its surface however fine
        the pixels, a cuboid's are exact.
    directions
        Of "crofton": 4 (default) or 2 in 2D, 13 (default) or 3 in 3D.
    mask
        As for `two_point`. Windows, and periodic images, then are the cells that lie in it as a whole, of which there
        may be none: densities are NaN there. "closed": the other phase lies around it.

    Returns
    -------
    Minkowski

    Raises
    ------
    RaysysError
        If the images or the choices are not as said.

    Notes
    -----
    A convex body of mean breadth b has the integral of mean curvature 2 pi b. In the normalisation of physics (Mecke
    2000), and of QuantImPy, the functionals are V, S / 8, b / pi and 3 chi / (4 pi), in 2D A, P / (2 pi) and chi / pi;
    QuantImPy's values differ beyond that, since its weights are others.

    References
    ----------
    Lang, Ohser & Hilfer, J. Microscopy 203 (2001) 303: weights of 13 directions; Ohser, Nagel & Schladitz, Lecture
    Notes in Physics 600 (2002) 275: Euler characteristic and adjacency; Legland, Kieu & Devaux, Image Analysis &
    Stereology 26 (2007) 83: from local configurations, in windows.
    """
    return minkowski_of(
        Phase.of(images, phase, boundary, mask=mask),
        edges=edges,
        connectivity=connectivity,
        surface=surface,
        directions=directions,
    )


def minkowski_of(
    phase: Phase, *, edges: Edges, connectivity: Connectivity, surface: Surface, directions: int | None = None
) -> Minkowski:
    """`minkowski` of images that are checked."""
    dims, count = phase.dims, directions_taken(phase.dims, surface, directions)
    neighbourhood = {"connectivity": str(neighbours(connectivity, dims))}
    border: dict[str, str] = {"edges": "none" if phase.boundary == "periodic" else edges}
    estimate: dict[str, str] = {"surface": surface} | ({} if count is None else {"directions": str(count)})
    content, interface = ("area", "perimeter") if dims == 2 else ("volume", "surface")
    protocol = {content: border, interface: estimate | border}
    if dims == 3:
        protocol["mean_breadth"] = neighbourhood | estimate | border
    protocol["euler_characteristic"] = neighbourhood | border
    totals = _totals(phase, edges, connectivity, count)
    if phase.absent:
        totals = {name: np.full(phase.n, np.nan) for name in totals}
    return Minkowski(totals, extent(phase, edges), dims, phase.value, phase.boundary, protocol)


def _totals(phase: Phase, edges: Edges, connectivity: str, count: int | None) -> dict[str, np.ndarray]:
    # Pixels that belong together by corners are what the other phase's leave over, which belong together by sides: they
    # have the same interface, and but for the sign the same sections.
    other = connectivity == "all"
    figures, sign = count_figures(phase, edges, other), -1 if other else 1
    content = figures["cells"] - figures["pixels"] if other else figures["pixels"]
    euler = euler_characteristic(figures)
    if phase.dims == 2:
        return {"area": content, "perimeter": perimeter(figures, count), "euler_characteristic": sign * euler}
    breadth = sign * mean_breadth(figures, count)
    return {
        "volume": content,
        "surface": surface_of(figures, count),
        "mean_breadth": breadth,
        "euler_characteristic": euler,
    }


def directions_taken(dims: int, surface: str, directions: int | None) -> int | None:
    """How many directions Crofton's formula takes; None if it is the pixels' sides that are counted.

    Raises
    ------
    RaysysError
        For another surface, or number of directions.
    """
    if surface not in ("crofton", "faces"):
        raise RaysysError(f"surface is {surface!r}; allowed: crofton, faces")
    if directions is not None and directions not in DIRECTIONS[dims]:
        most, least = DIRECTIONS[dims]
        raise RaysysError(f"directions is {directions}; allowed for images of {dims} axes: {least} or {most}")
    return None if surface == "faces" else directions or DIRECTIONS[dims][0]
