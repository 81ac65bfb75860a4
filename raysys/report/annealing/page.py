"""The page about a farm of annealing chains: how they went, what they reached, and what their target left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.assess.methods.set_comparison import SetComparison, compared
from raysys.errors import RaysysError
from raysys.report.annealing.asked import asked_notes, openness
from raysys.report.annealing.convergence import convergence_section
from raysys.report.annealing.reached import reached_section, target_inks
from raysys.report.comparison.sections import (
    error_section,
    image_section,
    protocol_section,
    scalar_section,
    timing_section,
)
from raysys.report.descriptors.curves import curve_sections
from raysys.report.descriptors.lengths import with_lengths
from raysys.report.descriptors.physical import sets_in_units
from raysys.report.descriptors.segmented import segmented_section
from raysys.report.elements.document import Section, write_document
from raysys.report.elements.gallery import gallery
from raysys.report.elements.notation import counted, duration, listed, scientific, symbol, text
from raysys.report.elements.palette import Ink, inks
from raysys.report.elements.switches import Switches
from raysys.report.elements.tables import size
from raysys.spacing import Spacing
from raysys.stats import Baseline, Characterisation

if TYPE_CHECKING:
    from raysys.anneal import Reconstruction, Target
    from raysys.anneal.reached import Reached

ANNEALED = "annealed"


@dataclass(frozen=True)
class Snapshot:
    """A chain on its way: its image after `stage` stages, with the energy that it had and the moves it had made."""

    stage: int
    image: np.ndarray
    moves: int
    energy: float | None


def annealing_page(
    path: str | Path,
    *,
    title: str,
    target: Target,
    reconstructions: Sequence[Reconstruction],
    reached: Sequence[Reached],
    characterisations: dict[str, Characterisation],
    given: np.ndarray | None = None,
    reference: str = "given",
    baseline: dict[str, Baseline] | None = None,
    snapshots: Sequence[Snapshot] = (),
    notes: Sequence[str] = (),
    failed: dict[int, str] | None = None,
    spacing: Spacing | None = None,
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = MappingProxyType({}),
) -> None:
    """Write a page about reconstructions of one target.

    Parameters
    ----------
    path
        Of the HTML file; it appears when it is complete.
    title
        Of the page, in plain text.
    target, reconstructions
        What was asked for, and the results.
    reached
        What some of the results have of the target, see `raysys.anneal.reached`.
    characterisations
        Of the phase of interest: "annealed" and, if there is one, the `reference`, measured under one protocol.
    given
        Images that the target was taken from, with its values of the phases; flat sections of volumes, too.
    reference
        Name of the real images' characterisation.
    baseline
        {descriptor: band} of real images against each other, see `raysys.stats.real_against_real`.
    snapshots
        Of a chain on its way.
    notes
        Sentences printed with the protocol.
    failed
        Why chains did not end, by number.
    spacing
        How far apart pixels are; None where it is not known.
    pictures
        By file that was segmented, a grey image as it was stored, and its phases.

    Raises
    ------
    RaysysError
        If there is no reconstruction, or no characterisation of them.
    """
    if not reconstructions or ANNEALED not in characterisations:
        raise RaysysError("A page about annealing needs a reconstruction at least, and the characterisation of all.")
    of_reference = reference in characterisations
    comparison = compared(characterisations, reference, baseline, None) if of_reference else None
    sets = comparison.characterisations if comparison else {ANNEALED: characterisations[ANNEALED]}
    ink = inks(sets, reference if of_reference else None)
    switches, asked = Switches(ink), Switches(target_inks(ink[ANNEALED].colour))
    annealed = np.stack([one.image for one in reconstructions])
    images = {reference: _at_same_scale(given, annealed)} if given is not None and of_reference else {}
    images[ANNEALED] = annealed
    sections = [
        segmented_section(pictures, spacing),
        _image_section(images, sets, ink, target, spacing),
        convergence_section(reconstructions),
        _snapshot_section(snapshots, target),
        reached_section(target, reached, asked),
        _error_section(comparison, ink, target) if comparison else None,
        scalar_section(sets, ink, reference if of_reference else None),
        sets_in_units(sets, spacing),
        *curve_sections(sets, switches, reference if of_reference else None, spacing),
        timing_section(_timings(reconstructions), ink),
        protocol_section(sets, ink, [*asked_notes(target, reconstructions[0]), *_failures(failed or {}), *notes]),
    ]
    for one in (switches, asked):
        one.connect()
    summary = _summary(target, reconstructions, comparison, failed or {})
    write_document(path, title=title, summary=summary, sections=with_lengths(sections, spacing))


def _summary(
    target: Target, chains: Sequence[Reconstruction], comparison: SetComparison | None, failed: dict[int, str]
) -> str:
    energies = [one.energy for one in chains]
    names = listed(list(dict.fromkeys(symbol(term.name) for term in target.terms)))
    made = f"{counted(len(chains), 'reconstruction')} of {size(chains[0].image.shape)}"
    reach = f"lags up to {target.r_max} pixels"
    sentences = [f"{made} {'were' if len(chains) > 1 else 'was'} asked for {names} at {reach}."]
    middle = scientific(float(np.median(energies)))
    spread = f", from {scientific(min(energies))} to {scientific(max(energies))}" if len(chains) > 1 else ""
    moves, seconds = sum(one.swaps for one in chains) / len(chains), sum(one.seconds for one in chains) / len(chains)
    each = " each" if len(chains) > 1 else ""
    sentences.append(
        f"They end at {'a median energy' if len(chains) > 1 else 'an energy'} of {middle}{spread}, after "
        f"{scientific(moves)} trial moves{each}, in {duration(seconds)} of one core."
    )
    if failed:
        sentences.append(f"<b>{counted(len(failed), 'chain')} failed.</b>")
    if comparison is not None:
        sentences.append(openness(comparison, ANNEALED, target))
    return " ".join(one for one in sentences if one)


def _image_section(
    images: dict[str, np.ndarray],
    sets: dict[str, Characterisation],
    ink: dict[str, Ink],
    target: Target,
    spacing: Spacing | None,
) -> Section:
    shown = {name: _seen(one, target) for name, one in images.items()}
    section = image_section(shown, sets, ink, spacing=spacing)
    caption = section.caption
    if not target.binary_image:  # each phase has a grey of its own, which says nothing of what was stored
        values = listed([text(value) for value in target.values])
        caption = f"Images taken evenly from each set; phases {values} from black to white. "
    if any(len(one) != sets[name].n for name, one in images.items() if one.ndim == len(sets[name].shape) + 1):
        caption += "Of large images windows of the reconstructions' size are shown."
    return Section(section.title, caption, section.parts)


def windows_of(images: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Windows of `shape` side by side, of all images (N, ...); none of images that are smaller."""
    counts = [side // own for side, own in zip(images.shape[1:], shape, strict=True)]
    return [
        image[tuple(slice(k * own, (k + 1) * own) for k, own in zip(place, shape, strict=True))]
        for image in images
        for place in np.ndindex(*counts)
    ]


def _at_same_scale(given: np.ndarray, made: np.ndarray) -> np.ndarray:
    """The given images, or windows of them where these are much larger than the reconstructions, or their slices."""
    windows = windows_of(given, made.shape[1 - given.ndim :])
    return np.stack(windows) if len(windows) >= 2 * len(given) else given


def _seen(images: np.ndarray, target: Target) -> np.ndarray:
    """The images as galleries take them: 0 and 1, or a grey for each of several phases."""
    labels = np.searchsorted(np.array(target.values), images)
    if target.binary_image:
        return labels.astype(np.uint8)
    return (labels / (len(target.values) - 1)).astype(np.float32)


def _snapshot_section(snapshots: Sequence[Snapshot], target: Target) -> Section | None:
    if not snapshots:
        return None
    cells = []
    for one in snapshots:
        row = gallery(_seen(one.image, target)[None], count=1, name=f"after {counted(one.stage, 'stage')}")
        picture = row.removeprefix('<div class="gallery">').removesuffix("</div>").split(">")[0] + ">"
        energy = f"<br>E = {scientific(one.energy)}" if one.energy is not None else ""
        cells.append(
            f'<div>{picture}<p class="caption" style="margin: 4px 0 0; font-size: 12px">'
            f"stage {one.stage}<br>{scientific(one.moves)} moves{energy}</p></div>"
        )
    middle = " Volumes show their middle slice across axis 0." if snapshots[0].image.ndim == 3 else ""
    caption = f"One chain, from its random first image to its last state.{middle}"
    return Section("On the way", caption, [f'<div class="gallery">{"".join(cells)}</div>'])


def _error_section(comparison: SetComparison, ink: dict[str, Ink], target: Target) -> Section:
    section = error_section(comparison, ink)
    asked = listed(list(dict.fromkeys(symbol(term.name) for term in target.terms)))
    lead = (
        f"Asked for: {asked}. The other descriptors were left open: where their errors lie above the band although the "
        "target was met, images with the same target are not alike. "
    )
    return Section("Against the real images", lead + section.caption, section.parts)


def _timings(chains: Sequence[Reconstruction]) -> dict[str, float]:
    seconds = [one.seconds for one in chains]
    found: dict[str, Any] = {"all chains, core time": sum(seconds)}
    if len(chains) > 1:
        found |= {"a chain, median": float(np.median(seconds))}
    return found


def _failures(failed: dict[int, str]) -> list[str]:
    return [f"Chain {number} failed: {reason}" for number, reason in failed.items()]
