"""The parts that pages are made of, each with the sentence that says how to read it."""

from collections.abc import Sequence

import numpy as np
from bokeh.models import Model

from raysys.assess.methods.set_comparison import SetComparison
from raysys.report.comparison.wording import searching
from raysys.report.descriptors.scalars import scalar_figures, scalar_names, scalar_table
from raysys.report.elements.document import Section
from raysys.report.elements.gallery import gallery
from raysys.report.elements.notation import counted, text
from raysys.report.elements.palette import Ink
from raysys.report.elements.protocol import protocol_table
from raysys.report.elements.strips import strip_figure
from raysys.report.elements.tables import error_table, key, size, timing_table
from raysys.report.sweeps.parallel import parallel_figure
from raysys.report.sweeps.trials import Trial, best_figure, trial_table
from raysys.spacing import Spacing
from raysys.stats import Characterisation, Distance
from raysys.stats.interval import phase_fraction

COORDINATES = (
    "Each line is a trial on its way through the hyper-parameters to its objective; dark lines did better, the "
    "thick one best of all. Axes so marked are logarithmic. Hover over a line for its values."
)
SQUARED = (
    "Mean squared error between the mean curves of a set and of the reference; functions that have a scaling are "
    "scaled (1 at r = 0, 0 at infinity), the others are as they are. Hover over a number for all its digits."
)
DOTS = (
    '<h3>Phase fraction of each image</h3><p class="caption">A dot is an image, a diamond its set\'s mean, the bar '
    "the 95 % interval of the mean. A set whose dots spread less than the reference's lacks its variety.</p>"
)
BEST = "Dots are trials in their order (hollow: stopped early), the line is the best up to each."


def image_section(
    images: dict[str, np.ndarray],
    characterisations: dict[str, Characterisation],
    ink: dict[str, Ink],
    *,
    count: int = 8,
    spacing: Spacing | None = None,
) -> Section:
    """Rows of images, one set below the other; with scale bars where the size of their pixels is known."""
    rows = [_image_row(name, one, characterisations[name], ink, count, spacing) for name, one in images.items()]
    volumes = any(np.ndim(one) == 4 for one in images.values())
    grey = any(np.asarray(one).dtype.kind == "f" for one in images.values())
    caption = (
        f"Images taken evenly from {'each' if len(images) > 1 else 'the'} set. "
        + ("Grey values as they are. " if grey else "The phase of interest is dark. ")
        + ("Volumes show their middle slices, across axis 0, 1 and 2. " if volumes else "")
    )
    return Section("Images", caption, rows)


def error_section(comparison: SetComparison, ink: dict[str, Ink]) -> Section:
    """The table of errors, and each image's phase fraction."""
    caption = [SQUARED] if comparison.descriptors else []
    if comparison.baseline and comparison.descriptors:
        caption.append(
            "Real against real is the error between two disjoint sets of real images: median and 95 % band over many "
            "splits. A set <b>inside the band</b> is no further off than they are, which is no proof that it is alike; "
            "<b>below the band</b> it is closer than real images are among themselves, as happens to a descriptor that "
            "was the target, or when sets are larger than those of the splits."
        )
    if comparison.white_noise and comparison.descriptors:
        caption.append(
            "White noise has the reference's phase fraction and no structure: the error of knowing nothing else."
        )
    parts: list[str | Model] = [error_table(comparison, ink)]
    fractions = {name: one.fraction_scalar for name, one in comparison.characterisations.items()}
    if any(np.isfinite(one.values).any() for one in fractions.values()):
        parts += [DOTS, strip_figure(fractions, ink, "phase fraction of each image")]
    title = "Errors against the reference" if comparison.descriptors else "Against the reference"
    return Section(title, " ".join(caption), parts)


def scalar_section(
    characterisations: dict[str, Characterisation], ink: dict[str, Ink], reference: str | None = None
) -> Section | None:
    """The table of numbers per image, and each image's; None where no scalar was measured."""
    if not scalar_names(characterisations):
        return None
    caption = (
        "Mean over the n images that have a value, with its 95 % interval. Hover over a number for all its digits."
    )
    if reference is not None:
        caption += (
            f" A set differs from <b>{text(reference)}</b> where the 95 % interval of the difference of the means "
            "leaves zero out; how far is said in percent of the reference."
        )
    dots = "A dot is an image, a diamond its set's mean, the bar the 95 % interval of the mean."
    parts: list[str | Model] = [scalar_table(characterisations, ink, reference)]
    parts += [f'<p class="caption after">{dots}</p>', scalar_figures(characterisations, ink)]
    return Section("Numbers of each image", caption, parts)


def sweep_section(trials: list[Trial]) -> Section:
    """Parallel coordinates, the best so far, the list of trials."""
    parts: list[str | Model] = []
    coordinates = parallel_figure(trials)
    if coordinates is not None:
        parts += [f'<p class="caption">{COORDINATES}</p>', coordinates]
    if any(trial.measured for trial in trials):
        parts += [f'<h3>Best so far</h3><p class="caption">{BEST}</p>', best_figure(trials)]
    parts += ["<h3>Trials by objective</h3>", trial_table(trials)]
    return Section("Sweep", f"{searching(trials)} The objective is minimised.", parts)


def timing_section(timings: dict[str, float], ink: dict[str, Ink]) -> Section:
    """How long things took."""
    return Section(
        "Time", "As measured where it was spent, and the ratio to the shortest.", [timing_table(timings, ink)]
    )


def protocol_section(
    characterisations: dict[str, Characterisation],
    ink: dict[str, Ink],
    notes: Sequence[str],
    distances: dict[str, Sequence[Distance]] | None = None,
) -> Section:
    """The choices behind the numbers, and the notes of whoever made the page."""
    items = "".join(f"<li>{text(note)}</li>" for note in notes)
    parts = [
        protocol_table(characterisations, ink, distances or {}),
        *([f'<ul class="notes">{items}</ul>'] if items else []),
    ]
    return Section("Protocol", "Numbers compare only under the same choices; these were in force.", parts)


def _image_row(
    name: str, images: np.ndarray, one: Characterisation, ink: dict[str, Ink], count: int, spacing: Spacing | None
) -> str:
    count_and_size = f"{counted(len(images), 'image')} · {size(np.shape(images)[1:])}"
    fraction = phase_fraction(one).mean
    told = f"{count_and_size} · phase fraction {fraction:.4f}" if np.isfinite(fraction) else count_and_size
    row = gallery(images, count=count, phase=one.phase, name=name, spacing=spacing)
    return f'<div class="set"><p class="set-head">{key(name, ink)}<small>{told}</small></p>{row}</div>'
