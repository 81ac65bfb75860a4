"""Shapes of grains: round or polygonal, circles, ellipses or squares, and whether each grain keeps its own."""

from __future__ import annotations

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.grains import Grains
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide

VORONOI = ("VoronoiSmall", "VoronoiMedium", "VoronoiMediumSpaced", "VoronoiLarge")
DISCS = ("VoidSmall", "VoidSmallBig")
ELLIPSES = ("AngEllipse", "RandomEllipse")
SQUARES = ("NBSA",)
# GRF has no grains, but inventing polygons in it shows in these as well.
OUTLINED = (*VORONOI, "GRF")

# Polygons in the place of ellipses, or in a field that has none.
INVENTED = (*ELLIPSES, "GRF")
# A polygon has few vertices and is no ellipse: regular hexagons differ from theirs in 0.07 of their area, squares in
# 0.18, ellipses of 20 x 6 px in 0.04 at most. So most of Voronoi's grains count, no ellipses, and 0.3 of GRF's parts.
FEW_VERTICES, NO_ELLIPSE = 8, 0.06

# A square grain fills this much of its box along the axes; an ideal disc fills pi / 4.
SQUARE = 0.85

MEASURES = (
    Measure("circularity", "Circularity", "", "rounded; blobs instead of polygons", "original", OUTLINED),
    Measure("corner_index", "Corner index", "", "rounded corners", "original", OUTLINED),
    Measure("vertices", "Vertices of a grain", "", "polygonal nature of grains", "original", OUTLINED),
    Measure("corner_retention", "Corner index kept by a grain", "", "rounded corners", "original", VORONOI),
    Measure("axis_ratio", "Axis ratio", "", "circles become ellipses", "original", (*DISCS, *ELLIPSES, *SQUARES)),
    Measure("eccentricity", "Eccentricity", "", "circles become ellipses", "original", (*DISCS, *ELLIPSES)),
    Measure("axis_ratio_retention", "Axis ratio kept by a grain", "", "elliptical nature", "original", ELLIPSES),
    Measure("ellipse_misfit", "Misfit of grains to ellipses", "", "polygons instead of ellipses", "original", INVENTED),
    Measure("polygonal_share", "Share of polygonal grains", "", "hallucinates polygonal grains", "original", INVENTED),
    Measure("extent", "Extent in its box", "", "square-like grains", "original", SQUARES),
    Measure("square_share", "Share of square grains", "", "square-like grains", "original", SQUARES),
    Measure("aligned_share", "Share of outlines along the axes", "", "square-like grains", "original", SQUARES),
    Measure("extent_retention", "Extent kept by a grain", "", "square-like grains", "original", SQUARES),
)
KEPT = {"corner_retention": "corner_index", "axis_ratio_retention": "axis_ratio", "extent_retention": "extent"}


def shapes(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    ours, theirs = shapes_of(both.grains), shapes_of(both.original_grains)
    found = {name: (ours[name], theirs[name]) for name in ours}
    return found | {name: (_kept(both, of), both.none) for name, of in KEPT.items()}


def shapes_of(grains: Grains) -> dict[str, np.ndarray]:
    """Medians over the grains of each image, {name: (N,)}; of grains that stand alone, where outlines are meant."""
    alone, every = grains.alone, np.ones(len(grains.image), bool)
    square = np.where(np.isnan(grains["extent"]), np.nan, grains["extent"] > SQUARE)
    sided = (grains["vertices"] <= FEW_VERTICES) & (grains["misfit"] > NO_ELLIPSE)
    polygonal = np.where(np.isnan(grains["misfit"]), np.nan, sided)
    return {
        "circularity": grains.each(grains["circularity"], alone),
        "corner_index": grains.each(grains["corner_index"], alone),
        "vertices": grains.each(grains["vertices"], alone),
        "axis_ratio": grains.each(grains["axis_ratio"], every),
        "eccentricity": grains.each(grains["eccentricity"], every),
        "ellipse_misfit": grains.each(grains["misfit"], alone),
        "polygonal_share": grains.each(polygonal, alone, np.mean),
        "extent": grains.each(grains["extent"], every),
        "square_share": grains.each(square, every, np.mean),
        "aligned_share": grains.each(grains["aligned"], every),
    }


def _kept(both: SideBySide, name: str) -> np.ndarray:
    """Median over matched grains of what a grain has of it, by what it had; (N,)."""
    ours, theirs = both.links.matched
    originals = both.original_grains
    ratio = np.full(len(originals.image), np.nan)
    ratio[theirs] = both.grains[name][ours] / originals[name][theirs]
    return originals.each(ratio, originals.alone)
