"""Slices of made volumes, in every direction, against the section that they are to be like."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from raysys.data.sources import TrainingData
from raysys.form import Form
from raysys.spacing import evenly
from raysys.train.metrics import OBJECTIVE
from raysys.train.validation import DescriptorValidator
from raysys.train.validators import validator_of_samples

__all__ = ["SlicesValidator", "flat_validator", "slices_of"]

EACH = 4  # slices of a volume in one direction: nearer ones are nearly the same


def slices_of(volumes: np.ndarray, axis: int, count: int) -> np.ndarray:
    """Slices (count, rows, columns) across an axis of volumes (N, D, H, W), evenly over all; colours stay last."""
    moved = np.moveaxis(volumes, axis + 1, 1)
    flat = moved.reshape(-1, *moved.shape[2:])
    return flat[evenly(count, len(flat))]


class SlicesValidator:
    """Compares slices across each axis with the tiles of the section that lies across it, or of the only one.

    The objective is the geometric mean over the three directions of what `DescriptorValidator` finds (of grey and
    colour images `AppearanceValidator`), called as there; `descriptor_error/axis_0` and the like are the directions'
    own. Other metrics are the means over the directions.

    Parameters
    ----------
    data
        One section's tiles, or those of three.
    draw
        Makes so many volumes of the system as it is.
    form
        Of the tiles.
    count
        Slices that are compared in each direction.
    """

    def __init__(self, data: TrainingData, draw: Callable[[int], np.ndarray], form: Form, *, count: int) -> None:
        self.draw, self.count = draw, count
        directions = getattr(data, "directions", (data,))
        each = [validator_of_samples(one, _undrawn, form) for one in directions]
        self.validators = each * (3 // len(each))
        self.names = tuple(dict.fromkeys(name for one in each for name in one.names))

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        volumes = self.draw(volumes_for(self.count))
        found = [
            validator.measure(slices_of(volumes, axis, self.count)) for axis, validator in enumerate(self.validators)
        ]
        objectives = [one[OBJECTIVE] for one in found]
        whole = math.exp(float(np.mean(np.log(objectives))))
        # The one beside the objective that says what it is.
        (error,) = {name for name in ("descriptor_error", "appearance_error") if name in found[0]}
        shared = [name for name in found[0] if all(name in one for one in found)]
        means = {name: float(np.mean([one[name] for one in found])) for name in shared}
        apart = {f"{error}/axis_{axis}": objective for axis, objective in enumerate(objectives)}
        return means | apart | {error: whole, OBJECTIVE: whole}

    def pictures(self) -> dict[str, np.ndarray]:
        """Slices across the last axis that was measured, and their curves over those of the tiles."""
        return self.validators[-1].pictures()


def flat_validator(
    data: TrainingData, draw: Callable[[int], np.ndarray], form: Form, *, count: int
) -> DescriptorValidator | None:
    """What compares slices with tiles of the first section; None of images without phases.

    Slices are across the axis that the section lies across, or of one section across all.
    """
    if form.kind not in ("binary", "labels"):
        return None
    axes = (0,) if hasattr(data, "directions") else (0, 1, 2)

    def slices() -> np.ndarray:
        volumes = draw(volumes_for(count))
        return np.concatenate([slices_of(volumes, axis, -(-count // len(axes))) for axis in axes])

    return DescriptorValidator(data, slices, form)


def volumes_for(count: int) -> int:
    """Volumes of which so many slices in each direction are taken."""
    return max(1, -(-count // EACH))


def _undrawn() -> np.ndarray:
    raise AssertionError("slices are measured as they are drawn for all directions at once")
