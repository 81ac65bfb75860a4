"""One frame for descriptors along lines: along one axis of the images, or averaged over all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from raysys.stats.correlation.oblique import Direction, Oblique
from raysys.stats.curve import Curve
from raysys.stats.phases import Phase, axis_of, largest_lag

Along = Callable[[Phase, int, int], np.ndarray]  # phase, axis and r_max to (N, r_max + 1)


def along_axes(name: str, along: Along, phase: Phase, r_max: int | None, axis: Direction | None) -> Curve:
    """The curve "name" of the mean over the axes, "name_axis0" of one of them, or "name_along_1_-1" of a direction."""
    if isinstance(axis, Sequence):
        lines = Oblique.of(phase.shape, axis)
        steps = lines.steps(phase.shape, r_max)
        values = lines.phase(phase).within_mask(lambda one: along(one, 1, steps))
        return phase.curve(name + lines.suffix, np.arange(steps + 1) * lines.spacing, values)
    longest = largest_lag(phase.shape, r_max)
    axes = range(phase.dims)
    if axis is not None:
        axis = axis_of(axis, phase.shape)
        axes, name = range(axis, axis + 1), f"{name}_axis{axis}"

    def values_along(k: int) -> np.ndarray:
        return phase.within_mask(lambda one: along(one, k, longest))

    return phase.curve(name, np.arange(longest + 1), np.mean([values_along(k) for k in axes], axis=0))
