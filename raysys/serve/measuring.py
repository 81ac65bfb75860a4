"""Statistics: those that travel with samples, and how far they are from the reference images'; those of uploads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from raysys.data.phases import SIDES, Decision
from raysys.errors import RaysysError
from raysys.form import Form, Kind
from raysys.serve.refused import RefusedError
from raysys.serve.values import binarised, of_label
from raysys.stats import Characterisation, characterise, compare
from raysys.stats.sets.stacks import stack_of


@dataclass
class Measured:
    """Curves of the samples, their errors, and why some are missing."""

    characterisation: Characterisation | None = None
    error: dict[str, float | None] = field(default_factory=dict)
    note: str | None = None


@dataclass
class PhaseNumbers:
    """The share of a phase in each image, and its curves; of grey images, which have no phases, the mean value."""

    fractions: list[float]
    measured: Measured = field(default_factory=Measured)


def measure_phases(
    images: np.ndarray, form: Form, descriptors: list[str], references: Mapping[str, Characterisation]
) -> dict[str, PhaseNumbers]:
    """Measure every phase of samples.

    Parameters
    ----------
    images
        Of the form: binary, grey or label images, (N, *spatial), or colour images (N, *spatial, 3).
    form
        What the values mean.
    descriptors
        Names known to `raysys.stats.characterise`; none for grey and colour images.
    references
        Characterisation of each phase of the training images, by its name ("phase" of binary images), where there is
        one.

    Returns
    -------
    dict
        By the phase's name; of binary and grey images the only one is "phase", and colour images have none.
    """
    if form.kind == "colour":
        return {}
    indicators = {"phase": images} if form.kind == "grey" else form.indicators(images)
    return {
        name: PhaseNumbers(
            [float(image.mean(dtype=np.float64)) for image in shown],
            measure(shown, descriptors, references.get(name)) if descriptors else Measured(),
        )
        for name, shown in indicators.items()
    }


def measure(images: np.ndarray, descriptors: list[str], reference: Characterisation | None) -> Measured:
    """Characterise samples as their model's reference was characterised, and compare the two.

    Parameters
    ----------
    images : (N, *spatial) uint8
        Binary samples; 1 is the phase of interest.
    descriptors
        Names known to `raysys.stats.characterise`.
    reference
        Of the training images; None leaves the errors out.

    Returns
    -------
    Measured
        `error` is the mean squared difference of the mean scaled curves (Fn for S2 and P*, L as it is).
    """
    if reference is None:
        found = characterise(images, tuple(descriptors))
        return Measured(found, note="the model was saved without a reference, so there is nothing to compare with")
    found = characterise(
        images,
        tuple(descriptors),
        r_max=_largest_lag(images, reference),
        boundary=reference.boundary,
        **_polytope_options(reference),
    )
    known = [name for name in found.curves if name in reference.curves]
    try:
        errors = compare(reference, found) if known else {}
    except RaysysError as error:
        return Measured(found, note=str(error))
    missing = sorted(set(found.curves) - set(known))
    note = f"the reference lacks {', '.join(missing)}" if missing else None
    return Measured(found, {name: errors[name] if np.isfinite(errors[name]) else None for name in known}, note)


def _polytope_options(reference: Characterisation) -> dict[str, str]:
    """How the reference's polytope functions were measured; the samples' must be measured alike."""
    # The polytope functions of one characterisation are all measured alike, so the first one speaks for them.
    protocols = [curve.protocol for name, curve in reference.curves.items() if name.startswith("P")]
    chosen = protocols[0] if protocols else {}
    return {key: chosen[key] for key in ("rounding", "apex", "odd_edges") if key in chosen}


def _largest_lag(images: np.ndarray, reference: Characterisation) -> int:
    """Lags beyond the reference's cannot be compared, and those beyond half a side are poorly sampled."""
    longest = max(int(curve.r[-1]) for curve in reference.curves.values())
    return min(longest, max(1, min(images.shape[1:]) // 2 - 1))


def measure_upload(
    images: np.ndarray,
    descriptors: tuple[str, ...],
    phase: str | None,
    threshold: float | None,
    boundary: Literal["open", "periodic"],
    r_max: int | None,
) -> tuple[Characterisation, Decision]:
    """Segment grey images, or look at one phase of labels, and characterise it; slices of a volume are no samples.

    Parameters
    ----------
    images : (N, H, W)
        Grey, binary or of labels, as `raysys.serve.uploads.decode_upload` returns them.
    descriptors, boundary, r_max
        As for `raysys.stats.characterise`.
    phase
        "bright": the larger value (or what lies above the threshold) is the phase of interest; or the number of a
        phase of labels; None is bright, but has to be said of a few values.
    threshold
        Stored value; None takes Otsu's, or images of two values as they are.

    Returns
    -------
    Characterisation, and how the phase was told

    Raises
    ------
    RefusedError
        If no pixel is of the phase.
    """
    if phase is None or phase in SIDES:
        binary, by = binarised(images, phase, threshold)
    else:
        binary, by = of_label(images, int(phase)), Decision(phase, "stored value")
    stack = stack_of(binary) if binary.ndim == 3 else None
    groups = None if stack is None else stack.groups
    return characterise(binary, descriptors, r_max=r_max, boundary=boundary, groups=groups), by


def upload_kind(phase: str | None, threshold: float | None) -> Kind:
    """What an upload is read as, by the phase that is asked for.

    Raises
    ------
    RefusedError
        If it is none, or a threshold is given for labels.
    """
    if phase is None or phase in SIDES:
        return "grey"
    # Names of phases stand on the cards of models; an upload has numbers only.
    if not phase.isdecimal():
        raise RefusedError(f"phase is {phase!r}; allowed: bright, dark, or the number of one of a label image, as 2")
    if threshold is not None:
        raise RefusedError(f"threshold is for phase bright or dark, and phase is {phase}, one of a label image")
    return "labels"
