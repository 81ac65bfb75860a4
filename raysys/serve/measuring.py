"""Statistics: those that travel with samples, and how far they are from the reference images'; those of uploads."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from raysys.data.phases import SIDES, Decision
from raysys.errors import RaysysError
from raysys.form import Form, Kind
from raysys.serve.refused import RefusedError
from raysys.serve.values import binarised, of_label
from raysys.stats import Characterisation, Curve, characterise, compare, scaled_autocovariance
from raysys.stats.correlation.scaled import order
from raysys.stats.sets.comparison import check_protocol
from raysys.stats.sets.stacks import stack_of


@dataclass
class Measured:
    """Curves of the samples, their errors, and why some are missing."""

    characterisation: Characterisation | None = None
    error: dict[str, float | None] = field(default_factory=dict)
    places: dict[str, list[float | None]] = field(default_factory=dict)
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
    told = {name: errors[name] if np.isfinite(errors[name]) else None for name in known}
    return Measured(found, told, _places_told(found, reference), note)


def _places_told(found: Characterisation, reference: Characterisation) -> dict[str, list[float | None]]:
    return {
        name: [float(value) if np.isfinite(value) else None for value in values]
        for name, values in places(found, reference).items()
    }


def image_errors(found: Characterisation, reference: Characterisation) -> dict[str, np.ndarray]:
    """The error of each image by itself, float64 (n,) by descriptor: what an answer with it alone would tell."""
    names = [name for name in found.curves if name in reference.curves]
    for name in names:
        check_protocol(name, reference.curves[name], found.curves[name])
    whole = {
        name: replace(reference.curves[name], values=reference.curves[name].mean[None], groups=None) for name in names
    }
    return {name: _errors(found.curves[name], whole[name]) for name in names}


def places(found: Characterisation, reference: Characterisation) -> dict[str, np.ndarray]:
    """Where each image stands among the real ones, float64 (n,) in [0, 1] by descriptor.

    Of a curve: the share of reference images whose error against the mean of the others is smaller than the image's
    against the mean of all; others are those of other groups, as tiles of one region are alike. Of a number: the share
    whose number is smaller. Equal ones count half. NaN where either is not defined.
    """
    errors = image_errors(found, reference)
    placed = {name: _rank(values, _real_errors(reference.curves[name])) for name, values in errors.items()}
    for name, scalar in found.scalars.items():
        if name in reference.scalars and scalar.protocol == reference.scalars[name].protocol:
            placed[name] = _rank(scalar.values, reference.scalars[name].values)
    return placed


def _real_errors(curve: Curve) -> np.ndarray:
    """The error (N,) of each image against the mean of those of other groups; NaN where there are none."""
    groups = np.arange(curve.n) if curve.groups is None else curve.groups
    others = (groups[:, None] != groups[None]).astype(float)
    counts = others.sum(axis=1, keepdims=True)
    means = others @ curve.values / np.where(counts > 0, counts, np.nan)
    return _errors(curve, replace(curve, values=means))


def _errors(images: Curve, means: Curve) -> np.ndarray:
    """Mean squared difference (n,) of each image's curve to its own mean curve, or to the one for all, scaled as Fn."""
    _, mine, theirs = np.intersect1d(images.r, means.r, return_indices=True)
    difference = (_scaled(images)[:, mine] - _scaled(means)[:, theirs]) ** 2
    sampled = np.isfinite(difference)
    counts = sampled.sum(axis=1)
    return np.where(counts > 0, np.where(sampled, difference, 0).sum(axis=1) / np.maximum(counts, 1), np.nan)


def _scaled(curve: Curve) -> np.ndarray:
    # Rows are curves by themselves, of an image or a mean, and each is scaled by its own phase fraction.
    return scaled_autocovariance(curve, variant="per_image").values if order(curve.name) else curve.values


def _rank(values: np.ndarray, real: np.ndarray) -> np.ndarray:
    known = real[np.isfinite(real)]
    if not len(known):
        return np.full(len(values), np.nan)
    below = (known[None] < values[:, None]).mean(axis=1) + (known[None] == values[:, None]).mean(axis=1) / 2
    return np.where(np.isfinite(values), below, np.nan)


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
