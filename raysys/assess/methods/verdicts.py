"""What an error or a difference means: judged by how far two sets of real images are apart by chance."""

import math
from dataclasses import dataclass
from typing import Literal

from raysys.report.elements.notation import ratio, scientific
from raysys.stats import Baseline
from raysys.stats.interval import Interval

Kind = Literal["inside", "below", "above", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """A judgement of one mean squared error.

    Attributes
    ----------
    kind
        "inside" the real-against-real band, "below" it (closer than real images are among themselves), "above" it, or
        "unknown" where there is no error or no band.
    words
        The same in words, HTML.
    times
        The error in units of the band's upper end; NaN when unknown.
    """

    kind: Kind
    words: str
    times: float


def judge(error: float, baseline: Baseline | None) -> Verdict:
    """Compare a mean squared error with the real-against-real band of its descriptor."""
    if not math.isfinite(error):
        return Verdict("unknown", "not measured", math.nan)
    if baseline is None or not math.isfinite(baseline.high):
        return Verdict("unknown", "no band to judge by", math.nan)
    if error > baseline.high:
        times = error / baseline.high if baseline.high > 0 else math.inf
        return Verdict("above", f"{ratio(times)} times the band's upper end", times)
    times = error / baseline.high if baseline.high > 0 else 1.0
    if error < baseline.low:
        return Verdict("below", "below the band", times)
    return Verdict("inside", "inside the band", times)


def judge_difference(found: Interval, real: Interval) -> Verdict:
    """Compare two means by the 95 % interval of their difference; "above" where it leaves zero out, whatever the side.

    `times` is the difference in units of its interval's half width.
    """
    difference = found.mean - real.mean
    half = math.hypot(found.half, real.half)
    if not math.isfinite(difference):
        return Verdict("unknown", "not measured", math.nan)
    if not math.isfinite(half):
        return Verdict("unknown", "no interval to judge by", math.nan)
    if abs(difference) <= half:
        return Verdict("inside", "no difference seen", abs(difference) / half if half else 0.0)
    times = abs(difference) / half if half else math.inf
    return Verdict("above", f"{_by(difference, real.mean)} {'higher' if difference > 0 else 'lower'}", times)


def _by(difference: float, real: float) -> str:
    """Write a difference in percent, or as it is where the reference is zero or of the other sign's making."""
    part = abs(difference / real) if real else math.inf
    return f"{ratio(100 * part)} %" if part < 10 else scientific(abs(difference))
