"""An assessment in words: what a person would say of a class's autoencodings, from their numbers alone."""

from __future__ import annotations

import math

import numpy as np

from raysys.assess.autoencoding.assessment import Assessment, median
from raysys.assess.autoencoding.shapes import DISCS, ELLIPSES, SQUARES, VORONOI

# Goals of the note on MICRO2D ("Better goals"): gradient at edges, grey share, hallucinated share of grains, share of
# the corner index, order of orientations, S2 error by flat grey's.
SHARP, BINARY, INVENTED, KEPT, ORDERED, AGREES = 0.45, 0.03, 0.02, 0.85, 0.98, 1e-2
# Its section 4: gradient at edges below which an image is blurred (by 1.5 pixels: 0.16 to 0.24), and strongly (by 3).
BLURRED, STRONGLY = 0.30, 0.14
# Share of the originals' gradient, and of their interface by the slope of S2, below which no edge is left.
COLLAPSED = 0.05
# A blurred image is grey along its edges, half a pixel wide or more, and its blur effect is above the original's. Edges
# that are flat without the one lie elsewhere than in the original; without the other, grains are grey throughout.
SOFT, SMOOTH = 0.5, 0.05
# Spread of grains' weights that the eye sees; of blurred images it is up to 0.11 without any such fault.
UNEVEN = 0.05
# Shares of the originals' grains from which on it is said what became of them.
MISSING, MERGED, SPLIT, ALL = 0.02, 0.05, 0.05, 0.95
# Rise of the largest part's share of the phase by which merging has made one blob.
BLOB = 0.25
# A square's extent falls to 0.83 of its own if it becomes a disc; above 1 / KEPT a disc's axis ratio is an ellipse's.
SQUARE = 0.9
# Degrees by which the mean grain is turned for it to be said.
TURNED = 5.0
# Share of the image by which the phase fraction is off for it to be said.
FRACTION = 0.02


def verdict(class_name: str, assessment: Assessment) -> str:
    """One or two sentences on the autoencodings of one class.

    Parameters
    ----------
    class_name
        One of MICRO2D's, which says what its grains ought to look like; of other names only what holds for any.
    assessment
        Of images of that class; what was not measured is not spoken of.

    Returns
    -------
    Such as "Sharp and binary; 21 % of the grains are merged with others. Corners are kept, spatial statistics differ
    (S2 error 0.14 of flat grey's)."
    """
    reading = Reading(assessment)
    if reading.kept_by("edge_gradient") < COLLAPSED and reading.kept_by("s2_slope") < COLLAPSED:
        return "Collapsed: no edge of the originals is left."
    grains = ", ".join(_grains(reading, class_name))
    first = "; ".join(part for part in (_appearance(reading), grains) if part)
    second = ", ".join([*_shapes(reading, class_name), *_statistics(reading)])
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in (first, second) if sentence)


class Reading:
    """Numbers of an assessment as sentences need them; NaN where they were not measured.

    Parameters
    ----------
    assessment
        Of N images.
    """

    def __init__(self, assessment: Assessment) -> None:
        self.values, self.originals = assessment.values, assessment.original

    def typical(self, name: str) -> float:
        """Median over images."""
        return median(self.values[name]) if name in self.values else math.nan

    def original(self, name: str) -> float:
        """Median over the originals."""
        return median(self.originals[name]) if name in self.originals else math.nan

    def kept_by(self, name: str) -> float:
        """Share of the original's number, of medians."""
        return self.typical(name) / self.original(name) if self.original(name) else math.nan

    def pooled(self, name: str) -> float:
        """Mean over all grains of the originals of a share that each image has."""
        if name not in self.values or "grains" not in self.originals:
            return math.nan
        shares, grains = self.values[name], self.originals["grains"]
        held = ~np.isnan(shares) & (grains > 0)
        return float(np.average(shares[held], weights=grains[held])) if held.any() else math.nan

    def total(self, name: str) -> float:
        """Sum over images."""
        return float(np.nansum(self.values[name])) if name in self.values else math.nan


def _appearance(reading: Reading) -> str:
    """Sharp or blurred, binary or grey."""
    edge, grey = reading.typical("edge_gradient"), reading.typical("mid_grey")
    if math.isnan(edge):
        return ""
    binary = f"not binary ({_percent(grey)} grey)" if grey > BINARY else "almost binary" if grey > 0 else "binary"
    soft = reading.typical("mid_grey_per_edge") > SOFT and reading.typical("blur_difference") > SMOOTH
    if edge < SHARP and soft:
        how = "strongly blurred" if edge < STRONGLY else "blurred" if edge < BLURRED else "slightly blurred"
        clear = reading.original("edge_gradient")
        return f"{how} (gradient at edges {edge:.2f}, {clear:.2f} in the originals) and {binary}"
    uneven = grey > BINARY and reading.typical("weight_spread") > UNEVEN
    return f"sharp {'but' if grey > BINARY else 'and'} {binary}" + (", grains of variable weight" if uneven else "")


def _grains(reading: Reading, class_name: str) -> list[str]:
    """What became of the grains."""
    # GRF has no grains; its parts are called what they are.
    them = "parts" if class_name == "GRF" else "grains"
    found, kept = [], reading.pooled("kept_share")
    invented, grains = reading.total("hallucinated_grains"), reading.total("grains")
    if invented > INVENTED * grains:
        circular = ", most of them circular" if reading.total("hallucinated_round") > invented / 2 else ""
        found.append(f"{_percent(invented / grains)} of its {them} are hallucinated{circular}")
    if reading.pooled("missing_share") > MISSING:
        found.append(f"{_percent(reading.pooled('missing_share'))} of the {them} are missing")
    if reading.pooled("merged_share") > MERGED:
        into = _into(reading, class_name)
        found.append(f"{_percent(reading.pooled('merged_share'))} of the {them} are merged {into}")
    if reading.pooled("split_share") > SPLIT:
        found.append(f"{_percent(reading.pooled('split_share'))} of the {them} fall into pieces")
    if not found and kept >= ALL:
        found.append(f"the {them} are kept ({_percent(kept)} one by one)")
    elif not found and kept < ALL:
        found.append(f"{_percent(kept)} of the {them} are found again")
    return found


def _into(reading: Reading, class_name: str) -> str:
    """What grains have merged into."""
    if class_name in (*DISCS, *SQUARES) and reading.pooled("streaked_share") > reading.pooled("merged_share") / 2:
        return "into streaks"
    blob = reading.typical("largest_share") - reading.original("largest_share") > BLOB
    return "into large blobs" if blob else "with others"


def _shapes(reading: Reading, class_name: str) -> list[str]:
    """What the class's grains are known by: corners, axes, sides, orientation, fine detail."""
    found = []
    if class_name in VORONOI:
        ratio = reading.typical("corner_retention")
        found.append(_kept(ratio, "corners are kept", "corners are rounded", "corner index"))
    if class_name in ELLIPSES:
        ratio = reading.typical("axis_ratio_retention")
        found.append(_kept(ratio, "ellipses keep their shape", "ellipses are rounder", "axis ratio"))
        found += _directions(reading, class_name)
    if class_name in DISCS:
        ratio = reading.typical("axis_ratio_retention")
        found.append(_kept(1 / ratio, "circles stay circles", "circles become ellipses", "axis ratio", ratio))
    if class_name in SQUARES:
        ratio = reading.typical("extent_retention")
        found.append(_kept(ratio, "squares keep their shape", "squares are rounded", "extent", least=SQUARE))
    if class_name == "GRF":
        left = reading.kept_by("interface")
        found.append(_kept(left, "fine detail is kept", "fine detail is lost", "interface"))
    return [one for one in found if one]


def _kept(share: float, well: str, badly: str, what: str, shown: float | None = None, least: float = KEPT) -> str:
    """The one or the other clause by the share that is left; nothing if no grain was there to compare."""
    if math.isnan(share):
        return ""
    left = _percent(share if shown is None else shown)
    return well if share >= least else f"{badly} ({what} {left} of the originals')"


def _directions(reading: Reading, class_name: str) -> list[str]:
    """Whether single grains are spoken of: what has merged points elsewhere as a whole."""
    order, angle = reading.typical("orientation_order"), reading.typical("angle_error")
    if class_name == "AngEllipse" and order < ORDERED and not angle <= TURNED:
        return [f"they are not consistently oriented (R {order:.2f})"]
    if angle > TURNED:
        return [f"they are turned by {angle:.0f} degrees"]
    return ["they are consistently oriented"] if class_name == "AngEllipse" and angle <= TURNED else []


def _statistics(reading: Reading) -> list[str]:
    """Phase fraction and S2."""
    found, error = [], reading.typical("s2_relative")
    fraction = reading.typical("phase_fraction_difference")
    if fraction > FRACTION:
        found.append(f"the phase fraction is off by {fraction:.2f}")
    if not math.isnan(error):
        how = "agree" if error <= AGREES else "differ"
        found.append(f"spatial statistics {how} (S2 error {error:.2g} of flat grey's)")
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
