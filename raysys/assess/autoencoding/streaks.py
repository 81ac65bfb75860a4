"""Streaks: thin lines, and grains that merged into them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.shapes import DISCS, SQUARES
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.stats.labelling import labelled

# Major by minor axis from which on a part is a streak.
STREAK = 2.5
# Pixels of the neighbourhood that a periodic image is thinned with, on each side.
AROUND = 32

MEASURES = (
    Measure("skeleton_per_area", "Skeleton by area", "1/px", "merge into linear streaks", "original"),
    Measure("branch_length", "Length of a skeleton's branch", "px", "lines as series of blobs", "original", ("GRF",)),
    Measure(
        "streaked_share", "Grains merged into streaks", "", "merged into linear streaks", "low", (*DISCS, *SQUARES)
    ),
)


def streaks(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    ours, theirs = skeletons(both.phase), skeletons(both.binary)
    links, originals = both.links, both.original_grains
    streaked = np.zeros(len(originals.image), bool)
    long = (links.partners > 1) & (both.grains["axis_ratio"] > STREAK)
    streaked[links.original[long[links.autoencoded]]] = True
    return {name: (ours[name], theirs[name]) for name in ours} | {
        "streaked_share": (originals.share(streaked, originals.counted), both.none)
    }


def skeletons(images: np.ndarray) -> dict[str, np.ndarray]:
    """Measures of periodic images (N, H, W): "skeleton_per_area" and "branch_length", (N,); NaN without the phase.

    A branch is what lies between two points at which three or more pixels of the skeleton meet.
    """
    lines = np.array([_skeleton(image) for image in images])
    area, pixels = images.sum(axis=(1, 2)), lines.sum(axis=(1, 2))
    none = np.full(len(images), np.nan)
    branches = np.array([_branches(line) for line in lines])
    return {
        "skeleton_per_area": np.divide(pixels, area, out=none.copy(), where=area > 0),
        "branch_length": np.divide(pixels, branches, out=none.copy(), where=branches > 0),
    }


def _skeleton(image: np.ndarray) -> np.ndarray:
    from skimage.morphology import skeletonize

    thinned: Callable[[np.ndarray], np.ndarray] = skeletonize
    around = [min(AROUND, side) for side in image.shape]
    line = thinned(np.pad(image, [(a, a) for a in around], mode="wrap"))
    return np.asarray(line[around[0] : -around[0], around[1] : -around[1]])


def _branches(line: np.ndarray) -> int:
    held = np.sum([np.roll(line, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)], axis=0)
    return labelled(line & (held < 4), "all", "periodic")[1]
