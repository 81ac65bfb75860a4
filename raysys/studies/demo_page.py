"""The demo's page: what is near the held-out tiles and what is not, topology, the wide sample, and the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from raysys.assess import Comparison
from raysys.assess.methods.verdicts import Verdict, judge_difference
from raysys.assess.notation import PLAIN, Notation
from raysys.errors import RaysysError
from raysys.report import Trial
from raysys.report.comparison.methods_page import methods_page
from raysys.report.comparison.sections import sweep_section, timing_section
from raysys.report.elements.document import Section
from raysys.report.elements.gallery import picture_tag
from raysys.report.elements.notation import HTML
from raysys.report.elements.palette import inks
from raysys.stats import Characterisation, Scalar
from raysys.stats.interval import Interval
from raysys.train import Run
from raysys.train.checkpoint import read_progress
from raysys.train.metrics import COLLAPSED
from raysys.train.ray.trials import trial_folder
from raysys.train.session import best_checkpoint

COLLAPSE = "collapsed"  # what the page calls a trial whose best images are constant or all alike
TOPOLOGY = (
    "How the phase hangs together, which correlation functions hardly see: means over the images, judged by the 95 % "
    "interval of their difference from the held-out tiles, whose regions are counted and not their tiles."
)
IMAGE = "How it became the tiles that everything here is compared with, and why so."
WIDE = "One sample from the endpoint, larger than any tile that the generator was trained on."


def trials_of(found: Run) -> list[Trial]:
    """The trials of a sweep as pages show them; those whose best checkpoint makes images all alike are named so."""
    return [
        Trial(
            row.number,
            row.values,
            row.objective,
            COLLAPSE if _collapsed(trial_folder(found.folder, row.number)) else row.status,
            row.seconds,
        )
        for row in found.details["trials"]
    ]


def _collapsed(folder: Path) -> bool:
    try:
        return bool(read_progress(best_checkpoint(folder)).metrics.get(COLLAPSED))
    except RaysysError:  # it has left no checkpoint
        return False


def topology_sentences(comparison: Comparison, write: Notation = PLAIN) -> dict[str, str]:
    """{set: what its Euler characteristic and its number of parts are beside those of the real images}."""
    real = _topology(comparison.characterisations[comparison.reference])
    sentences = {}
    for name in comparison.others:
        measured = _topology(comparison.characterisations[name])
        told = [f"{number} {_told(judge_difference(measured[number], real[number]), write)}" for number in real]
        sentences[name] = f"{write.strong(name)}: {'; '.join(told)}."
    return sentences


def _topology(measured: Characterisation) -> dict[str, Interval]:
    held: dict[str, Scalar] = {}
    if "euler_characteristic" in measured.scalars:
        held["Euler characteristic"] = measured.scalars["euler_characteristic"]
    if measured.pores is not None:
        held["number of connected parts"] = measured.pores.per_image
    return {name: Interval.of(scalar) for name, scalar in held.items()}


def _told(verdict: Verdict, write: Notation) -> str:
    return f"is near ({verdict.told(write)})" if verdict.within else f"is not near ({verdict.told(write)})"


def demo_page(
    path: Path,
    comparison: Comparison,
    *,
    title: str,
    wide: np.ndarray,
    trials: list[Trial],
    timings: dict[str, float],
    notes: Sequence[str] = (),
) -> None:
    """Write the demo's page.

    Parameters
    ----------
    path
        Of the HTML file.
    comparison
        Of the generator and the annealed images with the held-out tiles, "minkowski" and pores among the descriptors.
    title
        Of the page.
    wide
        (1, H, W) uint8, a sample larger than a tile.
    trials
        Of the sweep, see `trials_of`.
    timings
        {what: seconds}.
    notes
        Sentences on how the image was prepared, such as which phase was taken and why.
    """
    ink = inks(comparison.characterisations, comparison.reference)
    found = [f'<p class="finding">{sentence}</p>' for sentence in topology_sentences(comparison, HTML).values()]
    prepared = [f'<p class="finding">{HTML.text(sentence)}</p>' for sentence in notes]
    sections = [
        *([Section("The image", IMAGE, prepared)] if prepared else []),
        Section("Topology", TOPOLOGY, found),
        Section("A wide sample", WIDE, [picture_tag(wide[0], "the wide sample")]),
        sweep_section(trials),
        timing_section(timings, ink),
    ]
    methods_page(path, comparison, title=title, more=sections)
