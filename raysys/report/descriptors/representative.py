"""How large an image must be: F2 of windows of several sizes, and the size from which on they agree."""

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, Legend, LegendItem, Range1d, Span
from bokeh.palettes import Viridis256
from bokeh.plotting import figure

from raysys.report.descriptors.figures import drawn_series, framed
from raysys.report.descriptors.groups import Axes
from raysys.report.descriptors.series import Series, of_curve
from raysys.report.elements.document import Section
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import scientific, text
from raysys.report.elements.palette import COLOURS, REFERENCE_COLOUR, Ink
from raysys.report.elements.tables import size as written_size
from raysys.report.elements.tables import table
from raysys.report.elements.theme import tooltip
from raysys.stats import RepresentativeSize

LAGS = 90  # of each curve that are drawn, evenly on the logarithmic axis
RAMP = Viridis256[20:215]  # without the yellow end, which is lost on white
FIT = Ink(COLOURS[0], "solid")
OWN = Ink(COLOURS[1], "dashed")


def representative_section(found: RepresentativeSize) -> Section:
    """The suggested size and its rule in words, the errors over the sizes, F2 of each size, all numbers."""
    largest = found.curves[-1]
    caption = (
        f"{found.curves[0].n} windows of each size at random places of the image of {written_size(found.shape)}; "
        "the scaled two-point function of each, and its mean compared with that of the largest size."
    )
    chosen = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in largest.protocol.items())
    protocol = f"Phase {largest.phase}, boundary {largest.boundary}; {chosen}."
    told = "Dotted lines: the tolerance, squared" + (", and that size." if found.suggestion is not None else ".")
    words = f'<p class="finding">{_signed(found.reason)}</p><p class="caption">{_signed(found.rule)} {told}</p>'
    known = np.nan_to_num(found.mse).any()
    figures = [grid([error_figure(found), curves_figure(found)], narrowest=400)] if known else []
    folded = f"<details><summary>All sizes in numbers</summary>{size_table(found)}</details>"
    return Section("Representative size", caption, [words, *figures, folded, f'<p class="caption">{protocol}</p>'])


def error_figure(found: RepresentativeSize) -> figure:
    """Draw the error of each size against the largest, and how well each size is known, on logarithmic axes."""
    plot = framed(
        "Error against the largest size",
        Axes("size", "size of the windows (pixels)", "mean squared error of F₂"),
        log_x=True,
        log_y=True,
    )
    plot.height = 300
    lines = {
        "against the largest size": (found.mse, FIT),
        "95 % band of the size itself": (found.half_width**2, OWN),
    }
    items = []
    for what, (errors, ink) in lines.items():
        # The largest is 0 from itself, and unknown windows have no error.
        held = np.flatnonzero(np.nan_to_num(errors) > 0)
        source = ColumnDataSource(
            {
                "r": np.array(found.sizes)[held],
                "mean": errors[held],
                "set": [what] * len(held),
                "colour": [ink.colour] * len(held),
            }
        )
        line = plot.line("r", "mean", source=source, line_color=ink.colour, line_dash=ink.dash, line_width=2)
        dots = plot.scatter("r", "mean", source=source, size=6, color=ink.colour)
        items.append(LegendItem(label=what, renderers=[line, dots]))
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tooltip("size", band=False, digits="0.00e+0")))
    _fit_axes(plot, found)
    limit = {"line_color": "#8c8880", "line_dash": "dotted", "line_width": 1.5}
    plot.add_layout(Span(location=found.tolerance**2, dimension="width", **limit))
    if found.suggestion is not None:
        plot.add_layout(Span(location=found.suggestion, dimension="height", **limit))
    plot.add_layout(Legend(items=items, location="top_right", label_text_font_size="11px", padding=4, margin=4))
    return plot


def _fit_axes(plot: figure, found: RepresentativeSize) -> None:
    """Let the tolerance be seen, and mark the sizes themselves."""
    errors = np.concatenate([found.mse, found.half_width**2, [found.tolerance**2]])
    errors = errors[np.nan_to_num(errors) > 0]
    plot.y_range = Range1d(float(errors.min()) / 2, float(errors.max()) * 3)
    marked = list(found.sizes[::-1][:: 2 if len(found.sizes) > 7 else 1])
    plot.xaxis.ticker = FixedTicker(ticks=marked)
    plot.xaxis.major_label_overrides = {size: str(size) for size in marked}


def curves_figure(found: RepresentativeSize) -> figure:
    """Draw the mean F2 of each size, the largest black with its 95 % band, over a logarithmic lag."""
    plot = framed("F₂ of each size", Axes("r", "r (pixels)", "F₂(r)"), log_x=True)
    plot.height = 300
    colours = [RAMP[index] for index in np.linspace(len(RAMP) - 1, 0, len(found.sizes)).astype(int)]
    items, lines = [], []
    for place, (size, curve) in enumerate(zip(found.sizes, found.curves, strict=True)):
        last = place == len(found.sizes) - 1
        series = _thinned(of_curve(curve))
        if not len(series.r):
            continue
        ink = Ink(REFERENCE_COLOUR if last else colours[place], "solid")
        band, line = drawn_series(plot, f"{size} pixels", series, ink)
        if band is not None and not last:
            plot.renderers.remove(band)
        items.append(LegendItem(label=str(size), renderers=[line]))
        lines.append(line)
    plot.add_tools(HoverTool(renderers=lines, tooltips=tooltip("r")))
    legend = Legend(items=items, click_policy="hide", label_text_font_size="11px", glyph_width=16, spacing=0, padding=2)
    plot.add_layout(legend, "right")
    return plot


def size_table(found: RepresentativeSize) -> str:
    """List every size with its errors; each row carries its size as `data-size` and the exact error as `data-error`."""
    heads = [
        "<th>size, pixels</th>",
        '<th class="num">MSE to the largest</th>',
        '<th class="num">half the 95 % band<small>root mean square</small></th>',
        '<th class="num">inside the largest one\'s band<small>share of the lags</small></th>',
        '<th class="num">phase fraction</th>',
        '<th class="num">pixels of the image<small>above 100 % windows overlap</small></th>',
    ]
    return table("sizes", heads, [_row(found, place) for place in range(len(found.sizes))])


def _row(found: RepresentativeSize, place: int) -> str:
    size, mse = found.sizes[place], float(found.mse[place])
    cells = [
        scientific(mse),
        scientific(float(found.half_width[place])),
        f"{100 * found.inside[place]:.0f} %",
        f"{found.fractions[place].mean():.4f}",
        f"{100 * found.coverage[place]:.3g} %",
    ]
    name = f"<b>{size:,}</b>" if size == found.suggestion else f"{size:,}"
    numbers = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return f'<tr data-size="{size}" data-error="{mse!r}"><th>{name}</th>{numbers}</tr>'


def _thinned(series: Series) -> Series:
    """Lags from 1 on, of long curves evenly spread over their logarithm."""
    held = np.flatnonzero(series.r >= 1)
    if len(held) <= LAGS:
        return series.at(held)
    places = np.geomspace(1, len(held), LAGS).round().astype(int) - 1
    return series.at(held[np.unique(places)])


def _signed(words: str) -> str:
    return text(words).replace("+-", "±")
