"""The colours of label images in pictures, by number."""

import numpy as np

# Okabe and Ito's colours, which colour-blind people tell apart; what has the number 0 stays grey.
COLOURS = np.array([[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [240, 228, 66]])
FIRST = (60, 60, 60)
BETWEEN = 255  # number of what is no phase: the gap between pictures
DARKER = 0.6  # of the next round of colours, where there are more phases than colours


def palette() -> np.ndarray:
    """(256, 3) uint8: red, green and blue of the numbers 0 to 255."""
    rounds = [np.rint(COLOURS * DARKER**k) for k in range(-(-(BETWEEN - 1) // len(COLOURS)))]
    colours = np.concatenate([[FIRST], *rounds])[:BETWEEN]
    return np.concatenate([colours, [[128, 128, 128]]]).astype(np.uint8)
