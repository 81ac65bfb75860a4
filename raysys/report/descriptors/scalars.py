"""Numbers of whole images: their means in a table, and how they spread over the images."""

import math

from bokeh.models import Model

from raysys.assess.methods.verdicts import judge_difference
from raysys.report.elements.grid import grid
from raysys.report.elements.notation import HTML, meaning, text, uncertain, unit_in_html, worded
from raysys.report.elements.palette import Ink
from raysys.report.elements.strips import strip_figure
from raysys.report.elements.tables import key, table
from raysys.stats import Characterisation, Scalar
from raysys.stats.interval import Interval, fraction_scalar

# Of scalars that the registry knows only as a family.
MEANINGS = {
    "phase_fraction": "share of the image",
    "perimeter": "length of the boundary per pixel of the image",
    "surface": "area of the boundary per voxel of the image",
    "mean_breadth": "mean breadth per voxel of the image",
    "euler_characteristic": "parts less holes, per pixel of the image",
    "percolating_fraction": "share of the phase that leads through the image",
    "mean_chord_length": "mean length of the chords",
    "mean_pore_size": "mean distance from a point of the phase to the other phase",
}
SOLID_EULER = "parts less tunnels plus cavities, per voxel of the image"


def scalar_names(characterisations: dict[str, Characterisation]) -> list[str]:
    """Names of the scalars of all sets in the order in which they first appear, measured at least once."""
    names = dict.fromkeys(name for one in characterisations.values() for name in one.scalars)
    return [name for name in names if any(_measured(one.scalars.get(name)) for one in characterisations.values())]


def all_scalars(characterisations: dict[str, Characterisation], name: str) -> dict[str, Scalar]:
    """One scalar of every set that has it."""
    return {one: held.scalars[name] for one, held in characterisations.items() if name in held.scalars}


def scalar_table(characterisations: dict[str, Characterisation], ink: dict[str, Ink], reference: str | None) -> str:
    """List the scalars: mean and 95 % interval, number of images, and each set's difference from the reference.

    Each cell carries its exact mean as `data-mean`.
    """
    heads = ["<th>of each image</th>"]
    heads += [f'<th class="num">{key(name, ink)}</th>' for name in characterisations]
    fractions = {name: fraction_scalar(one) for name, one in characterisations.items()}
    rows = [_row("phase_fraction", fractions, list(characterisations), reference, 2)]
    for name in scalar_names(characterisations):
        dims = len(next(iter(characterisations.values())).shape)
        rows.append(_row(name, all_scalars(characterisations, name), list(characterisations), reference, dims))
    return table("scalars", heads, rows)


def scalar_figures(characterisations: dict[str, Characterisation], ink: dict[str, Ink]) -> Model:
    """Draw every scalar of every image as a dot."""
    names = scalar_names(characterisations)
    figures = []
    for name in names:
        held = all_scalars(characterisations, name)
        unit = next((one.unit for one in held.values() if one.unit), "")
        label = f"{worded(name)} ({unit.replace('^2', '²').replace('^3', '³')})" if unit else worded(name)
        figures.append(strip_figure(held, ink, label))
    return grid(figures, narrowest=380)


def _measured(scalar: Scalar | None) -> bool:
    return scalar is not None and math.isfinite(scalar.mean)


def _row(name: str, held: dict[str, Scalar], sets: list[str], reference: str | None, dims: int) -> str:
    unit = next((unit_in_html(one.unit) for one in held.values() if one.unit), "")
    told = SOLID_EULER if (name, dims) == ("euler_characteristic", 3) else MEANINGS.get(name) or meaning(name)
    head = f'{text(worded(name))}<small class="meaning">{text(told)}{f"; {unit}" if unit else ""}</small>'
    real = held.get(reference) if reference is not None else None
    cells = [_cell(one, held.get(one), real if one != reference else None) for one in sets]
    return f'<tr data-scalar="{text(name)}"><th>{head}</th>{"".join(cells)}</tr>'


def _cell(name: str, scalar: Scalar | None, real: Scalar | None) -> str:
    if scalar is None or not _measured(scalar):
        return f'<td class="num" data-set="{text(name)}"><small>not measured</small></td>'
    held = Interval.of(scalar)
    count = sum(math.isfinite(value) for value in scalar.values)
    badge = ""
    if real is not None:
        verdict = judge_difference(held, Interval.of(real))
        badge = f'<span class="verdict {verdict.kind}">{verdict.told(HTML)}</span>'
    mean = f'data-set="{text(name)}" data-mean="{held.mean!r}" title="{held.mean!r}"'
    return f'<td class="num" {mean}><b>{uncertain(held.mean, held.half)}</b>{badge}<small>n = {count:,}</small></td>'
