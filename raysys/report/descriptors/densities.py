"""How a property of pores is distributed in several sets: histogram, kernel density, and the values themselves."""

from dataclasses import dataclass

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer, HoverTool
from bokeh.plotting import figure

from raysys.report.descriptors.figures import framed
from raysys.report.descriptors.groups import Axes
from raysys.report.elements.notation import plain
from raysys.report.elements.palette import Ink
from raysys.report.elements.switches import Switches
from raysys.report.elements.theme import tooltip
from raysys.spacing import evenly
from raysys.stats import density

PER_DECADE = 5  # bins; with more, areas of 1, 2, 3 pixels would leave empty bins between them
BINS = 30
RUG = 0.055  # height of a set's rug beside that of the histograms
TICKS = 250  # a set's rug beyond that many values is thinned evenly over the sorted values
POINTS = 160  # of a kernel density that are drawn
VISIBLE = 1e-2  # of its height; what is lower is not drawn


@dataclass(frozen=True)
class Axis:
    """What is drawn of a property: its name on the axis, and whether the axis is logarithmic."""

    label: str
    log: bool = False


@dataclass(frozen=True)
class Histogram:
    """Densities (B,) of values in bins with edges (B + 1,); per decade on a logarithmic axis."""

    edges: np.ndarray
    heights: np.ndarray


def drawable(values: np.ndarray, *, log: bool) -> np.ndarray:
    """The values that a density can be taken of: finite, and positive on a logarithmic axis."""
    held = np.asarray(values, dtype=np.float64)
    held = held[np.isfinite(held)]
    return held[held > 0] if log else held


def shared_edges(samples: list[np.ndarray], *, log: bool) -> np.ndarray:
    """Bin edges over all samples together, so that their histograms compare."""
    pooled = np.concatenate(samples)
    low, high = pooled.min(), pooled.max()
    if log:
        first, last = np.floor(PER_DECADE * np.log10(low)), np.floor(PER_DECADE * np.log10(high)) + 1
        return 10 ** (np.arange(first, last + 1) / PER_DECADE)
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def histogram(values: np.ndarray, edges: np.ndarray, *, log: bool) -> Histogram:
    """Share of the values in each bin, by the bin's width."""
    counts, _ = np.histogram(values, edges)
    widths = np.diff(np.log10(edges) if log else edges)
    return Histogram(edges, counts / (counts.sum() * widths))


def density_figure(samples: dict[str, np.ndarray], axis: Axis, switches: Switches) -> figure | None:
    """Draw one property of the pores of several sets.

    Parameters
    ----------
    samples
        (P,) values by set; NaN are left out. Of equal values there is no kernel density.
    axis
        Of the property.
    switches
        Of the page.

    Returns
    -------
    figure or None
        None where no set has a value.
    """
    held = {name: drawable(values, log=axis.log) for name, values in samples.items()}
    held = {name: values for name, values in held.items() if len(values)}
    if not held:
        return None
    edges = shared_edges(list(held.values()), log=axis.log)
    bins = {name: histogram(values, edges, log=axis.log) for name, values in held.items()}
    top = max(float(one.heights.max()) for one in bins.values())
    ylabel = "density per decade" if axis.log else "density"
    plot = framed(axis.label.partition(" (")[0], Axes("value", axis.label, ylabel), log_x=axis.log)
    plot.yaxis.bounds = (0, 2 * top)  # below stand the ticks of the values
    lines = []
    for place, (name, values) in enumerate(held.items()):
        ink = switches.ink[name]
        fitted = _kernel(plot, name, values, axis, ink)
        switches.add(name, _steps(plot, bins[name], ink), _rug(plot, values, -(place + 0.8) * RUG * top, ink), fitted)
        lines += [fitted] if fitted is not None else []
    if lines:
        told = tooltip("value", band=False)
        plot.add_tools(HoverTool(renderers=lines, tooltips=told, mode="vline", point_policy="snap_to_data"))
    return plot


def _steps(plot: figure, bins: Histogram, ink: Ink) -> GlyphRenderer:
    edges, heights = bins.edges, bins.heights
    return plot.quad(
        left=edges[:-1],
        right=edges[1:],
        top=heights,
        bottom=0,
        fill_color=ink.colour,
        fill_alpha=0.18,
        line_color=None,
    )


def _rug(plot: figure, values: np.ndarray, height: float, ink: Ink) -> GlyphRenderer:
    """Draw the values as ticks at their own height, so that sets do not hide each other."""
    ordered = np.unique(values)
    shown = ordered[evenly(TICKS, len(ordered))]
    return plot.scatter(shown, height, marker="dash", angle=np.pi / 2, size=7, line_color=ink.colour, line_alpha=0.4)


def _kernel(plot: figure, name: str, values: np.ndarray, axis: Axis, ink: Ink) -> GlyphRenderer | None:
    """Draw the kernel density; None where all values are equal."""
    if len(np.unique(values)) < 2:
        return None
    found = density(values, log=axis.log)
    seen = np.flatnonzero(found.y >= VISIBLE * found.y.max())
    chosen = np.unique(np.linspace(seen[0], seen[-1], min(POINTS, seen[-1] - seen[0] + 1)).round().astype(int))
    source = ColumnDataSource(
        {
            "r": found.x[chosen],
            "mean": found.y[chosen],
            "set": [plain(name)] * len(chosen),
            "colour": [ink.colour] * len(chosen),
        }
    )
    return plot.line("r", "mean", source=source, line_color=ink.colour, line_dash="dashed", line_width=2)
