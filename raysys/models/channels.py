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
    if form.kind == "labels":  # not by `unit_channels`: in training this runs on the images' own device
        places = torch.arange(form.channels, device=images.device).reshape(-1, *(1,) * (images.ndim - 1))
        return (images.unsqueeze(1) == places).float() * 2 - 1
    channels = images.movedim(-1, 1) if form.kind == "colour" else images.unsqueeze(1)
    return channels.float() * 2 - 1


def unit_channels(form: Form, images: np.ndarray) -> np.ndarray:
    """Images of a form as channels in [0, 1], for networks that see them so.

    Parameters
    ----------
    form
        Says what the values mean.
    images
        (N, *spatial), or (N, *spatial, 3) for colour.

    Returns
    -------
    float32 (N, C, *spatial) in [0, 1]; the channel of a label image's phase is 1, the others are 0
    """
    if form.kind == "labels":
        places = np.arange(form.channels).reshape(-1, *(1,) * (images.ndim - 1))
        return (images[:, None] == places).astype(np.float32)
    channels = np.moveaxis(images, -1, 1) if form.kind == "colour" else images[:, None]
    return channels.astype(np.float32)


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


def values_before(form: Form, values: np.ndarray) -> np.ndarray:
    """What a network has made, before it is decided which phase a pixel is of.

    Parameters
    ----------
    form, values
        As for `from_channels`.

    Returns
    -------
    float32 (B, *spatial) for binary images, (B, *spatial, phases) for label images: how likely each phase is; for grey
    and colour images, of which nothing is decided, as of `from_channels`
    """
    if form.kind == "binary":
        return np.ascontiguousarray(values[:, 0])
    if form.kind == "labels":
        return np.ascontiguousarray(np.moveaxis(values, 1, -1))
    return from_channels(form, values)
