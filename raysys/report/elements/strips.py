"""One number of every image as a dot, a strip for each set."""

import numpy as np
from bokeh.models import BasicTicker, CustomJSTickFormatter, Model, Range1d
from bokeh.plotting import figure

from raysys.report.elements.notation import plain, shortened
from raysys.report.elements.palette import Ink
from raysys.stats import Scalar
from raysys.stats.interval import Interval

DOTS = 600  # a set's dots beyond that many are thinned evenly
GOLDEN = 0.6180339887498949  # spreads dots evenly without a random number
# Bokeh writes small numbers as 1.000e-3.
SHORTEST = "return Number(tick.toPrecision(6)).toString().replace('-', '−')"


def strip_figure(numbers: dict[str, Scalar], ink: dict[str, Ink], label: str) -> Model:
    """Draw the numbers of every set as dots, and each set's mean with its 95 % interval.

    Images without a value (NaN) have no dot.
    """
    names = list(numbers)
    plot = figure(
        height=80 + 44 * len(names),
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        x_axis_label=plain(label),
        y_range=Range1d(len(names) - 0.4, -0.6),
    )
    for row, name in enumerate(names):
        _strip(plot, row, numbers[name], ink[name])
    plot.yaxis.ticker = list(range(len(names)))
    plot.yaxis.major_label_overrides = {row: shortened(name, 18) for row, name in enumerate(names)}
    plot.ygrid.visible = False
    plot.yaxis.visible = len(names) > 1
    plot.xaxis.ticker = BasicTicker(desired_num_ticks=5)
    plot.xaxis.formatter = CustomJSTickFormatter(code=SHORTEST)
    return plot


def _strip(plot: figure, row: int, scalar: Scalar, ink: Ink) -> None:
    values = scalar.values[np.isfinite(scalar.values)]
    if not len(values):
        return
    order = np.arange(len(values))
    shown = order if len(order) <= DOTS else np.linspace(0, len(order) - 1, DOTS).astype(int)
    heights = row + 0.5 * ((shown * GOLDEN) % 1 - 0.5)
    plot.scatter(values[shown], heights, size=5, color=ink.colour, alpha=0.3, line_color=None)
    held = Interval.of(scalar)
    if np.isfinite(held.half):
        plot.segment([held.low], [row], [held.high], [row], line_color=ink.colour, line_width=3)
    plot.scatter([held.mean], [row], size=11, marker="diamond", color=ink.colour, line_color="white")
