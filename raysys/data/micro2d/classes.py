"""The ten classes of MICRO2D: how each is imitated, from which size on, and how many images the data set has of it.

The imitation is ours, not the authors' method: that is a statistically conditioned generator learnt from synthesised
neighbourhoods (Robertson, Generale, Kelly, Buzzy & Kalidindi, Integr. Mater. Manuf. Innov. 13 (2024) 120), and its code
is not public. What the classes below have of MICRO2D are numbers measured on the 60 tiles of its banner image (at
github.com/arobertson38/MICRO2D, assets/images/MICRO2DBackground.png, resampled to 256 x 256 pixels): shapes, sizes,
distances and shares of phase 1; and, of GRF, statistics over all of its images. Fields, crowding and overlaps are ours,
chosen so that these numbers come out (tests/data/test_micro2d_acceptance.py).

Shares are drawn uniformly between the least and the greatest seen in the n tiles of a class, widened by
(n + 1) / (n - 1), as the extremes of n uniform numbers ask for, within 0.01 to 0.5, as in all 10,000 images of GRF, and
up to what discs that keep their distance can fill.
"""

from __future__ import annotations

from dataclasses import dataclass

from raysys.data.micro2d.cuboids import Cuboids
from raysys.data.micro2d.drawing import Drawing
from raysys.data.micro2d.fields import ThresholdedField
from raysys.data.micro2d.grains import Grains
from raysys.data.micro2d.inclusions import Discs, Ellipses
from raysys.errors import RaysysError


@dataclass(frozen=True)
class MicroClass:
    """One of the ten.

    Attributes
    ----------
    name
        As MICRO2D's HDF5 file has it.
    number
        What the class's random numbers are drawn from, beside seed and index; never changes.
    images
        Number in MICRO2D (outputs/phase6_per_class.csv of github.com/Vishn07/microstructure-property-prediction).
    smallest
        Side in pixels from which on an image holds a few of the class's shapes.
    heuristic
        What is drawn, in a word, for the labels.
    drawing
        How.
    """

    name: str
    number: int
    images: int
    smallest: int
    heuristic: str
    drawing: Drawing


_KNOWN = (
    MicroClass("GRF", 0, 10_000, 16, "threshold", ThresholdedField()),
    MicroClass("VoronoiSmall", 1, 10_000, 48, "grains", Grains(diameter=15.5, spread=0.06, tolerance=0.04)),
    MicroClass(
        "VoronoiMedium", 2, 10_000, 64, "grains", Grains(share=(0.015, 0.215), diameter=27, spread=0.14, tolerance=0.04)
    ),
    MicroClass(
        "VoronoiMediumSpaced",
        3,
        9_756,
        64,
        "grains",
        Grains(share=(0.01, 0.48), diameter=24, tolerance=0.015, crowding=(0, 0.5)),
    ),
    MicroClass("VoronoiLarge", 4, 10_000, 144, "grains", Grains(diameter=60, spread=0.05, tolerance=0.06)),
    MicroClass("VoidSmall", 5, 9_989, 32, "discs", Discs(share=(0.01, 0.45))),
    MicroClass("VoidSmallBig", 6, 10_000, 48, "discs", Discs(share=(0.01, 0.48), radii=(5, 8))),
    MicroClass("AngEllipse", 7, 8_000, 48, "ellipses", Ellipses(share=(0.06, 0.41))),
    MicroClass(
        "RandomEllipse", 8, 8_000, 48, "ellipses", Ellipses(share=(0.095, 0.425), aligned=False, gap=0, tolerance=0.03)
    ),
    MicroClass("NBSA", 9, 1_634, 32, "cuboids", Cuboids(share=(0.34, 0.40))),
)
KNOWN = {one.name: one for one in _KNOWN}
CLASSES = tuple(KNOWN)
COUNTS = {one.name: one.images for one in _KNOWN}


def known(name: str) -> MicroClass:
    """The class of that name.

    Raises
    ------
    RaysysError
        If there is none.
    """
    if name not in KNOWN:
        raise RaysysError(f'MICRO2D has no class "{name}"; its classes are {", ".join(CLASSES)}')
    return KNOWN[name]
