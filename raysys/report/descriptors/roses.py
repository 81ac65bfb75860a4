"""Orientation roses: which way the major axes of pores lie, drawn both ways since an axis has no sign."""

import math

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure

from raysys.report.elements.notation import shortened
from raysys.report.elements.palette import Ink
from raysys.report.elements.theme import FONT, GRID, INK
from raysys.stats import Rose, rose

SIDE = 236  # pixels of the frame, a square: a direction on the page is that direction in the image
RINGS = 3
PETALS = 36
SCALE = 66  # degrees at which the outer ring is labelled, away from the ticks
TICKS = {0: "0°", 45: "45°", 90: "±90°", 135: "−45°", 180: "0°", 225: "45°", 270: "±90°", 315: "−45°"}
ALIGNMENT = {0: ("left", "middle"), 90: ("center", "bottom"), 180: ("right", "middle"), 270: ("center", "top")}
TOOLTIP = '<div style="font: 12px sans-serif">@span &nbsp; <b>@share{0.0 %}</b></div>'


def roses(orientations: dict[str, np.ndarray]) -> dict[str, Rose]:
    """Roses of the sets that have a direction; NaN, of round pores, are left out."""
    found = {name: rose(values, bins=PETALS) for name, values in orientations.items()}
    return {name: one for name, one in found.items() if one.n and math.isfinite(one.order)}


def degrees(angle: float) -> str:
    """Write a direction in whole degrees with a minus sign; there may be none."""
    return "none" if math.isnan(angle) else f"{round(angle):d}°".replace("-", "−")


def rose_figures(orientations: dict[str, np.ndarray], ink: dict[str, Ink], reference: str | None) -> list[figure]:
    """Draw a rose for each set on one scale, the reference's outline over the others.

    Parameters
    ----------
    orientations
        (P,) degrees by set, counter-clockwise from the horizontal as an image is displayed.
    ink
        Colour of every set.
    reference
        The set that the others are compared with, or None.
    """
    found = roses(orientations)
    if not found:
        return []
    largest = max(float(one.shares.max()) for one in found.values())
    plots = []
    for name, one in found.items():
        plot = _frame(f"{shortened(name)}\n" if len(ink) > 1 else "", one, largest)
        _petals(plot, one, ink[name])
        if reference is not None and name != reference and reference in found:
            _outline(plot, found[reference], ink[reference])
        if math.isfinite(one.mean):
            _mean(plot, one, largest)
        plots.append(plot)
    return plots


def _frame(head: str, one: Rose, largest: float) -> figure:
    reach = 1.3 * largest
    plot = figure(
        title=f"{head}mean {degrees(one.mean)}, R = {one.order:.2f}, n = {one.n:,}",
        frame_width=SIDE,
        frame_height=SIDE,
        tools="",
        toolbar_location=None,
        x_range=Range1d(-reach, reach),
        y_range=Range1d(-reach, reach),
    )
    plot.axis.visible = plot.grid.visible = False
    for ring in range(1, RINGS + 1):
        radius = largest * ring / RINGS
        plot.circle(0, 0, radius=radius, fill_color=None, line_color=GRID if ring < RINGS else "#dcd8cf")
    x, y = (1.02 * largest * part(math.radians(SCALE)) for part in (math.cos, math.sin))
    plot.text([x], [y], [f"{100 * largest:.1f} %"], **_style("bottom", "left", "10px"))
    for angle, label in TICKS.items():
        x, y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        align, baseline = ALIGNMENT.get(angle, ("left" if x > 0 else "right", "bottom" if y > 0 else "top"))
        plot.text([1.05 * largest * x], [1.05 * largest * y], [label], **_style(baseline, align, "11px"))
    return plot


def _petals(plot: figure, one: Rose, ink: Ink) -> None:
    centres = (one.edges[:-1] + one.edges[1:]) / 2
    width = one.edges[1] - one.edges[0]
    axial = (centres + 90) % 180 - 90
    source = ColumnDataSource(
        {
            "start": np.radians(one.edges[:-1]),
            "end": np.radians(one.edges[1:]),
            "share": one.shares,
            "span": [f"{angle - width / 2:.0f}° to {angle + width / 2:.0f}°" for angle in axial],
        }
    )
    petals = plot.annular_wedge(
        0,
        0,
        inner_radius=0,
        outer_radius="share",
        start_angle="start",
        end_angle="end",
        source=source,
        fill_color=ink.colour,
        fill_alpha=0.45,
        line_color=ink.colour,
        line_alpha=0.8,
    )
    plot.add_tools(HoverTool(renderers=[petals], tooltips=TOOLTIP))


def _outline(plot: figure, one: Rose, ink: Ink) -> None:
    """Draw the rim of another set's petals, closed."""
    angles = np.radians(np.repeat(one.edges, 2)[1:-1])
    radii = np.repeat(one.shares, 2)
    x, y = radii * np.cos(angles), radii * np.sin(angles)
    plot.line(np.append(x, x[0]), np.append(y, y[0]), line_color=ink.colour, line_width=1.6)


def _mean(plot: figure, one: Rose, largest: float) -> None:
    """Draw the mean direction, both ways."""
    x, y = math.cos(math.radians(one.mean)) * largest, math.sin(math.radians(one.mean)) * largest
    plot.segment([-x], [-y], [x], [y], line_color=INK, line_dash="dashed", line_width=1)


def _style(baseline: str, align: str, size: str) -> dict[str, object]:
    return {
        "text_baseline": baseline,
        "text_align": align,
        "text_font": {"value": FONT},
        "text_font_size": size,
        "text_color": "#6b6f76",
    }
