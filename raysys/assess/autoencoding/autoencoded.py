"""What one model makes of the originals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from raysys.assess.autoencoding.assessment import Assessment


@dataclass(frozen=True)
class Autoencoded:
    """What one model made of the originals.

    Attributes
    ----------
    images
        {class: (n, H, W) float32 in [0, 1]}, in the order of the originals.
    assessments
        {class: the same in numbers}.
    facts
        About the model, as a page's protocol lists them: where it comes from, what it was trained on, which features
        its style loss used.
    hyperparameters
        Of its training, in the rows of the published Table 1; None stands for "none".
    """

    images: Mapping[str, np.ndarray]
    assessments: Mapping[str, Assessment]
    facts: Mapping[str, object] = field(default_factory=dict)
    hyperparameters: Mapping[str, float | None] = field(default_factory=dict)

    def over(self, classes: Sequence[str]) -> Assessment:
        """One assessment over some classes, one at least."""
        first, *others = (self.assessments[name] for name in classes)
        return first.joined(others)
