"""Scaled autocovariance Fn: 1 at r = 0 and 0 where the vertices are independent, whatever the phase fraction."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from raysys.errors import RaysysError
from raysys.stats.curve import Curve

Variant = Literal["ensemble", "per_image", "last"]

# Vertices of each function: n in Eq. 2.
ORDER = {"S2": 2, "P2": 2, "P3H": 3, "P3V": 3, "P4": 4, "P6": 6}


def order(name: str) -> int | None:
    """Number of vertices n of a function; None for descriptors that have no scaled autocovariance.

    "S2_axis0" and the like count as what stands before the underscore.
    """
    return ORDER.get(name.partition("_")[0])


def scaled_autocovariance(curve: Curve, *, variant: Variant = "ensemble") -> Curve:
    """Fn(r) = (Pn(r) - phi^n) / (phi - phi^n).

    Parameters
    ----------
    curve
        S2 or a polytope function, from r = 0 on.
    variant
        "ensemble": phi is the mean of Pn(0) over the images, so that the mean is Eq. 2 of the mean curve;
        "per_image": phi is each image's own (as GeoWGAN-GP); "last": as "per_image", and for polytope functions the
        last sampled value stands for phi^n (as SMiCA).

    Returns
    -------
    Curve
        "F2", "F3H", ...; NaN where the phase is absent or everywhere.

    Raises
    ------
    RaysysError
        For a descriptor that has no such scaling, or an unknown variant.

    References
    ----------
    Amiri et al., Sci. Rep. 13 (2023), Eq. 2.
    """
    n = order(curve.name)
    if n is None:
        raise RaysysError(f"{curve.name} has no scaled autocovariance; allowed: {', '.join(ORDER)}")
    if variant not in ("ensemble", "per_image", "last"):
        raise RaysysError(f"variant is {variant!r}; allowed: ensemble, per_image, last")
    if curve.r[0] != 0:
        raise RaysysError(f"{curve.name} begins at r = {curve.r[0]}; its scaling needs the value at r = 0")
    phi = curve.values[:, :1]
    if variant == "ensemble":
        phi = np.full_like(phi, phi.mean())
    floor = phi**n
    if variant == "last" and n > 2:
        sampled = np.flatnonzero(~np.isnan(curve.values).all(axis=0))
        floor = curve.values[:, sampled[-1:]]
    spread = phi - floor
    values = (curve.values - floor) / np.where(spread > 0, spread, np.nan)
    name = "F" + curve.name[1:]
    return replace(curve, name=name, values=values, protocol=curve.protocol | {"scaled": variant})
