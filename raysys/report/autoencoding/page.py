"""The page about reconstructions: who stands best, then class by class the images, S2, the measures and the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raysys.report.autoencoding.classes import class_section
from raysys.report.autoencoding.given import ORIGINAL, Reconstructed, check_given
from raysys.report.autoencoding.retention import retention_section
from raysys.report.autoencoding.standings import beating, standing_in_words, standing_section, standings
from raysys.report.autoencoding.style import STYLE
from raysys.report.autoencoding.table1 import Settings, settings_section
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.notation import counted, text
from raysys.report.elements.palette import COLOURS, Ink, inks
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import key, size, table
from raysys.report.sweeps.importance import searched_section
from raysys.report.sweeps.trials import Trial

if TYPE_CHECKING:
    from raysys.assess.autoencoding.retention import ClassRetention

MORE_COLOURS = ("#6a3d9a", "#8c510a", "#767676")
SHOWN = 4  # images of a class that are drawn
LIMITS = "All numbers are of the images as they are, grey; where grains are counted, of those above the threshold."


def reconstruction_page(
    path: str | Path,
    *,
    title: str,
    originals: Mapping[str, np.ndarray],
    models: Mapping[str, Reconstructed],
    table1: Mapping[str, Settings] | None = None,
    retention: Mapping[str, ClassRetention] | None = None,
    trials: Sequence[Trial] | None = None,
    baseline: str | None = None,
    shown: int = SHOWN,
    notes: Sequence[str] = (),
) -> None:
    """Write a page that compares what models make of images with the images.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    title
        Of the page, in plain text.
    originals
        {class: (n, H, W) uint8 {0, 1}}, periodic.
    models
        By name: reconstructions of all of them, and their numbers.
    table1
        {model: {hyper-parameter: value}}, beside which the published Table 1 stands; see
        `reconstruction_settings.settings_section`.
    retention
        By name of the model: what a classifier takes its reconstructions for.
    trials
        Of the sweep that led to a model.
    baseline
        The model that the others are to beat class by class.
    shown
        Images of a class that are drawn at most.
    notes
        Sentences printed with the protocol, such as which part of which split the images are.

    Raises
    ------
    RaysysError
        If images, numbers and names do not fit together.
    """
    check_given(originals, models, retention or {}, baseline)
    ink = _inks(list(models))
    found = standings(originals, models, retention)
    switches = Switches(ink)
    sections = [
        standing_section(found, ink, beating(models, baseline)),
        settings_section(table1) if table1 is not None else None,
        *(class_section(name, images, models, switches, shown=shown) for name, images in originals.items()),
        retention_section(retention, list(originals), ink) if retention else None,
        searched_section(list(trials)) if trials else None,
        _protocol_section(originals, models, ink, notes),
    ]
    switches.connect()
    kept = [one for one in sections if one is not None]
    kept[0] = Section(kept[0].title, kept[0].caption, [STYLE, *kept[0].parts])
    total = sum(len(images) for images in originals.values())
    of = counted(len(originals), "class", "classes")
    many = f"{counted(total, 'image')} of {of}, reconstructed by {counted(len(models), 'model')}."
    write_document(path, title=title, summary=f"{many} {standing_in_words(found)}", sections=kept)


def _inks(models: list[str]) -> dict[str, Ink]:
    """As on every page; but what begins the colours anew gets one of its own, since the published models are six."""
    given = inks([ORIGINAL, *models], reference=ORIGINAL)
    for name, colour in zip(models[len(COLOURS) :], MORE_COLOURS, strict=False):
        given[name] = replace(given[name], colour=colour)
    return given


def _protocol_section(
    originals: Mapping[str, np.ndarray],
    models: Mapping[str, Reconstructed],
    ink: Mapping[str, Ink],
    notes: Sequence[str],
) -> Section:
    """The choices behind the numbers, what is known of each model, and the notes of whoever made the page."""
    one = next(iter(next(iter(models.values())).assessments.values()))
    shapes = sorted({size(images.shape[1:]) for images in originals.values()})
    count = ", ".join(f"{name} {len(images)}" for name, images in originals.items())
    shared = {
        "images": f"{count}; {', '.join(shapes)}",
        "threshold": f"{one.threshold:g}: above it a pixel of a reconstruction is of the phase",
        "window": f"{one.window} × {one.window} central lags of S2",
        "boundary": "periodic: opposite edges meet, in S2 as in grains",
        "medians": "over images; a ratio is each reconstruction's to its own original, then the median",
    }
    heads = ["<th></th>", *(f"<th>{key(name, dict(ink))}</th>" for name in models)]
    rows = [f'<tr><th>{what}</th><td colspan="{len(models)}">{text(told)}</td></tr>' for what, told in shared.items()]
    rows += _facts(models)
    listed = "".join(f"<li>{text(note)}</li>" for note in notes)
    parts = [table("protocol", heads, rows), *([f'<ul class="notes">{listed}</ul>'] if listed else [])]
    return Section("Protocol", LIMITS, parts)


def _facts(models: Mapping[str, Reconstructed]) -> list[str]:
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
