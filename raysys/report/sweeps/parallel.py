"""Parallel coordinates: each trial a line through its hyper-parameters to its objective."""

import math
from dataclasses import dataclass

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Model, Range1d
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

from raysys.report.elements.notation import plain, scientific_in_figure, shortened
from raysys.report.elements.palette import BEST_COLOUR
from raysys.report.sweeps.trials import Trial, ranked

OBJECTIVE = "objective"
FEW = 6  # as many different numbers are each marked on their axis
# Viridis without its yellow end, which is lost on white; the darkest is the best.
RAMP = Viridis256[:215]


@dataclass(frozen=True)
class Axis:
    """One vertical axis: where a value stands on it (0 to 1) and what is written beside it.

    Attributes
    ----------
    name
        Of the hyper-parameter, or "objective".
    kind
        "log", "linear" or "category".
    low, high
        Ends of a numeric axis.
    categories
        Words of a category axis, from the bottom up.
    marked
        Numbers that get a mark of their own; none where there are too many.
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    categories: tuple[str, ...] = ()
    marked: tuple[float, ...] = ()

    def place(self, value: float | str) -> float:
        """Return the height of a value; the middle where the axis holds one value only."""
        if self.kind == "category":
            count = len(self.categories)
            return 0.5 if count == 1 else self.categories.index(str(value)) / (count - 1)
        if self.high == self.low:
            return 0.5
        if self.kind == "log":
            return math.log(float(value) / self.low) / math.log(self.high / self.low)
        return (float(value) - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Return (height, label) of the marks: categories, powers of ten, or the ends and steps between."""
        if self.kind == "category":
            return [(self.place(word), shortened(word, 16)) for word in self.categories]
        if self.high == self.low:
            return [(0.5, _written(self.low))]
        values = self.marked or (self.low, *self._between(), self.high)
        return [(self.place(value), _written(float(f"{value:.3g}"))) for value in values]

    def _between(self) -> list[float]:
        if self.kind == "linear":
            return [self.low + part * (self.high - self.low) for part in (0.25, 0.5, 0.75)]
        exponents = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
        # A power of ten that nearly coincides with an end would be written over it.
        return [10.0**one for one in exponents if 0.06 < self.place(10.0**one) < 0.94]


def axis_of(name: str, values: list[float | str]) -> Axis:
    """Choose the axis for some values: words, decades or plain numbers."""
    if any(isinstance(value, str | bool) for value in values):
        return Axis(name, "category", categories=tuple(sorted({str(value) for value in values})))
    numbers = np.unique(np.array(values, dtype=np.float64))
    kind = "log" if _logarithmic(np.array(values, dtype=np.float64)) else "linear"
    marked = tuple(numbers.tolist()) if len(numbers) <= FEW else ()
    return Axis(name, kind, float(numbers[0]), float(numbers[-1]), marked=marked)


def _logarithmic(values: np.ndarray) -> bool:
    """Whether values span decades: three always do; less only if they crowd at the low end.

    The smallest of many numbers drawn evenly from an interval that begins at zero is small by chance alone.
    """
    low, high = values.min(), values.max()
    if low <= 0 or high < 8 * low:
        return False
    return bool(high >= 1000 * low or np.median(values) < low + 0.35 * (high - low))


def parallel_figure(trials: list[Trial]) -> Model | None:
    """Draw all trials that set every hyper-parameter and have an objective; None where there are fewer than two.

    The line's colour is its rank, dark for the best; the best of all is drawn thick in the accent colour.
    """
    names = list(dict.fromkeys(name for trial in trials for name in trial.values))
    whole = [trial for trial in ranked(trials) if trial.measured and all(name in trial.values for name in names)]
    if len(whole) < 2 or not names:
        return None
    axes = [axis_of(name, [trial.values[name] for trial in whole]) for name in names]
    axes.append(axis_of(OBJECTIVE, [float(trial.objective) for trial in whole if trial.objective is not None]))
    plot = figure(
        height=400,
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        x_range=Range1d(-0.35, len(axes) - 0.45),
        y_range=Range1d(-0.14, 1.13),
    )
    plot.axis.visible = plot.grid.visible = False
    _draw_lines(plot, whole, axes)
    for place, axis in enumerate(axes):
        _draw_axis(plot, place, axis)
    return plot


def _draw_lines(plot: figure, whole: list[Trial], axes: list[Axis]) -> None:
    worst_first = whole[::-1]
    ranks = np.linspace(len(RAMP) - 1, 0, len(whole)).astype(int)
    columns = {
        "xs": [list(range(len(axes)))] * len(whole),
        "ys": [_heights(trial, axes) for trial in worst_first],
        "colour": [*(RAMP[rank] for rank in ranks[:-1]), BEST_COLOUR],
        "width": [1.5] * (len(whole) - 1) + [3.5],
        "alpha": [0.65] * (len(whole) - 1) + [1.0],
        "number": [trial.number for trial in worst_first],
        "objective": [trial.objective for trial in worst_first],
        "told": [plain(_told(trial)) for trial in worst_first],
    }
    lines = plot.multi_line(
        "xs",
        "ys",
        source=ColumnDataSource(columns),
        line_color="colour",
        line_width="width",
        line_alpha="alpha",
        line_join="round",
        hover_line_color=BEST_COLOUR,
        hover_line_alpha=1.0,
    )
    tooltips = [("trial", "@number"), ("objective", "@objective{%.3e}"), ("values", "@told")]
    plot.add_tools(HoverTool(renderers=[lines], tooltips=tooltips, formatters={"@objective": "printf"}))


def _heights(trial: Trial, axes: list[Axis]) -> list[float]:
    return [axis.place(trial.objective if axis is axes[-1] else trial.values[axis.name]) for axis in axes]


def _written(value: float | str) -> str:
    return str(value) if isinstance(value, str | bool) else scientific_in_figure(float(value))


def _told(trial: Trial) -> str:
    return ", ".join(f"{name} = {_written(value)}" for name, value in trial.values.items())


def _draw_axis(plot: figure, place: int, axis: Axis) -> None:
    heights, labels = zip(*axis.ticks(), strict=True)
    plot.segment([place], [0], [place], [1], line_color="#55595f", line_width=1.2)
    plot.segment([place] * len(heights), heights, [place + 0.02] * len(heights), heights, line_color="#55595f")
    plot.text(
        [place + 0.035] * len(heights),
        heights,
        list(labels),
        text_color="#22262b",
        text_baseline="middle",
        text_font_size="11px",
        # Keeps the numbers readable where lines pass behind them.
        background_fill_color="#fdfcfa",
        background_fill_alpha=0.8,
        padding=1,
    )
    plot.text(
        [place],
        [1.09],
        [shortened(axis.name, 22)],
        text_align="center",
        text_font_style="bold",
        text_font_size="12px",
        text_color="#22262b",
    )
    note = {"log": "log scale", "linear": "", "category": ""}[axis.kind]
    plot.text([place], [-0.09], [note], text_align="center", text_font_size="10px", text_color="#6b6f76")
