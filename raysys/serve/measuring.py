"""The statistics that travel with samples: their curves, and how far those are from the reference images'."""

from dataclasses import dataclass, field

import numpy as np

from raysys.errors import RaysysError
from raysys.stats import Characterisation, characterise, compare


@dataclass
class Measured:
    """Curves of the samples, their errors, and why some are missing."""

    characterisation: Characterisation | None = None
    error: dict[str, float | None] = field(default_factory=dict)
    note: str | None = None


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
    protocols = [curve.protocol for name, curve in reference.curves.items() if name.startswith("P")]
    chosen = protocols[0] if protocols else {}
    return {key: chosen[key] for key in ("rounding", "apex", "odd_edges") if key in chosen}


def _largest_lag(images: np.ndarray, reference: Characterisation) -> int:
    """Lags beyond the reference's cannot be compared, and those beyond half a side are poorly sampled."""
    longest = max(int(curve.r[-1]) for curve in reference.curves.values())
    return min(longest, max(1, min(images.shape[1:]) // 2 - 1))
