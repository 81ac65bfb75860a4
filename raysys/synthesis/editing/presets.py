"""How an edit is made: scales, steps and layers, and the weights of the five terms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace

from raysys.errors import RaysysError
from raysys.losses.guided_correspondence import PatchSettings
from raysys.synthesis.presets import PATCH_LAYERS, PRESETS, Preset, Scale

__all__ = ["BORDER", "EDIT_PRESETS", "PUBLISHED_SIDE", "TERMS", "EditWeights"]

PUBLISHED_SIDE = 224  # pixels that the published code brings every image to
BORDER = 16  # pixels around what changes, which the fast preset may change too
OCCURRENCE = 0.1  # of the published editing, where synthesis has 0.05


@dataclass(frozen=True)
class EditWeights:
    """Of the terms, as published (Zhou et al. 2023, editing code).

    Attributes
    ----------
    correspondence
        Guided Correspondence, with the mask as its guidance.
    classification
        Cross-entropy of the class that the image is recognised as.
    moments
        Means and deviations of the classifier's features.
    variation
        Differences of neighbours, absolute and squared.
    norm
        Of the pixels.
    """

    correspondence: float = 5.0
    classification: float = 1.0
    moments: float = 5.0
    variation: float = 1e-3
    norm: float = 1e-5

    def without(self, terms: Collection[str]) -> EditWeights:
        """The same with some terms left out.

        Raises
        ------
        RaysysError
            If there is no such term, or none is left.
        """
        for term in terms:
            if term not in TERMS:
                raise RaysysError(f"without {term!r}, which is no term of an edit; allowed: {', '.join(TERMS)}")
        found = replace(self, **dict.fromkeys(terms, 0.0))
        if not any(asdict(found).values()):
            raise RaysysError("an edit without any term; allowed: one of them at least")
        return found


TERMS = tuple(asdict(EditWeights()))
HOLES = EditWeights(classification=0.0, moments=0.0, variation=0.0, norm=0.0)  # which no term but the first knows of

EDIT_PRESETS = {
    "fast": Preset(
        "fast",
        # It begins with windows of the image itself: longer steps only left noise on them.
        (Scale(0.5, 60, 0.015), Scale(0.75, 20, 0.008), Scale(1.0, 20, 0.006, PATCH_LAYERS[:2])),
        replace(PRESETS["fast"].patches, occurrence=OCCURRENCE),
        block=32,
    ),
    "published": Preset(
        "published",
        tuple(
            scale
            for factor in (0.25, 0.5, 0.75, 1.0)
            for scale in (Scale(factor, 300, 0.01), Scale(factor, 200, 0.01, ("conv1_1", *PATCH_LAYERS)))
        ),
        PatchSettings(occurrence=OCCURRENCE),
        start="noise",
        falling=False,
        half=False,
    ),
}
