"""The section about pores: how many, how large, of what shape, in which direction."""

import math

import numpy as np
from bokeh.models import Model

from raysys.assess.methods.verdicts import judge_difference
from raysys.report.descriptors.densities import Axis, density_figure
from raysys.report.descriptors.roses import degrees, rose_figures, roses
from raysys.report.elements.document import Section
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import HTML, scientific, text, uncertain
from raysys.report.elements.palette import Ink
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import key, table
from raysys.stats import Characterisation, Pores
from raysys.stats.geometry.pores import SHAPED
from raysys.stats.interval import Interval

# Properties that are drawn, of flat images and of volumes.
SIZES = {
    "area": Axis("pore area (pixels)", log=True),
    "volume": Axis("pore volume (voxels)", log=True),
}
SHAPES = {
    "elongation": Axis("elongation (0: round, 1: a line)"),
    "flatness": Axis("flatness (0: round, 1: a sheet)"),
    "circularity": Axis("circularity (1: a disc)"),
    "sphericity": Axis("sphericity (1: a ball)"),
    "inclination": Axis("inclination to the slices (degrees)"),
}
ORIENTATIONS = ("orientation", "azimuth")  # of flat pores, and of volumes within a slice
CAPTION = (
    "Pores are the connected parts of the phase. Filled steps are histograms, dashed lines kernel densities fitted to "
    "the values, which stand as ticks below (thinned where they are many). "
    f"Shapes and directions are drawn of pores of {SHAPED} pixels or more, as smaller ones have those of the grid."
)
ROSES = (
    "Share of the pores whose major axis lies in each direction, counter-clockwise from the horizontal as the images "
    "are displayed; drawn both ways, since an axis has no sign. Dashed is the mean direction; R is 1 where all axes "
    "are parallel, near 0 where they point anywhere."
)


def pore_section(
    characterisations: dict[str, Characterisation], switches: Switches, reference: str | None = None
) -> Section | None:
    """Numbers, densities and roses of the pores of every set that has any; None where none has."""
    held = {name: one.pores for name, one in characterisations.items() if one.pores is not None}
    held = {name: pores for name, pores in held.items() if pores.count}
    if not held:
        return None
    parts: list[str | Model | None] = [pore_table(held, switches.ink, reference), switches.legend()]
    drawn_of = {**{name: _of(held, name) for name in SIZES}, **{name: _shaped(held, name) for name in SHAPES}}
    figures = [density_figure(drawn_of[name], axis, switches) for name, axis in {**SIZES, **SHAPES}.items()]
    drawn = [one for one in figures if one is not None]
    parts += [grid(drawn)] if drawn else []
    for name in ORIENTATIONS:
        found = rose_figures(_shaped(held, name), switches.ink, reference)
        outline = f" The dark outline is that of <b>{text(reference)}</b>." if reference in held else ""
        within = " Directions of volumes are seen along axis 0." if name == "azimuth" else ""
        if found:
            parts += [
                f'<h3>Direction of the major axis</h3><p class="caption">{ROSES}{within}{outline}</p>',
                grid(found),
            ]
    return Section("Pores", CAPTION, [part for part in parts if part is not None])


def pore_table(held: dict[str, Pores], ink: dict[str, Ink], reference: str | None) -> str:
    """List how many pores there are, in an image and in all, how large, how directed, how many are cut by the edge."""
    real = held.get(reference) if reference is not None else None
    rows = [
        _row("pores", [f"<b>{pores.count:,}</b>" for pores in held.values()]),
        _row("of each image", [_per_image(pores, None if pores is real else real) for pores in held.values()]),
        *(_medians(held, name) for name in ("area", "volume", "equivalent_diameter")),
        *(_directions(held, name) for name in ORIENTATIONS),
        _cut(held),
    ]
    heads = ["<th></th>", *(f'<th class="num">{key(name, ink)}</th>' for name in held)]
    return table("pores", heads, [row for row in rows if row])


def _of(held: dict[str, Pores], name: str) -> dict[str, np.ndarray]:
    return {one: pores.properties[name] for one, pores in held.items() if name in pores.properties}


def _shaped(held: dict[str, Pores], name: str) -> dict[str, np.ndarray]:
    """A property of the pores that are large enough to have a shape."""
    return {one: values[held[one].pixels >= SHAPED] for one, values in _of(held, name).items()}


def _row(head: str, cells: list[str]) -> str:
    numbers = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return f"<tr><th>{head}</th>{numbers}</tr>"


def _per_image(pores: Pores, real: Pores | None) -> str:
    count = Interval.of(pores.per_image)
    told = f"<b>{uncertain(count.mean, count.half)}</b>"
    if real is None:
        return told
    verdict = judge_difference(count, Interval.of(real.per_image))
    return f'{told}<span class="verdict {verdict.kind}">{verdict.told(HTML)}</span>'


def _medians(held: dict[str, Pores], name: str) -> str:
    values = _of(held, name)
    if not values:
        return ""
    unit = {"area": "pixels", "volume": "voxels"}.get(name, "pixels")
    cells = [_quartiles(values[one]) if one in values else "–" for one in held]
    head = f'{text(name.replace("_", " "))}, {unit}<small class="meaning">median, middle half</small>'
    return _row(head, cells)


def _quartiles(values: np.ndarray) -> str:
    held = values[np.isfinite(values)]
    if not len(held):
        return "–"
    low, median, high = (float(one) for one in np.percentile(held, [25, 50, 75]))
    return f"<b>{scientific(median)}</b><small>{scientific(low)} to {scientific(high)}</small>"


def _directions(held: dict[str, Pores], name: str) -> str:
    found = roses(_shaped(held, name))
    if not found:
        return ""
    cells = [
        f"<b>{degrees(found[one].mean)}</b><small>R = {found[one].order:.3f}</small>" if one in found else "–"
        for one in held
    ]
    return _row(
        f'mean direction<small class="meaning">of the major axis, {SHAPED} pixels or more; R: how parallel</small>',
        cells,
    )


def _cut(held: dict[str, Pores]) -> str:
    """The share of the pores that touch the edge of their image: their sizes and shapes are those of what is left."""
    values = _of(held, "touches_edge")
    shares = {one: float(np.mean(flags)) for one, flags in values.items() if len(flags)}
    if not any(shares.values()) or not all(math.isfinite(share) for share in shares.values()):
        return ""
    cells = [f"{100 * shares[one]:.1f} %" if one in shares else "–" for one in held]
    return _row("cut by the image's edge", cells)
