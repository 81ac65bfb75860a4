"""Labels for the eye: classes in colour over the grey image."""

from __future__ import annotations

import numpy as np

from raysys.data.files.palette import COLOURS
from raysys.data.pairs.settings import UNLABELLED

WRONG = np.array([213, 94, 0])
OPACITY = 0.55
GAP = 4  # pixels between panels


def overlay(grey: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Colours uint8 (H, W, 3) of an image float [0, 1] (H, W) with its class numbers (H, W); class 0 stays grey."""
    shades = _shades(grey)
    marked = (labels > 0) & (labels != UNLABELLED)
    colours = COLOURS[(labels.astype(np.int64) - 1) % len(COLOURS)]
    return np.where(marked[..., None], _mixed(shades, colours), shades).astype(np.uint8)


def compared(grey: np.ndarray, labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Image, mask, labels, and where they differ, side by side: uint8 (H, 4 W + gaps, 3)."""
    wrong = (labels != truth) & (truth != UNLABELLED)
    shades = _shades(grey)
    errors = np.where(wrong[..., None], _mixed(shades, WRONG), shades).astype(np.uint8)
    gap = np.full((grey.shape[0], GAP, 3), 255, np.uint8)
    panels = [shades.astype(np.uint8), overlay(grey, truth), overlay(grey, labels), errors]
    return np.concatenate([part for panel in panels for part in (panel, gap)][:-1], 1)


def _shades(grey: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(grey[..., None], 0, 1) * 255, 3, -1)


def _mixed(shades: np.ndarray, colours: np.ndarray) -> np.ndarray:
    return (1 - OPACITY) * shades + OPACITY * colours
