"""What an edit minimises: correspondence of patches, the image's class, moments of features, smoothness, and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import torch
from torch import Tensor
from torch.nn import functional

from raysys.features.recognition import Recogniser
from raysys.losses.inversion import moments_distance, total_variation
from raysys.synthesis.editing.presets import EditWeights
from raysys.synthesis.objective import Loss

__all__ = ["EditObjective"]


class EditObjective:
    """The weighted sum of the terms at one scale.

    Parameters
    ----------
    reference
        The image at that scale, (1, 1 or 3, h, w): its class and its features are wanted.
    patches
        Guided Correspondence; None where it has no weight.
    recogniser
        None where neither of its two terms has a weight.

    Attributes
    ----------
    wanted
        Number of the class that the reference is recognised as at this scale, int64 (1,).
    """

    def __init__(
        self, reference: Tensor, patches: Loss | None, recogniser: Recogniser | None, weights: EditWeights
    ) -> None:
        self.patches, self.recogniser, self.weights = patches, recogniser, weights
        self.wanted: Tensor | None = None
        if recogniser is not None:
            with torch.no_grad():
                logits, self.features = recogniser(reference)
            self.wanted = logits.argmax(1)

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """The loss of pixels (1, C, H, W)."""
        weights = asdict(self.weights)
        return torch.stack([weights[name] * one for name, one in self.terms(pixels, generator).items()]).sum()

    def terms(self, pixels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """{name: value without its weight} of those that have a weight."""
        weights, found = self.weights, {}
        if self.patches is not None:
            found["correspondence"] = self.patches(pixels, generator)
        if self.recogniser is not None and self.wanted is not None:
            logits, features = self.recogniser(pixels)
            if weights.classification:
                found["classification"] = functional.cross_entropy(logits, self.wanted)
            if weights.moments:
                found["moments"] = moments_distance(features, self.features)
        if weights.variation:
            found["variation"] = torch.stack(total_variation(pixels)).sum()
        if weights.norm:
            found["norm"] = torch.linalg.vector_norm(pixels)
        return found

    def memory(self) -> dict[str, Tensor]:
        """As of `Loss`."""
        return {} if self.patches is None else self.patches.memory()

    def remember(self, memory: Mapping[str, Tensor]) -> None:
        """As of `Loss`."""
        if self.patches is not None:
            self.patches.remember(memory)
