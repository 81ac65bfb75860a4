"""The trials of a sweep: what they tried, what came of it, and how the best grew."""

import math
from dataclasses import dataclass

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Model
from bokeh.plotting import figure

from raysys.report.elements.notation import counted, duration, plain, scientific, text
from raysys.report.elements.palette import BEST_COLOUR, QUIET_COLOUR

SHOWN = 15  # trials shown at once; the others unfold


@dataclass(frozen=True)
class Trial:
    """One trial of a sweep.

    Attributes
    ----------
    number
        As the searcher counts it.
    values
        Hyper-parameters by name.
    objective
        What the sweep minimises; None where the trial never measured it.
    status
        In a word, such as "FINISHED", "STOPPED", "FAILED".
    seconds
        How long the trial ran.
    """

    number: int
    values: dict[str, float | str]
    objective: float | None
    status: str
    seconds: float

    @property
    def measured(self) -> bool:
        """Whether there is a finite objective."""
        return self.objective is not None and math.isfinite(self.objective)


def ranked(trials: list[Trial]) -> list[Trial]:
    """Sort by objective, the smallest first; trials without one come last, in their order."""
    return sorted(
        trials, key=lambda trial: (not trial.measured, trial.objective if trial.measured else 0, trial.number)
    )


def best_so_far(trials: list[Trial]) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the measured trials (T,) and the smallest objective up to each (T,)."""
    measured = sorted((trial for trial in trials if trial.measured), key=lambda trial: trial.number)
    objectives = np.array([trial.objective for trial in measured], dtype=np.float64)
    return np.array([trial.number for trial in measured], dtype=int), np.minimum.accumulate(objectives)


def best_figure(trials: list[Trial]) -> Model:
    """Draw every trial's objective and, as steps, the best so far; logarithmic where the objective is positive."""
    numbers, best = best_so_far(trials)
    measured = sorted((trial for trial in trials if trial.measured), key=lambda trial: trial.number)
    objectives = [trial.objective for trial in measured]
    plot = figure(
        height=280,
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        y_axis_type="log" if objectives and min(objectives) > 0 else "linear",
        x_axis_label="trial",
        y_axis_label="objective",
    )
    stopped = [trial.status.upper() not in ("FINISHED", "COMPLETE") for trial in measured]
    dots = ColumnDataSource(
        {
            "number": numbers,
            "objective": objectives,
            "fill": ["white" if early else QUIET_COLOUR for early in stopped],
            "status": [plain(trial.status) for trial in measured],
        }
    )
    plot.step(numbers, best, mode="after", line_color=BEST_COLOUR, line_width=2)
    seen = plot.scatter("number", "objective", source=dots, size=8, fill_color="fill", line_color="#8c8880")
    tooltips = [("trial", "@number"), ("objective", "@objective{%.3e}"), ("status", "@status")]
    plot.add_tools(HoverTool(renderers=[seen], tooltips=tooltips, formatters={"@objective": "printf"}))
    return plot


def trial_table(trials: list[Trial]) -> str:
    """List the trials by objective, the best first; the tail of a long sweep is folded away."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.values))
    heads = ["trial", "objective", *names, "status", "time"]
    head = "".join(f"<th>{text(name)}</th>" for name in heads)
    rows = [_row(trial, names) for trial in ranked(trials)]
    first = _table(head, rows[:SHOWN])
    if len(rows) <= SHOWN:
        return first
    summary = f"<summary>{counted(len(rows) - SHOWN, 'more trial')}</summary>"
    return f"{first}<details>{summary}{_table(head, rows[SHOWN:])}</details>"


def _row(trial: Trial, names: list[str]) -> str:
    objective = scientific(float(trial.objective)) if trial.objective is not None else "–"
    values = [_value(trial.values[name]) if name in trial.values else "–" for name in names]
    cells = [str(trial.number), objective, *values, text(trial.status.lower()), duration(trial.seconds)]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _value(value: float | str) -> str:
    return text(value) if isinstance(value, str | bool) else scientific(float(value))


def _table(head: str, rows: list[str]) -> str:
    body = "".join(rows)
    return (
        f'<div class="scroll"><table class="trials"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
