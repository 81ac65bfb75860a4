"""Images as they were stored beside the phases that were made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from raysys.report.elements.document import Section
from raysys.report.elements.notation import text
from raysys.report.elements.pictures import enlargeable
from raysys.spacing import Spacing

__all__ = ["segmented_section"]

MOST = 8  # files shown
CAPTION = (
    "Left what the file holds, from its darkest to its brightest value; right what was measured, the phase of interest "
    "dark. A click enlarges a picture, and another one closes it."
)


def segmented_section(
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]], spacing: Spacing | None = None
) -> Section | None:
    """Each file's grey original and its phases, side by side; None where nothing was segmented.

    Parameters
    ----------
    pictures
        By file, (H, W) as stored and (H, W) uint8 in {0, 1}.
    spacing
        Of the pixels, for a scale bar.
    """
    if not pictures:
        return None
    rows = [_pair(path, *two, spacing) for path, two in list(pictures.items())[:MOST]]
    more = len(pictures) - len(rows)
    caption = CAPTION + (f" {more} more files were segmented alike." if more > 0 else "")
    return Section("As stored, and segmented", caption, rows)


def _pair(path: str, stored: np.ndarray, phases: np.ndarray, spacing: Spacing | None) -> str:
    name = Path(path).name
    low, high = float(stored.min()), float(stored.max())
    grey = (stored.astype(np.float64) - low) / (high - low or 1.0)
    left = enlargeable(grey, f"{name} as stored", spacing)
    right = enlargeable(phases, f"{name}, phases", spacing)
    return f'<p class="set-head">{text(name)}</p><div class="pair">{left}{right}</div>'
