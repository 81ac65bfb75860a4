"""Curves along each axis beside their mean: where the lines part, the microstructure has a direction."""

from collections.abc import Sequence
from dataclasses import replace

from bokeh.models import GlyphRenderer, HoverTool, Legend, LegendItem, Model
from bokeh.plotting import figure

from raysys.report.descriptors.figures import drawn_series, framed
from raysys.report.descriptors.groups import AXIS, axes_of
from raysys.report.descriptors.series import Series, of_curve
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import plain, shortened, symbol_in_figure
from raysys.report.elements.palette import COLOURS, REFERENCE_COLOUR, Ink
from raysys.report.elements.theme import tooltip
from raysys.spacing import Spacing
from raysys.stats import Characterisation

# What the axes of an array are in a picture of it.
AXIS_NAMES = {2: ("vertical", "horizontal"), 3: ("depth", "vertical", "horizontal")}
MEAN_INK = Ink(REFERENCE_COLOUR, "solid")
AXIS_INKS = (Ink(COLOURS[1], "dashed"), Ink(COLOURS[0], "solid"), Ink(COLOURS[2], "dotdash"))
TALLER = 290  # pixels, as the legend stands above the curves


def direction_figures(
    characterisations: dict[str, Characterisation], descriptors: Sequence[str], spacing: Spacing | None = None
) -> list[Model]:
    """Draw a row of figures for each function, one for each set: its mean over the axes, and every axis with its band.

    Parameters
    ----------
    characterisations
        By name of the set, drawn in this order.
    descriptors
        Names such as "S2_axis0"; functions that have an Fn are drawn scaled.
    spacing
        How far apart pixels are. Where axes differ, every curve is drawn over lengths of its own axis, and the mean,
        which mixes them, is left out.
    """
    own = spacing if spacing is not None and spacing.unit and not spacing.isotropic else None
    rows = []
    for function in dict.fromkeys(name.partition(AXIS)[0] for name in descriptors):
        drawn = (_figure(function, name, one, len(characterisations), own) for name, one in characterisations.items())
        row = [plot for plot in drawn if plot is not None]
        for plot in row[1:]:
            plot.x_range, plot.y_range = row[0].x_range, row[0].y_range
        rows += [row] if row else []
    if len(characterisations) == 1 and rows:
        rows = [[plot for row in rows for plot in row]]
    return [grid(row) for row in rows]


def lines_of(function: str, characterisation: Characterisation) -> dict[str, tuple[Series, Ink]]:
    """Return {what: (series, ink)}: the mean over the axes, where it was measured, and each axis."""
    found: dict[str, tuple[Series, Ink]] = {}
    names = AXIS_NAMES[len(characterisation.shape)]
    scaled = characterisation.scaled()
    if function in scaled:
        found["mean"] = of_curve(scaled[function]), MEAN_INK
    for axis, words in enumerate(names):
        curve = scaled.get(f"{function}{AXIS}{axis}")
        if curve is not None:
            found[f"axis {axis}, {words}"] = of_curve(curve), AXIS_INKS[axis]
    return {what: (series, ink) for what, (series, ink) in found.items() if len(series.r)}


def _over_lengths(lines: dict[str, tuple[Series, Ink]], spacing: Spacing) -> dict[str, tuple[Series, Ink]]:
    """Curves of one axis each over lengths of that axis."""
    sizes = {AXIS_INKS[axis]: size for axis, size in enumerate(spacing.sizes)}
    return {
        what: (replace(series, r=series.r * sizes[ink]), ink) for what, (series, ink) in lines.items() if ink in sizes
    }


def _figure(
    function: str, name: str, characterisation: Characterisation, sets: int, spacing: Spacing | None
) -> figure | None:
    lines = lines_of(function, characterisation)
    lines = lines if spacing is None else _over_lengths(lines, spacing)
    if not lines:
        return None
    first, _ = next(iter(lines.values()))
    drawn = first.symbol.partition("_")[0]
    axes = axes_of(function, drawn)
    axes = axes if spacing is None else replace(axes, x=f"{axes.variable} ({spacing.unit})")
    title = symbol_in_figure(drawn)
    plot = framed(f"{title} · {shortened(name)}" if sets > 1 else f"{title} along each axis", axes)
    plot.height, plot.name = TALLER, function
    items, seen = [], []
    for what, (series, ink) in lines.items():
        band, line = drawn_series(plot, what, series, ink)
        items.append(LegendItem(label=plain(what), renderers=[one for one in (line, band) if one is not None]))
        seen.append(line)
    _finish(plot, items, seen, axes.variable)
    return plot


def _finish(plot: figure, items: list[LegendItem], seen: list[GlyphRenderer], variable: str) -> None:
    legend = Legend(
        items=items,
        click_policy="hide",
        orientation="vertical",
        location="top_right",
        label_text_font_size="11px",
        glyph_width=24,
        spacing=0,
        padding=4,
        margin=4,
    )
    plot.add_layout(legend)
    plot.add_tools(HoverTool(renderers=seen, tooltips=tooltip(variable), mode="vline", point_policy="snap_to_data"))
