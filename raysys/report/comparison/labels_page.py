"""The page that compares label images with real ones: what concerns all phases, then each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.label_comparison import LabelComparison
from raysys.label_colours import label_colours
from raysys.report.comparison.made import made_section
from raysys.report.comparison.nearest import nearest_section
from raysys.report.comparison.power import power_section
from raysys.report.comparison.sections import error_section, protocol_section, scalar_section
from raysys.report.descriptors.curves import curve_sections
from raysys.report.descriptors.distances import distance_section
from raysys.report.descriptors.lengths import with_lengths
from raysys.report.descriptors.lineal_path_zoom import lineal_path_section
from raysys.report.descriptors.physical import sets_in_units
from raysys.report.descriptors.pores import pore_section
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.gallery import gallery
from raysys.report.elements.notation import HTML, counted, text
from raysys.report.elements.palette import Ink, inks
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import key, size
from raysys.spacing import Spacing

__all__ = ["labels_page"]

VERDICTS = (
    "Of each phase: every set as a whole, then a sentence for each descriptor, from its mean squared error and from "
    "how far two sets of real images are apart by chance (the band)."
)
EACH = "Each phase was measured as 1, and all the others together as 0."
LAST = {"nearest": "Copies of the training image", "time": "Time"}


def labels_page(path: str | Path, comparison: LabelComparison, *, title: str) -> None:
    """Write a page on which methods of making label images stand beside real ones, phase by phase.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    comparison
        What `raysys.assess.compare_methods` returns of label images.
    title
        Of the page, in plain text.
    """
    reference, one = comparison.reference, comparison.one
    ink = inks(one.characterisations, reference)
    switches = Switches(ink)
    sentences = comparison.told(HTML)
    colours = label_colours(len(comparison.phases))
    notes = [*comparison.notes, *([comparison.band] if comparison.band else []), EACH]
    sections = [
        _verdict_section(comparison, sentences),
        _image_section(comparison, ink, colours),
        nearest_section(comparison.copies, switches, reference, colours=colours),
        _error_section(comparison, ink),
        *_power_sections(comparison, ink),
        *_phase_sections(comparison, switches),
        made_section(comparison.methods, comparison.others, ink),
        protocol_section(one.characterisations, ink, notes, one.distances),
    ]
    switches.connect()
    shown = with_lengths(sections, comparison.spacing)
    write_document(path, title=title, summary=sentences.get("overall", ""), sections=shown)


def _verdict_section(comparison: LabelComparison, sentences: dict[str, str]) -> Section:
    """The sentences of each phase under its name, then those of the sets as they are."""
    parts = [_finding(subject, sentences[subject]) for subject in ("overall",) if subject in sentences]
    for phase in comparison.phases:
        parts.append(f"<h3>{text(phase)}</h3>")
        parts += [_finding(subject, told) for subject, told in sentences.items() if subject.startswith(f"{phase}/")]
    for subject, head in LAST.items():
        if subject in sentences:
            parts.append(f"<h3>{head}</h3>{_finding(subject, sentences[subject])}")
    return Section("Verdicts", VERDICTS, parts)


def _finding(subject: str, sentence: str) -> str:
    return f'<p class="finding" data-verdict="{text(subject)}">{sentence}</p>'


def _power_sections(comparison: LabelComparison, ink: dict[str, Ink]) -> Iterator[Section]:
    """The tests of each phase."""
    for phase, one in comparison.phases.items():
        if (section := power_section(one.set_verdicts, ink)) is not None:
            yield replace(section, title=f"{section.title}: {phase}")


def _image_section(comparison: LabelComparison, ink: dict[str, Ink], colours: np.ndarray) -> Section:
    """Rows of images in the colours of their phases."""
    phases = " ".join(
        f'<span class="key"><i style="background:#{bytes(colour).hex()}"></i>{text(phase)}</span>'
        for phase, colour in zip(comparison.phases, colours, strict=True)
    )
    rows = [_image_row(comparison, name, images, ink, colours) for name, images in comparison.images.items()]
    volumes = any(images.ndim == 4 for images in comparison.images.values())
    slices = " Volumes show their middle slices, across axis 0, 1 and 2." if volumes else ""
    caption = f"Images taken evenly from each set, in the colours of their phases: {phases}.{slices}"
    return Section("Images", caption, rows)


def _image_row(
    comparison: LabelComparison, name: str, images: np.ndarray, ink: dict[str, Ink], colours: np.ndarray
) -> str:
    fractions = ", ".join(
        f"{text(phase)} {one.characterisations[name].phase_fraction:.4f}" for phase, one in comparison.phases.items()
    )
    told = f"{counted(len(images), 'image')} · {size(images.shape[1:])} · phase fractions {fractions}"
    row = gallery(images, colours=colours, name=name, spacing=comparison.spacing)
    return f'<div class="set"><p class="set-head">{key(name, ink)}<small>{told}</small></p>{row}</div>'


def _error_section(comparison: LabelComparison, ink: dict[str, Ink]) -> Section:
    """A table of errors for each phase, and each image's phase fraction."""
    by_phase = {phase: error_section(one, ink) for phase, one in comparison.phases.items()}
    first = next(iter(by_phase.values()))
    parts = [
        part
        for phase, section in by_phase.items()
        for part in (f'<h3 data-phase="{text(phase)}">{text(phase)}</h3>', *section.parts)
    ]
    return Section(first.title, first.caption, parts)


def _phase_sections(comparison: LabelComparison, switches: Switches) -> Iterator[Section]:
    """Curves, pores and numbers of each phase, its name in front of every title."""
    for phase, one in comparison.phases.items():
        for section in _sections_of(one, switches, comparison.spacing):
            if section is not None:
                yield replace(section, title=f"{phase}: {section.title}")


def _sections_of(one: Comparison, switches: Switches, spacing: Spacing | None) -> Iterator[Section | None]:
    sets, reference = one.characterisations, one.reference
    yield from curve_sections(sets, switches, reference, spacing)
    yield lineal_path_section(sets, switches, reference)
    yield pore_section(sets, switches, reference)
    yield distance_section(one.distances, reference, switches.ink, one.others)
    yield scalar_section(sets, switches.ink, reference)
    yield sets_in_units(sets, spacing)
