"""Colours for the phases of label images, the same in files, previews, answers of the endpoint and its page."""

from __future__ import annotations

import colorsys

import numpy as np

# Okabe and Ito's colours, which the colour-blind tell apart, in an order in which neighbours differ in lightness too.
FEW = ("22262b", "e69f00", "56b4e9", "f0e442", "0072b2", "cc79a7", "009e73", "d55e00")
GOLDEN = 0.618034  # of a turn: hues that follow each other lie far apart, however many there are
LIGHTNESS = (0.6, 0.9)  # in turn, so that neighbours in number differ in print too


def label_colours(phases: int) -> np.ndarray:
    """Colours of the label values 0 to `phases` - 1; a value has the same colour however many there are.

    Returns
    -------
    uint8 (phases, 3), sRGB
    """
    few = [tuple(bytes.fromhex(colour)) for colour in FEW]
    further = [
        tuple(round(255 * part) for part in colorsys.hsv_to_rgb(place * GOLDEN % 1, 0.5, LIGHTNESS[place % 2]))
        for place in range(phases - len(few))
    ]
    return np.array((few + further)[:phases], np.uint8)
