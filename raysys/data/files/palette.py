"""The colours of label images in pictures, by number."""

import numpy as np

from raysys.label_colours import label_colours

# Okabe and Ito's colours, which colour-blind people tell apart, of masks over grey images: the number 0 stays grey.
COLOURS = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [240, 228, 66]])
BETWEEN = 255  # number of what is no phase: the gap between pictures


def palette() -> np.ndarray:
    """(256, 3) uint8: red, green and blue of the numbers 0 to 255."""
    return np.concatenate([label_colours(BETWEEN), np.full((1, 3), 128, np.uint8)])
