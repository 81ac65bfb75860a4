"""How models stand in a few numbers, which is best in each, and in how many classes the goals are met."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raysys.assess.autoencoding.assessment import Assessment, median
from raysys.stats.paired import score

if TYPE_CHECKING:
    from raysys.assess.autoencoding.autoencoded import Autoencoded
    from raysys.assess.autoencoding.retention import ClassRetention

SCORE, RETAINED, ERROR = "score", "retention", "s2_relative"
CORNERED, ORIENTED = ("Voronoi",), ("AngEllipse",)


@dataclass(frozen=True)
class Goal:
    """What is aimed at, in plain text, and whether a value has reached it."""

    words: str
    met: Callable[[float], bool]


@dataclass(frozen=True)
class Column:
    """One number by which models are compared.

    Attributes
    ----------
    name
        Of the measure, or "score" or "retention".
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
    worse: Callable[[float], float]
    of: Callable[[Assessment], float] = lambda _: math.nan
    goal: Goal | None = None
    prefixes: tuple[str, ...] = ()
    percent: bool = False

    def concerned(self, classes: Sequence[str]) -> list[str]:
        """The classes that it is meant for."""
        return [name for name in classes if not self.prefixes or name.startswith(self.prefixes)]


@dataclass(frozen=True)
class Standing:
    """A model's value in a column, and in how many of the classes with a value its goal is met."""

    value: float
    met: int = 0
    judged: int = 0


def _median(measure: str) -> Callable[[Assessment], float]:
    return lambda of: median(of.values[measure]) if measure in of.values else math.nan


def _ratio(measure: str) -> Callable[[Assessment], float]:
    return lambda of: of.summary()[measure].ratio if measure in of.values else math.nan


def _mean(measure: str) -> Callable[[Assessment], float]:
    return lambda of: float(np.nanmean(of.values[measure])) if _has_values(of, measure) else math.nan


def _has_values(of: Assessment, measure: str) -> bool:
    return measure in of.values and bool(np.isfinite(of.values[measure]).any())


def _low(value: float) -> float:
    return value


def _high(value: float) -> float:
    return -value


# Goals beyond the published results; they hold for each class.
COLUMNS = (
    Column(SCORE, _low),
    Column(ERROR, _low, _median(ERROR), Goal("≤ 0.01", lambda v: v <= 0.01)),
    Column("s2_relative_window", _low, _median("s2_relative_window")),
    Column("s2_relative_thresholded", _low, _median("s2_relative_thresholded")),
    Column("mid_grey", _low, _median("mid_grey"), Goal("≤ 3 %", lambda v: v <= 0.03), percent=True),
    Column("edge_gradient", _high, _median("edge_gradient"), Goal("≥ 0.45", lambda v: v >= 0.45)),
    Column(
        "corner_index",
        lambda v: abs(v - 1),
        _ratio("corner_index"),
        Goal("1 ± 0.15", lambda v: abs(v - 1) <= 0.15),
        CORNERED,
    ),
    Column("orientation_order", _high, _median("orientation_order"), Goal("≥ 0.98", lambda v: v >= 0.98), ORIENTED),
    Column("hallucinated_share", _low, _mean("hallucinated_share"), Goal("< 2 %", lambda v: v < 0.02), percent=True),
    Column(RETAINED, _high, goal=Goal("≥ 95 %", lambda v: v >= 0.95), percent=True),
)


def standings(
    originals: Mapping[str, np.ndarray],
    models: Mapping[str, Autoencoded],
    retention: Mapping[str, ClassRetention] | None = None,
) -> dict[str, dict[str, Standing]]:
    """Return {model: {column: standing}}; without the class retention where there is none.

    Parameters
    ----------
    originals
        {class: (n, H, W) uint8}; what models made of other classes takes no part.
    models, retention
        By name of the model.
    """
    classes = list(originals)
    pooled = np.concatenate([originals[name] for name in classes])
    return {name: _of_model(model, pooled, classes, (retention or {}).get(name)) for name, model in models.items()}


def _of_model(
    model: Autoencoded, pooled: np.ndarray, classes: list[str], retention: ClassRetention | None
) -> dict[str, Standing]:
    made = np.concatenate([model.images[name] for name in classes])
    rows = {SCORE: Standing(score(made, pooled, window=model.assessments[classes[0]].window))}
    for column in COLUMNS:
        if column.name not in (SCORE, RETAINED) and column.concerned(classes):
            rows[column.name] = _standing(column, model, column.concerned(classes))
    if retention is not None:
        rows[RETAINED] = _retained(retention, classes)
    return rows


def best(column: Column, found: Mapping[str, Mapping[str, Standing]]) -> list[str]:
    """The models with the best value of a column; none where most have it."""
    worse = {name: column.worse(rows[column.name].value) for name, rows in found.items() if column.name in rows}
    finite = {name: value for name, value in worse.items() if math.isfinite(value)}
    least = min(finite.values(), default=math.nan)
    first = [name for name, value in finite.items() if value == least]
    return first if 2 * len(first) <= len(finite) else []


def wins(models: Mapping[str, Autoencoded], baseline: str) -> dict[str, int]:
    """{model: in how many classes its median e_rel is below that of the baseline}."""
    errors = {
        name: {kind: _median(ERROR)(of_class) for kind, of_class in model.assessments.items()}
        for name, model in models.items()
    }
    return {
        name: sum(value < errors[baseline][kind] for kind, value in of_class.items())
        for name, of_class in errors.items()
    }


def _standing(column: Column, model: Autoencoded, classes: list[str]) -> Standing:
    each = [column.of(model.assessments[name]) for name in classes]
    return Standing(column.of(model.over(classes)), *_met(column, each))


def _retained(retention: ClassRetention, classes: list[str]) -> Standing:
    (column,) = (column for column in COLUMNS if column.name == RETAINED)
    of_class = retention.retained
    return Standing(retention.over(classes), *_met(column, [of_class.get(name, math.nan) for name in classes]))


def _met(column: Column, values: list[float]) -> tuple[int, int]:
    """The number of classes in which the goal is met, and of those that have a value."""
    finite = [value for value in values if math.isfinite(value)]
    return (sum(map(column.goal.met, finite)), len(finite)) if column.goal else (0, 0)
