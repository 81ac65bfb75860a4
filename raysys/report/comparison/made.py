"""How every set was made, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from raysys.assess.methods.method import Method
from raysys.report.elements.document import Section
from raysys.report.elements.notation import duration, listed, ratio, symbol, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table

TIMES = (
    "Training as MLflow recorded it, by the clock; images of a model as they were drawn for this page; an annealed "
    "image is the time of its chain on one core, the median of all."
)


def made_section(methods: Mapping[str, Method], names: Sequence[str], ink: dict[str, Ink]) -> Section:
    """Where every set comes from, and what it cost."""
    heads = ["<th></th>", "<th>made by</th>", "<th>from</th>"]
    heads += [f'<th class="num">{head}</th>' for head in ("training", "an image", "against the shortest")]
    held = [methods[name].per_image for name in names]
    shortest = min((seconds for seconds in held if seconds > 0), default=math.nan)
    rows = [_row(name, methods[name], shortest, ink) for name in names]
    return Section("Methods and time", TIMES, [table("timings", heads, rows)])


def _row(name: str, one: Method, shortest: float, ink: dict[str, Ink]) -> str:
    asked = f" on {listed([symbol(each) for each in one.asked])}" if one.asked else ""
    made = {"model": "a model", "annealed": f"annealing{asked}", "images": "given images"}[one.kind]
    told = f"<small>{text(one.told)}</small>" if one.told else ""
    times = [one.training, one.per_image]
    cells = [f'<td class="num">{duration(seconds)}</td>' for seconds in times]
    against = f"{ratio(one.per_image / shortest)} ×" if one.per_image > 0 else "–"
    source = f"<td>{text(one.source)}{told}</td>"
    return f'<tr><th>{key(name, ink)}</th><td>{made}</td>{source}{"".join(cells)}<td class="num">{against}</td></tr>'
