"""Surface correlation functions: of two points on the interface, and of one on it and one in the void."""

from __future__ import annotations

from functools import partial

import numpy as np

from raysys.stats.correlation.pair_counts import batches, count_pairs
from raysys.stats.correlation.radial import averaged_counts, edges_of, rings_of
from raysys.stats.curve import Boundary, Curve
from raysys.stats.phases import Phase


def surface_surface(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Surface-surface function F_ss(r), averaged over all directions.

    The interface is the sides between pixels of the phase and others, half of each at either of its two pixels; so a
    pixel holds a whole number of halves, and pairs of them are counted exactly. Far apart F_ss is the square of the
    specific surface by "faces", which is 4 / pi (2D) or 3 / 2 (3D) times that of a smooth interface.

    Parameters
    ----------
    images, phase, r_max, boundary, mask
        As for `two_point_radial`; the border of open images, or of a mask, is no interface.

    Returns
    -------
    Curve
        "F_ss", 1 / pixel^2; NaN at r = 0, towards which that of a smooth interface grows beyond all bounds.

    Raises
    ------
    RaysysError
        If the images or the options are not as said.

    References
    ----------
    Torquato, Random Heterogeneous Materials, 2002, section 2.2.5; Ma & Torquato, Phys. Rev. E 98 (2018) 013307.
    """
    return surface_surface_of(Phase.of(images, phase, boundary, mask=mask), r_max)


def surface_surface_of(phase: Phase, r_max: int | None) -> Curve:
    """`surface_surface` of images that are checked."""
    curve = _curve("F_ss", phase, r_max, 4)
    curve.values[:, 0] = np.nan
    return curve


def surface_void(
    images: np.ndarray,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    mask: np.ndarray | None = None,
) -> Curve:
    """Surface-void function F_sv(r), averaged over all directions: one point on the interface, one outside the phase.

    Parameters
    ----------
    images, phase, r_max, boundary, mask
        As for `surface_surface`. The phase of interest is the solid; ask for the other phase, or for each of several,
        to exchange the two.

    Returns
    -------
    Curve
        "F_sv", 1 / pixel: half the specific surface by "faces" at r = 0, far apart that surface times the fraction of
        all that is not the phase.

    Raises
    ------
    RaysysError
        If the images or the options are not as said.

    References
    ----------
    As for `surface_surface`.
    """
    return surface_void_of(Phase.of(images, phase, boundary, mask=mask), r_max)


def surface_void_of(phase: Phase, r_max: int | None) -> Curve:
    """`surface_void` of images that are checked."""
    return _curve("F_sv", phase, r_max, 2)


def _curve(name: str, phase: Phase, r_max: int | None, halves: int) -> Curve:
    """F_ss, of pairs of halves of sides, or F_sv, of halves and pixels."""
    rings = rings_of(phase.shape, edges_of("integer", r_max, phase.shape, phase.boundary), phase.boundary)
    values = np.empty((phase.n, rings.n))
    for some in batches(phase.inside, phase.boundary):
        inside = phase.inside[some]
        room = np.ones_like(inside) if phase.mask is None else np.broadcast_to(phase.mask, phase.images.shape)[some]
        sides = _halves(inside, room, phase.boundary)
        count = partial(count_pairs, lags=rings.lags, boundary=phase.boundary)
        # Rings hold each lag vector with its opposite, along which the two points change places.
        counts = (
            count(sides, sides) if name == "F_ss" else (count(sides, room & ~inside) + count(room & ~inside, sides)) / 2
        )
        values[some] = averaged_counts(rings, counts, "pairs") / halves
        if phase.mask is not None:
            held = averaged_counts(rings, count(room, room), "pairs")
            values[some] = np.divide(values[some], held, out=np.full(held.shape, np.nan), where=held > 0)
    return phase.curve(name, np.arange(rings.n), values, {"bins": "integer", "weights": "pairs", "surface": "faces"})


def _halves(inside: np.ndarray, room: np.ndarray, boundary: Boundary) -> np.ndarray:
    """Sides (N, *spatial) uint8 of each pixel that are interface, between pixels that there is room for."""
    sides = np.zeros(inside.shape, np.uint8)
    for axis in range(1, inside.ndim):
        beyond = np.roll(inside, -1, axis)
        changes = (inside != beyond) & room & np.roll(room, -1, axis)
        if boundary == "open":
            changes.swapaxes(0, axis)[-1] = False
        sides += changes
        sides += np.roll(changes, 1, axis)
    return sides
