"""Which method is nearer to the real images, in which descriptor, by what factor: sentences made of numbers alone.

All of them are HTML; `as_plain` makes them text for a terminal.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence

from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.method import Method
from raysys.assess.methods.verdicts import Verdict
from raysys.report.comparison.claim import WITHIN, annealer_sentences, bold, claim_sentences, errors_of
from raysys.report.comparison.nearest import nearest_sentences
from raysys.report.descriptors.distances import named, overall
from raysys.report.elements.notation import duration, listed, ratio, symbol, text
from raysys.stats import Distance, Memorising

PUBLISHED_TIMES = "(Published: 1,800 times, by the clock, of 24 cores against 2 GPUs.)"
EQUAL = 1.5  # errors outside the band that differ by less are called equal
PORES = ("pores/area", "pores/volume", "pores/orientation", "pores/azimuth")  # of Figure 8, and their like in volumes


def verdict_sentences(
    comparison: Comparison,
    methods: dict[str, Method],
    distances: dict[str, Sequence[Distance]],
    nearest: dict[str, Memorising] | None = None,
) -> dict[str, str]:
    """One sentence per descriptor, then of pores, copies, the published claim, the annealers among themselves, times.

    Returns
    -------
    dict
        {"S2": sentence, ..., "pores/area": ..., "nearest": ..., "claim": ..., "annealed": ..., "time": ...}; what
        cannot be said is left out.
    """
    found = {one: descriptor_sentence(comparison, one) for one in comparison.descriptors}
    found |= {one: sentence for one in PORES if (sentence := pore_sentence(one, distances))}
    found["nearest"] = nearest_sentences(nearest or {})
    found["claim"] = claim_sentences(comparison, methods)
    found["annealed"] = annealer_sentences(comparison, methods)
    found["time"] = time_sentences(methods)
    return {subject: sentence for subject, sentence in found.items() if sentence}


def descriptor_sentence(comparison: Comparison, descriptor: str) -> str:
    """Where every set lies by one descriptor, and which is nearest, by what factor."""
    verdicts = {name: comparison.verdict(name, descriptor) for name in comparison.others}
    return (
        f"{symbol(descriptor)}: {'; '.join(_places(comparison, verdicts))}.{_nearest(comparison, descriptor, verdicts)}"
    )


def pore_sentence(name: str, distances: dict[str, Sequence[Distance]]) -> str:
    """How the distribution of one property of the pores agrees; nothing where no set was compared by it."""
    held = {one: distance for one, found in distances.items() for distance in found if distance.name == name}
    if not held:
        return ""
    told = [f"{bold(one)} {_distribution(overall(distance))}" for one, distance in held.items()]
    return f"{text(named(name)).capitalize()}: {'; '.join(told)}."


def time_sentences(methods: dict[str, Method]) -> str:
    """How long an image takes of a model and of an annealing, and after how many images a training has paid."""
    models = {name: one for name, one in methods.items() if one.kind == "model" and math.isfinite(one.per_image)}
    annealed = {name: one for name, one in methods.items() if one.kind == "annealed" and math.isfinite(one.per_image)}
    told = []
    for name, one in models.items():
        others = [
            f"{bold(other)} takes {duration(two.per_image)} of one core, {_longer(two.per_image / one.per_image)}"
            for other, two in annealed.items()
            if one.per_image
        ]
        paid = next((_paid(one, two, other) for other, two in annealed.items()), "")
        told += (
            [f"{bold(name)} makes an image in {duration(one.per_image)}; {'; '.join(others)}.{paid}"] if others else []
        )
    return f"{' '.join(told)} {PUBLISHED_TIMES}" if told else ""


def as_plain(sentence: str) -> str:
    """The sentence as text: exponents behind a caret, no tags, no entities."""
    raised = re.sub(r"<sup>(.*?)</sup>", r"^\1", sentence)
    return html.unescape(re.sub(r"<[^>]+>", "", raised))


def _places(comparison: Comparison, verdicts: dict[str, Verdict]) -> list[str]:
    """Those that cannot be told from real images together, the others one by one."""
    told = []
    for kind, where in (("inside", "inside the band"), ("below", "within the band, below its lower end")):
        names = [bold(name) for name, verdict in verdicts.items() if verdict.kind == kind]
        told += [f"{listed(names)} {'lie' if len(names) > 1 else 'lies'} {where}"] if names else []
    for name, verdict in verdicts.items():
        if verdict.kind == "above":
            told.append(f"{bold(name)} lies outside the band, at {ratio(verdict.times)} times its upper end")
        elif verdict.kind == "unknown":
            one = comparison.characterisations.get(name)
            empty = one is not None and one.phase_fraction in (0, 1)
            told.append(
                f"{bold(name)} cannot be judged ({'its images hold one phase only' if empty else verdict.words})"
            )
    return told


def _distribution(verdict: Verdict) -> str:
    if verdict.kind == "above":
        return f"differs ({verdict.words})"
    return f"cannot be judged ({verdict.words})" if verdict.kind == "unknown" else "cannot be told from real ones"


def _nearest(comparison: Comparison, descriptor: str, verdicts: dict[str, Verdict]) -> str:
    """Nothing of a single set; where several cannot be told from real images, chance orders them."""
    errors = errors_of(comparison, descriptor)
    if len(errors) < 2:
        return ""
    best = min(errors, key=lambda name: errors[name])
    alike = [name for name in errors if verdicts[name].kind in WITHIN]
    others = [name for name in errors if name != best and not (best in alike and name in alike)]
    tied = f" Between {listed([bold(name) for name in alike])} chance decides." if len(alike) > 1 else ""
    if not others:
        return tied
    if not errors[best]:
        return f" {bold(best)} is the nearest, without any error.{tied}"
    close = [name for name in others if errors[name] < EQUAL * errors[best]]
    if close:
        tied = f" {listed([bold(name) for name in (best, *close)])} are equally near, within a factor of {EQUAL}.{tied}"
    factors = [f"{ratio(errors[name] / errors[best])} against {bold(name)}" for name in others if name not in close]
    return f" {bold(best)} is the nearest, by a factor of {listed(factors)}.{tied}" if factors else tied


def _longer(times: float) -> str:
    return f"{ratio(times)} times as long" if times >= 1 else f"{ratio(1 / times)} times faster"


def _paid(model: Method, annealed: Method, name: str) -> str:
    if not math.isfinite(model.training):
        return ""
    saved = annealed.per_image - model.per_image
    spent = f" Its training took {duration(model.training)}"
    return f"{spent}, the time of {model.training / saved:,.0f} images of {bold(name)}." if saved > 0 else f"{spent}."
