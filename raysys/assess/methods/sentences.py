"""Which method is nearer to the real images, in which descriptor, by what factor: sentences made of numbers alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from raysys.assess.methods.claim import claims, gains, gaps
from raysys.assess.methods.claim_sentences import annealer_sentences, claim_sentences
from raysys.assess.methods.method import Method
from raysys.assess.methods.set_comparison import SetComparison
from raysys.assess.methods.verdicts import Verdict, judge_distance
from raysys.assess.notation import Notation, duration, listed, worded
from raysys.assess.power.set_verdict import SetVerdict
from raysys.assess.power.words import set_verdict_words
from raysys.stats import Distance, Memorising

__all__ = ["number_name", "verdict_sentences"]

PUBLISHED_TIMES = "(Published: 1,800 times, by the clock, of 24 cores against 2 GPUs.)"
EQUAL = 1.5  # errors outside the band that differ by less are called equal
PORES = ("pores/area", "pores/volume", "pores/orientation", "pores/azimuth")  # of Figure 8, and their like in volumes


def verdict_sentences(
    sets: SetComparison,
    methods: dict[str, Method],
    distances: dict[str, Sequence[Distance]],
    copies: dict[str, Memorising],
    write: Notation,
    *,
    set_verdicts: Mapping[str, SetVerdict] | None = None,
    phase: str = "",
) -> dict[str, str]:
    """Of each set as a whole, of each descriptor, of pores, copies, the published claim, the annealers, times.

    Parameters
    ----------
    sets
        Errors and bands.
    methods, distances, copies
        By name of the set: how it was made, how far its distributions are, and whether it holds copies.
    write
        How names and numbers are written.
    set_verdicts
        By name of the set: whether it is told apart, and what would have been noticed.
    phase
        Of label images, the one that the numbers are of.

    Returns
    -------
    dict
        {"verdict": sentences, "S2": sentence, ..., "pores/area": ..., "nearest": ..., "claim": ..., "annealed": ...,
        "time": ...}; what cannot be said is left out.
    """
    of = f" of {write.strong(phase)}" if phase else ""
    wholes = [set_verdict_words(name, each, write) for name, each in (set_verdicts or {}).items()]
    sentences = {"verdict": _said_of(phase, " ".join(wholes), write)}
    sentences |= {name: _descriptor(sets, name, of, write) for name in sets.descriptors}
    sentences |= {name: _pores(name, distances, of, write) for name in PORES}
    sentences["nearest"] = " ".join(
        f"{write.strong(name)}: {write.text(each.verdict)}." for name, each in copies.items()
    )
    sentences["claim"] = _said_of(phase, claim_sentences(claims(sets, methods), write), write)
    annealers = annealer_sentences(gains(sets, methods), gaps(sets, methods), methods, write)
    sentences["annealed"] = _said_of(phase, annealers, write)
    sentences["time"] = _times(methods, write)
    return {subject: sentence for subject, sentence in sentences.items() if sentence}


def number_name(name: str) -> str:
    """Write "pores/area" as pore area."""
    return worded(name.replace("pores/", "pore "))


def _said_of(phase: str, sentence: str, write: Notation) -> str:
    """A sentence that does not name the phase it is about."""
    return f"By {write.strong(phase)}: {sentence}" if phase and sentence else sentence


def _descriptor(sets: SetComparison, descriptor: str, of: str, write: Notation) -> str:
    """Where every set lies by one descriptor, and which is nearest, by what factor."""
    verdicts = {name: sets.verdict(name, descriptor) for name in sets.others}
    places = "; ".join(_places(sets, verdicts, write))
    return f"{write.symbol(descriptor)}{of}: {places}.{_nearest(sets.errors_in(descriptor), verdicts, write)}"


def _places(sets: SetComparison, verdicts: dict[str, Verdict], write: Notation) -> list[str]:
    """Those within the band together, the others one by one."""
    places = []
    for kind, where in (("inside", "inside the band"), ("below", "within the band, below its lower end")):
        names = [write.strong(name) for name, verdict in verdicts.items() if verdict.kind == kind]
        places += [f"{listed(names)} {'lie' if len(names) > 1 else 'lies'} {where}"] if names else []
    for name, verdict in verdicts.items():
        if verdict.kind == "above":
            times = write.ratio(verdict.times)
            places.append(f"{write.strong(name)} lies outside the band, at {times} times its upper end")
        elif verdict.kind == "unknown":
            measured = sets.characterisations.get(name)
            empty = measured is not None and measured.phase_fraction in (0, 1)
            why = "its images hold one phase only" if empty else verdict.told(write)
            places.append(f"{write.strong(name)} cannot be judged ({why})")
    return places


def _nearest(errors: dict[str, float], verdicts: dict[str, Verdict], write: Notation) -> str:
    """Nothing of a single set; where several lie within the band, chance orders them."""
    if len(errors) < 2:
        return ""
    best = min(errors, key=lambda name: errors[name])
    alike = [name for name in errors if verdicts[name].within]
    others = [name for name in errors if name != best and not (best in alike and name in alike)]
    tied = f" Between {_names(alike, write)} chance decides." if len(alike) > 1 else ""
    if not others:
        return tied
    if not errors[best]:
        return f" {write.strong(best)} is the nearest, without any error.{tied}"
    close = [name for name in others if errors[name] < EQUAL * errors[best]]
    if close:
        tied = f" {_names([best, *close], write)} are equally near, within a factor of {EQUAL}.{tied}"
    factors = [
        f"{write.ratio(errors[name] / errors[best])} against {write.strong(name)}"
        for name in others
        if name not in close
    ]
    return f" {write.strong(best)} is the nearest, by a factor of {listed(factors)}.{tied}" if factors else tied


def _pores(name: str, distances: dict[str, Sequence[Distance]], of: str, write: Notation) -> str:
    """How the distribution of one property of the pores agrees; nothing where no set was compared by it."""
    held = {one: distance for one, found in distances.items() for distance in found if distance.name == name}
    if not held:
        return ""
    places = [f"{write.strong(one)} {_distribution(judge_distance(distance), write)}" for one, distance in held.items()]
    return f"{write.text(number_name(name)).capitalize()}{of}: {'; '.join(places)}."


def _distribution(verdict: Verdict, write: Notation) -> str:
    if verdict.kind == "above":
        return f"differs ({verdict.told(write)})"
    return (
        f"cannot be judged ({verdict.told(write)})"
        if verdict.kind == "unknown"
        else "lies within the band of real ones"
    )


def _times(methods: dict[str, Method], write: Notation) -> str:
    """How long an image takes of a model and of an annealing, and after how many images a training has paid."""
    timed = {name: method for name, method in methods.items() if math.isfinite(method.per_image)}
    models = {name: method for name, method in timed.items() if method.kind == "model" and method.per_image}
    annealed = {name: method for name, method in timed.items() if method.kind == "annealed"}
    if not (models and annealed):
        return ""
    return f"{' '.join(_time(name, model, annealed, write) for name, model in models.items())} {PUBLISHED_TIMES}"


def _time(name: str, model: Method, annealed: dict[str, Method], write: Notation) -> str:
    others = [
        f"{write.strong(other)} takes {duration(method.per_image)} of one core, "
        f"{_longer(method.per_image / model.per_image, write)}"
        for other, method in annealed.items()
    ]
    first = next(iter(annealed))
    paid = _paid(model, annealed[first], first, write)
    return f"{write.strong(name)} makes an image in {duration(model.per_image)}; {'; '.join(others)}.{paid}"


def _longer(times: float, write: Notation) -> str:
    return f"{write.ratio(times)} times as long" if times >= 1 else f"{write.ratio(1 / times)} times faster"


def _paid(model: Method, annealed: Method, name: str, write: Notation) -> str:
    if not math.isfinite(model.training):
        return ""
    saved = annealed.per_image - model.per_image
    spent = f" Its training took {duration(model.training)}"
    images = model.training / saved if saved > 0 else math.nan
    return f"{spent}, the time of {images:,.0f} images of {write.strong(name)}." if saved > 0 else f"{spent}."


def _names(names: Sequence[str], write: Notation) -> str:
    return listed([write.strong(name) for name in names])
