"""The table at a page's head: how models stand in a few numbers, which is best in each, and which goals are met."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from raysys.assess.autoencoding.comparison import AutoencoderComparison
from raysys.assess.autoencoding.standings import COLUMNS, SCORE, Column, Standing, best
from raysys.report.elements.document import Section
from raysys.report.elements.notation import counted, listed, ratio, scientific, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table


@dataclass(frozen=True)
class Head:
    """How the table's head calls a column and what it adds in small, as HTML."""

    title: str
    meaning: str


E_REL = "<i>e</i><sub>rel</sub>"
HEADS = {
    "score": Head("score", "of the sweep"),
    "s2_relative": Head(E_REL, "of S<sub>2</sub>"),
    "s2_relative_window": Head(f"{E_REL}, window", "central lags"),
    "s2_relative_thresholded": Head(f"{E_REL}, binary", "thresholded"),
    "mid_grey": Head("mid-grey", "of all pixels"),
    "edge_gradient": Head("edge gradient", "1/px"),
    "corner_index": Head("corners", "ratio, Voronoi"),
    "orientation_order": Head("order <i>R</i>", "AngEllipse"),
    "hallucinated_share": Head("hallucinated", "mean, of grains"),
    "retention": Head("class kept", "of images"),
}
CAPTION = (
    "Medians over all images, if nothing else is said; <b>bold on green is the best</b> of a column. "
    "<i>e</i><sub>rel</sub> is the squared error of the two-point statistics S<sub>2</sub>, 1 for a flat grey image of "
    "the right phase fraction. The score joins errors and sharpness whatever a loss weighs, the smaller the better. "
    "Below a number: in how many classes it meets the goal, which goes beyond the published results."
)


def standing_section(comparison: AutoencoderComparison, ink: Mapping[str, Ink]) -> Section:
    """The table of models; of each is said in how many classes it beats the baseline, if there is one."""
    standings, beaten = comparison.standings, _beating(comparison)
    columns = [column for column in COLUMNS if any(column.name in rows for rows in standings.values())]
    heads = ["<th>model</th>", *(_head(HEADS[column.name]) for column in columns)]
    goals = "".join(f'<td class="num">{text(column.goal.words) if column.goal else ""}</td>' for column in columns)
    rows = [f'<tr class="goals"><th>goal</th>{goals}</tr>']
    for name, standing in standings.items():
        cells = (_cell(column, standing.get(column.name), name in best(column, standings)) for column in columns)
        told = f"<small>{beaten[name]}</small>" if name in beaten else ""
        rows.append(f'<tr data-model="{text(name)}"><th>{key(name, dict(ink))}{told}</th>{"".join(cells)}</tr>')
    return Section("Models", CAPTION, [table("standings", heads, rows)])


def standing_in_words(comparison: AutoencoderComparison) -> str:
    """The paragraph at a page's head: who is best by the score, and which goals who meets everywhere."""
    scores = comparison.scores
    ranked = sorted(scores, key=lambda name: scores[name])
    first = comparison.standings[ranked[0]]
    sentences = [f"<b>{text(ranked[0])}</b> has the best score, {scientific(first[SCORE].value)}"]
    if len(ranked) > 1:
        sentences[0] += f", before <b>{text(ranked[1])}</b> with {scientific(scores[ranked[1]])}"
    whole = [column for column in COLUMNS if column.goal and column.name in first and first[column.name].judged]
    met = [HEADS[column.name].title for column in whole if first[column.name].met == first[column.name].judged]
    goals = counted(len(whole), "goal")
    sentences.append(f"It meets {len(met)} of {goals} in every class" + (f": {listed(met)}" if met else ""))
    return f"{'. '.join(sentences)}."


def _beating(comparison: AutoencoderComparison) -> dict[str, str]:
    """{model: in how many classes its S2 error is below that of the baseline, in words}."""
    classes = counted(len(comparison.originals), "class", "classes")
    return {
        name: "the baseline" if name == comparison.baseline else f"beats it in {wins} of {classes}"
        for name, wins in comparison.wins.items()
    }


def _head(head: Head) -> str:
    return f'<th class="num">{head.title}<small>{head.meaning}</small></th>'


def _written(column: Column, value: float) -> str:
    """The value in HTML."""
    return f"{ratio(100 * value)} %" if column.percent and math.isfinite(value) else scientific(value)


def _cell(column: Column, standing: Standing | None, first: bool) -> str:
    if standing is None or not math.isfinite(standing.value):
        return '<td class="num">–</td>'
    told = ""
    if column.goal and standing.judged:
        every = standing.met == standing.judged
        words = "met" if every else f"in {standing.met} of {standing.judged}"
        told = f'<small class="{"reached" if every else "missed"}">{words}</small>'
    exact = f'data-column="{column.name}" data-value="{standing.value!r}" title="{standing.value!r}"'
    return f'<td class="num{" best" if first else ""}" {exact}>{_written(column, standing.value)}{told}</td>'
