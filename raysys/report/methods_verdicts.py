"""Which method is nearer to the real images, in which descriptor, by what factor: sentences made of numbers alone.

All of them are HTML; `as_plain` makes them text for a terminal.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from raysys.report.comparison import Comparison
from raysys.report.distances import named, overall
from raysys.report.notation import counted, duration, listed, ratio, symbol, text
from raysys.report.verdicts import Verdict
from raysys.stats import Distance
from raysys.stats.correlation.scaled import order

Kind = Literal["model", "annealed", "images"]

CLAIMED = 100.0  # "two to three orders of magnitude": the smaller of them
CLAIM = (
    "The published claim, that a GAN is two to three orders of magnitude nearer to real images in higher-order "
    "functions than annealing on S<sub>2</sub> alone,"
)
PUBLISHED_TIMES = "published: 1,800 times, by the wall clocks of 24 cores and 2 GPUs"
PORES = ("pores/area", "pores/volume", "pores/orientation", "pores/azimuth")  # of Figure 8, and their like in volumes


@dataclass(frozen=True)
class Method:
    """How a set of images was made.

    Attributes
    ----------
    kind
        "model" (drawn from a generator), "annealed", or "images" (given as they are).
    source
        URI, folder or file.
    asked
        Descriptors of the annealing's target.
    training
        Seconds that the model's training took, by the clock; NaN if it is not known.
    per_image
        Seconds that an image takes: of sampling here, or (the median chain's) of one core; NaN if it is not known.
    told
        More about it, for readers: where it was timed, its schedule, its seed.
    """

    kind: Kind
    source: str
    asked: tuple[str, ...] = ()
    training: float = math.nan
    per_image: float = math.nan
    told: str = ""

    @property
    def two_point_alone(self) -> bool:
        """Whether it was annealed on two-point functions and on nothing else."""
        return self.kind == "annealed" and all(_two_point(name) for name in self.asked)


def verdict_sentences(
    comparison: Comparison, methods: dict[str, Method], distances: dict[str, Sequence[Distance]]
) -> dict[str, str]:
    """One sentence per descriptor, then of pores, the published claim, the annealers among themselves, and times.

    Returns
    -------
    dict
        {"S2": sentence, ..., "pores/area": ..., "claim": ..., "annealed": ..., "time": ...}; what cannot be said is
        left out.
    """
    found = {one: descriptor_sentence(comparison, one) for one in comparison.descriptors}
    found |= {one: sentence for one in PORES if (sentence := pore_sentence(one, distances))}
    found["claim"] = claim_sentences(comparison, methods)
    found["annealed"] = annealer_sentences(comparison, methods)
    found["time"] = time_sentences(methods)
    return {subject: sentence for subject, sentence in found.items() if sentence}


def descriptor_sentence(comparison: Comparison, descriptor: str) -> str:
    """Where every set lies by one descriptor, and which is nearest, by what factor."""
    verdicts = {name: comparison.verdict(name, descriptor) for name in comparison.others}
    told = [f"{bold(name)} {_place(verdict)}" for name, verdict in verdicts.items()]
    return f"{symbol(descriptor)}: {'; '.join(told)}.{_nearest(comparison, descriptor, verdicts)}"


def pore_sentence(name: str, distances: dict[str, Sequence[Distance]]) -> str:
    """How the distribution of one property of the pores agrees; nothing where no set was compared by it."""
    held = {one: distance for one, found in distances.items() for distance in found if distance.name == name}
    if not held:
        return ""
    told = [f"{bold(one)} {_distribution(overall(distance))}" for one, distance in held.items()]
    return f"{text(named(name)).capitalize()}: {'; '.join(told)}."


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


def time_sentences(methods: dict[str, Method]) -> str:
    """How long an image takes of a model and of an annealing, and after how many images a training has paid."""
    models = {name: one for name, one in methods.items() if one.kind == "model" and math.isfinite(one.per_image)}
    annealed = {name: one for name, one in methods.items() if one.kind == "annealed" and math.isfinite(one.per_image)}
    told = []
    for name, one in models.items():
        for other, two in annealed.items():
            times = two.per_image / one.per_image if one.per_image else math.inf
            told.append(
                f"{bold(name)} makes an image in {duration(one.per_image)}, {bold(other)} in "
                f"{duration(two.per_image)} of one core: {_longer(times)} ({PUBLISHED_TIMES}).{_paid(one, two)}"
            )
    return " ".join(told)


def as_plain(sentence: str) -> str:
    """The sentence as text: exponents behind a caret, no tags, no entities."""
    raised = re.sub(r"<sup>(.*?)</sup>", r"^\1", sentence)
    return html.unescape(re.sub(r"<[^>]+>", "", raised))


def bold(name: str) -> str:
    """A set's name as sentences have it."""
    return f"<b>{text(name)}</b>"


def _place(verdict: Verdict) -> str:
    if verdict.kind == "above":
        return f"lies {ratio(verdict.times)} times beyond the band's upper end"
    if verdict.kind == "below":
        return "lies within the band, below its lower end"
    return "lies inside the band" if verdict.kind == "inside" else f"cannot be judged ({verdict.words})"


def _distribution(verdict: Verdict) -> str:
    if verdict.kind == "above":
        return f"differs ({verdict.words})"
    return f"cannot be judged ({verdict.words})" if verdict.kind == "unknown" else "cannot be told from real ones"


def _nearest(comparison: Comparison, descriptor: str, verdicts: dict[str, Verdict]) -> str:
    """Nothing of a single set; where several cannot be told from real images, chance orders them."""
    errors = _errors(comparison, descriptor)
    if len(errors) < 2:
        return ""
    best = min(errors, key=lambda name: errors[name])
    alike = [name for name in errors if verdicts[name].kind in ("inside", "below")]
    others = [name for name in errors if name != best and not (best in alike and name in alike)]
    tied = f" Between {listed([bold(name) for name in alike])} chance decides." if len(alike) > 1 else ""
    if not others:
        return tied
    if not errors[best]:
        return f" {bold(best)} is the nearest, without any error.{tied}"
    factors = [f"{ratio(errors[name] / errors[best])} against {bold(name)}" for name in others]
    return f" {bold(best)} is the nearest, by a factor of {listed(factors)}.{tied}"


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
    told = f"its errors are smaller by factors of {ratio(factors[low])} ({symbol(low)})"
    if high != low:
        told += f" to {ratio(factors[high])} ({symbol(high)})"
    ends = [math.log10(factors[one]) for one in dict.fromkeys((low, high)) if 0 < factors[one] < math.inf]
    return f"{told}, {' to '.join(f'{end:.1f}' for end in ends)} orders of magnitude" if ends else told


def _visible(comparison: Comparison, annealed: str, missed: list[str]) -> str:
    """What so many images could not have shown, since even real ones are no nearer."""
    bands = {one: comparison.baseline[one].median for one in missed if one in comparison.baseline}
    most = {one: comparison.errors[annealed][one] / band for one, band in bands.items() if band > 0}
    hidden = [one for one, factor in most.items() if factor < CLAIMED]
    if not hidden:
        return ""
    reach = ratio(max(most[one] for one in hidden))
    return (
        f" In {_symbols(hidden)} it could not have shown with so many images: real ones are themselves no more than "
        f"{reach} times nearer."
    )


def _gain(comparison: Comparison, name: str, asked: str, plain: str) -> str:
    factors = _factors(comparison, plain, name, comparison.descriptors)
    if not factors:
        return ""
    nearer = [f"{symbol(one)} ({ratio(factor)} times)" for one, factor in factors.items() if factor > 1]
    further = [f"{symbol(one)} ({ratio(1 / factor)} times)" for one, factor in factors.items() if 0 < factor < 1]
    parts = [f"nearer in {listed(nearer)}"] if nearer else []
    parts += [f"further in {listed(further)}"] if further else []
    told = ", and ".join(parts) or "as near in every descriptor"
    return f"{bold(name)}, annealed on {asked}, against {bold(plain)}, annealed on two points alone: {told}."


def _gap(comparison: Comparison, name: str, model: str) -> str:
    """Closed is the gap where the annealing is as near as the model, or cannot be told from real images."""
    factors = _factors(comparison, name, model, comparison.descriptors)
    closed = [
        one
        for one, factor in factors.items()
        if factor <= 1 or comparison.verdict(name, one).kind in ("inside", "below")
    ]
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


def _longer(times: float) -> str:
    return f"{ratio(times)} times as long" if times >= 1 else f"{ratio(1 / times)} times faster"


def _paid(model: Method, annealed: Method) -> str:
    saved = annealed.per_image - model.per_image
    if not math.isfinite(model.training):
        return ""
    spent = f" Its training took {duration(model.training)}"
    return f"{spent}: as long as annealing {model.training / saved:,.0f} images." if saved > 0 else f"{spent}."


def _factors(comparison: Comparison, far: str, near: str, descriptors: Sequence[str]) -> dict[str, float]:
    """How many times larger the errors of one set are than those of another."""
    found = {}
    for one in descriptors:
        errors = _errors(comparison, one)
        if far in errors and near in errors and (errors[far] or errors[near]):
            found[one] = errors[far] / errors[near] if errors[near] else math.inf
    return found


def _errors(comparison: Comparison, descriptor: str) -> dict[str, float]:
    found = {name: errors.get(descriptor, math.nan) for name, errors in comparison.errors.items()}
    return {name: error for name, error in found.items() if math.isfinite(error)}


def _symbols(descriptors: Sequence[str]) -> str:
    return listed([symbol(one) for one in descriptors])


def _two_point(name: str) -> bool:
    return name == "map" or name.partition("_")[0] == "S2"
