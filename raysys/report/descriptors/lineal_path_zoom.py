"""The flat part of the lineal path from near, where long lines tell how the phase hangs together (Figure 7c and d)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bokeh.models import HoverTool
from bokeh.plotting import figure

from raysys.report.descriptors.figures import drawn_series, framed
from raysys.report.descriptors.groups import axes_of
from raysys.report.descriptors.series import Series, of_curve
from raysys.report.elements.document import Section
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import ratio, text
from raysys.report.elements.switches import Switches
from raysys.report.elements.theme import tooltip
from raysys.stats import Characterisation

PATH = "L"
FLAT = 0.1  # of L(0): below it the reference's curve counts as flat
CAPTION = (
    "The lineal path where it is small: from the lag on at which that of the reference has fallen to a tenth of its "
    "first value, and all of it on a logarithmic axis. There it tells whether long straight runs of the phase are as "
    "frequent as in real images, which the whole curve hides. Bands are 95 % confidence intervals of the mean."
)


def lineal_path_section(
    characterisations: dict[str, Characterisation], switches: Switches, reference: str
) -> Section | None:
    """The zoom and, for each set, whether it over- or underestimates long lines; None where L was not measured."""
    found = {name: of_curve(one.curves[PATH]) for name, one in characterisations.items() if PATH in one.curves}
    if reference not in found or len(found) < 2:
        return None
    first, last = flat_part(found[reference])
    if last <= first:
        return None
    near = {name: one.at((one.r >= first) & (one.r <= last)) for name, one in found.items()}
    drawn = [_figure("flat part", near, switches), _figure("logarithmic", _positive(found), switches, log_y=True)]
    findings = [_sentence(name, near[name], near[reference], reference) for name in near if name != reference]
    told = [f'<p class="finding">{one}</p>' for one in findings if one]
    return Section("Lineal path, from near", CAPTION, [*told, grid(drawn, narrowest=420)])


def flat_part(reference: Series) -> tuple[float, float]:
    """First and last lag (pixels) at which the reference's mean is at most a tenth of its first value, and not zero."""
    low = (reference.mean <= FLAT * reference.mean[0]) & (reference.mean > 0)
    lags = reference.r[low]
    return (float(lags[0]), float(lags[-1])) if len(lags) else (0.0, 0.0)


def long_lines(series: Series, reference: Series) -> tuple[float, float]:
    """How a set's mean compares with the reference's over the same lags.

    Returns
    -------
    ratio, outside
        Of the sums of both means, and the share of the lags at which the two 95 % bands leave the difference no zero.
    """
    _, ours, theirs = np.intersect1d(series.r, reference.r, return_indices=True)
    mine, real = series.at(ours), reference.at(theirs)
    half = np.hypot(mine.high - mine.mean, real.high - real.mean)
    whole = float(real.mean.sum())
    told = np.abs(mine.mean - real.mean) > half  # of sets of one image there is no band, and nothing is outside
    return (float(mine.mean.sum()) / whole if whole else np.nan), float(told.mean()) if len(told) else np.nan


def _sentence(name: str, series: Series, reference: Series, real: str) -> str:
    times, outside = long_lines(series, reference)
    if not np.isfinite(times):
        return ""
    span = f"from r = {reference.r[0]:g} to {reference.r[-1]:g} pixels"
    lead = f"<b>{text(name)}</b>: {span} L is {ratio(times)} times that of <b>{text(real)}</b>"
    if outside <= 0.5:
        return f"{lead}, and the bands do not tell them apart at most lags."
    return f"{lead}: long lines are {'over' if times > 1 else 'under'}estimated, told at {outside:.0%} of the lags."


def _positive(found: dict[str, Series]) -> dict[str, Series]:
    """What a logarithmic axis can show: means above zero, and bands that end above it."""
    shown = {}
    for name, one in found.items():
        held = one.at(one.mean > 0)
        if len(held.r):
            shown[name] = replace(held, low=np.maximum(held.low, held.mean / 10))
    return shown


def _figure(title: str, table: dict[str, Series], switches: Switches, *, log_y: bool = False) -> figure:
    plot = framed(f"{PATH}, {title}", axes_of(PATH, PATH), log_y=log_y)
    lines = []
    for name, one in table.items():
        if not len(one.r):
            continue
        band, line = drawn_series(plot, name, one, switches.ink[name])
        switches.add(name, band, line)
        lines.append(line)
    plot.add_tools(
        HoverTool(renderers=lines, tooltips=tooltip("r"), mode="vline", point_policy="snap_to_data")
    )  # fmt: skip
    return plot
