"""Direction of grains and of interfaces."""

from __future__ import annotations

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.grains import Grains
from raysys.assess.autoencoding.shapes import ELLIPSES
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.stats.paired.edges import gradient

# Eccentricity from which on a grain has a direction, and how many of them have an order.
ELONGATED, FEWEST = 0.8, 3

MEASURES = (
    Measure("orientation_order", "Order of orientations R", "", "consistently oriented", "original", ELLIPSES),
    Measure("coherence", "Coherence of interfaces", "", "consistently oriented", "original", ELLIPSES),
    Measure("angle_error", "Mean angle error of a grain", "degrees", "consistently oriented", "low", ELLIPSES),
)


def orientation(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    return {
        "orientation_order": (order(both.grains), order(both.original_grains)),
        "coherence": (coherence(both.grey), coherence(both.binary)),
        "angle_error": (angle_error(both), both.none),
    }


def order(grains: Grains) -> np.ndarray:
    """|mean exp(2 i theta)| (N,) over elongated grains: 1 if all point one way; NaN for fewer than three of them."""
    return grains.each(grains["orientation"], grains["eccentricity"] > ELONGATED, _order)


def _order(degrees: np.ndarray) -> float:
    return float(np.abs(np.exp(2j * np.radians(degrees)).mean())) if len(degrees) >= FEWEST else float("nan")


def coherence(images: np.ndarray) -> np.ndarray:
    """Anisotropy of whole images' structure tensor (N,): 1 if every interface runs one way, 0 if none is preferred.

    The tensor's local smoothing is left out, since its mean over a periodic image does not depend on it. NaN without an
    interface.
    """
    down, right = gradient(images)
    yy, xx, yx = (
        (one * two).mean(axis=(1, 2), dtype=np.float64) for one, two in ((down, down), (right, right), (down, right))
    )
    both = xx + yy
    return np.divide(np.hypot(xx - yy, 2 * yx), both, out=np.full(len(both), np.nan), where=both > 0)


def angle_error(both: SideBySide) -> np.ndarray:
    """Mean angle in degrees (N,), 0 to 90, between a matched grain and the original it is of, which is elongated."""
    ours, theirs = both.links.matched
    originals = both.original_grains
    angle = np.full(len(originals.image), np.nan)
    turned = both.grains["orientation"][ours] - originals["orientation"][theirs]
    angle[theirs] = np.abs((turned + 90) % 180 - 90)
    return originals.each(angle, originals["eccentricity"] > ELONGATED, np.mean)
