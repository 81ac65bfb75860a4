"""The page about the loss landscape of CESS: four panels, counts of minima, findings, twins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import Legend, LegendItem, Model  # type: ignore[attr-defined]
from bokeh.plotting import figure

from raysys.report.descriptors.figures import framed
from raysys.report.descriptors.groups import Axes
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.gallery import gallery
from raysys.report.elements.grid import grid, tabbed
from raysys.report.elements.notation import counted, scientific, text
from raysys.report.elements.palette import COLOURS, QUIET_COLOUR
from raysys.report.elements.tables import table

if TYPE_CHECKING:
    from raysys.studies.landscape import Finding, Landscape, PathsOfSeeds, Twins

KINDS = {"confirmed": "inside", "confirmed in part": "unknown", "not confirmed": "above"}
T = "share of the path"


def landscape_page(
    path: str | Path,
    *,
    held: Sequence[PathsOfSeeds],
    found: Sequence[Finding],
    twins: Sequence[Twins],
    images: np.ndarray,
    notes: Sequence[str] = (),
) -> None:
    """Write the page.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    held
        At least one survey, each with the same seeds.
    found
        What they say.
    twins
        Pairs of images with the same statistics.
    images
        (N, H, W) in [0, 1]: some images of the first path of the first survey.
    notes
        Sentences printed with the protocol.
    """
    verdicts = [one.verdict for one in found]
    summary = (
        f"Of {counted(len(found), 'claim')} about the loss landscape of CESS, {verdicts.count('confirmed')} "
        f"are confirmed, {verdicts.count('confirmed in part')} in part, {verdicts.count('not confirmed')} are not."
    )
    sections = [
        Section("What is confirmed and what is not", _HOLDS, [_finding_table(found)]),
        Section(
            "Path", _path_caption(held[0]), [gallery(1 - images.astype(np.float32), count=len(images), name="path")]
        ),
        Section("Losses along the path", _PANELS, [tabbed({_title(one.settings): _panels(one) for one in held})]),
        Section("Local minima a path", _COUNTS, [_count_table(held)]),
        Section("Different images with the same statistics", _TWINS, [part for one in twins for part in _twin(one)]),
        Section("Protocol", "Choices that the published text leaves open.", [_protocol(held, notes)]),
    ]
    write_document(path, title="Loss landscape of CESS", summary=summary, sections=sections)


_HOLDS = (
    "A claim about fewer minima holds in an experiment where the 95 % interval of the mean difference over the seeds "
    "is below zero. It is confirmed if it holds in all experiments, in part if it holds in some and the contrary in "
    "none."
)
_PANELS = (
    "Each line is a seed, divided by its own maximum; the first seed is drawn dark, with dots at its local minima. "
    "All losses are against the image at 0."
)
_COUNTS = "Mean over the seeds, and in small print how many of them lie before the join."
_TWINS = (
    "S2 does not know where an image begins nor which way it is turned about a point; beyond that there are pairs that "
    "no shift or reflection brings together."
)


def _path_caption(one: PathsOfSeeds) -> str:
    return (
        f"Seed {one.paths[0].seed}, {text(_title(one.settings))}: at equal distances, the original first, circles dark."
    )


def _title(settings: Landscape) -> str:
    return f"r = {settings.radius:g}, paired by {settings.pairing}"


def _head(settings: Landscape) -> str:
    return f"r = {settings.radius:g}<small>paired by {settings.pairing}</small>"


def _finding_table(found: Sequence[Finding]) -> str:
    rows = [
        f"<tr><th>{text(one.claim)}</th>"
        f'<td><span class="mark {KINDS[one.verdict]}">{one.verdict}</span></td><td>{text(one.evidence)}</td></tr>'
        for one in found
    ]
    return table("findings", ["<th>claim</th>", "<th>verdict</th>", "<th>numbers</th>"], rows)


def _count_table(held: Sequence[PathsOfSeeds]) -> str:
    heads = ["<th>loss</th>", *(f'<th class="num">{_head(one.settings)}</th>' for one in held)]
    rows = []
    for name in held[0].names:
        cells = (
            f'<td class="num"><b>{one.counts(name).mean():.2f}</b><small>{one.near(name).mean():.2f}</small></td>'
            for one in held
        )
        rows.append(f"<tr><th>{text(name)}</th>{''.join(cells)}</tr>")
    return table("minima", heads, rows)


def _panels(one: PathsOfSeeds) -> Model:
    """CESS; with weights of MSE; cropped; fine-tuning."""
    settings = one.settings
    mixed = [settings.mixed(weight, "summed") for weight in settings.mse_weights]
    panels = [("CESS", ["CESS"]), ("with MSE, summed over pixels", mixed)]
    panels += [(settings.cropped, [settings.cropped]), ("idealised fine-tuning", ["fine-tuning"])]
    return grid([_panel(title, names, one) for title, names in panels], narrowest=440)


def _panel(title: str, names: list[str], one: PathsOfSeeds) -> figure:
    plot = framed(title, Axes("t", T, "loss, share of its maximum"))
    t = one.settings.t
    for path in one.paths[1:] if len(names) == 1 else []:
        plot.line(t, _scaled(path.losses[names[0]]), line_color=QUIET_COLOUR, line_alpha=0.45, line_width=1)
    first = one.paths[0]
    for place, name in enumerate(names):
        colour, curve = COLOURS[place], _scaled(first.losses[name])
        plot.line(t, curve, line_color=colour, line_width=2, name=name)
        minima = first.minima[name]
        plot.scatter(t[minima], curve[minima], color=colour, size=8)
    if len(names) > 1:
        items = [LegendItem(label=name, renderers=list(plot.select({"name": name}))) for name in names]
        plot.add_layout(Legend(items=items, label_text_font_size="11px"), "below")
    return plot


def _scaled(curve: np.ndarray) -> np.ndarray:
    return curve / (curve.max() or 1)


def _twin(one: Twins) -> list[str]:
    told = (
        f"largest difference of S2 {scientific(one.largest_difference)}, relative error "
        f"{scientific(one.relative_error)}; {100 * one.pixel_error:.1f} % of the pixels differ, "
        f"{100 * one.aligned_error:.1f} % at the best shift and reflection"
    )
    head = f'<p class="set-head">{text(one.made)}<small>{told}</small></p>'
    return [f'<div class="set">{head}{gallery(np.stack([one.first, one.second]), name=one.made)}</div>']


def _protocol(held: Sequence[PathsOfSeeds], notes: Sequence[str]) -> str:
    settings, seeds = held[0].settings, [path.seed for path in held[0].paths]
    items = [
        f"{settings.circles} circles in {settings.size} x {settings.size} pixels, {settings.gap:g} pixels apart at "
        "least at either end, anti-aliased; centres move along straight lines.",
        f"{settings.steps} images a path; seeds {seeds[0]} to {seeds[-1]}; float64.",
        f"A local minimum counts if it is deeper than {100 * settings.prominence:g} % of the curve's maximum.",
        f"CESS averaged over lags, weight {settings.cess_weight:g}; fine-tuning joins at {settings.join:g}.",
        *notes,
    ]
    return f'<ul class="notes">{"".join(f"<li>{text(item)}</li>" for item in items)}</ul>'
