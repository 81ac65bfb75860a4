"""Which grains are still there: kept, missing, invented, and how evenly they are drawn."""

from __future__ import annotations

import numpy as np

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.grains import SHAPED
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide

# Share of a grain that lies in the other image, below which it is not there.
ABSENT = 0.25
# What passes for a circle: 4 pi A / P^2 above, major by minor axis below.
ROUND, LONG = 0.85, 1.3

MEASURES = (
    Measure("hallucinated_grains", "Hallucinated grains", "", "hallucinates grains", "low"),
    Measure("hallucinated_share", "Hallucinated share of grains", "", "hallucinates grains", "low"),
    Measure("hallucinated_round", "Hallucinated circular grains", "", "hallucinates circular grains", "low"),
    Measure("missing_grains", "Missing grains", "", "do not contain all streaks", "low"),
    Measure("missing_share", "Missing share of grains", "", "do not contain all streaks", "low"),
    Measure("weight_spread", "Spread of grains' weights", "", "variable weight for each grain", "original"),
    Measure("weight_least", "Least weight of a grain", "", "variable weight for each grain", "original"),
)


def sameness(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    grains, originals, none = both.grains, both.original_grains, both.none
    invented = (grains.share_in(both.binary) < ABSENT) & (grains["area"] >= SHAPED)
    circular = invented & (grains["circularity"] > ROUND) & (grains["axis_ratio"] < LONG)
    missing = (originals.share_in(both.phase) < ABSENT) & originals.counted
    found = {
        "hallucinated_grains": (grains.counts(invented), none),
        "hallucinated_share": (grains.share(invented, grains["area"] >= SHAPED), none),
        "hallucinated_round": (grains.counts(circular), none),
        "missing_grains": (originals.counts(missing), none),
        "missing_share": (originals.share(missing, originals.counted), none),
    }
    weights = originals.share_in(both.grey), originals.share_in(both.binary)
    spread, least = ([originals.each(one, originals.counted, of) for one in weights] for of in (np.std, np.min))
    return found | {"weight_spread": (spread[0], spread[1]), "weight_least": (least[0], least[1])}
