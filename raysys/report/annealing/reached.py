"""What was asked of an annealing beside what it has reached, in the terms and at the lags of its energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import Model

from raysys.report.descriptors.figures import curve_figure
from raysys.report.descriptors.series import Series
from raysys.report.elements.document import Section
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import scientific, symbol, symbol_in_figure, text
from raysys.report.elements.palette import REFERENCE_COLOUR, Ink
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import table

if TYPE_CHECKING:
    from raysys.anneal.reached import Reached
    from raysys.anneal.target import Target

ASKED, FOUND = "target", "reconstructions"
PAIR = 420  # pixels of a figure, so that a curve and what is left of it stand side by side


def reached_section(target: Target, found: Sequence[Reached], switches: Switches) -> Section:
    """Curves and differences (Δ) of every term, and how much of the energy is left in it.

    `switches` know the inks of `ASKED` and `FOUND`.
    """
    several = len(found[0].values) > 1
    reached = "the mean of the reconstructions with its 95 % interval" if several else "the reconstruction"
    caption = (
        "The terms of the energy as chains count them: periodically, at the lags of the target. Black is what was "
        f"asked for, coloured and dashed {reached}; Δ is what is left between them."
    )
    figures: list[Model] = []
    for one in found:
        label = _label(target, one)
        figures += [curve_figure(label, "{}", _both(one), switches)]
        figures += [curve_figure(label, "Δ {}", _difference(one), switches)]
    legend = switches.legend()
    parts = [_table(target, found), *([legend] if legend is not None else []), grid(figures, narrowest=PAIR)]
    return Section("Target and what was reached", caption, parts)


def target_inks(colour: str) -> dict[str, Ink]:
    """How the target and the reconstructions are drawn."""
    return {ASKED: Ink(REFERENCE_COLOUR, "solid"), FOUND: Ink(colour, "dashed")}


def _label(target: Target, one: Reached) -> str:
    """Name of a term; of several phases with the value of its own."""
    plane = one.term.label.removeprefix(one.term.name)
    if target.binary_image:
        return f"{symbol_in_figure(one.term.name)}{plane}" if plane else one.term.name
    return f"{symbol_in_figure(one.term.name)}{plane} of phase {target.values[one.term.phase]}"


def _both(one: Reached) -> dict[str, Series]:
    r, mean, half = _over_lags(one)
    _, wanted, _ = _over_lags(one, one.term.values[None])
    nothing = np.full(len(r), np.nan)
    name = one.term.name
    return {ASKED: Series(name, r, wanted, nothing, nothing), FOUND: Series(name, r, mean, mean - half, mean + half)}


def _difference(one: Reached) -> dict[str, Series]:
    r, mean, half = _over_lags(one, one.values - one.term.values)
    return {FOUND: Series(one.term.name, r, mean, mean - half, mean + half)}


def _over_lags(one: Reached, values: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lags (R,), mean over the reconstructions and half of its 95 % interval; a map is averaged over directions."""
    values = one.values if values is None else values
    r = one.term.r
    if r.ndim == 2:  # lag vectors
        lengths = np.rint(np.sqrt((r**2).sum(axis=1))).astype(int)
        r = np.unique(lengths)
        values = np.stack([values[:, lengths == length].mean(axis=1) for length in r], axis=1)
    n = len(values)
    half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(values.shape[1], np.nan)
    return r.astype(np.float64), values.mean(axis=0), half


def _table(target: Target, found: Sequence[Reached]) -> str:
    whole = sum(one.energy for one in found)
    rows = [_row(target, one, whole) for one in found]
    heads = ["<th>descriptor</th>"]
    heads += [f'<th class="num">{head}</th>' for head in ("weight", "lags", "root mean square difference", "energy")]
    return table("reached", heads, rows)


def _row(target: Target, one: Reached, whole: float) -> str:
    rms = float(np.sqrt(((one.values - one.term.values) ** 2).mean()))
    share = f"<small>{100 * one.energy / whole:.0f} % of all</small>" if 0 < one.energy < whole else ""
    plane = one.term.label.removeprefix(one.term.name)
    phase = f"<small>{text(plane)}</small>" if plane else ""
    phase += "" if target.binary_image else f"<small>of phase {text(target.values[one.term.phase])}</small>"
    lags = f"{len(one.term.values):,}<small>up to {one.term.longest} pixels</small>"
    cells = (f"{one.term.weight:g}", lags, scientific(rms), f"<b>{scientific(one.energy)}</b>{share}")
    numbers = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return f"<tr><th>{symbol(one.term.name)}{phase}</th>{numbers}</tr>"
