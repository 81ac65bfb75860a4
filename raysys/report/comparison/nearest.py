"""Images beside the training windows that they are most like, and whether that is nearer than it should be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bokeh.models import Model, Span
from bokeh.plotting import figure

from raysys.report.descriptors.figures import framed
from raysys.report.descriptors.groups import Axes
from raysys.report.elements.document import Section
from raysys.report.elements.gallery import gallery
from raysys.report.elements.notation import ratio, scientific, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import key, table
from raysys.report.elements.theme import INK
from raysys.stats import Memorising, Nearest
from raysys.stats.sets.memorising import AMONG, RULE

PAIRS = 4
CAPTION = (
    "Every image was looked up in the training image, at all whole shifts, turned by quarters and mirrored. "
    f"{RULE} Dotted: the limit of the ratio, in the colours of the sets where theirs differ. "
    "Pictures are the pairs with the smallest ratios: an image, then its nearest training window."
)
MARKS = {"copies": "above", "some copies": "above", "no copies": "inside"}
DASH = '<td class="num">–</td>'


@dataclass(frozen=True)
class _Reference:
    """Real windows, and the sets that are compared with them."""

    label: str
    windows: Nearest
    ratios: np.ndarray
    sets: list[str]

    def told(self, total: int) -> str:
        """Name the windows; the sets too where others have windows of their own."""
        return self.label if len(self.sets) == total else f"{self.label}, for {', '.join(self.sets)}"


def nearest_section(
    found: dict[str, Memorising], switches: Switches, reference: str, *, colours: np.ndarray | None = None
) -> Section | None:
    """Pairs, distributions and the table; None where the training images are not known. Labels have `colours`."""
    if not found:
        return None
    ink = switches.ink
    parts: list[str | Model] = [_table(found, ink, reference)]
    parts += [_pairs(name, one, ink, colours) for name, one in found.items()]
    parts.append(_figure(found, switches, reference))
    return Section("Nearest training windows", CAPTION, parts)


def ratio_name(found: dict[str, Memorising]) -> str:
    """What is compared: a distance over another, or a distance alone where nothing was held out to divide by."""
    divided = any(one.elsewhere is not None for one in found.values())
    return "distance to the training image / to the held-out part" if divided else "distance to the training image"


def _table(found: dict[str, Memorising], ink: dict[str, Ink], reference: str) -> str:
    columns = ("images", "unlike pixels, median", "least", "ratio, median", "limit", "near", "p")
    heads = ["<th></th>", *(f'<th class="num">{one}</th>' for one in columns), "<th></th>"]
    rows = []
    for real in _references(found):
        head = f"<th>{key(reference, ink)}<small>{text(real.told(len(found)))}</small></th>"
        rows.append(f"<tr>{head}{_numbers(real.windows, real.ratios)}{DASH * 3}<td></td></tr>")
    for name, one in found.items():
        row = f'<tr data-nearest="{text(name)}"><th>{key(name, ink)}</th>{_numbers(one.generated, one.ratios)}'
        row += f'<td class="num">{ratio(one.limit)}</td>' if one.tellable else DASH
        row += f'<td class="num" data-near="{one.near}">{one.near}</td><td class="num">{scientific(one.p)}</td>'
        rows.append(f'{row}<td><span class="mark {MARKS[one.kind]}">{one.kind}</span></td></tr>')
    return table("timings", heads, rows)


def _references(found: dict[str, Memorising]) -> list[_Reference]:
    """All real windows that sets are compared with, each once."""
    references: list[_Reference] = []
    for name, one in found.items():
        sides = [(AMONG if one.of_training else "held-out tiles", one.held_out, one.held_out_ratios)]
        if one.windows is not None and one.windows_ratios is not None:
            sides.append((AMONG, one.windows, one.windows_ratios))
        for label, windows, ratios in sides:
            same = [ref for ref in references if ref.label == label and np.array_equal(ref.ratios, ratios)]
            if same:
                same[0].sets.append(name)
            else:
                references.append(_Reference(label, windows, ratios, [name]))
    return references


def _numbers(one: Nearest, ratios: np.ndarray) -> str:
    told = [f"{len(one):,}", f"{np.median(one.distances):.2%}", f"{one.distances.min():.2%}", ratio(np.median(ratios))]
    return "".join(f'<td class="num">{cell}</td>' for cell in told)


def _pairs(name: str, one: Memorising, ink: dict[str, Ink], colours: np.ndarray | None) -> str:
    chosen = np.argsort(one.ratios, kind="stable")[:PAIRS]
    rows = []
    for place in chosen:
        both = np.stack([one.generated.images[place], one.generated.windows[place]])
        count = 2 if both.ndim == 3 else 6
        rows.append(gallery(both, count=count, colours=colours, name=f"{name}, pair {place}:"))
    inner = "".join(row.removeprefix('<div class="gallery">').removesuffix("</div>") for row in rows)
    unlike = ", ".join(f"{one.generated.distances[place]:.1%}" for place in chosen)
    head = f'<p class="set-head">{key(name, ink)}<small>unlike pixels: {unlike}</small></p>'
    return f'<div class="set">{head}<div class="gallery">{inner}</div></div>'


def _figure(found: dict[str, Memorising], switches: Switches, reference: str) -> figure:
    """Cumulative distributions of the ratios, and the limits below which an image is near."""
    samples = [(reference, real.ratios) for real in _references(found)]
    samples += [(name, one.ratios) for name, one in found.items()]
    plot = framed("Cumulative share of images", Axes("ratio", ratio_name(found), "share of images"))
    plot.height = 300
    for name, values in samples:
        held = np.sort(values[np.isfinite(values)])
        if not len(held):
            continue
        x, y = np.repeat(held, 2), np.repeat(np.arange(len(held) + 1) / len(values), 2)[1:-1]
        ink = switches.ink[name]
        switches.add(name, plot.line(x, y, line_color=ink.colour, line_dash=ink.dash, line_width=2))
    limits = {name: one.limit for name, one in found.items() if one.tellable}
    several = len(set(limits.values())) > 1
    for name, limit in limits.items() if several else list(limits.items())[:1]:
        colour = switches.ink[name].colour if several else INK
        plot.add_layout(Span(location=limit, dimension="height", line_color=colour, line_width=1, line_dash="dotted"))
    return plot
