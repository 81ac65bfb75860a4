"""The page that compares ways of reconstruction with real images and with each other: generators, annealing, others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.label_comparison import LabelComparison
from raysys.errors import RaysysError
from raysys.report.comparison.labels_page import labels_page
from raysys.report.comparison.made import made_section
from raysys.report.comparison.nearest import nearest_section
from raysys.report.comparison.power import power_section
from raysys.report.comparison.sections import error_section, image_section, protocol_section, scalar_section
from raysys.report.comparison.wording import comparing
from raysys.report.descriptors.curves import curve_sections
from raysys.report.descriptors.distances import distance_section
from raysys.report.descriptors.lengths import with_lengths
from raysys.report.descriptors.lineal_path_zoom import lineal_path_section
from raysys.report.descriptors.physical import sets_in_units
from raysys.report.descriptors.pores import pore_section
from raysys.report.descriptors.segmented import segmented_section
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.notation import HTML, text
from raysys.report.elements.palette import inks
from raysys.report.elements.switches import Switches

__all__ = ["methods_page"]

VERDICTS = (
    "Of each set as a whole, then a sentence for each descriptor, from its mean squared error and from how far two "
    "sets of real images are apart by chance (the band)."
)
LAST = {
    "nearest": "Copies of the training image",
    "claim": "The published claim",
    "annealed": "Annealing on more than S2",
    "time": "Time",
}


def methods_page(
    path: str | Path, comparison: Comparison | LabelComparison, *, title: str, more: Sequence[Section] = ()
) -> None:
    """Write a page on which methods of reconstruction stand side by side with real images.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    comparison
        What `raysys.assess.compare_methods` returns.
    title
        Of the page, in plain text.
    more
        Sections that follow the images, of binary ones.

    Raises
    ------
    RaysysError
        If there is nothing to compare, or how a set was made is not told.

    References
    ----------
    The curves are those of Figures 3-5 of the comparison of WGAN-GP with simulated annealing, the table its table S3,
    the lineal path from near its Figure 7, the pores its Figure 8.
    """
    if isinstance(comparison, LabelComparison):
        return labels_page(path, comparison, title=title)
    _require(comparison)
    sets, reference, spacing = comparison.characterisations, comparison.reference, comparison.spacing
    ink = inks(sets, reference)
    switches = Switches(ink)
    sentences = comparison.told(HTML)
    shown = {name: comparison.images[name] for name in sets if name in comparison.images}
    notes = [*comparison.notes, *([comparison.band] if comparison.band else [])]
    sections = [
        _verdict_section(sentences),
        segmented_section(comparison.pictures),
        image_section(shown, sets, ink, spacing=spacing) if shown else None,
        *more,
        nearest_section(comparison.copies, switches, reference),
        power_section(comparison.set_verdicts, ink),
        error_section(comparison, ink),
        *curve_sections(sets, switches, reference, spacing),
        lineal_path_section(sets, switches, reference),
        pore_section(sets, switches, reference),
        distance_section(comparison.distances, reference, ink, comparison.others),
        scalar_section(sets, ink, reference),
        sets_in_units(sets, spacing),
        made_section(comparison.methods, comparison.others, ink),
        protocol_section(sets, ink, notes, comparison.distances),
    ]
    switches.connect()
    told = sentences.get("verdict", ""), comparing(comparison, comparison.distances), sentences.get("claim", "")
    summary = " ".join(one for one in told if one)
    return write_document(path, title=title, summary=summary, sections=with_lengths(sections, spacing))


def _require(comparison: Comparison) -> None:
    if not comparison.others:
        raise RaysysError(f"a comparison of methods needs the set {comparison.reference!r} and another one; given: "
                          f"{comparison.reference}")  # fmt: skip
    unknown = [name for name in comparison.others if name not in comparison.methods]
    if unknown:
        raise RaysysError(
            f"a comparison of methods was not told how {unknown[0]!r} was made; told: {', '.join(comparison.methods)}"
        )


def _verdict_section(sentences: dict[str, str]) -> Section:
    """The sentences of the descriptors, then each of the others under a heading."""
    parts = [
        f'<p class="finding" data-verdict="{text(subject)}">{sentence}</p>'
        for subject, sentence in sentences.items()
        if subject not in LAST
    ]
    for subject, head in LAST.items():
        if subject in sentences:
            parts.append(f'<h3>{head}</h3><p class="finding" data-verdict="{subject}">{sentences[subject]}</p>')
    return Section("Verdicts", VERDICTS, parts)
