"""Images to the channels that networks see, and back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from raysys.form import Form

THRESHOLD = 0.5  # binary images are what lies above


def to_channels(form: Form, images: Tensor) -> Tensor:
    """Images of a form as networks see them.

    Parameters
    ----------
    form
        Says what the values mean.
    images
        (B, *spatial), or (B, *spatial, 3) for colour, as arrays of images are.

    Returns
    -------
    float32 (B, C, *spatial) in [-1, 1]; label images are -1 but for the channel of their phase, which is 1
    """
    if form.kind == "labels":
        places = torch.arange(form.channels, device=images.device).reshape(-1, *(1,) * (images.ndim - 1))
        return (images.unsqueeze(1) == places).float() * 2 - 1
    channels = images.movedim(-1, 1) if form.kind == "colour" else images.unsqueeze(1)
    return channels.float() * 2 - 1


def from_channels(form: Form, values: np.ndarray) -> np.ndarray:
    """What a network has made, as an array of images.

    Parameters
    ----------
    form
        Says what the values are to mean.
    values
        float32 (B, C, *spatial) in [0, 1].

    Returns
    -------
    (B, *spatial) uint8 for binary (above one half) and label images (the channel with the largest value), float32 in
    [0, 1] for grey ones, (B, *spatial, 3) for colour
    """
    if form.kind == "binary":
        return (values[:, 0] > THRESHOLD).astype(np.uint8)
    if form.kind == "labels":
        labels: np.ndarray = values.argmax(1).astype(np.uint8)
        return labels
    if form.kind == "grey":
        return np.ascontiguousarray(values[:, 0])
    return np.ascontiguousarray(np.moveaxis(values, 1, -1))
