"""The scores of a picture in words, nearness and copying always together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raysys.assess.notation import Notation, listed
from raysys.assess.texture.descriptors import FRACTION

if TYPE_CHECKING:
    from raysys.assess.texture.scores import PictureScores, TextureScores

__all__ = ["told_picture"]

BENT = 2  # times the largest verbatim piece, from which on a bent one is told of
MOSTLY = 0.5  # of a picture in one piece: a copy with something around it
NEARER = 1.0  # of the disjoint floor


def told_picture(scores: TextureScores, name: str, notation: Notation) -> str:
    """What a picture's numbers mean: how near, how much copied, of how much of the source, and whether all three do."""
    one = scores.pictures[name]
    parts = [_nearness(scores, name), _copied(one), f"it shows {_percent(one.copying.source_used)} of the source"]
    found = f"{notation.strong(name)} {'; '.join(part for part in parts if part)}. {_passed(scores, name)}"
    return " ".join(one for one in (found, _seam(one), _descriptors(one, notation)) if one)


def _nearness(scores: TextureScores, name: str) -> str:
    share, side = scores.floor_share(name), scores.side
    if side is None or math.isnan(share):
        return "has no distance to be judged by"
    distance = scores.pictures[name].distance[side].mean
    beside = "nearer" if share < NEARER else "no nearer"
    return (
        f"has {scores.distance_name} {distance:.3f} at {side} pixels, {share:.2f} of the disjoint floor "
        f"{scores.floors[side].mean:.3f} ({beside} than the source's patches are to those elsewhere in it)"
    )


def _copied(one: PictureScores) -> str:
    share, bent = one.copying.largest_piece, one.copying.largest_bent_piece
    if share >= MOSTLY:
        return f"copies its source verbatim in one piece of {_percent(share)} of the picture"
    more = f" ({_percent(bent)} where bends count as well)" if bent >= BENT * share else ""
    return f"its largest verbatim piece is {_percent(share)} of the picture{more}"


def _passed(scores: TextureScores, name: str) -> str:
    words = {
        "floor_share": "it is too far",
        "largest_piece": "it copies too much",
        "source_used": "it shows too little",
    }
    passed = scores.passed(name)
    if all(value is True for value in passed.values()):
        return "All three numbers meet their bars."
    missed = [words[key] for key, value in passed.items() if value is False]
    return f"By the bars {listed(missed)}." if missed else "The bars of copying and of the source shown are met."


def _seam(one: PictureScores) -> str:
    if one.seam.tileable:
        return "It can be tiled."
    return f"It cannot be tiled: the step across its edges is {one.seam.worst:.1f} times one inside."


def _descriptors(one: PictureScores, notation: Notation) -> str:
    if not one.descriptors:
        return ""
    judged = {name: score.verdict for name, score in one.descriptors.items()}
    fraction = judged.pop(FRACTION)
    inside = [notation.symbol(name) for name, verdict in judged.items() if verdict.within]
    outside = [
        f"{notation.symbol(name)} {verdict.told(notation)}" for name, verdict in judged.items() if not verdict.within
    ]
    told = [f"{listed(inside)} inside the real-against-real band" if inside else "", listed(outside) if outside else ""]
    phase = "no different phase fraction" if fraction.within else f"a phase fraction {fraction.told(notation)}"
    return f"It has {phase}; of the descriptors {'; '.join(part for part in told if part)}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"
