"""Descriptor curves of several sets."""

from collections.abc import Sequence

from bokeh.models import ColumnDataSource, GlyphRenderer, HoverTool, Model, Span
from bokeh.plotting import figure

from raysys.report.descriptors.groups import Axes, axes_of
from raysys.report.descriptors.series import Series, all_series, differences
from raysys.report.elements.grid import grid, tabbed
from raysys.report.elements.notation import meaning, plain, symbol_in_figure
from raysys.report.elements.palette import Ink
from raysys.report.elements.switches import Switches
from raysys.report.elements.theme import tooltip
from raysys.stats import Characterisation
from raysys.stats.correlation.scaled import order

TOOLS = "pan,box_zoom,wheel_zoom,reset,save"
HEIGHT = 260
TITLE = 42  # letters that fit above a figure


def curve_sheets(
    characterisations: dict[str, Characterisation],
    descriptors: Sequence[str],
    switches: Switches,
    reference: str | None,
) -> Model:
    """Lay out some descriptors of all sets: scaled where they have an Fn, as measured, less the reference.

    Parameters
    ----------
    characterisations
        By name of the set, drawn in this order.
    descriptors
        Names of curves; a set may lack some.
    switches
        Of the page; they know every set's ink and get to know what is drawn.
    reference
        The set that the others are compared with, or None for a page about one set.
    """
    raw = all_series(characterisations, descriptors, scaled=False)
    scaled = all_series(characterisations, descriptors, scaled=True)
    less = {} if reference is None else differences(scaled, reference)
    if any(order(one) for one in descriptors):
        tables = {"Scaled": (scaled, "{}"), "Scaled, less the reference": (less, "Δ {}"), "Raw": (raw, "{}")}
    else:
        tables = {"As measured": (raw, "{}"), "Less the reference": (less, "Δ {}")}
    return tabbed({title: _sheet(table, label, switches) for title, (table, label) in tables.items() if table})


def curve_figure(descriptor: str, label: str, series: dict[str, Series], switches: Switches) -> figure:
    """Draw one descriptor of several sets with their bands; `label` is a pattern for the name of the vertical axis."""
    axes = axes_of(descriptor, next(iter(series.values())).symbol)
    plot = framed(_title(descriptor), axes, label)
    plot.name = descriptor
    lines = []
    for name, one in series.items():
        band, line = drawn_series(plot, name, one, switches.ink[name])
        switches.add(name, band, line)
        lines.append(line)
    seen = tooltip(axes.variable)
    plot.add_tools(HoverTool(renderers=lines, tooltips=seen, mode="vline", point_policy="snap_to_data"))
    return plot


def framed(title: str, axes: Axes, label: str = "{}", *, log_x: bool = False, log_y: bool = False) -> figure:
    """Make an empty figure of curves: its tools, its axes, a line at zero."""
    plot = figure(
        title=plain(title),
        height=HEIGHT,
        sizing_mode="stretch_width",
        tools=TOOLS,
        active_drag="box_zoom",
        toolbar_location="above",
        x_axis_type="log" if log_x else "linear",
        y_axis_type="log" if log_y else "linear",
        x_axis_label=axes.x,
        y_axis_label=label.format(axes.y),
    )
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    # A set that is hidden must not keep the others small.
    plot.x_range.only_visible = plot.y_range.only_visible = True
    if not log_y:
        plot.add_layout(Span(location=0, dimension="width", line_color="#d5d1c8", line_width=1, level="underlay"))
    return plot


def drawn_series(plot: figure, name: str, series: Series, ink: Ink) -> tuple[GlyphRenderer | None, GlyphRenderer]:
    """Draw mean and band of one series under a name; the band is None where there is none."""
    source = ColumnDataSource(
        {
            "r": series.r,
            "mean": series.mean,
            "low": series.low,
            "high": series.high,
            "set": [plain(name)] * len(series.r),
            "colour": [ink.colour] * len(series.r),
        }
    )
    band = _band(plot, series, source, ink)
    return band, plot.line("r", "mean", source=source, line_color=ink.colour, line_dash=ink.dash, line_width=2)


def _title(descriptor: str) -> str:
    name, asked = symbol_in_figure(descriptor), meaning(descriptor)
    return f"{name} · {asked}" if asked and len(name) + len(asked) <= TITLE else name


def _sheet(table: dict[str, dict[str, Series]], label: str, switches: Switches) -> Model:
    plots: list[figure] = []
    ranges: dict[str, Model] = {}
    for descriptor, series in table.items():
        plot = curve_figure(descriptor, label, series, switches)
        # Zooming along one variable zooms every figure over it.
        plot.x_range = ranges.setdefault(axes_of(descriptor, descriptor).variable, plot.x_range)
        plots.append(plot)
    return grid(plots)


def _band(plot: figure, series: Series, source: ColumnDataSource, ink: Ink) -> GlyphRenderer | None:
    held = series.banded
    if not len(held.r):
        return None
    if len(held.r) < len(series.r):
        source = ColumnDataSource({"r": held.r, "low": held.low, "high": held.high})
    return plot.varea("r", "low", "high", source=source, fill_color=ink.colour, fill_alpha=0.16)
