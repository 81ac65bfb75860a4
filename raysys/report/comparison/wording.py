"""The paragraph at the head of a page: what the numbers say, in words that come from nothing but the numbers."""

import math
from collections.abc import Sequence

import numpy as np

from raysys.assess.methods.set_comparison import SetComparison
from raysys.report.descriptors.distances import distances_in_words
from raysys.report.elements.notation import counted, duration, listed, ratio, scientific, symbol, text
from raysys.report.elements.tables import size
from raysys.report.sweeps.trials import Trial, ranked
from raysys.stats import Characterisation, Curve, Distance, Pores
from raysys.stats.interval import Interval, phase_fraction


def describing(characterisation: Characterisation) -> str:
    """Summarise one set in HTML: how many images, the phase fraction, how far its correlations reach."""
    sentences = [f"{_set_in_words(characterisation)}."]
    scaled = characterisation.scaled()
    curve = next((scaled[name] for name in ("S2", "P2") if name in scaled), None)
    if curve is not None:
        reach = _reach(np.asarray(curve.r), np.asarray(curve.mean))
        if reach is not None:
            sentences.append(
                f"The scaled two-point function {symbol(curve.name)} falls to 1/e at r = {reach:.1f} pixels, "
                "the scale over which one pixel foretells another."
            )
    sentences += [_reaches_along_axes(scaled), _pores_in_words(characterisation.pores)]
    return " ".join(sentence for sentence in sentences if sentence)


def comparing(comparison: SetComparison, distances: dict[str, Sequence[Distance]] | None = None) -> str:
    """Summarise a comparison in HTML: the reference, then one or two sentences for each set."""
    real = comparison.characterisations[comparison.reference]
    names = listed([_named(name) for name in comparison.others])
    verb = "is" if len(comparison.others) == 1 else "are"
    sentences = [f"{names} {verb} compared with {_named(comparison.reference)}: {_set_in_words(real, small=True)}."]
    judged = _by_bands if comparison.baseline else _by_size
    for name in comparison.others:
        sentences += [judged(comparison, name), _fraction_in_words(comparison, name)]
        sentences.append(distances_in_words((distances or {}).get(name, [])))
    sentences.append(_closest(comparison))
    return " ".join(sentence for sentence in sentences if sentence)


def searching(trials: list[Trial]) -> str:
    """Summarise a sweep in HTML: how many trials, and the best."""
    best = ranked(trials)[0]
    spent = duration(sum(trial.seconds for trial in trials))
    total = f"The sweep ran {counted(len(trials), 'trial')} in {spent} of trial time"
    if not best.measured:
        return f"{total}; none of them measured its objective."
    return f"{total}; the best, number {best.number}, reached an objective of {scientific(float(best.objective))}."


def _reaches_along_axes(scaled: dict[str, Curve]) -> str:
    """Say how far the correlation reaches along each axis; nothing unless every axis that was measured has a reach."""
    found = {name.removeprefix("S2_axis"): curve for name, curve in scaled.items() if name.startswith("S2_axis")}
    reaches = {axis: _reach(np.asarray(curve.r), np.asarray(curve.mean)) for axis, curve in found.items()}
    if len(reaches) < 2 or None in reaches.values():
        return ""
    return f"It does so at {listed([f'r = {reach:.1f} along axis {axis}' for axis, reach in reaches.items()])}."


def _pores_in_words(pores: Pores | None) -> str:
    if pores is None or not pores.count:
        return ""
    diameters = pores.properties.get("equivalent_diameter")
    tail = "" if diameters is None else f", of a median equivalent diameter of {np.median(diameters):.3g} pixels"
    each = f"; {pores.count / pores.n:.3g} in each image" if pores.n > 1 else ""
    return f"The phase has {counted(pores.count, 'connected part')}{each}{tail}."


def _set_in_words(one: Characterisation, *, small: bool = False) -> str:
    fraction = phase_fraction(one)
    noun = "image" if len(one.shape) == 2 else "volume"
    opening = counted(one.n, noun) if small else f"The set holds {counted(one.n, noun)}"
    if not math.isfinite(fraction.mean):
        return f"{opening} of {size(one.shape)} without the phase {one.phase}"
    return f"{opening} of {size(one.shape)} with a phase fraction of {_interval(fraction)}"


def _interval(fraction: Interval) -> str:
    if not math.isfinite(fraction.half):
        return f"{fraction.mean:.4f}"
    return f"{fraction.mean:.4f} (95 % interval {fraction.low:.4f} to {fraction.high:.4f})"


def _by_bands(comparison: SetComparison, name: str) -> str:
    verdicts = {one: comparison.verdict(name, one) for one in comparison.errors[name]}
    known = {one: verdict for one, verdict in verdicts.items() if verdict.kind != "unknown"}
    if not known:
        return f"{_named(name)} has no descriptor that could be judged."
    above = {one: verdict.times for one, verdict in known.items() if verdict.kind == "above"}
    if not above:
        every = (
            f"all {len(known)} descriptors" if len(known) > 1 else f"its one descriptor, {symbol(next(iter(known)))},"
        )
        sure = "no error is above the real-against-real band"
        return f"{_named(name)} lies within the band by {every}: {sure}."
    worst = max(above, key=lambda one: above[one])
    far = f"{symbol(worst)} is {ratio(above[worst])} times the band's upper end"
    fine = [symbol(one) for one in known if one not in above]
    if not fine:
        near = min(above, key=lambda one: above[one])
        span = f"; the nearest, {symbol(near)}, is at {ratio(above[near])} times" if len(above) > 1 else ""
        return f"{_named(name)} lies outside the band by every descriptor: {far}{span}."
    agrees = f"{_named(name)} agrees with the reference in {listed(fine)} ({len(fine)} of {len(known)} descriptors)"
    return f"{agrees}; the furthest off, {far}."


def _by_size(comparison: SetComparison, name: str) -> str:
    errors = {one: error for one, error in comparison.errors[name].items() if math.isfinite(error)}
    if not errors:
        return f"{_named(name)} shares no measured descriptor with the reference."
    low, high = min(errors, key=lambda one: errors[one]), max(errors, key=lambda one: errors[one])
    if low == high:
        return f"{_named(name)} differs by {scientific(errors[low])} ({symbol(low)}, mean squared)."
    span = f"from {scientific(errors[low])} ({symbol(low)}) to {scientific(errors[high])} ({symbol(high)})"
    return f"The mean squared errors of {_named(name)} go {span}."


def _fraction_in_words(comparison: SetComparison, name: str) -> str:
    real = phase_fraction(comparison.characterisations[comparison.reference])
    found = phase_fraction(comparison.characterisations[name])
    if not (math.isfinite(real.half) and math.isfinite(found.half)) or found.overlaps(real):
        return ""
    side = "above" if found.mean > real.mean else "below"
    return f"Its phase fraction, {found.mean:.4f}, lies {side} the reference's interval."


def _closest(comparison: SetComparison) -> str:
    """Name the set with the most smallest errors; only said where there is a choice."""
    if len(comparison.others) < 2:
        return ""
    winners = []
    for descriptor in comparison.descriptors:
        found = {name: errors.get(descriptor, math.nan) for name, errors in comparison.errors.items()}
        held = {name: error for name, error in found.items() if math.isfinite(error)}
        if len(held) > 1:
            winners.append(min(held, key=lambda name: held[name]))
    if not winners:
        return ""
    first = max(comparison.others, key=winners.count)
    return f"{_named(first)} has the smallest error in {winners.count(first)} of {counted(len(winners), 'descriptor')}."


def _named(name: str) -> str:
    return f"<b>{text(name)}</b>"


def _reach(r: np.ndarray, mean: np.ndarray) -> float | None:
    """Lag at which a scaled curve first falls to 1/e, by linear interpolation; None where it never does."""
    below = np.flatnonzero(mean <= np.exp(-1))
    if not len(below) or below[0] == 0:
        return None
    after = below[0]
    part = (mean[after - 1] - np.exp(-1)) / (mean[after - 1] - mean[after])
    return float(r[after - 1] + part * (r[after] - r[after - 1]))
