"""How a recipe's data section tells phases apart: on stored values where nothing is denoised, else on denoised ones."""

from __future__ import annotations

import numpy as np

from raysys.data.phases import Decision, check_named, check_threshold
from raysys.data.preparation.grey import Scale
from raysys.data.settings import DataSettings

__all__ = ["check_decidable", "decides_on_stored", "decision", "grey_threshold"]


def check_decidable(settings: DataSettings, levels: list[float], dtype: np.dtype, full: tuple[float, float]) -> None:
    """Refuse what cannot be meant of an image: a threshold that is no stored value, labels of which none is named.

    Parameters
    ----------
    settings
        Of which `segment` is not none.
    levels, dtype, full
        As for `raysys.data.phases.check_threshold`.

    Raises
    ------
    RaysysError
        One sentence.
    """
    if settings.threshold is None:
        if settings.phase is None:
            check_named(levels)
    elif settings.threshold_of == "stored":
        check_threshold(settings.threshold, levels, dtype, full)


def decides_on_stored(settings: DataSettings, dtype: np.dtype) -> bool:
    """Whether phases are told apart by the values of the file themselves, as `raysys stats` does."""
    if settings.denoise_sigma_spatial > 0 or settings.segment == "none":
        return False
    if settings.segment == "threshold":
        return settings.threshold_of == "stored"
    return settings.segment == "otsu" and dtype.kind in "ui"


def grey_threshold(settings: DataSettings, scale: Scale, dtype: np.dtype) -> float | None:
    """The threshold of the settings on the grey scale from 0 to 1; None where they have none."""
    if settings.threshold is None or settings.threshold_of == "grey":
        return settings.threshold
    return scale.limit(settings.threshold, dtype)


def decision(settings: DataSettings, threshold: float | None) -> Decision:
    """How the phase was told, at a stored value; None where denoising has left two values."""
    return Decision(str(settings.named_phase), "two values" if threshold is None else settings.segment, threshold)
