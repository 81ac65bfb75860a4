"""Single pictures that a click enlarges, with a scale bar where the size of their pixels is known."""

from __future__ import annotations

import math

import numpy as np

from raysys.report.elements.gallery import picture_tag
from raysys.report.elements.notation import text
from raysys.spacing import Spacing

__all__ = ["enlargeable", "scale_bar"]

STEPS = (1.0, 2.0, 5.0)
SHARE = 0.25  # of the picture's width, that a bar is not longer than


def enlargeable(image: np.ndarray, label: str, spacing: Spacing | None = None) -> str:
    """A picture (H, W), uint8 in {0, 1} or float in [0, 1], as HTML."""
    switch = f'<label class="enlarge"><input type="checkbox" aria-label="enlarge {text(label)}">'
    return f"<figure>{switch}{picture_tag(image, label)}</label>{scale_bar(image.shape[1], spacing)}</figure>"


def scale_bar(width: int, spacing: Spacing | None) -> str:
    """A bar of a round length below a picture of so many pixels in width; empty where their size has no unit."""
    if spacing is None or not spacing.unit:
        return ""
    whole = width * spacing.sizes[-1]
    decade = 10.0 ** math.floor(math.log10(whole * SHARE))
    length = max(step * decade for step in STEPS if step * decade <= whole * SHARE)
    return (
        f'<figcaption class="scale"><i style="width: {100 * length / whole:.3f}%"></i>{length:g} {text(spacing.unit)}'
        "</figcaption>"
    )
