"""Colours for the phases of label images, the same in pictures, answers of the endpoint and its page."""

from __future__ import annotations

import colorsys

import numpy as np

# Okabe and Ito's colours, which colour-blind people tell apart; black first, as the first phase is often the ground.
FIRST = ((0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0))
# Steps of the golden ratio around the circle of hues never come near an earlier one for long.
GOLDEN = 0.618033988749895
LIGHTNESS = (0.75, 0.35, 0.55)  # in turn, so that neighbours in number differ in print too


def label_colours(phases: int) -> np.ndarray:
    """Colours of the label values 0 to `phases` - 1.

    Two phases are black and white, as binary images are shown.

    Returns
    -------
    uint8 (phases, 3), sRGB
    """
    if phases == 2:
        return np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    further = (
        [round(255 * part) for part in colorsys.hls_to_rgb(place * GOLDEN % 1, LIGHTNESS[place % len(LIGHTNESS)], 0.65)]
        for place in range(phases - len(FIRST))
    )
    return np.array([*FIRST[:phases], *further], np.uint8)
