"""Pores as objects: every connected part of the phase with its size, shape and direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Boundary
from raysys.stats.geometry.crofton import AXIS, DIAGONAL, SPACE_DIAGONAL
from raysys.stats.geometry.moments import Sums, directions, rim_of, sums_of, sums_of_labels, sums_without_boundaries
from raysys.stats.geometry.shape import centroids, covariances, ellipses, ellipsoids
from raysys.stats.labelling import Connectivity, neighbours
from raysys.stats.phases import Phase
from raysys.stats.scalar import Scalar

Edges = Literal["keep", "drop"]

# Pixels from which on a pore's shape and direction are its own and not the grid's: one pixel is round, two lie along an
# axis.
SHAPED = 10

# Of properties that have one.
PORE_UNITS = {
    "area": "pixel^2",
    "volume": "pixel^3",
    "surface": "pixel^2",
    **dict.fromkeys(("equivalent_diameter", "major_axis", "middle_axis", "minor_axis", "perimeter"), "pixel"),
}

# Share of the directions in space that are nearest to a step along 1, 2 or 3 axes.
SHARES = np.array([0, AXIS, DIAGONAL, SPACE_DIAGONAL])

# Properties by what they cost: those of second moments, and those that look at every pixel's neighbours.
SIZES = {"area", "volume", "equivalent_diameter"}
SHAPES = {"orientation", "azimuth", "inclination", "major_axis", "middle_axis", "minor_axis", "elongation", "flatness"}
OUTLINES = {"perimeter", "circularity", "surface", "sphericity"}


@dataclass(frozen=True)
class Pores:
    """The connected parts of a phase in N images.

    Attributes
    ----------
    image
        (P,) int64: index of the image that each pore lies in.
    properties
        {name: (P,) float64}, such as "area" (pixels) and "orientation" (degrees).
    n
        Number of images, also those without a pore.
    phase
        Value of the phase in the images.
    boundary
        "open" or "periodic".
    protocol
        Further choices by name: connectivity, what happens to pores at the edge, the smallest area kept.
    groups
        (N,) labels of images that belong together, as of `Curve`.
    """

    image: np.ndarray
    properties: dict[str, np.ndarray]
    n: int
    phase: int = 1
    boundary: Boundary = "open"
    protocol: dict[str, str] = field(default_factory=dict)
    groups: np.ndarray | None = None

    @property
    def count(self) -> int:
        """Number of pores in all images."""
        return len(self.image)

    @property
    def per_image(self) -> Scalar:
        """Number of pores of each image."""
        counts = np.bincount(self.image, minlength=self.n).astype(np.float64)
        return Scalar("pores", counts, "", self.phase, self.boundary, self.protocol, self.groups)

    @property
    def pixels(self) -> np.ndarray:
        """Area or volume (P,) of each pore."""
        return self.properties["area" if "area" in self.properties else "volume"]

    def subset(self, indices: np.ndarray) -> Pores:
        """The pores of some of the images, in the order of the indices; an image named twice comes twice."""
        rows = [np.flatnonzero(self.image == index) for index in np.asarray(indices)]
        chosen = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        image = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        properties = {name: values[chosen] for name, values in self.properties.items()}
        return Pores(image, properties, len(rows), self.phase, self.boundary, self.protocol)

    @classmethod
    def joined(cls, parts: Sequence[Pores]) -> Pores:
        """The pores of the images of several sets that were measured alike, in their order."""
        first, offsets = parts[0], np.cumsum([0, *(part.n for part in parts)])
        image = np.concatenate([part.image + offset for part, offset in zip(parts, offsets[:-1], strict=True)])
        properties = {name: np.concatenate([part.properties[name] for part in parts]) for name in first.properties}
        return Pores(image, properties, int(offsets[-1]), first.phase, first.boundary, first.protocol)


def pores(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "open",
    connectivity: Connectivity = "faces",
    edges: Edges = "keep",
    smallest: int = 1,
    mask: np.ndarray | None = None,
    properties: Sequence[str] | None = None,
) -> Pores:
    """Every connected part of the phase with its size, shape and direction.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase in the images.
    boundary
        "open": pores end at the edge of the image. "periodic": they go on at the opposite edge, and are put together
        before they are measured.
    connectivity
        "faces" (4 or 6 neighbours) or "all" (8 or 26).
    edges
        "drop" leaves out pores that touch the edge of an open image, which are cut.
    smallest
        Pixels of the smallest pore that is kept.
    mask
        As for `two_point`: pores end at its border, which is an edge that they touch.
    properties
        Names out of those below; all by default. Without those of the boundary, open images are measured several times
        as fast.

    Returns
    -------
    Pores
        Of flat images:
        "area" (pixels); "equivalent_diameter" (of the disc of that area);
        "major_axis", "minor_axis" (of the ellipse with the same second moments, each pixel a unit square: scikit-image
        takes pixels for points, so the square of its axes is less by 16/12);
        "elongation" (1 - minor / major: 0 of a disc, towards 1 of a line);
        "orientation" (of the major axis, degrees in (-90, 90] from the horizontal, counter-clockwise positive as the
        image is displayed; NaN where the axes are equal);
        "perimeter" (Crofton in 4 directions; the image's edge counts); "circularity" (4 pi area / perimeter^2; above 1
        for pores of a few pixels); "touches_edge" (0 or 1);
        "centroid_axis0", "centroid_axis1" (pixels; within the image, also of pores across periodic edges).
        Of volumes:
        "volume"; "equivalent_diameter"; "major_axis", "middle_axis", "minor_axis" (of the ellipsoid; the square of
        scikit-image's is less by 20/12); "elongation" (1 - middle / major); "flatness" (1 - minor / middle);
        "azimuth" (of the major axis within a slice, in (-180, 180], measured as the orientation above) and
        "inclination" (from the slice towards growing axis 0, in [0, 90]; both NaN where the two longer axes are equal);
        "surface" (Crofton in 13 directions); "sphericity" (surface of the ball of that volume / surface);
        "touches_edge"; "centroid_axis0" to "centroid_axis2".
        A pore that goes on for ever through a periodic image has the size and boundary of one period, and neither
        shape, direction nor centre: NaN.

    Raises
    ------
    RaysysError
        If the images are not as said, or an option is unknown.

    References
    ----------
    Amiri et al., Sci. Rep. 13 (2023), Fig. 8 (area and orientation of the major axis); Crofton's formula: Legland, Kieu
    & Devaux, Image Anal. Stereol. 26 (2007) 83.
    """
    return pores_of(Phase.of(images, phase, boundary, mask=mask), connectivity, edges, smallest, properties)


def pores_of(
    phase: Phase,
    connectivity: Connectivity = "faces",
    edges: Edges = "keep",
    smallest: int = 1,
    properties: Sequence[str] | None = None,
) -> Pores:
    """`pores` of images that are checked."""
    _check(edges, smallest, properties, phase.dims)
    number = neighbours(connectivity, phase.dims)
    outlines = properties is None or bool(OUTLINES & set(properties))
    parts = [] if phase.absent else [_summed(phase, i, connectivity, outlines) for i in range(phase.n)]
    kept = [_chosen(part, edges, smallest) for part in parts] or [_none(phase.dims)] * phase.n
    image = np.repeat(np.arange(phase.n), [len(part.moments) for part in kept])
    protocol = {"connectivity": str(number), "edges": edges, "smallest": str(smallest)}
    found = _properties(_joined(kept), phase.shape, properties)
    return Pores(image, found, phase.n, phase.value, phase.boundary, protocol)


def regions(
    labels: np.ndarray, *, edges: Edges = "keep", smallest: int = 1, properties: Sequence[str] | None = None
) -> Pores:
    """Every label of label images as one object, whatever it touches, all measured in one pass.

    Parameters
    ----------
    labels
        Whole numbers (N, H, W) or (N, D, H, W), 0 for what is none: grains, cells, the labels of another program. A
        label is one object in each image, of however many parts.
    edges, smallest, properties
        As for `pores`; a boundary is where a pixel's neighbour has another label, also that of another object.

    Returns
    -------
    Pores
        As of `pores`, with the "label" of each, in increasing order within an image.

    Raises
    ------
    RaysysError
        If the labels are not as said, or an option is unknown.
    """
    found = Phase.of(labels, 1)
    if found.images.dtype.kind == "i" and found.images.min() < 0:
        raise RaysysError(f"labels are {found.images.min()} and more; allowed: whole numbers from 0 on")
    _check(edges, smallest, properties, found.dims)
    kept, names = [], []
    for image in found.images:
        values, inverse = np.unique(image, return_inverse=True)
        values = values[values > 0]
        numbers = (inverse.reshape(image.shape) + (0 if (image == 0).any() else 1)).astype(np.int32)
        sums = sums_of_labels(numbers, len(values))
        chosen = _which(sums, edges, smallest)
        kept.append(_chosen(sums, edges, smallest))
        names.append(values[chosen].astype(np.float64))
    index = np.repeat(np.arange(found.n), [len(part.moments) for part in kept])
    measured = {"label": np.concatenate(names)} | _properties(_joined(kept), found.shape, properties)
    return Pores(
        index, measured, found.n, 1, "open", {"labels": "one object each", "edges": edges, "smallest": str(smallest)}
    )


def _check(edges: str, smallest: int, properties: Sequence[str] | None, dims: int) -> None:
    if edges not in ("keep", "drop"):
        raise RaysysError(f"edges is {edges!r}; allowed: keep, drop")
    if smallest < 1:
        raise RaysysError(f"smallest is {smallest}; allowed: 1 pixel or more")
    allowed = list(_properties(_none(dims), (1,) * dims, None))
    unknown = [name for name in properties or () if name not in allowed]
    if unknown:
        raise RaysysError(f"properties: {', '.join(unknown)}; allowed in {dims} dimensions: {', '.join(allowed)}")


def _summed(phase: Phase, i: int, connectivity: Connectivity, outlines: bool) -> Sums:
    if not outlines and phase.mask is None and phase.boundary == "open":
        words = phase.slices.words.reshape(phase.n, -1, *phase.slices.words.shape[1:])[i]
        return sums_without_boundaries(words, phase.shape[-1], connectivity, phase.dims)
    rim = None if phase.mask is None else rim_of(phase.mask[min(i, len(phase.mask) - 1)], phase.boundary, connectivity)
    return sums_of(phase.inside[i], connectivity, phase.boundary, rim)


def _which(sums: Sums, edges: Edges, smallest: int) -> np.ndarray:
    chosen = sums.moments[:, 0] >= smallest
    return chosen & ~sums.touches_edge if edges == "drop" else chosen


def _chosen(sums: Sums, edges: Edges, smallest: int) -> Sums:
    chosen = _which(sums, edges, smallest)
    return Sums(sums.moments[chosen], sums.crossings[chosen], sums.touches_edge[chosen], sums.endless[chosen])


def _none(dims: int) -> Sums:
    """The sums over no part."""
    nothing = np.zeros(0, bool)
    return Sums(np.zeros((0, 10), np.int64), np.zeros((0, len(directions(dims))), np.int64), nothing, nothing)


def _joined(parts: Sequence[Sums]) -> Sums:
    return Sums(
        np.concatenate([part.moments for part in parts]),
        np.concatenate([part.crossings for part in parts]),
        np.concatenate([part.touches_edge for part in parts]),
        np.concatenate([part.endless for part in parts]),
    )


def _properties(sums: Sums, shape: tuple[int, ...], names: Sequence[str] | None) -> dict[str, np.ndarray]:
    """What is said of pores, by name; all of it, or what is asked for in that order."""
    dims, asked = len(shape), SIZES | SHAPES | OUTLINES if names is None else set(names)
    found = _sizes(sums, dims)
    if asked & SHAPES:
        found |= _ellipses(sums) if dims == 2 else _ellipsoids(sums)
    if asked & OUTLINES:
        found |= _outlines(sums, dims)
    found["touches_edge"] = sums.touches_edge.astype(np.float64)
    for axis, along in enumerate(centroids(sums.moments).T[-dims:]):
        found[f"centroid_axis{axis}"] = np.where(sums.endless, np.nan, along % shape[axis])
    return found if names is None else {name: found[name] for name in names}


def _sizes(sums: Sums, dims: int) -> dict[str, np.ndarray]:
    pixels = sums.moments[:, 0].astype(np.float64)
    if dims == 2:
        return {"area": pixels, "equivalent_diameter": np.sqrt(4 * pixels / math.pi)}
    return {"volume": pixels, "equivalent_diameter": np.cbrt(6 * pixels / math.pi)}


def _ellipses(sums: Sums) -> dict[str, np.ndarray]:
    axes, orientation = ellipses(covariances(sums.moments))
    axes[sums.endless] = np.nan
    return {
        "orientation": np.where(sums.endless, np.nan, orientation),
        "major_axis": axes[:, 0],
        "minor_axis": axes[:, 1],
        "elongation": 1 - axes[:, 1] / axes[:, 0],
    }


def _ellipsoids(sums: Sums) -> dict[str, np.ndarray]:
    axes, azimuth, inclination = ellipsoids(covariances(sums.moments))
    axes[sums.endless] = np.nan
    return {
        "major_axis": axes[:, 0],
        "middle_axis": axes[:, 1],
        "minor_axis": axes[:, 2],
        "elongation": 1 - axes[:, 1] / axes[:, 0],
        "flatness": 1 - axes[:, 2] / axes[:, 1],
        "azimuth": np.where(sums.endless, np.nan, azimuth),
        "inclination": np.where(sums.endless, np.nan, inclination),
    }


def _outlines(sums: Sums, dims: int) -> dict[str, np.ndarray]:
    pixels, steps = sums.moments[:, 0].astype(np.float64), directions(dims)
    lengths = np.linalg.norm(steps, axis=1)
    if dims == 2:
        # Cauchy-Crofton: pi times the mean over directions of the projected length, each pixel's share of it 1 / step.
        perimeter = math.pi / 4 * (sums.crossings / lengths).sum(axis=1)
        circularity = 4 * math.pi * np.where(sums.endless, np.nan, pixels) / perimeter**2
        return {"perimeter": perimeter, "circularity": circularity}
    # Crofton: four times the mean over directions of the projected area, each voxel's share of it 1 / step.
    shares = SHARES[np.abs(steps).sum(axis=1)] / lengths
    # Not a matrix product: BLAS rounds by the number of rows, and a pore is not to depend on the others.
    surface = 4 * (sums.crossings * shares).sum(axis=1)
    diameter = np.cbrt(6 * pixels / math.pi)
    return {"surface": surface, "sphericity": math.pi * np.where(sums.endless, np.nan, diameter**2) / surface}
