"""What things are against what they are taken for."""

from __future__ import annotations

import numpy as np


def confusion_table(numbers: np.ndarray, found: np.ndarray, classes: int) -> np.ndarray:
    """Images (classes, classes) int64 by what they are (row) and what they are taken for (column), both int64 (N,)."""
    table: np.ndarray = np.bincount(numbers * classes + found, minlength=classes**2).reshape(classes, classes)
    return table
