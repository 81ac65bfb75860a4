"""Whether images pass a gate, image by image."""

from collections.abc import Collection, Mapping

import numpy as np

from raysys.form import Form
from raysys.serve.gates.schemas import Gate
from raysys.serve.measuring import image_errors, measure, places
from raysys.serve.refused import RefusedError
from raysys.stats import KNOWN, Characterisation, percolating


def check_gate(gate: Gate, form: Form, references: Mapping[str, Characterisation]) -> None:
    """Refuse a gate through which no image of this model could go, before anything is drawn.

    Raises
    ------
    RefusedError
        If the images have no phases, the phase is none of theirs, or there is nothing to compare with.
    """
    if form.kind not in ("binary", "labels"):
        raise RefusedError(f"`gate` is about a phase, and these images are {form.kind}; leave it out")
    if form.kind == "labels" and gate.phase not in form.phases:
        raise RefusedError(f"gate.phase is {gate.phase!r:.80}; allowed: {', '.join(form.phases)}")
    if form.kind == "binary" and gate.phase is not None:
        raise RefusedError("gate.phase is of label images, and these are binary; leave it out")
    if isinstance(gate.percolates, int) and not isinstance(gate.percolates, bool) and gate.percolates >= form.dims:
        raise RefusedError(f"gate.percolates is axis {gate.percolates}; allowed: true, false, 0 to {form.dims - 1}")
    reference = references.get(gate.phase or "phase")
    asked = {**(gate.max_error or {}), **(gate.max_place or {})}
    missing = [name for name in asked if reference is None or name not in reference.curves]
    if missing:
        known = "none" if reference is None else ", ".join(reference.curves)
        raise RefusedError(f"this model has no reference for {', '.join(missing)}; allowed in the gate: {known}")


def passing(gate: Gate, images: np.ndarray, form: Form, references: Mapping[str, Characterisation]) -> np.ndarray:
    """Whether each of images (N, *spatial) passes, bool (N,); the gate is one that `check_gate` lets pass.

    Raises
    ------
    RefusedError
        If a number is asked for that is none of these images.
    """
    shown = images if form.kind == "binary" else form.indicators(images)[str(gate.phase)]
    good = np.ones(len(shown), bool)
    if gate.phase_fraction is not None:
        low, high = gate.phase_fraction
        fractions = np.array([image.mean(dtype=np.float64) for image in shown])
        good &= (fractions >= low) & (fractions <= high)
    if gate.percolates is not None:
        good &= _leads_through(shown, gate.percolates)
    # What is costlier is asked only of what has passed so far.
    reference = references.get(gate.phase or "phase")
    for bounds, judge in ((gate.max_error, image_errors), (gate.max_place, places)):
        if bounds and reference is not None and good.any():
            found = judge(measure(shown[good], list(bounds), reference).characterisation, reference)
            good[good] = np.all([found[name] <= bound for name, bound in bounds.items()], axis=0)
    if gate.numbers and good.any():
        good[good] = _numbers_within(shown[good], gate.numbers)
    return good


def _leads_through(images: np.ndarray, wanted: bool | int) -> np.ndarray:
    axes = range(images.ndim - 1) if isinstance(wanted, bool) else [wanted]
    leads = np.array([np.nan_to_num(percolating(images, axis).values) > 0 for axis in axes])
    return ~leads.any(axis=0) if wanted is False else leads.all(axis=0)


def _numbers_within(images: np.ndarray, numbers: Mapping[str, tuple[float, float]]) -> np.ndarray:
    values = _numbers(images, numbers)
    return np.all([(values[name] >= low) & (values[name] <= high) for name, (low, high) in numbers.items()], axis=0)


def _numbers(images: np.ndarray, wanted: Collection[str]) -> dict[str, np.ndarray]:
    """Values (n,) of numbers by name; those of one name with a descriptor are found without measuring the others."""
    descriptors = [name for name, one in KNOWN.items() if one.gives == "scalars" and not one.costly]
    found: dict[str, np.ndarray] = {}
    for name in sorted(descriptors, key=lambda one: one not in wanted):
        measured = measure(images, [name], None).characterisation
        assert measured is not None  # there is a descriptor
        found |= {scalar: one.values for scalar, one in measured.scalars.items()}
        if set(wanted) <= set(found):
            return found
    unknown = sorted(set(wanted) - set(found))
    raise RefusedError(f"gate.numbers has {', '.join(unknown):.200}; allowed: {', '.join(found)}")
