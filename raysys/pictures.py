"""Images as pictures for the eye: uint8, white where phase 1 is, a colour for each phase of label images."""

from __future__ import annotations

import colorsys

import numpy as np

from raysys.form import MOST_PHASES, Form

# Okabe and Ito's colours, which the colour-blind tell apart, in an order in which neighbours differ in lightness too.
FEW = ("22262b", "e69f00", "56b4e9", "f0e442", "0072b2", "cc79a7", "009e73", "d55e00")
GOLDEN = 0.618034  # of a turn: hues that follow each other lie far apart, however many there are


def _colours() -> np.ndarray:
    few = [tuple(bytes.fromhex(colour)) for colour in FEW]
    more = [
        tuple(round(255 * part) for part in colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.5, 0.6 + 0.3 * (number % 2)))
        for number in range(MOST_PHASES - len(few))
    ]
    return np.array(few + more, np.uint8)


PHASE_COLOURS = _colours()  # uint8 (MOST_PHASES, 3), sRGB, of the phases 0, 1, ... of label images


def pictures(form: Form, images: np.ndarray) -> np.ndarray:
    """What images of a form look like.

    Parameters
    ----------
    form
        Says what the values mean.
    images
        Of that form, (N, *spatial) or (N, *spatial, 3) for colour; of binary ones also values before the threshold.

    Returns
    -------
    uint8 (N, *spatial), phase 1 as 255 and grey in 256 steps, or (N, *spatial, 3) for colour and label images
    """
    if form.kind == "labels":
        return PHASE_COLOURS[np.clip(images, 0, MOST_PHASES - 1).astype(np.int64)]
    return (np.clip(images.astype(np.float32), 0, 1) * 255).round().astype(np.uint8)


def middle_slices(form: Form, images: np.ndarray) -> np.ndarray:
    """Flat images: the middle slice along the first axis of volumes (N, D, H, W), flat ones as they are."""
    while images.ndim > (4 if form.kind == "colour" else 3):
        images = images[:, images.shape[1] // 2]
    return images


def contact_sheet(shown: np.ndarray, *, columns: int, gap: int, ground: int = 255) -> np.ndarray:
    """Pictures in rows of `columns`, with `gap` pixels of the shade `ground` between them.

    Parameters
    ----------
    shown
        uint8 (N, H, W) or (N, H, W, 3).

    Returns
    -------
    uint8 (rows, pixels) or (rows, pixels, 3)
    """
    columns = min(columns, len(shown))
    height, width = shown.shape[1] + gap, shown.shape[2] + gap
    rows = -(-len(shown) // columns)
    sheet = np.full((rows * height - gap, columns * width - gap, *shown.shape[3:]), ground, np.uint8)
    for number, picture in enumerate(shown):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet
