"""Every measure, and all or some of them taken of autoencodings and their originals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from raysys.assess.autoencoding import detail, edges, orientation, sameness, shapes, spatial, streaks, topology
from raysys.assess.autoencoding.assessment import Assessment, Measure
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.errors import RaysysError
from raysys.stats.paired.checks import checked, finite
from raysys.stats.paired.spatial import WINDOW

# Measures that are taken together, and what takes them.
GROUPS: tuple[tuple[tuple[Measure, ...], Callable[[SideBySide], Numbers]], ...] = (
    (spatial.MEASURES, spatial.spatial),
    (detail.MEASURES, detail.detail),
    (edges.MEASURES, edges.sharp),
    (sameness.MEASURES, sameness.sameness),
    (topology.MEASURES, topology.topology),
    (shapes.MEASURES, shapes.shapes),
    (orientation.MEASURES, orientation.orientation),
    (streaks.MEASURES, streaks.streaks),
)
MEASURES: dict[str, Measure] = {one.name: one for together, _ in GROUPS for one in together}


def assess(
    autoencodings: np.ndarray,
    originals: np.ndarray,
    *,
    window: int = WINDOW,
    measures: Sequence[str] | None = None,
) -> Assessment:
    """Take measures of N autoencodings and of their originals.

    Parameters
    ----------
    autoencodings
        (N, H, W) in [0, 1], clipped; periodic.
    originals
        Integers (N, H, W), 0 and 1; periodic.
    window
        As for `spatial_errors`.
    measures
        Names out of `MEASURES`; all of them by default, whatever the images' class.

    Raises
    ------
    RaysysError
        If the images, the window or the measures are not as said.
    """
    wanted = list(MEASURES) if measures is None else list(measures)
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        raise RaysysError(f"unknown measure {unknown[0]!r}; allowed: {', '.join(MEASURES)}")
    grey, binary = checked(autoencodings, originals)
    both, taken = SideBySide(finite(grey), binary, window), Numbers()
    for together, take in GROUPS:
        if any(one.name in wanted for one in together):
            taken |= take(both)
    values, original = ({name: taken[name][which].astype(np.float64) for name in wanted} for which in (0, 1))
    return Assessment(values, original, window=window)
