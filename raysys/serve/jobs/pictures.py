"""What a job looks like so far, as a small PNG."""

from __future__ import annotations

import numpy as np

from raysys.form import RED_GREEN_BLUE, Form
from raysys.serve.encoding import as_png

LARGEST = 512  # pixels a side


def as_picture(image: np.ndarray) -> bytes:
    """Whatever a job shows, (H, W), (D, H, W) or (H, W, 3) of any values: from black to white, of volumes a slice."""
    colour = image.ndim == 3 and image.shape[2] == RED_GREEN_BLUE
    if image.ndim == 3 and not colour:
        image = image[len(image) // 2]
    step = max(1, -(-max(image.shape[:2]) // LARGEST))
    shown = image[::step, ::step].astype(np.float32)
    low, high = float(shown.min()), float(shown.max())
    spread = (shown - low) / (high - low) if high > low else np.clip(shown, 0, 1)
    return as_png(spread, Form("colour" if colour else "grey", spread.shape[:2]))
