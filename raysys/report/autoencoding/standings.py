"""How models stand in a few numbers, which is best in each, and which goals are met: the table at a page's head."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raysys.assess.autoencoding import Assessment, score
from raysys.assess.autoencoding.assessment import median
from raysys.report.autoencoding.given import Reconstructed
from raysys.report.elements.document import Section
from raysys.report.elements.notation import counted, listed, ratio, scientific, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.tables import key, table

if TYPE_CHECKING:
    from raysys.assess.autoencoding.retention import ClassRetention

SCORE, RETAINED, ERROR = "score", "retention", "s2_relative"
CORNERED, ORIENTED = ("Voronoi",), ("AngEllipse",)


@dataclass(frozen=True)
class Goal:
    """What is aimed at, in HTML, and whether a value has reached it."""

    words: str
    met: Callable[[float], bool]


@dataclass(frozen=True)
class Column:
    """One number by which models are compared.

    Attributes
    ----------
    name
        Of the measure, or "score" or "retention".
    title, meaning
        As the table's head says them, HTML.
    worse
        How far a value is from the best there can be; the smaller the better.
    of
        The number of an assessment.
    goal
        For each class, where there is one.
    prefixes
        How the classes begin that it is meant for; () for all.
    percent
        Whether it is written in percent.
    """

    name: str
    title: str
    meaning: str
    worse: Callable[[float], float]
    of: Callable[[Assessment], float] = lambda _: math.nan
    goal: Goal | None = None
    prefixes: tuple[str, ...] = ()
    percent: bool = False

    def concerned(self, classes: list[str]) -> list[str]:
        """The classes that it is meant for."""
        return [name for name in classes if not self.prefixes or name.startswith(self.prefixes)]

    def written(self, value: float) -> str:
        """The value in HTML."""
        return f"{ratio(100 * value)} %" if self.percent and math.isfinite(value) else scientific(value)


@dataclass(frozen=True)
class Standing:
    """A model's value in a column, and in how many of the classes with a value its goal is met."""

    value: float
    met: int = 0
    judged: int = 0


def _median(measure: str) -> Callable[[Assessment], float]:
    return lambda one: median(one.values[measure]) if measure in one.values else math.nan


def _ratio(measure: str) -> Callable[[Assessment], float]:
    return lambda one: one.summary()[measure].ratio if measure in one.values else math.nan


def _mean(measure: str) -> Callable[[Assessment], float]:
    return lambda one: float(np.nanmean(one.values[measure])) if _held(one, measure) else math.nan


def _held(one: Assessment, measure: str) -> bool:
    return measure in one.values and bool(np.isfinite(one.values[measure]).any())


def _low(value: float) -> float:
    return value


def _high(value: float) -> float:
    return -value


# Goals beyond the published results; a phrase of the caption says that they hold for each class.
COLUMNS = (
    Column(SCORE, "score", "of the sweep", _low),
    Column(
        ERROR, "<i>e</i><sub>rel</sub>", "of S<sub>2</sub>", _low, _median(ERROR), Goal("≤ 0.01", lambda v: v <= 0.01)
    ),
    Column("s2_relative_window", "<i>e</i><sub>rel</sub>, window", "central lags", _low, _median("s2_relative_window")),
    Column(
        "s2_relative_thresholded",
        "<i>e</i><sub>rel</sub>, binary",
        "thresholded",
        _low,
        _median("s2_relative_thresholded"),
    ),
    Column(
        "mid_grey", "mid-grey", "of all pixels", _low, _median("mid_grey"), Goal("≤ 3 %", lambda v: v <= 0.03), (), True
    ),
    Column(
        "edge_gradient", "edge gradient", "1/px", _high, _median("edge_gradient"), Goal("≥ 0.45", lambda v: v >= 0.45)
    ),
    Column(
        "corner_index",
        "corners",
        "ratio, Voronoi",
        lambda v: abs(v - 1),
        _ratio("corner_index"),
        Goal("1 ± 0.15", lambda v: abs(v - 1) <= 0.15),
        CORNERED,
    ),
    Column(
        "orientation_order",
        "order <i>R</i>",
        "AngEllipse",
        _high,
        _median("orientation_order"),
        Goal("≥ 0.98", lambda v: v >= 0.98),
        ORIENTED,
    ),
    Column(
        "hallucinated_share",
        "hallucinated",
        "mean, of grains",
        _low,
        _mean("hallucinated_share"),
        Goal("&lt; 2 %", lambda v: v < 0.02),
        (),
        True,
    ),
    Column(RETAINED, "class kept", "of images", _high, goal=Goal("≥ 95 %", lambda v: v >= 0.95), percent=True),
)
CAPTION = (
    "Medians over all images, if nothing else is said; <b>bold on green is the best</b> of a column. "
    "<i>e</i><sub>rel</sub> is the squared error of the two-point statistics S<sub>2</sub>, 1 for a flat grey image of "
    "the right phase fraction. The score joins errors and sharpness whatever a loss weighs, the smaller the better. "
    "Below a number: in how many classes it meets the goal, which goes beyond the published results."
)


def standings(
    originals: Mapping[str, np.ndarray],
    models: Mapping[str, Reconstructed],
    retention: Mapping[str, ClassRetention] | None = None,
) -> dict[str, dict[str, Standing]]:
    """Return {model: {column: standing}}; without the class retention where there is none.

    Parameters
    ----------
    originals
        {class: (n, H, W) uint8}.
    models, retention
        By name of the model.
    """
    classes, held = list(originals), retention or {}
    pooled = np.concatenate([originals[name] for name in classes])
    found = {}
    for name, model in models.items():
        window = next(iter(model.assessments.values())).window
        made = np.concatenate([model.images[one] for one in classes])
        rows = {SCORE: Standing(score(made, pooled, window=window))}
        for column in COLUMNS:
            if column.name not in (SCORE, RETAINED) and column.concerned(classes):
                rows[column.name] = _standing(column, model, column.concerned(classes))
        if name in held:
            rows[RETAINED] = _kept(held[name], classes)
        found[name] = rows
    return found


def best(column: Column, found: Mapping[str, Mapping[str, Standing]]) -> list[str]:
    """The models with the best value of a column; none where most have it."""
    worse = {name: column.worse(rows[column.name].value) for name, rows in found.items() if column.name in rows}
    finite = {name: value for name, value in worse.items() if math.isfinite(value)}
    least = min(finite.values(), default=math.nan)
    first = [name for name, value in finite.items() if value == least]
    return first if 2 * len(first) <= len(finite) else []


def standing_section(
    found: Mapping[str, Mapping[str, Standing]], ink: Mapping[str, Ink], beaten: Mapping[str, str]
) -> Section:
    """The table of models; `beaten` says of some, in words, in how many classes they beat the baseline."""
    columns = [column for column in COLUMNS if any(column.name in rows for rows in found.values())]
    heads = ["<th>model</th>", *(f'<th class="num">{one.title}<small>{one.meaning}</small></th>' for one in columns)]
    goals = "".join(f'<td class="num">{one.goal.words if one.goal else ""}</td>' for one in columns)
    rows = [f'<tr class="goals"><th>goal</th>{goals}</tr>']
    for name, standing in found.items():
        cells = (_cell(one, standing.get(one.name), name in best(one, found)) for one in columns)
        told = f"<small>{beaten[name]}</small>" if name in beaten else ""
        rows.append(f'<tr data-model="{text(name)}"><th>{key(name, dict(ink))}{told}</th>{"".join(cells)}</tr>')
    return Section("Models", CAPTION, [table("standings", heads, rows)])


def beating(models: Mapping[str, Reconstructed], baseline: str | None) -> dict[str, str]:
    """{model: in how many classes its median e_rel is below that of the baseline, in words}."""
    if baseline is None:
        return {}
    errors = {
        name: {kind: _median(ERROR)(one) for kind, one in model.assessments.items()} for name, model in models.items()
    }
    told = {}
    for name, of_class in errors.items():
        wins = sum(value < errors[baseline][kind] for kind, value in of_class.items())
        told[name] = (
            "the baseline"
            if name == baseline
            else f"beats it in {wins} of {counted(len(of_class), 'class', 'classes')}"
        )
    return told


def standing_in_words(found: Mapping[str, Mapping[str, Standing]]) -> str:
    """The paragraph at a page's head: who is best by the score, and which goals who meets everywhere."""
    ranked = sorted(found, key=lambda name: found[name][SCORE].value)
    first = found[ranked[0]]
    sentences = [f"<b>{text(ranked[0])}</b> has the best score, {scientific(first[SCORE].value)}"]
    if len(ranked) > 1:
        second = found[ranked[1]][SCORE].value
        sentences[0] += f", before <b>{text(ranked[1])}</b> with {scientific(second)}"
    whole = [one for one in COLUMNS if one.goal and one.name in first and first[one.name].judged]
    met = [one.title for one in whole if first[one.name].met == first[one.name].judged]
    goals = counted(len(whole), "goal")
    sentences.append(f"It meets {len(met)} of {goals} in every class" + (f": {listed(met)}" if met else ""))
    return f"{'. '.join(sentences)}."


def _standing(column: Column, model: Reconstructed, classes: list[str]) -> Standing:
    each = [column.of(model.assessments[name]) for name in classes]
    return Standing(column.of(model.over(classes)), *_met(column, each))


def _kept(one: ClassRetention, classes: list[str]) -> Standing:
    (column,) = (column for column in COLUMNS if column.name == RETAINED)
    return Standing(one.retention, *_met(column, [one.retained.get(name, math.nan) for name in classes]))


def _met(column: Column, values: list[float]) -> tuple[int, int]:
    """In how many classes the goal is met, of how many that have a value."""
    finite = [value for value in values if math.isfinite(value)]
    return (sum(map(column.goal.met, finite)), len(finite)) if column.goal else (0, 0)


def _cell(column: Column, standing: Standing | None, first: bool) -> str:
    if standing is None or not math.isfinite(standing.value):
        return '<td class="num">–</td>'
    told = ""
    if column.goal and standing.judged:
        every = standing.met == standing.judged
        words = "met" if every else f"in {standing.met} of {standing.judged}"
        told = f'<small class="{"reached" if every else "missed"}">{words}</small>'
    exact = f'data-column="{column.name}" data-value="{standing.value!r}" title="{standing.value!r}"'
    return f'<td class="num{" best" if first else ""}" {exact}>{column.written(standing.value)}{told}</td>'
