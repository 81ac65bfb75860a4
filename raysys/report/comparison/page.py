"""The two pages: one set described, several sets compared with a reference."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from raysys.assess.methods.set_comparison import compared
from raysys.errors import RaysysError
from raysys.report.comparison.sections import (
    error_section,
    image_section,
    protocol_section,
    scalar_section,
    sweep_section,
    timing_section,
)
from raysys.report.comparison.wording import comparing, describing, searching
from raysys.report.descriptors.curves import curve_sections
from raysys.report.descriptors.distances import distance_section
from raysys.report.descriptors.lengths import with_lengths
from raysys.report.descriptors.physical import sets_in_units
from raysys.report.descriptors.pores import pore_section
from raysys.report.descriptors.representative import representative_section
from raysys.report.descriptors.segmented import segmented_section
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.palette import inks
from raysys.report.elements.switches import Switches
from raysys.report.sweeps.trials import Trial
from raysys.spacing import Spacing
from raysys.stats import Baseline, Characterisation, Distance, RepresentativeSize


def describe_page(
    path: str | Path,
    images: np.ndarray,
    characterisation: Characterisation,
    *,
    title: str,
    notes: Sequence[str] = (),
    representative: RepresentativeSize | None = None,
    further: Sequence[Section] = (),
    spacing: Spacing | None = None,
) -> None:
    """Write a page about one set of images: what they look like, and what they are in numbers.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    images
        (N, H, W) or (N, D, H, W), uint8 {0, 1} or float [0, 1].
    characterisation
        Of these images.
    title
        Of the page, in plain text.
    notes
        Sentences printed with the protocol, such as where the images come from and how they were segmented.
    representative
        How large an image must be, see `raysys.stats.representative_size`.
    further
        Sections that go first, such as what was done to grey images (`raysys.report.descriptors.segmented`).
    spacing
        How far apart pixels are; None where it is not known.

    Raises
    ------
    RaysysError
        If `images` is no array of images, or the characterisation holds no descriptor.
    """
    _require_measured({title: characterisation})
    sets = {title: characterisation}
    ink = inks(sets, reference=title)
    switches = Switches(ink)
    sections = [
        *further,
        image_section({title: images}, sets, ink, count=16, spacing=spacing),
        scalar_section(sets, ink),
        *curve_sections(sets, switches, None, spacing),
        pore_section(sets, switches),
        representative_section(representative) if representative is not None else None,
        protocol_section(sets, ink, notes),
    ]
    _write(path, title, describing(characterisation), with_lengths(sections, spacing), switches)


def comparison_page(
    path: str | Path,
    *,
    title: str,
    images: dict[str, np.ndarray],
    characterisations: dict[str, Characterisation],
    reference: str,
    baseline: dict[str, Baseline] | None = None,
    white_noise: dict[str, float] | None = None,
    trials: Sequence[Trial] | None = None,
    notes: Sequence[str] = (),
    timings: dict[str, float] | None = None,
    distances: dict[str, Sequence[Distance]] | None = None,
    representative: RepresentativeSize | None = None,
    spacing: Spacing | None = None,
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = MappingProxyType({}),
) -> None:
    """Write a page that compares sets of images with a reference.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    title
        Of the page, in plain text.
    images
        By name of the set; (N, H, W) or (N, D, H, W), uint8 {0, 1} or float [0, 1]. A set may come without images.
    characterisations
        By name of the set, measured under one protocol.
    reference
        Name of the set that the others are compared with.
    baseline
        {descriptor: band} of the reference against itself, see `raysys.stats.real_against_real`.
    white_noise
        {descriptor: MSE} of white noise of the reference's phase fraction, against the reference.
    trials
        Of the sweep that led to a set.
    notes
        Sentences printed with the protocol, such as where the images come from and how they were segmented.
    timings
        {what: seconds}.
    distances
        {set: how far the distributions of its numbers are from the reference's}, see `raysys.stats.distances`.
    representative
        How large an image must be, see `raysys.stats.representative_size`.
    spacing
        How far apart the pixels of all sets are; None where it is not known.
    pictures
        By file that was segmented, a grey image as it was stored, and its phases.

    Raises
    ------
    RaysysError
        If there is nothing to compare, a name is unknown, protocols differ, or `images` holds no images.
    """
    _require_comparable(images, characterisations, reference)
    comparison = compared(characterisations, reference, baseline, white_noise)
    sets = comparison.characterisations
    ink = inks(sets, reference)
    shown = {name: images[name] for name in sets if name in images}
    summary = comparing(comparison, distances or {})
    switches = Switches(ink)
    sections = [
        segmented_section(pictures, spacing),
        image_section(shown, sets, ink, spacing=spacing) if shown else None,
        error_section(comparison, ink),
        sets_in_units(sets, spacing),
        scalar_section(sets, ink, reference),
        distance_section(distances or {}, reference, ink, comparison.others),
        *curve_sections(sets, switches, reference, spacing),
        pore_section(sets, switches, reference),
        representative_section(representative) if representative is not None else None,
        sweep_section(list(trials)) if trials else None,
        timing_section(timings, ink) if timings else None,
        protocol_section(sets, ink, notes, distances or {}),
    ]
    if trials:
        summary = f"{summary} {searching(list(trials))}"
    _write(path, title, summary, with_lengths(sections, spacing), switches)


def _write(path: str | Path, title: str, summary: str, sections: Sequence[Section], switches: Switches) -> None:
    switches.connect()
    write_document(path, title=title, summary=summary, sections=sections)


def _require_comparable(
    images: dict[str, np.ndarray], characterisations: dict[str, Characterisation], reference: str
) -> None:
    known = ", ".join(map(repr, characterisations)) or "none"
    if len(characterisations) < 2:
        raise RaysysError(f"A comparison needs a reference and another set at least; the sets given: {known}.")
    if reference not in characterisations:
        raise RaysysError(f"The reference {reference!r} is none of the sets; allowed: {known}.")
    unknown = [name for name in images if name not in characterisations]
    if unknown:
        raise RaysysError(f"There are images of {unknown[0]!r} without a characterisation; characterised: {known}.")
    _require_measured(characterisations)


def _require_measured(characterisations: dict[str, Characterisation]) -> None:
    for name, one in characterisations.items():
        if not one.n or not (one.curves or one.scalars or one.pores is not None):
            raise RaysysError(f"The characterisation of {name!r} holds no descriptor; a page needs one at least.")
