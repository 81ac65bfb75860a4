"""One class: images beside their autoencodings, S2 of both, every measure, and what it says in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from bokeh.models import Model

from raysys.assess.autoencoding import MEASURES, Assessment, Measure, Row, verdict
from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.assess.autoencoding.comparison import ORIGINAL
from raysys.report.autoencoding.pictures import error_picture, grey_picture, scale_bar
from raysys.report.autoencoding.statistics import central_map, radial, statistics_figures
from raysys.report.elements.document import Section
from raysys.report.elements.notation import counted, scientific, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import key, size, table
from raysys.spacing import evenly

Rows = Mapping[str, Mapping[str, Row]]  # {model: {measure: row}}


def class_section(
    name: str, originals: np.ndarray, models: Mapping[str, Autoencoded], switches: Switches, *, shown: int
) -> Section:
    """Everything about one class.

    Parameters
    ----------
    name
        Of the class.
    originals
        (n, H, W) uint8.
    models
        By name, in the order of the page's columns.
    switches
        Of the page; they know the ink of every model and of the originals.
    shown
        Images that are drawn at most, the first one at once and the others folded.
    """
    assessments = {model: one.assessments[name] for model, one in models.items()}
    chosen = evenly(shown, len(originals)).tolist()
    rows = [_image_rows(name, k, originals, models, switches.ink) for k in chosen]
    curves = {ORIGINAL: radial(originals)} | {model: radial(one.images[name]) for model, one in models.items()}
    parts: list[str | Model] = [_verdicts(name, assessments, switches.ink), rows[0], _folded(rows[1:])]
    legend = switches.legend()
    parts += [*([legend] if legend is not None else []), statistics_figures(curves, switches)]
    parts.append(_measure_table(name, assessments, switches.ink))
    phi = float(np.mean(originals))
    caption = f"{counted(len(originals), 'image')} of {size(originals.shape[1:])}, phase fraction {phi:.4f}."
    return Section(name, caption, parts)


def concerning(name: str) -> dict[str, Measure]:
    """The measures that are meant for a class; all for a class that none is meant for."""
    return {key: one for key, one in MEASURES.items() if not one.classes or name in one.classes}


def nearest(measure: Measure, rows: Mapping[str, Row]) -> list[str]:
    """The models that are best by a measure: lowest, or nearest to the original by their ratio; none where most are.

    Where there is no ratio, such as to an original of zero, differences decide.
    """
    if measure.better == "low":
        far = {model: row.autoencoding for model, row in rows.items()}
    else:
        far = {model: _distance(row) for model, row in rows.items()}
    finite = {model: value for model, value in far.items() if math.isfinite(value)}
    least = min(finite.values(), default=math.nan)
    first = [model for model, value in finite.items() if value == least]
    return first if 2 * len(first) <= len(finite) else []


def _distance(row: Row) -> float:
    if math.isnan(row.original):  # a share or a ratio by itself, such as of the corners that a grain keeps
        return abs(row.autoencoding - 1)
    if math.isfinite(row.ratio) and row.ratio > 0:
        return abs(math.log(row.ratio))
    return abs(row.autoencoding - row.original) if not math.isfinite(row.ratio) else math.inf


def _verdicts(name: str, assessments: Mapping[str, Assessment], ink: Mapping[str, Ink]) -> str:
    rows = [
        f"<tr><th>{key(model, dict(ink))}</th><td>{text(verdict(name, one))}</td></tr>"
        for model, one in assessments.items()
    ]
    return table("said", ["<th>model</th>", "<th>in words, from the numbers below</th>"], rows)


def _image_rows(
    name: str, k: int, originals: np.ndarray, models: Mapping[str, Autoencoded], ink: Mapping[str, Ink]
) -> str:
    """Image k of a class and its autoencodings; below them the errors, and the differences of S2."""
    label, original = f"{name} {k}", originals[k].astype(np.float64)
    made = {model: np.clip(one.images[name][k].astype(np.float64), 0, 1) for model, one in models.items()}
    window = next(iter(models.values())).assessments[name].window
    lags = central_map(np.stack([original, *made.values()]), window)
    floor, top = original.mean() ** 2, original.mean()
    less = [one - lags[0] for one in lags[1:]]
    full = float(f"{max((np.abs(one).max() for one in less), default=0.0):.1g}")
    heads = [f"<b>{ORIGINAL}</b>", *(f"<b>{key(model, dict(ink))}</b>" for model in made)]
    images = [grey_picture(original, label), *(grey_picture(one, f"{label}, {model}") for model, one in made.items())]
    errors = [
        scale_bar("1"),
        *(error_picture(one - original, f"{label}, error of {model}") for model, one in made.items()),
    ]
    # S2 lies between phi^2, far away, and phi, at lag zero.
    central = (lags[0] - floor) / ((top - floor) or 1.0)
    statistics = [f"{grey_picture(central, f'{label}, S2')}{scale_bar(scientific(full))}"]
    statistics += [
        error_picture(one, f"{label}, S2 of {model} less that of the original", full=full)
        for model, one in zip(made, less, strict=True)
    ]
    around = "S<sub>2</sub> of the original, " + f"central {lags.shape[1]} × {lags.shape[2]} lags; of models, less that"
    lines = (
        ("", heads),
        (f"image {k}<small>grey as it is</small>", images),
        ("error<small>autoencoding less original</small>", errors),
        (f"statistics<small>{around}</small>", statistics),
    )
    cells = "".join(
        f'<div class="what">{what}</div>{"".join(f"<div>{one}</div>" for one in line)}' for what, line in lines
    )
    style = f"grid-template-columns: 104px repeat({len(heads)}, minmax(0, 1fr))"
    return f'<div class="beside" style="{style}">{cells}</div>'


def _folded(rows: list[str]) -> str:
    if not rows:
        return ""
    return f"<details><summary>{counted(len(rows), 'more image')}</summary>{''.join(rows)}</details>"


def _measure_table(name: str, assessments: Mapping[str, Assessment], ink: Mapping[str, Ink]) -> str:
    summaries = {model: one.summary() for model, one in assessments.items()}
    heads = ["<th>measure</th>", f'<th class="num">{ORIGINAL}</th>']
    heads += [f'<th class="num">{key(model, dict(ink))}</th>' for model in assessments]
    rows = [_measure_row(name, measure, summaries) for measure in concerning(name).values()]
    rows = [row for row in rows if row]
    listed = table("measures", heads, rows)
    told = f"{counted(len(rows), 'measure')} of {text(name)}: medians, and in small their ratio to the original"
    return f"<details open><summary>{told}</summary>{listed}</details>"


def _measure_row(kind: str, measure: Measure, summaries: Rows) -> str:
    rows = {model: summary[measure.name] for model, summary in summaries.items() if measure.name in summary}
    if not rows or all(math.isnan(row.autoencoding) and math.isnan(row.original) for row in rows.values()):
        return ""
    first = nearest(measure, rows)
    original = next(iter(rows.values())).original
    unit = f" ({text(measure.unit)})" if measure.unit else ""
    head = f'<th>{text(measure.title)}{unit}<small class="meaning">{text(measure.quantifies)}</small></th>'
    cells = [_value_cell(rows.get(model), model in first, model) for model in summaries]
    told = f'<td class="num" data-original="{original!r}">{scientific(original)}</td>'
    return f'<tr data-class="{text(kind)}" data-measure="{measure.name}">{head}{told}{"".join(cells)}</tr>'


def _value_cell(row: Row | None, first: bool, model: str) -> str:
    if row is None or math.isnan(row.autoencoding):
        return '<td class="num">–</td>'
    told = (
        f"<small>{row.ratio:{'.2f' if abs(row.ratio) >= 0.01 else '.1g'}} ×</small>" if math.isfinite(row.ratio) else ""
    )
    exact = f'data-set="{text(model)}" data-value="{row.autoencoding!r}" data-ratio="{row.ratio!r}"'
    return f'<td class="num{" best" if first else ""}" {exact}>{scientific(row.autoencoding)}{told}</td>'
