"""One number by which trials compare whatever weights their losses have: a sweep's objective."""

from __future__ import annotations

import math

import numpy as np

from raysys.stats.paired.checks import checked
from raysys.stats.paired.edges import sharpness_of
from raysys.stats.paired.spatial import WINDOW, errors_of

# What is below its floor is not seen: 1e-4 of S2's fluctuation is less than a blur of two pixels costs images of the
# largest grains; 1e-3 of the phase's variance is one wrong pixel in 4000 or more; one grey pixel in a hundred, and
# edges that are one per cent too flat, pass for sharp. Floors keep one perfect part from making up for all others.
FLOORS = {
    "s2_relative": 1e-4,
    "s2_relative_window": 1e-4,
    "s2_relative_thresholded": 1e-4,
    "pixel_error": 1e-3,
    "mid_grey": 1e-2,
    "edge_shortfall": 1e-2,
}
# A flat grey image of the right phi has 1 in most parts; what is ten times worse than that is no better known.
CEILING = 10.0
# An image whose standard deviation is below this share of its original's has collapsed to a constant.
COLLAPSED = 0.01
# A part that no image has, since all originals are of one phase alone.
UNKNOWN = 1.0


def score(images: np.ndarray, originals: np.ndarray, *, window: int = WINDOW) -> float:
    """How far images are from their originals, from 6.8e-4 (nothing is seen of it) to 10 (collapsed).

    The geometric mean over the parts of `score_parts`, each at least its floor: the smaller the better.

    Parameters
    ----------
    images
        (N, H, W) in [0, 1], clipped; periodic. One that holds NaN counts as collapsed.
    originals
        Integers (N, H, W), 0 and 1; periodic.
    window
        As for `spatial_errors`.

    Raises
    ------
    RaysysError
        If the images or the window are not as said.
    """
    parts = score_parts(images, originals, window=window)
    return math.exp(sum(math.log(max(parts[name], floor)) for name, floor in FLOORS.items()) / len(FLOORS))


def score_parts(images: np.ndarray, originals: np.ndarray, *, window: int = WINDOW) -> dict[str, float]:
    """The parts of `score`: medians over images, without their floors.

    Returns
    -------
    {name: part}
        "s2_relative", "s2_relative_window", "s2_relative_thresholded" and "mid_grey" as of `spatial_errors` and
        `sharpness`; "pixel_error" over phi (1 - phi), which a flat grey image has; "edge_shortfall": by which share
        edges are flatter than the original's. Each is 10 at most, which is also what a constant image gets in all of
        them, so that no other scores worse: by itself it would be perfectly binary, and of a rare phase hardly wrong.
    """
    grey, binary = checked(images, originals)
    usable = np.isfinite(grey).all(axis=(1, 2))
    grey = np.where(usable[:, None, None], grey, 0)
    errors, sharp = errors_of(grey, binary, window), sharpness_of(grey, binary)
    phi = binary.mean(axis=(1, 2))
    variance = np.where((phi > 0) & (phi < 1), phi * (1 - phi), np.nan)
    found = {name: errors[name] for name in FLOORS if name.startswith("s2")} | {
        "pixel_error": errors["pixel_error"] / variance,
        "mid_grey": sharp["mid_grey"],
        "edge_shortfall": 1 - np.minimum(1, sharp["edge_gradient"] / sharp["edge_gradient_original"]),
    }
    collapsed = ~usable | (grey.std(axis=(1, 2), dtype=np.float64) < COLLAPSED * np.sqrt(phi * (1 - phi)))
    return {name: _median(np.where(collapsed, CEILING, np.minimum(part, CEILING))) for name, part in found.items()}


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else UNKNOWN
