"""What an error or a difference means: judged by how far two sets of real images are apart by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from raysys.assess.notation import PLAIN, Notation
from raysys.stats import Baseline, Distance
from raysys.stats.interval import Interval

__all__ = [
    "MEASURES",
    "Verdict",
    "VerdictKind",
    "judge",
    "judge_difference",
    "judge_distance",
    "judge_measures",
    "measure_symbol",
]

VerdictKind = Literal["inside", "below", "above", "unknown"]
MEASURES = {"kl": "KL", "w1": "W_1", "ks": "KS", "hellinger": "Hellinger"}  # behind "_" stands an index


@dataclass(frozen=True)
class Verdict:
    """A judgement of one number.

    Attributes
    ----------
    kind
        "inside" the real-against-real band, "below" it (closer than real images are among themselves), "above" it, or
        "unknown" where there is no number or no band.
    times
        The error in units of the band's upper end; NaN when unknown.
    pattern
        The judgement in words, with a place for `amount` as a {ratio} or {scientific}, and for a {measure}.
    amount, measure
        What stands in those places.
    """

    kind: VerdictKind
    times: float
    pattern: str
    amount: float = math.nan
    measure: str = ""

    @property
    def within(self) -> bool:
        """Whether the number lies where those of real images among themselves do, or nearer."""
        return self.kind in ("inside", "below")

    @property
    def words(self) -> str:
        """The judgement as plain text."""
        return self.told(PLAIN)

    def told(self, notation: Notation) -> str:
        """Write the judgement in a notation."""
        return self.pattern.format(
            ratio=notation.ratio(self.amount),
            scientific=notation.scientific(self.amount),
            measure=measure_symbol(self.measure, notation) if self.measure else "",
        )


def judge(error: float, baseline: Baseline | None) -> Verdict:
    """Compare an error with the real-against-real band of its descriptor."""
    if not math.isfinite(error):
        return Verdict("unknown", math.nan, "not measured")
    if baseline is None or not math.isfinite(baseline.high):
        few = f": {baseline.reason}" if baseline is not None and baseline.reason else ""
        return Verdict("unknown", math.nan, f"no band to judge by{few}")
    if error > baseline.high:
        times = error / baseline.high if baseline.high > 0 else math.inf
        return Verdict("above", times, "{ratio} times the band's upper end", times)
    times = error / baseline.high if baseline.high > 0 else 1.0
    if error < baseline.low:
        return Verdict("below", times, "below the band")
    return Verdict("inside", times, "inside the band")


def judge_difference(mean: Interval, real: Interval) -> Verdict:
    """Compare two means by the 95 % interval of their difference; "above" where it leaves zero out, whatever the side.

    `times` is the difference in units of its interval's half width.
    """
    difference = mean.mean - real.mean
    half = math.hypot(mean.half, real.half)
    if not math.isfinite(difference):
        return Verdict("unknown", math.nan, "not measured")
    if not math.isfinite(half):
        return Verdict("unknown", math.nan, "no interval to judge by")
    if abs(difference) <= half:
        return Verdict("inside", abs(difference) / half if half else 0.0, "no difference seen")
    times = abs(difference) / half if half else math.inf
    side = "higher" if difference > 0 else "lower"
    # A percentage says nothing where the reference is zero, and little where it is small beside the difference.
    part = abs(difference / real.mean) if real.mean else math.inf
    if part < 10:
        return Verdict("above", times, f"{{ratio}} % {side}", 100 * part)
    return Verdict("above", times, f"{{scientific}} {side}", abs(difference))


def judge_measures(distance: Distance) -> dict[str, Verdict]:
    """Judge every measure of one distance by its own real-against-real band."""
    return {name: judge(found.value, distance.baseline.get(name)) for name, found in distance.measures.items()}


def judge_distance(distance: Distance) -> Verdict:
    """Judge all measures of one distance at once: as the one furthest above its band."""
    verdicts = judge_measures(distance)
    known = {name: verdict for name, verdict in verdicts.items() if verdict.kind != "unknown"}
    if not known:
        return next(iter(verdicts.values()), Verdict("unknown", math.nan, "not measured"))
    worst = max(known, key=lambda name: known[name].times)
    if known[worst].kind == "above":
        times = known[worst].times
        return Verdict("above", times, "{measure} is {ratio} times the band's upper end", times, worst)
    inside = [verdict for verdict in known.values() if verdict.kind == "inside"]
    return inside[0] if inside else next(iter(known.values()))


def measure_symbol(measure: str, notation: Notation) -> str:
    """Write how a measure of distances is called."""
    name, _, index = MEASURES[measure].partition("_")
    return f"{name}{notation.lowered(index)}" if index else name
