"""The page about autoencoders: who stands best, then class by class the images, S2, the measures and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.assess.autoencoding.comparison import ORIGINAL, AutoencoderComparison
from raysys.assess.autoencoding.statements import judged, published_statements
from raysys.report.autoencoding.classes import class_section
from raysys.report.autoencoding.retention import retention_section
from raysys.report.autoencoding.standings import standing_in_words, standing_section
from raysys.report.autoencoding.statements import statements_section
from raysys.report.autoencoding.style import STYLE
from raysys.report.autoencoding.table1 import Settings, settings_section
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.notation import counted, text
from raysys.report.elements.palette import COLOURS, Ink, inks
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import key, size, table
from raysys.report.sweeps.importance import decided_section, searched_section
from raysys.report.sweeps.trials import Trial

MORE_COLOURS = ("#6a3d9a", "#8c510a", "#767676")
SHOWN = 4  # images of a class that are drawn
LIMITS = "All numbers are of the images as they are, grey; where grains are counted, of those above the threshold."


def autoencoding_page(
    path: str | Path,
    comparison: AutoencoderComparison,
    *,
    title: str,
    table1: Mapping[str, Settings] | None = None,
    trials: Sequence[Trial] | None = None,
    sweeps: Mapping[str, Sequence[Trial]] | None = None,
    shown: int = SHOWN,
) -> None:
    """Write a page that compares what models make of images with the images.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    comparison
        Of the models.
    title
        Of the page, in plain text.
    table1
        {model: {hyper-parameter: value}}, beside which the published Table 1 stands; see `table1.settings_section`.
    trials
        Of the sweep that led to a model.
    sweeps
        {model: trials of its sweep}, of which is told what decided in each.
    shown
        Images of a class that are drawn at most.

    Raises
    ------
    RaysysError
        If a row of `table1` is unknown.
    """
    originals, models, retention = comparison.originals, comparison.models, comparison.retention
    ink = _inks(list(models))
    switches = Switches(ink)
    sections = [
        standing_section(comparison, ink),
        settings_section(table1) if table1 is not None else None,
        *(class_section(name, images, models, switches, shown=shown) for name, images in originals.items()),
        retention_section(retention, list(originals), ink) if retention else None,
        searched_section(list(trials)) if trials else None,
        decided_section(sweeps) if sweeps else None,
        statements_section(judged(published_statements(), [comparison.run])),
        _protocol_section(comparison, ink),
    ]
    switches.connect()
    kept = [section for section in sections if section is not None]
    kept[0] = Section(kept[0].title, kept[0].caption, [STYLE, *kept[0].parts])
    total = sum(len(images) for images in originals.values())
    of = counted(len(originals), "class", "classes")
    many = f"{counted(total, 'image')} of {of}, autoencoded by {counted(len(models), 'model')}."
    write_document(path, title=title, summary=f"{many} {standing_in_words(comparison)}", sections=kept)


def _inks(models: list[str]) -> dict[str, Ink]:
    """As on every page; but what begins the colours anew gets one of its own, since the published models are six."""
    given = inks([ORIGINAL, *models], reference=ORIGINAL)
    for name, colour in zip(models[len(COLOURS) :], MORE_COLOURS, strict=False):
        given[name] = replace(given[name], colour=colour)
    return given


def _protocol_section(comparison: AutoencoderComparison, ink: Mapping[str, Ink]) -> Section:
    """The choices behind the numbers, what is known of each model, and the sentences of the comparison."""
    originals, models, window = comparison.originals, comparison.models, comparison.window
    shapes = sorted({size(images.shape[1:]) for images in originals.values()})
    count = ", ".join(f"{name} {len(images)}" for name, images in originals.items())
    shared = {
        "images": f"{count}; {', '.join(shapes)}",
        "threshold": f"{comparison.threshold:g}: above it a pixel of an autoencoding is of the phase",
        "window": f"{window} × {window} central lags of S2",
        "boundary": "periodic: opposite edges meet, in S2 as in grains",
        "medians": "over images; a ratio is each autoencoding's to its own original, then the median",
    }
    heads = ["<th></th>", *(f"<th>{key(name, dict(ink))}</th>" for name in models)]
    rows = [f'<tr><th>{what}</th><td colspan="{len(models)}">{text(told)}</td></tr>' for what, told in shared.items()]
    rows += _facts(models)
    items = "".join(f"<li>{text(sentence)}</li>" for sentence in comparison.protocol)
    parts = [table("protocol", heads, rows), *([f'<ul class="notes">{items}</ul>'] if items else [])]
    return Section("Protocol", LIMITS, parts)


def _facts(models: Mapping[str, Autoencoded]) -> list[str]:
    """What is known of each model; a fact that all share spans the columns."""
    names = list(dict.fromkeys(fact for model in models.values() for fact in model.facts))
    rows = []
    for fact in names:
        values = [str(model.facts.get(fact, "–")) for model in models.values()]
        if len(set(values)) == 1:
            cells = f'<td colspan="{len(values)}">{text(values[0])}</td>'
        else:
            cells = "".join(f"<td>{text(value)}</td>" for value in values)
        rows.append(f"<tr><th>{text(fact)}</th>{cells}</tr>")
    return rows
