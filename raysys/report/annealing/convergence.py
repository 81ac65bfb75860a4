"""How annealing chains went: energy, acceptance and temperature against the trial moves made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Label, Model, Span
from bokeh.plotting import figure

from raysys.report.descriptors.figures import framed
from raysys.report.descriptors.groups import Axes
from raysys.report.elements.document import Section
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import counted
from raysys.report.elements.palette import COLOURS
from raysys.report.elements.theme import INK, tooltip

if TYPE_CHECKING:
    from raysys.anneal import Reconstruction

POINTS = 300  # of a line
LOW, HIGH = 0.1, 0.9  # quantiles that the band runs between
X = "trial moves"


@dataclass(frozen=True)
class Course:
    """A quantity of several chains against the trial moves that each has made.

    Attributes
    ----------
    moves
        (P,) at equal distances of their logarithm.
    median, low, high
        (P,) over the chains; NaN before the first stage. A chain that has ended stays what it was.
    """

    moves: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray


def moves_made(one: Reconstruction) -> np.ndarray:
    """Trial moves up to the end of each stage, (stages,)."""
    levels, shape = one.schedule.levels, one.image.shape
    finer = [2 ** (levels - 1 - level) for level in range(levels)]
    each = np.array([one.schedule.moves_for(tuple(side // factor for side in shape)) for factor in finer])
    made = np.cumsum(each[one.history.level.astype(int)])
    # A stage ends early when the energy reaches the threshold.
    made = np.minimum(made, one.swaps)
    made[-1:] = one.swaps
    return made


def course(chains: Sequence[Reconstruction], quantity: str) -> Course:
    """Median and band of "energy", "acceptance" or "temperature" over the chains."""
    made = [moves_made(one) for one in chains]
    first, last = min(one[0] for one in made), max(one[-1] for one in made)
    grid = np.unique(np.geomspace(max(first, 1), max(last, 1), POINTS).round())
    grid[-1] = last  # rounding shall not lose the last stage
    rows = np.stack([_at(grid, moves, getattr(one.history, quantity)) for moves, one in zip(made, chains, strict=True)])
    begun = ~np.isnan(rows).all(axis=0)
    low, median, high = np.nanquantile(rows[:, begun], [LOW, 0.5, HIGH], axis=0)
    return Course(grid[begun], median, low, high)


def convergence_section(chains: Sequence[Reconstruction]) -> Section | None:
    """The figures, for chains that have made a stage; None without any."""
    begun = [one for one in chains if len(one.history.energy)]
    if not begun:
        return None
    several = f"the band holds 80 % of {counted(len(begun), 'chain')}, the line is their median" if begun[1:] else ""
    levels = " Dotted lines mark where most chains went on to finer pixels; energies of levels do not compare."
    caption = (
        "Energy at the end of each stage: the weighted sum of squared differences from the target"
        f"{'; ' + several if several else ''}. Acceptance is the share of trial moves that were made."
        f"{levels if begun[0].schedule.levels > 1 else ''}"
    )
    energy = course(begun, "energy")
    wide = _figure("energy", energy, begun, log_y=True, height=340, colour=COLOURS[0])
    small: list[Model] = [_figure("acceptance", course(begun, "acceptance"), begun, log_y=False, colour=COLOURS[2])]
    temperature = course(begun, "temperature")
    if (temperature.median > 0).any():
        small.append(_figure("temperature", temperature, begun, log_y=True, colour=COLOURS[1]))
    return Section("Convergence", caption, [wide, grid(small)])


def _at(grid: np.ndarray, moves: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The value at the end of the last stage that lies within so many moves."""
    place = np.searchsorted(moves, grid, side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)


def _figure(
    name: str, one: Course, chains: Sequence[Reconstruction], *, log_y: bool, colour: str, height: int = 240
) -> figure:
    shown = _above_zero(one) if log_y else one
    plot = framed(name.capitalize(), Axes("moves", X, name), log_x=True, log_y=log_y)
    plot.height = height
    source = ColumnDataSource(
        {
            "r": shown.moves,
            "mean": shown.median,
            "low": shown.low,
            "high": shown.high,
            "set": [f"median {name}"] * len(shown.moves),
            "colour": [colour] * len(shown.moves),
        }
    )
    if len(chains) > 1:
        plot.varea("r", "low", "high", source=source, fill_color=colour, fill_alpha=0.18)
    line = plot.line("r", "mean", source=source, line_color=colour, line_width=2)
    if len(shown.moves) == 1:
        line = plot.scatter("r", "mean", source=source, color=colour, size=7)
    told = tooltip("moves", band=len(chains) > 1, digits="0.00e+0" if log_y else "0.000")
    plot.add_tools(HoverTool(renderers=[line], tooltips=told, mode="vline", point_policy="snap_to_data"))
    _mark_levels(plot, chains)
    return plot


def _above_zero(one: Course) -> Course:
    """What a logarithmic axis can show: zero stands a decade below the least that is not."""
    held = np.concatenate([one.low, one.median, one.high])
    floor = float(held[held > 0].min(initial=1.0)) / 10
    return Course(one.moves, *(np.maximum(values, floor) for values in (one.median, one.low, one.high)))


def _mark_levels(plot: figure, chains: Sequence[Reconstruction]) -> None:
    """A dotted line, and the number of pixels, where most chains begin each finer level."""
    levels, shape = chains[0].schedule.levels, chains[0].image.shape
    for level in range(1, levels):
        starts = [moves_made(one)[one.history.level < level] for one in chains]
        ends = [float(start[-1]) for start in starts if len(start)]
        if not ends:
            continue
        where = float(np.median(ends))
        sides = " × ".join(str(side // 2 ** (levels - 1 - level)) for side in shape)
        plot.add_layout(Span(location=where, dimension="height", line_color=INK, line_width=1, line_dash="dotted"))
        plot.add_layout(
            Label(x=where, y=6, y_units="screen", text=f" {sides}", text_font_size="11px", text_color=INK)
        )  # fmt: skip
