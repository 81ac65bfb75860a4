"""What is measured of every set: the images themselves where they are binary, one phase after the other of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from raysys.assess.methods.method import Made
from raysys.assess.methods.reference import Reference
from raysys.assess.methods.sets import REAL

__all__ = ["View", "views_of"]


@dataclass(frozen=True)
class View:
    """One phase of all sets, uint8 in {0, 1}.

    Attributes
    ----------
    reference
        The real images.
    images
        (N, ...) of every set by name, the real one first.
    """

    reference: Reference
    images: dict[str, np.ndarray]


def views_of(reference: Reference, made: Mapping[str, Made]) -> dict[str, View]:
    """One view for each phase of label images, by its name; of binary images the only one is "phase"."""
    sets = {REAL: reference.images} | {name: each.images for name, each in made.items()}
    by_set = {name: reference.indicators(images) for name, images in sets.items()}
    others = {} if reference.others is None else reference.indicators(reference.others)
    return {
        phase: View(
            replace(reference, images=real, others=others.get(phase), training=None, aside=None, phases=()),
            {name: each[phase] for name, each in by_set.items()},
        )
        for phase, real in by_set[REAL].items()
    }
