"""From stored values to what is measured or what a network is given: nothing is guessed that a request can say."""

from typing import Literal

import numpy as np

from raysys.data import is_binary, to_grey
from raysys.data.phases import Decision, decided
from raysys.form import Form
from raysys.serve.refused import RefusedError
from raysys.stats.phases import values_found


def binarised(images: np.ndarray, phase: str | None, threshold: float | None) -> tuple[np.ndarray, Decision]:
    """Images (n, *spatial) of any values as uint8 in {0, 1}, and by what they became so, as on the command line."""
    return decided(images, phase, threshold=threshold)


def phase_values(
    stored: np.ndarray,
    values: Literal["binary", "grey"],
    phase: Literal["bright", "dark"] | None,
    threshold: float | None,
) -> tuple[np.ndarray, float | None]:
    """What a network of one channel is given of an upload, and the threshold in stored values; None if there was none.

    Images of two values are taken as they are, whatever is wanted: nothing is lost by it.

    Returns
    -------
    ndarray, like `stored`
        uint8 in {0, 1}, or float32 in [0, 1], reversed for a dark phase.
    """
    two = is_binary(stored)
    if values == "binary" or two:
        marked, by = binarised(stored, phase, None if two else threshold)
        return marked, by.threshold
    grey = to_grey(stored)
    return 1 - grey if phase == "dark" else grey, None


def of_label(images: np.ndarray, phase: int) -> np.ndarray:
    """Where label images (n, *spatial) are of a phase, uint8 in {0, 1}.

    Raises
    ------
    RefusedError
        If they are nowhere.
    """
    found: np.ndarray = images == phase
    if not found.any():
        raise RefusedError(f"no pixel of the upload is of the phase {phase}; it holds {values_found(images)}")
    return found.view(np.uint8)


def colour_values(stored: np.ndarray) -> np.ndarray:
    """Stored colours, uint8 or float in [0, 1], as float32 in [0, 1].

    Raises
    ------
    RefusedError
        If they are neither.
    """
    if stored.dtype == np.uint8:
        return stored.astype(np.float32) / np.float32(255)
    if stored.dtype.kind == "f" and stored.min() >= 0 and stored.max() <= 1:
        return stored.astype(np.float32)
    raise RefusedError(
        f"colours of type {stored.dtype} from {stored.min():g} to {stored.max():g}; allowed: uint8, or floats from 0 "
        "to 1"
    )


def label_values(stored: np.ndarray, form: Form) -> np.ndarray:
    """Stored numbers of phases as uint8.

    Raises
    ------
    RefusedError
        If one of them is none of the form's phases.
    """
    last = len(form.phases) - 1
    if stored.min() < 0 or stored.max() > last or (stored.dtype.kind == "f" and (stored % 1).any()):
        raise RefusedError(
            f"labels from {stored.min():g} to {stored.max():g}; allowed: the numbers 0 to {last} of the phases "
            f"{', '.join(form.phases)}"
        )
    return stored.astype(np.uint8)
