"""Label images as bits: an eighth of the bytes of a binary image, which is what travels and is kept of a chain."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["pack", "unpack"]


def pack(labels: np.ndarray, phases: int) -> np.ndarray:
    """(planes, bytes) uint8 of labels 0..phases-1 of any shape: one plane for each bit that a label needs."""
    planes = max(1, (phases - 1).bit_length())
    flat = np.asarray(labels, np.uint8).ravel()
    return np.stack([np.packbits((flat >> plane) & 1) for plane in range(planes)])


def unpack(bits: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Labels uint8 of `shape`, from what `pack` made of them."""
    labels = np.zeros(math.prod(shape), np.uint8)
    for plane, row in enumerate(bits):
        labels |= np.unpackbits(row, count=labels.size) << plane
    return labels.reshape(shape)
