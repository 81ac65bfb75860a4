"""Descriptor curves and phase fractions of several sets; figures act as one: a set hidden in one hides in all."""

import numpy as np
from bokeh.layouts import column, gridplot
from bokeh.models import (
    ColumnDataSource,
    GlyphRenderer,
    HoverTool,
    Legend,
    LegendItem,
    Model,
    Range1d,
    Span,
    TabPanel,
    Tabs,
)
from bokeh.plotting import figure

from raysys.report.notation import MEANINGS, plain, shortened, symbol_in_figure
from raysys.report.palette import Ink
from raysys.report.series import Series, all_series, differences
from raysys.report.theme import TABS_STYLE, TOOLTIP
from raysys.stats import Characterisation

TOOLS = "pan,box_zoom,wheel_zoom,reset,save"
COLUMNS = 3
HEIGHT = 260
DOTS = 600  # a set's phase fractions beyond that many are thinned evenly
GOLDEN = 0.6180339887498949  # spreads dots evenly without a random number


def curve_tabs(characterisations: dict[str, Characterisation], ink: dict[str, Ink], reference: str | None) -> Model:
    """Lay out all descriptors of all sets: scaled, raw and (with a reference) less the reference.

    Parameters
    ----------
    characterisations
        By name of the set, drawn in this order.
    ink
        Colour and dash of every set.
    reference
        The set that the others are compared with, or None for a page about one set.
    """
    raw = all_series(characterisations, scaled=False)
    scaled = all_series(characterisations, scaled=True)
    sheets = [("Scaled", scaled, "{}(r)"), ("Raw", raw, "{}(r)")]
    if reference is not None:
        sheets.insert(1, ("Scaled, less the reference", differences(scaled, reference), "Δ {}(r)"))
    drawn: dict[str, list[GlyphRenderer]] = {name: [] for name in characterisations}
    panels = [TabPanel(title=title, child=_sheet(table, label, ink, drawn)) for title, table, label in sheets]
    tabs = Tabs(tabs=panels, sizing_mode="stretch_width", stylesheets=[TABS_STYLE])
    return tabs if len(drawn) == 1 else column(_shared_legend(drawn, ink), tabs, sizing_mode="stretch_width")


def phase_fraction_figure(characterisations: dict[str, Characterisation], ink: dict[str, Ink]) -> Model:
    """Draw the phase fraction of every image as a dot and each set's mean with its 95 % interval."""
    names = list(characterisations)
    plot = figure(
        height=80 + 44 * len(names),
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        x_axis_label="phase fraction of each image",
        y_range=Range1d(len(names) - 0.4, -0.6),
    )
    for row, name in enumerate(names):
        _fraction_row(plot, row, name, np.asarray(characterisations[name].phase_fractions, dtype=float), ink[name])
    plot.yaxis.ticker = list(range(len(names)))
    plot.yaxis.major_label_overrides = {row: shortened(name) for row, name in enumerate(names)}
    plot.ygrid.visible = False
    return plot


def _sheet(
    table: dict[str, dict[str, Series]],
    label: str,
    ink: dict[str, Ink],
    drawn: dict[str, list[GlyphRenderer]],
) -> Model:
    plots = []
    for descriptor, series in table.items():
        plot = _curve_figure(descriptor, label, series, ink, drawn)
        if plots:
            plot.x_range = plots[0].x_range
        plots.append(plot)
    return gridplot(
        plots,
        ncols=min(COLUMNS, max(1, len(plots))),
        sizing_mode="stretch_width",
        toolbar_location="right",
        toolbar_options={"logo": None},
    )


def _curve_figure(
    descriptor: str, label: str, series: dict[str, Series], ink: dict[str, Ink], drawn: dict[str, list[GlyphRenderer]]
) -> figure:
    meaning = MEANINGS.get(descriptor)
    symbol = next(iter(series.values())).symbol
    plot = figure(
        title=plain(f"{descriptor} · {meaning}" if meaning else descriptor),
        height=HEIGHT,
        sizing_mode="stretch_width",
        tools=TOOLS,
        active_drag="box_zoom",
        x_axis_label="r (pixels)",
        y_axis_label=label.format(symbol_in_figure(symbol)),
    )
    # A set that is hidden must not keep the others small.
    plot.x_range.only_visible = plot.y_range.only_visible = True
    plot.add_layout(Span(location=0, dimension="width", line_color="#d5d1c8", line_width=1, level="underlay"))
    lines = []
    for name, one in series.items():
        band, line = _band(plot, one, ink[name]), _line(plot, name, one, ink[name])
        lines.append(line)
        drawn[name].extend(found for found in (band, line) if found is not None)
    plot.add_tools(HoverTool(renderers=lines, tooltips=TOOLTIP, mode="vline", point_policy="snap_to_data"))
    return plot


def _band(plot: figure, series: Series, ink: Ink) -> GlyphRenderer | None:
    held = series.banded
    if not len(held.r):
        return None
    source = ColumnDataSource({"r": held.r, "low": held.low, "high": held.high})
    return plot.varea("r", "low", "high", source=source, fill_color=ink.colour, fill_alpha=0.16)


def _line(plot: figure, name: str, series: Series, ink: Ink) -> GlyphRenderer:
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
    return plot.line("r", "mean", source=source, line_color=ink.colour, line_dash=ink.dash, line_width=2)


def _shared_legend(drawn: dict[str, list[GlyphRenderer]], ink: dict[str, Ink]) -> figure:
    """One legend for all figures: an empty strip whose lines switch every line and band of their set."""
    widest = max(len(shortened(name)) for name in drawn)
    columns = max(1, min(len(drawn), 110 // (widest + 8)))
    rows = -(-len(drawn) // columns)
    strip = figure(
        height=14 + 26 * rows,
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        x_range=(0, 1),
        y_range=(0, 1),
    )
    strip.axis.visible = strip.grid.visible = False
    items = []
    for name, renderers in drawn.items():
        key = strip.line([2, 3], [2, 3], line_color=ink[name].colour, line_dash=ink[name].dash, line_width=3)
        for renderer in renderers:
            key.js_link("visible", renderer, "visible")
        items.append(LegendItem(label=shortened(name), renderers=[key]))
    strip.add_layout(
        Legend(
            items=items,
            click_policy="hide",
            ncols=columns,
            location="center_left",
            margin=0,
            padding=2,
            spacing=14,
            glyph_width=30,
            label_standoff=6,
            label_text_font_size="13px",
        )
    )
    return strip


def _fraction_row(plot: figure, row: int, name: str, fractions: np.ndarray, ink: Ink) -> None:
    order = np.arange(len(fractions))
    shown = order if len(order) <= DOTS else np.linspace(0, len(order) - 1, DOTS).astype(int)
    heights = row + 0.5 * ((shown * GOLDEN) % 1 - 0.5)
    plot.scatter(fractions[shown], heights, size=5, color=ink.colour, alpha=0.3, line_color=None)
    mean = float(fractions.mean())
    if len(fractions) > 1:
        half = 1.96 * float(fractions.std(ddof=1)) / np.sqrt(len(fractions))
        plot.segment([mean - half], [row], [mean + half], [row], line_color=ink.colour, line_width=3)
    plot.scatter([mean], [row], size=11, marker="diamond", color=ink.colour, line_color="white")
