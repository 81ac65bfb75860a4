"""The published claim, and what annealing on more descriptors gains, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from raysys.assess.methods.claim import Claim, Gain, Gap
from raysys.assess.methods.method import Method
from raysys.assess.notation import Notation, counted, listed

__all__ = ["annealer_sentences", "claim_sentences"]


def claim_sentences(claims: Sequence[Claim], write: Notation) -> str:
    """Say whether the published claim holds, for each model against each annealing on two-point functions alone."""
    return " ".join(_claim(claim, write) for claim in claims)


def annealer_sentences(gains: Sequence[Gain], gaps: Sequence[Gap], methods: dict[str, Method], write: Notation) -> str:
    """Say what annealing on more descriptors gains over S2 alone, and whether it closes the gap to the models."""
    sentences = []
    for name in dict.fromkeys([*(gain.name for gain in gains), *(gap.name for gap in gaps)]):
        asked = _symbols(methods[name].asked, write)
        sentences += [_gain(gain, asked, write) for gain in gains if gain.name == name]
        sentences += [_gap(gap, write) for gap in gaps if gap.name == name]
    return " ".join(sentence for sentence in sentences if sentence)


def _claim(claim: Claim, write: Notation) -> str:
    published = (
        "The published claim, that a GAN is two to three orders of magnitude nearer to real images in higher-order "
        f"functions than annealing on S{write.lowered('2')} alone,"
    )
    in_part = claim.met and claim.missed
    where = f" (in {_symbols(claim.met, write)}, not in {_symbols(claim.missed, write)})" if in_part else ""
    against = f"for {write.strong(claim.model)} against {write.strong(claim.annealed)}"
    span = _span(claim.factors, write)
    return f"{published} {write.strong(claim.verdict)} {against}{where}: {span}.{_hidden(claim, write)}"


def _span(factors: dict[str, float], write: Notation) -> str:
    """Name the smallest and the largest factor by which the model is nearer, and their orders of magnitude."""
    low, high = min(factors, key=lambda name: factors[name]), max(factors, key=lambda name: factors[name])
    if factors[high] < 1:
        ends = [
            f"{write.ratio(1 / factors[name])} ({write.symbol(name)})"
            for name in dict.fromkeys((high, low))
            if factors[name]
        ]
        return f"its errors are larger, by factors of {' to '.join(ends)}" if ends else "its errors are larger"
    ends = [f"{write.ratio(factors[name])} ({write.symbol(name)})" for name in dict.fromkeys((low, high))]
    powers = [f"{math.log10(factors[name]):.1f}" for name in dict.fromkeys((low, high)) if 0 < factors[name] < math.inf]
    orders = f", {' to '.join(powers)} orders of magnitude" if powers else ""
    return f"its errors are smaller by factors of {' to '.join(ends)}{orders}"


def _hidden(claim: Claim, write: Notation) -> str:
    """Say what so many images could not have shown, since even real ones are no nearer."""
    if not claim.hidden:
        return ""
    reach = max(claim.visible[name] for name in claim.hidden)
    nearer = f"no more than {write.ratio(reach)} times nearer" if reach > 1 else "no nearer"
    hidden = _symbols(claim.hidden, write)
    return f" In {hidden} so many images could not have shown it: real ones are themselves {nearer}."


def _gain(gain: Gain, asked: str, write: Notation) -> str:
    parts = [
        f"{word} in {listed([f'{write.symbol(name)} ({write.ratio(factor)} times)' for name, factor in held.items()])}"
        for word, held in (("nearer", gain.nearer), ("further", gain.further))
        if held
    ]
    parts += [f"in {_symbols(gain.alike, write)} both lie within the band"] if gain.alike else []
    if not parts:
        return ""
    return (
        f"{write.strong(gain.name)}, annealed on {asked}, against {write.strong(gain.plain)}, annealed on two points "
        f"alone: {'; '.join(parts)}."
    )


def _gap(gap: Gap, write: Notation) -> str:
    model = write.strong(gap.model)
    count = f"in {len(gap.closed)} of {counted(len(gap.factors), 'descriptor')}"
    if not gap.left:
        return f"It leaves no gap to {model}: {count} it is as near, or within the band."
    worst = max(gap.left, key=lambda name: gap.left[name])
    far = f"by up to {write.ratio(gap.left[worst])} times ({write.symbol(worst)})"
    if not gap.closed:
        return f"{model} stays nearer in every descriptor, {far}."
    rest = f"in the others {model} is nearer, {far}"
    return f"It closes the gap to {model} {count} ({_symbols(gap.closed, write)}); {rest}."


def _symbols(descriptors: Sequence[str], write: Notation) -> str:
    return listed([write.symbol(name) for name in descriptors])
