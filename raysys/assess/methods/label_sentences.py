"""What was found of label images in sentences: over all phases, then of each, then of the sets as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from raysys.assess.methods.sentences import verdict_sentences
from raysys.assess.methods.verdicts import Verdict
from raysys.assess.notation import Notation, counted, listed
from raysys.assess.power.set_verdict import PhasesVerdict
from raysys.assess.power.words import phases_verdict_words
from raysys.stats import Memorising

if TYPE_CHECKING:
    from raysys.assess.methods.comparison import Comparison

__all__ = ["label_sentences"]

ONCE = ("nearest", "time")  # what is not said of each phase
Verdicts = Mapping[tuple[str, str], Verdict]  # by phase and descriptor


def label_sentences(
    phases: Mapping[str, Comparison],
    verdicts: Mapping[str, Verdicts],
    copies: dict[str, Memorising],
    write: Notation,
    *,
    wholes: Mapping[str, PhasesVerdict],
) -> dict[str, str]:
    """One sentence on every set over all phases, those of binary images for each phase, and what concerns all.

    Parameters
    ----------
    phases
        By name.
    verdicts
        Of every set by name.
    copies
        By name of the set, among the label images as they are.
    write
        How names and numbers are written.
    wholes
        The verdict on every set over all phases, by name.

    Returns
    -------
    dict
        {"overall": sentence, "PHASE/S2": ..., "PHASE/pores/area": ..., "PHASE/claim": ..., "nearest": ..., "time": ...}
    """
    overall = [phases_verdict_words(name, each, write) for name, each in wholes.items()]
    overall += [_overall(name, each, write) for name, each in verdicts.items()]
    sentences = {"overall": " ".join(overall)}
    once: dict[str, str] = {}
    for phase, one in phases.items():
        told = verdict_sentences(
            one, one.methods, one.distances, copies, write, set_verdicts=one.set_verdicts, phase=phase
        )
        once |= {subject: told.pop(subject) for subject in ONCE if subject in told}
        sentences |= {f"{phase}/{subject}": sentence for subject, sentence in told.items()}
    return {subject: sentence for subject, sentence in (sentences | once).items() if sentence}


def _overall(name: str, verdicts: Verdicts, write: Notation) -> str:
    """In how many descriptors of all phases a set lies within the band, and where it is furthest off."""
    known = {place: verdict for place, verdict in verdicts.items() if verdict.kind != "unknown"}
    if not known:
        return f"{write.strong(name)} has no descriptor of any phase that could be judged." if verdicts else ""
    above = {place: verdict.times for place, verdict in known.items() if verdict.kind == "above"}
    left = len(verdicts) - len(known)
    unjudged = f" ({left} more could not be judged)" if left else ""
    of_all = f"{counted(len(known), 'descriptor')} of all phases{unjudged}"
    if not above:
        return f"{write.strong(name)} lies within the band of all {of_all}."
    phase, descriptor = worst = max(above, key=lambda place: above[place])
    far = f"{write.symbol(descriptor)} of {write.text(phase)} is {write.ratio(above[worst])} times the band's upper end"
    if len(above) == len(known):
        return f"{write.strong(name)} lies outside the band of each of the {of_all}; the furthest off, {far}."
    agrees = f"lies within the band of {len(known) - len(above)} of the {of_all}: {_by_phase(known, write)}"
    return f"{write.strong(name)} {agrees}; the furthest off, {far}."


def _by_phase(known: Verdicts, write: Notation) -> str:
    """How many descriptors of each phase are within their bands: pore 3 of 6, nickel 1 of 6 and ysz 0 of 6."""
    within: dict[str, list[bool]] = {}
    for (phase, _), verdict in known.items():
        within.setdefault(phase, []).append(verdict.within)
    return listed([f"{write.text(phase)} {sum(each)} of {len(each)}" for phase, each in within.items()])
