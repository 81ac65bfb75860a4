"""A verdict and its power in a sentence."""

from __future__ import annotations

from raysys.assess.notation import Notation, counted, listed, worded
from raysys.assess.power.noticing import Power
from raysys.assess.power.rungs import DAMAGES
from raysys.assess.power.set_verdict import PhasesVerdict, SetVerdict
from raysys.stats.sets.energy_test import NEIGHBOURS, SPREAD, TOGETHER

__all__ = ["part_name", "phases_verdict_words", "power_words", "set_verdict_words"]

NAMED = 4  # numbers that a sentence names
OF_THE_WHOLE = (TOGETHER, SPREAD, NEIGHBOURS)


def set_verdict_words(name: str, verdict: SetVerdict, write: Notation) -> str:
    """Say whether a set is told apart, by what, and what would have been noticed."""
    who, p = write.strong(name), verdict.p
    if p is None:
        one, two = verdict.test.blocks
        return (
            f"{who} cannot be judged as a whole: {counted(one, 'independent real image')} and {two} of its own can be "
            "exchanged in too few ways."
        )
    if verdict.told_apart:
        return f"{who} is told apart from real images ({_p(p)}){_by(verdict, write)}."
    if verdict.power is None:
        return (
            f"{who}: no difference from real images is seen ({_p(p)}), which decides nothing: what would have "
            "been noticed was not measured."
        )
    told = power_words(verdict.power, write)
    if verdict.poor:
        return f"{who}: no difference from real images is seen ({_p(p)}), which decides nothing: {told}"
    return f"{who} cannot be told apart from real images ({_p(p)}); {told}"


def phases_verdict_words(name: str, verdict: PhasesVerdict, write: Notation) -> str:
    """Say whether label images are told apart by any of their phases."""
    who, p = write.strong(name), verdict.p
    if verdict.odd:
        told = "" if p is None else f" ({_p(p)} over all phases)"
        return f"{who} is told apart from real images by {write.text(listed(verdict.odd))}{told}."
    if p is None:
        return f"{who} cannot be judged over all phases: in one its images can be exchanged in too few ways."
    if verdict.told_apart is None:
        return (
            f"{who}: no difference from real images is seen in any phase ({_p(p)} over all), which decides nothing: "
            "too little would have been noticed."
        )
    return f"{who} cannot be told apart from real images by any phase ({_p(p)} over all)."


def power_words(power: Power, write: Notation) -> str:
    """Say what would have been noticed, the smallest of each damage, and what would not."""
    smallest = power.smallest()
    seen = [DAMAGES[damage].told(found) for damage, found in smallest.items() if found is not None]
    unseen = [DAMAGES[damage].told(power.noticed[damage][-1][0]) for damage, found in smallest.items() if found is None]
    parts = [f"{write.text(listed(seen))} would have been"] if seen else []
    if unseen:
        parts.append(f"{write.text(listed(unseen))} would not" + ("" if seen else " have been noticed"))
    real, other = power.real, power.other
    few = f" (tried with sets of {real} and {other}, for want of real images)" if power.curtailed else ""
    return f"{', '.join(parts)}{few}."


def part_name(name: str, write: Notation) -> str:
    """Write "pores/area" as pore area, and S2 as papers do."""
    return write.text(worded(name.replace("pores/", "pore "))) if "/" in name else write.symbol(name)


def _by(verdict: SetVerdict, write: Notation) -> str:
    """The oddest numbers, and whether its images vary more or less than real ones."""
    odd = [name for name in verdict.odd if name not in OF_THE_WHOLE]
    named = [part_name(name, write) for name in odd[:NAMED]]
    more = [f"{len(odd) - NAMED} more"] if len(odd) > NAMED else []
    by = f" by {listed([*named, *more])}" if odd else ""
    if verdict.part(SPREAD):
        side = "more" if verdict.test.spread > 1 else "less"
        by += f"; its images vary {side} than real ones do, {write.ratio(verdict.test.spread)} times as much"
    if verdict.part(NEIGHBOURS) and not odd:
        by += "; its images are nearer to each other, or to given real ones, than chance has them"
    return by


def _p(p: float) -> str:
    return f"p = {p:.2g}"
