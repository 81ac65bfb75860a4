"""Methods of reconstruction against each other: the published claim, and what annealing on more descriptors gains.

Sentences are HTML, and made of numbers alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.method import Method
from raysys.report.elements.notation import counted, listed, ratio, symbol, text
from raysys.stats.correlation.scaled import order

WITHIN = ("inside", "below")  # verdicts on what cannot be told from real images
CLAIMED = 100.0  # "two to three orders of magnitude": the smaller of them
CLAIM = (
    "The published claim, that a GAN is two to three orders of magnitude nearer to real images in higher-order "
    "functions than annealing on S<sub>2</sub> alone,"
)


def claim_sentences(comparison: Comparison, methods: dict[str, Method]) -> str:
    """Whether the published claim holds, for each model against each annealing on two-point functions alone."""
    models = [name for name in comparison.others if methods[name].kind == "model"]
    annealed = [name for name in comparison.others if methods[name].two_point_alone]
    found = [_claim(comparison, model, other) for model in models for other in annealed]
    return " ".join(one for one in found if one)


def annealer_sentences(comparison: Comparison, methods: dict[str, Method]) -> str:
    """What annealing on more descriptors gains over S2 alone, and whether it closes the gap to the models."""
    annealed = [name for name in comparison.others if methods[name].kind == "annealed"]
    plain = [name for name in annealed if methods[name].two_point_alone]
    models = [name for name in comparison.others if methods[name].kind == "model"]
    told = []
    for name in (one for one in annealed if one not in plain):
        asked = listed([symbol(one) for one in methods[name].asked])
        told += [_gain(comparison, name, asked, other) for other in plain]
        told += [_gap(comparison, name, model) for model in models]
    return " ".join(one for one in told if one)


def bold(name: str) -> str:
    """A set's name as sentences have it."""
    return f"<b>{text(name)}</b>"


def errors_of(comparison: Comparison, descriptor: str) -> dict[str, float]:
    """{set: MSE} of one descriptor, of the sets that have it."""
    found = {name: errors.get(descriptor, math.nan) for name, errors in comparison.errors.items()}
    return {name: error for name, error in found.items() if math.isfinite(error)}


def _claim(comparison: Comparison, model: str, annealed: str) -> str:
    factors = _factors(comparison, annealed, model, [one for one in comparison.descriptors if (order(one) or 0) > 2])
    if not factors:
        return ""
    held = [one for one, factor in factors.items() if factor >= CLAIMED]
    missed = [one for one in factors if one not in held]
    verdict = "holds" if not missed else "holds in part" if held else "does not hold"
    where = f" (in {_symbols(held)}, not in {_symbols(missed)})" if held and missed else ""
    against = f"for {bold(model)} against {bold(annealed)}"
    return f"{CLAIM} <b>{verdict}</b> {against}{where}: {_span(factors)}.{_visible(comparison, annealed, missed)}"


def _span(factors: dict[str, float]) -> str:
    """The smallest and the largest factor by which the model is nearer, and their orders of magnitude."""
    low, high = min(factors, key=lambda one: factors[one]), max(factors, key=lambda one: factors[one])
    if factors[high] < 1:
        ends = [f"{ratio(1 / factors[one])} ({symbol(one)})" for one in dict.fromkeys((high, low)) if factors[one]]
        return f"its errors are larger, by factors of {' to '.join(ends)}" if ends else "its errors are larger"
    told = " to ".join(f"{ratio(factors[one])} ({symbol(one)})" for one in dict.fromkeys((low, high)))
    powers = [f"{math.log10(factors[one]):.1f}" for one in dict.fromkeys((low, high)) if 0 < factors[one] < math.inf]
    orders = f", {' to '.join(powers)} orders of magnitude" if powers else ""
    return f"its errors are smaller by factors of {told}{orders}"


def _visible(comparison: Comparison, annealed: str, missed: list[str]) -> str:
    """What so many images could not have shown, since even real ones are no nearer."""
    bands = {one: comparison.baseline[one].median for one in missed if one in comparison.baseline}
    most = {one: comparison.errors[annealed][one] / band for one, band in bands.items() if band > 0}
    hidden = [one for one, factor in most.items() if factor < CLAIMED]
    if not hidden:
        return ""
    reach = max(most[one] for one in hidden)
    nearer = f"no more than {ratio(reach)} times nearer" if reach > 1 else "no nearer"
    return f" In {_symbols(hidden)} so many images could not have shown it: real ones are themselves {nearer}."


def _gain(comparison: Comparison, name: str, asked: str, plain: str) -> str:
    """Where neither can be told from real images, chance decides which of the two is nearer."""
    factors = _factors(comparison, plain, name, comparison.descriptors)
    alike = [one for one in factors if all(comparison.verdict(each, one).kind in WITHIN for each in (name, plain))]
    nearer = {one: factor for one, factor in factors.items() if factor > 1 and one not in alike}
    further = {one: 1 / factor for one, factor in factors.items() if 0 < factor < 1 and one not in alike}
    parts = [
        f"{word} in {listed([f'{symbol(one)} ({ratio(factor)} times)' for one, factor in held.items()])}"
        for word, held in (("nearer", nearer), ("further", further))
        if held
    ]
    parts += [f"in {_symbols(alike)} neither can be told from real images"] if alike else []
    if not parts:
        return ""
    return (
        f"{bold(name)}, annealed on {asked}, against {bold(plain)}, annealed on two points alone: {'; '.join(parts)}."
    )


def _gap(comparison: Comparison, name: str, model: str) -> str:
    """Closed is the gap where the annealing is as near as the model, or cannot be told from real images."""
    factors = _factors(comparison, name, model, comparison.descriptors)
    closed = [one for one, factor in factors.items() if factor <= 1 or comparison.verdict(name, one).kind in WITHIN]
    if not factors:
        return ""
    left = [one for one in factors if one not in closed]
    count = f"in {len(closed)} of {counted(len(factors), 'descriptor')}"
    if not left:
        return f"It leaves no gap to {bold(model)}: {count} it is as near, or cannot be told from real images."
    worst = max(left, key=lambda one: factors[one])
    far = f"by up to {ratio(factors[worst])} times ({symbol(worst)})"
    if not closed:
        return f"{bold(model)} stays nearer in every descriptor, {far}."
    rest = f"in the others {bold(model)} is nearer, {far}"
    return f"It closes the gap to {bold(model)} {count} ({_symbols(closed)}); {rest}."


def _factors(comparison: Comparison, far: str, near: str, descriptors: Sequence[str]) -> dict[str, float]:
    """How many times larger the errors of one set are than those of another."""
    found = {}
    for one in descriptors:
        errors = errors_of(comparison, one)
        if far in errors and near in errors and (errors[far] or errors[near]):
            found[one] = errors[far] / errors[near] if errors[near] else math.inf
    return found


def _symbols(descriptors: Sequence[str]) -> str:
    return listed([symbol(one) for one in descriptors])
