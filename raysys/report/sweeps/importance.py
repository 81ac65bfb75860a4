"""How much each hyper-parameter of a sweep decides: Kruskal and Wallis's epsilon squared over its trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from raysys.report.comparison.sections import sweep_section
from raysys.report.elements.document import Section
from raysys.report.elements.notation import counted, text
from raysys.report.elements.tables import table
from raysys.report.sweeps.trials import Trial

GROUPS = 4  # of the trials, by a parameter's value: quartiles
FEWEST = 3  # trials of a group on average, below which nothing is said
# What chance alone may reach: of fewer trials, only a parameter that decides nearly all would stand out.
MOST_CHANCE = 0.5
CAPTION = (
    "Share of the variance of the trials' ranks by objective that lies between groups of a parameter's values "
    "(&epsilon;<sup>2</sup> of Kruskal and Wallis; groups are quartiles of numbers, or each word). Chance alone stays "
    "below the limit in 95 of 100 sweeps of independent trials; those of a searcher are not quite independent."
)


@dataclass(frozen=True)
class Importance:
    """Importance of one hyper-parameter: epsilon squared in [0, 1], and what chance stays below in 95 of 100 sweeps."""

    name: str
    share: float
    chance: float


def importances(trials: list[Trial]) -> list[Importance]:
    """Measure every hyper-parameter that takes two values or more in enough trials, the most important first.

    Enough are those of which chance alone stays below one half: 17 for four groups, 9 for two.

    References
    ----------
    Kruskal & Wallis, J. Am. Stat. Assoc. 47 (1952) 583; epsilon squared = H / (n - 1): Tomczak & Tomczak, Trends Sport
    Sci. 1 (2014) 19, Eq. 10. H is chi-squared with groups - 1 degrees of freedom where nothing matters.
    """
    measured = [trial for trial in trials if trial.measured]
    names = list(dict.fromkeys(name for trial in measured for name in trial.values))
    found = [_importance(name, [trial for trial in measured if name in trial.values]) for name in names]
    return sorted((one for one in found if one is not None), key=lambda one: -one.share)


def searched_section(trials: list[Trial]) -> Section:
    """The sweep, and what decided in it."""
    section = sweep_section(trials)
    found = importances(trials)
    if not found:
        return section
    rows = [_row(one) for one in found]
    heads = [
        "<th>hyper-parameter</th>",
        '<th class="num">importance</th>',
        '<th class="num">limit of chance</th>',
        "<th></th>",
    ]
    told = [
        "<h3>Importance of hyper-parameters</h3>",
        f'<p class="caption">{CAPTION}</p>',
        table("importance", heads, rows),
    ]
    return replace(section, parts=[*section.parts, *told])


def decided_section(sweeps: Mapping[str, Sequence[Trial]]) -> Section:
    """What decided in the sweep of each model, and of which too few trials were measured to tell."""
    heads = [
        "<th>model</th>",
        "<th>hyper-parameter</th>",
        '<th class="num">importance</th>',
        '<th class="num">limit of chance</th>',
        "<th></th>",
    ]
    rows = [row for name, trials in sweeps.items() for row in _rows(name, list(trials))]
    return Section("What decided in each sweep", CAPTION, [table("decided", heads, rows)])


def _rows(model: str, trials: list[Trial]) -> list[str]:
    """A model's hyper-parameters, or why nothing is said of them."""
    found = importances(trials)
    if found:
        return [_row(one, model) for one in found]
    measured = sum(trial.measured for trial in trials)
    why = f"too few to tell; {enough(GROUPS)} are needed, or {enough(2)} for a choice of two"
    if measured >= enough(GROUPS):
        why = "nothing varied in them"
    told = f"{counted(measured, 'trial')} with a result: {why}"
    return [f'<tr><th>{text(model)}</th><td colspan="4">{text(told)}</td></tr>']


def enough(groups: int) -> int:
    """Trials from which on chance alone stays below `MOST_CHANCE`, of so many groups."""
    from scipy.stats import chi2

    return max(FEWEST * groups, math.ceil(float(chi2.ppf(0.95, groups - 1)) / MOST_CHANCE) + 1)


def _importance(name: str, trials: list[Trial]) -> Importance | None:
    from scipy.stats import chi2, kruskal

    groups = _grouped([trial.values[name] for trial in trials])
    count = len(np.unique(groups))
    objectives = np.array([trial.objective for trial in trials], dtype=np.float64)
    if count < 2 or len(trials) < enough(count) or objectives.min() == objectives.max():
        return None
    statistic = float(kruskal(*(objectives[groups == group] for group in np.unique(groups))).statistic)
    return Importance(name, statistic / (len(trials) - 1), float(chi2.ppf(0.95, count - 1)) / (len(trials) - 1))


def _grouped(values: list[float | str]) -> np.ndarray:
    """Number of the group of each value: of words and of few numbers the value itself, of many the quartile."""
    kinds = sorted(set(values), key=str)
    if len(kinds) <= GROUPS or any(isinstance(value, str | bool) for value in values):
        return np.array([kinds.index(value) for value in values])
    numbers = np.array(values, dtype=np.float64)
    return np.searchsorted(np.quantile(numbers, np.linspace(0, 1, GROUPS + 1)[1:-1]), numbers)


def _row(one: Importance, model: str = "") -> str:
    width = f"width: {100 * one.share:.1f}%"
    kind = "sure" if one.share > one.chance else "chance"
    share = f"{one.share:.2f}" if math.isfinite(one.share) else "–"
    of = f"<th>{text(model)}</th>" if model else ""
    told = f'data-parameter="{text(one.name)}" data-value="{one.share!r}"'
    return (
        f'<tr>{of}<th>{text(one.name)}</th><td class="num" {told}><b>{share}</b></td>'
        f'<td class="num">{one.chance:.2f}</td><td class="weigh"><i class="{kind}" style="{width}"></i></td></tr>'
    )
