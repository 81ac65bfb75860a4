"""Specific surface: how much interface there is per volume, or length of it per area."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.correlation.two_point import two_point_of
from raysys.stats.curve import Boundary
from raysys.stats.geometry.minkowski import minkowski_of
from raysys.stats.phases import Phase
from raysys.stats.scalar import Scalar

Method = Literal["crofton", "faces", "two_point"]

# Interface by the slope of S2 at 0: -4 S2'(0) in 3D, -pi S2'(0) in 2D.
SLOPES = {2: math.pi, 3: 4.0}


def specific_surface(
    images: np.ndarray,
    *,
    phase: int = 1,
    boundary: Boundary = "open",
    method: Method = "crofton",
    mask: np.ndarray | None = None,
) -> Scalar:
    """Interface per volume (3D), or its length per area (2D), in 1 / pixel.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    phase
        Value of the phase of interest; in binary images both have the same interface.
    boundary
        "open": the image is a window, of which the border is no interface; "periodic": it goes on as it begins.
    method
        "crofton" (default): from changes of phase along 4 or 13 lattice directions, within a few per cent of a smooth
        interface whichever way it faces. "faces": the sides of the pixels themselves, 4 / pi (2D) or 3 / 2 (3D) times
        the smooth interface if all its directions are alike: what a solver on the voxels sees. "two_point": from the
        slope of S2 at 0 for an isotropic medium, by its first lag along each axis.
    mask
        As for `minkowski`; its border is no interface.

    Returns
    -------
    Scalar
        "specific_surface". Of open images it is per cell between pixel centres, of which there are (n - 1)^d and not
        n^d: that is what a window shows without bias. Periodic images have as many cells as pixels, masks those that
        lie in them as a whole; NaN where there is none.

    Raises
    ------
    RaysysError
        If the images are not as said, or the method is unknown.

    Notes
    -----
    On the lattice S2(0) - S2(1) along an axis is half the changes of phase, so that -4 times the mean slope is 2 / 3 of
    the faces, Crofton's formula of three directions, and -pi times that in 2D is pi / 4 of them, Crofton's of two:
    exactly so if periodic; of an open image S2(0) is of all pixels and S2(1) of its pairs, which adds what differs
    between the border and the rest. The diagonals make less of the direction, hence the default. Features of one or two
    pixels are cut short by all three, since S2 is not straight within its first lag.

    References
    ----------
    Debye, Anderson & Brumberger, J. Appl. Phys. 28 (1957) 679; Torquato, Random Heterogeneous Materials, 2002, 2.2.5;
    Legland, Kieu & Devaux, Image Analysis & Stereology 26 (2007) 83.
    """
    return specific_surface_of(Phase.of(images, phase, boundary, mask=mask), method)


def specific_surface_of(phase: Phase, method: Method) -> Scalar:
    """`specific_surface` of images that are checked."""
    if method not in ("crofton", "faces", "two_point"):
        raise RaysysError(f"method is {method!r}; allowed: crofton, faces, two_point")
    protocol: dict[str, str] = {"method": method}
    if method == "two_point":
        return phase.scalar("specific_surface", _from_slope(phase), "1/pixel", protocol)
    interface = minkowski_of(phase, edges="window", connectivity="faces", surface=method).densities()[0]
    if "directions" in interface.protocol:
        protocol["directions"] = interface.protocol["directions"]
    return phase.scalar("specific_surface", interface.values, "1/pixel", protocol)


def _from_slope(phase: Phase) -> np.ndarray:
    if min(phase.shape) == 1:
        return np.full(phase.n, np.nan)
    values = two_point_of(phase, 1).values
    return SLOPES[phase.dims] * (values[:, 0] - values[:, 1])
