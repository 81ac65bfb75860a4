"""What was asked of an annealing, and what its target left open, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raysys.assess.methods.set_comparison import SetComparison
from raysys.assess.methods.verdicts import Verdict
from raysys.report.elements.notation import counted, listed, ratio, symbol

if TYPE_CHECKING:
    from raysys.anneal import Reconstruction, Schedule, Target


def asked_notes(target: Target, one: Reconstruction) -> list[str]:
    """The target and the schedule, a sentence each, in plain text."""
    return [_target(target), _schedule(one), f"Chain k draws from (seed {one.seed}, k) only."]


def openness(comparison: SetComparison, name: str, target: Target) -> str:
    """How descriptors that were asked for fared against the real-against-real band, and how the others did (HTML)."""
    asked = {term.name for term in target.terms}
    verdicts = {one: comparison.verdict(name, one) for one in comparison.errors[name]}
    known = {one: verdict for one, verdict in verdicts.items() if verdict.kind != "unknown"}
    if not known:
        return "There is no real-against-real band to judge the descriptors by: it takes several real images."
    met = {one: verdict for one, verdict in known.items() if one in asked}
    left = {one: verdict for one, verdict in known.items() if one not in asked}
    all_met = bool(met) and all(verdict.kind != "above" for verdict in met.values())
    return " ".join(sentence for sentence in (_met(met), _left(left, all_met)) if sentence)


def _met(met: dict[str, Verdict]) -> str:
    if not met:
        return ""
    missed = {one: verdict.times for one, verdict in met.items() if verdict.kind == "above"}
    if not missed:
        return f"By {listed([symbol(one) for one in met])} they lie within the band of real images."
    worst = max(missed, key=lambda one: missed[one])
    return (
        f"{symbol(worst)} was asked for, and its error is {ratio(missed[worst])} times the upper end of the "
        "real-against-real band."
    )


def _left(left: dict[str, Verdict], met: bool) -> str:
    if not left:
        return ""
    above = {one: verdict.times for one, verdict in left.items() if verdict.kind == "above"}
    count = counted(len(left), "descriptor")
    if not above:
        return f"Of {count} that {'were' if len(left) > 1 else 'was'} not asked for, none gives them away."
    worst = max(above, key=lambda one: above[one])
    times = f"{ratio(above[worst])} times" if math.isfinite(above[worst]) else "far above"
    verb = "give" if len(above) > 1 else "gives"
    told = (
        f"Of {count} not asked for, {len(above)} {verb} them away, {symbol(worst)} most: {times} the band's upper end."
    )
    return f"{told} {'The target alone does not determine the microstructure.' if met else ''}".strip()


def _target(target: Target) -> str:
    terms = {}
    for term in target.terms:
        weight = f" (weight {term.weight:g})" if term.weight != 1 else ""
        terms[f"{term.name}{weight}"] = None
    fractions = ", ".join(f"{value}: {phi:.4f}" for value, phi in zip(target.values, target.fractions, strict=True))
    source = f"the mean of {counted(target.images, 'image')}, boundary {target.boundary}"
    return (
        f"Target: {', '.join(terms)} up to r = {target.r_max}, {source}; phase fractions {fractions}. Reconstructions "
        "are periodic."
    )


def _first_temperature(schedule: Schedule) -> str:
    from raysys.anneal.schedule import PUBLISHED_T0

    if schedule.t0 == "scaled":
        return f"T0 {PUBLISHED_T0:g} up to 128 x 128, beyond in inverse proportion to the pixels"
    return f"T0 {schedule.t0}" if schedule.t0 == "auto" else f"T0 {schedule.t0:g}"


def _schedule(one: Reconstruction) -> str:
    schedule = one.schedule
    moves = f"{schedule.moves:,}" if schedule.moves is not None else "as many as suit the number of pixels"
    parts = [
        _first_temperature(schedule),
        f"{schedule.cooling} cooling with alpha {schedule.alpha:g}",
        f"{schedule.stages} stages" + (f" at each of {schedule.levels} levels" if schedule.levels > 1 else ""),
        f"trial moves per stage: {moves}",
        f"selection {schedule.selection}",
        f"acceptance {schedule.acceptance}",
        f"threshold {schedule.threshold:g}",
        f"result: the {schedule.keep} state",
    ]
    parts += [f"ends after {schedule.stagnation} stages without gain"] if schedule.stagnation is not None else []
    return f"Schedule: {', '.join(parts)}."
