"""How the phase hangs together: parts, loops, and grains that merged or fell apart."""

from __future__ import annotations

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.grains import Grains
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.stats.geometry.minkowski import minkowski

MEASURES = (
    Measure("grains", "Number of grains", "", "groups of grains blur into large blobs", "original"),
    Measure("euler_number", "Euler number", "", "blur into large blobs; lines as series of blobs", "original"),
    Measure("largest_share", "Share of the largest grain", "", "large areas into a single blob", "original"),
    Measure("kept_share", "Grains kept one by one", "", "preserves grain structure", "original"),
    Measure("merged_share", "Grains merged with others", "", "dense sections of grains merge", "low"),
    Measure("split_share", "Grains in several pieces", "", "lines as series of blobs", "low"),
)


def topology(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    grains, originals, links = both.grains, both.original_grains, both.links
    kept = np.zeros(len(originals.image), bool)
    kept[links.matched[1]] = True
    shares = {"kept_share": kept, "merged_share": links.merged, "split_share": links.split}
    return {
        "grains": (grains.counts(grains.counted), originals.counts(originals.counted)),
        "euler_number": (euler_number(both.phase), euler_number(both.binary)),
        "largest_share": (largest_share(grains), largest_share(originals)),
    } | {name: (originals.share(some, originals.counted), both.none) for name, some in shares.items()}


def euler_number(images: np.ndarray) -> np.ndarray:
    """Parts less holes of periodic images (N, H, W) of 0 and 1, pixels that share a corner belonging together; (N,)."""
    found = minkowski(images, boundary="periodic", connectivity="all").totals["euler_characteristic"]
    return np.nan_to_num(found)


def largest_share(grains: Grains) -> np.ndarray:
    """Area of the largest part by that of all (N,); NaN without a part."""
    return grains.each(grains["area"], grains["area"] > 0, _largest)


def _largest(areas: np.ndarray) -> float:
    return float(areas.max() / areas.sum())
