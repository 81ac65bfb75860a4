"""S2 of originals and of what models made of them: maps around lag zero, and curves over the distance."""

from __future__ import annotations

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Model
from bokeh.plotting import figure

from raysys.assess.autoencoding.comparison import ORIGINAL
from raysys.report.descriptors.figures import framed
from raysys.report.descriptors.groups import Axes
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import plain
from raysys.report.elements.switches import Switches
from raysys.report.elements.theme import tooltip
from raysys.stats.paired.spatial import blocks, lag_map, power


def central_map(images: np.ndarray, window: int) -> np.ndarray:
    """Periodic S2 of images (n, H, W) over their central lags, float64 (n, h, w); lag zero at (h // 2, w // 2)."""
    lags = np.fft.fftshift(lag_map(power(images), images.shape), axes=(1, 2))
    cut = [
        slice(side // 2 - min(window, side) // 2, side // 2 + (min(window, side) + 1) // 2) for side in lags.shape[1:]
    ]
    return lags[:, cut[0], cut[1]]


def radial(images: np.ndarray) -> np.ndarray:
    """Mean over images (n, H, W) of S2 at distances 0, 1, ... of half the shorter side, float64 (R,).

    A distance has the lags that round to it.
    """
    height, width = images.shape[1:]
    down, right = (np.minimum(np.arange(side), side - np.arange(side)) for side in (height, width))
    distance = np.rint(np.hypot(down[:, None], right)).astype(int)
    near = distance <= min(height, width) // 2
    total = np.zeros((height, width))
    for some in blocks(images.shape):
        total += lag_map(power(images[some]), images.shape).sum(axis=0)
    return np.bincount(distance[near], total[near] / len(images)) / np.bincount(distance[near])


def statistics_figures(curves: dict[str, np.ndarray], switches: Switches) -> Model:
    """Draw S2 over the distance of originals and models, and beside it the models' less the originals'.

    Parameters
    ----------
    curves
        By name, the originals' under "original"; each (R,).
    switches
        Of the page; they get to know what is drawn.
    """
    less = {name: curve - curves[ORIGINAL] for name, curve in curves.items() if name != ORIGINAL}
    whole = _figure("S₂, mean over all directions", "S₂(r)", curves, switches)
    difference = _figure("Autoencoding less original", "Δ S₂(r)", less, switches)
    difference.x_range = whole.x_range
    return grid([whole, difference], narrowest=440)


def _figure(title: str, label: str, curves: dict[str, np.ndarray], switches: Switches) -> figure:
    plot = framed(title, Axes("r", "r (pixels)", label))
    lines = []
    for name, curve in curves.items():
        ink, count = switches.ink[name], len(curve)
        columns = {"r": np.arange(count), "mean": curve, "set": [plain(name)] * count, "colour": [ink.colour] * count}
        source = ColumnDataSource(columns)
        line = plot.line("r", "mean", source=source, line_color=ink.colour, line_dash=ink.dash, line_width=2)
        switches.add(name, line)
        lines.append(line)
    seen = tooltip("r", band=False)
    plot.add_tools(HoverTool(renderers=list(lines), tooltips=seen, mode="vline", point_policy="snap_to_data"))
    return plot
