"""What a page about reconstructions is given: models with their reconstructions, checked against the originals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from raysys.assess.autoencoding import Assessment
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.assess.autoencoding.retention import ClassRetention

ORIGINAL = "original"  # how originals are called wherever they stand beside models


@dataclass(frozen=True)
class Reconstructed:
    """What one model made of the originals.

    Attributes
    ----------
    images
        {class: (n, H, W) float32 in [0, 1]}, in the order of the originals.
    assessments
        {class: the same in numbers}.
    facts
        About the model, as the protocol lists them: where it comes from, what it was trained on, which features its
        style loss used.
    """

    images: Mapping[str, np.ndarray]
    assessments: Mapping[str, Assessment]
    facts: Mapping[str, object] = field(default_factory=dict)

    def over(self, classes: list[str]) -> Assessment:
        """One assessment over some classes, one at least."""
        first, *others = (self.assessments[name] for name in classes)
        return first.joined(others)


def check_given(
    originals: Mapping[str, np.ndarray],
    models: Mapping[str, Reconstructed],
    retention: Mapping[str, ClassRetention],
    baseline: str | None,
) -> None:
    """Raise RaysysError unless every model has images and numbers of all originals, and names are known."""
    if not originals or not models:
        raise RaysysError(
            "a page about reconstructions needs originals of a class and a model at least; one is missing"
        )
    if ORIGINAL in models:
        raise RaysysError(f"a model is called {ORIGINAL!r}, as the originals are; give it another name")
    known = ", ".join(models)
    if baseline is not None and baseline not in models:
        raise RaysysError(f"the baseline {baseline!r} is none of the models; allowed: {known}")
    unknown = [name for name in retention if name not in models]
    if unknown:
        raise RaysysError(
            f"there is a class retention of {unknown[0]!r}, which is none of the models; allowed: {known}"
        )
    for name, model in models.items():
        for kind, images in originals.items():
            _check_class(name, model, kind, np.shape(images))


def _check_class(name: str, model: Reconstructed, kind: str, shape: tuple[int, ...]) -> None:
    if kind not in model.images or kind not in model.assessments:
        raise RaysysError(
            f"model {name!r} has no reconstructions or no numbers of class {kind!r}, of which there are originals"
        )
    found = np.shape(model.images[kind])
    if found != shape or len(shape) != 3:
        raise RaysysError(
            f"model {name!r}, class {kind!r}: reconstructions have shape {found}, originals {shape}; "
            "allowed: both (n, H, W)"
        )
    if model.assessments[kind].n != shape[0]:
        raise RaysysError(
            f"model {name!r}, class {kind!r}: numbers of {model.assessments[kind].n} images, but there are {shape[0]}"
        )
