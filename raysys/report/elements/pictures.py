"""Single pictures that a click enlarges, with a scale bar where the size of their pixels is known."""

from __future__ import annotations

import numpy as np

from raysys.report.elements.gallery import framed_picture, picture_tag, scale_bar
from raysys.spacing import Spacing

__all__ = ["enlargeable"]


def enlargeable(image: np.ndarray, label: str, spacing: Spacing | None = None) -> str:
    """A picture (H, W), uint8 in {0, 1} or float in [0, 1], as HTML."""
    known = spacing is not None and spacing.unit
    bar = scale_bar(image.shape[1], spacing.sizes[-1], spacing.unit) if spacing is not None and known else ""
    return framed_picture(picture_tag(image, label), label, bar)
