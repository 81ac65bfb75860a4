"""Images as pictures for the eye: uint8, white where phase 1 is, a colour for each phase of label images."""

from __future__ import annotations

import numpy as np

from raysys.form import Form
from raysys.label_colours import label_colours


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
        return label_colours(form.channels)[np.clip(images, 0, form.channels - 1).astype(np.int64)]
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
