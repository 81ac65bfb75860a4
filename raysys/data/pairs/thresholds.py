"""What a threshold alone would have done on the same images: Otsu and multi-Otsu, at their best."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np

from raysys.data.pairs.confusion import Agreement, counted

LARGEST = 5  # classes of multi-Otsu; more take hours


class Thresholded:
    """Grey classes by Otsu's method, named by the mask as well as a name for each grey class can be.

    Otsu's thresholds say nothing of what a grey class is. Here every way to give each of them one of the masks' classes
    is tried, on the very images that are judged, and the one of the largest mean IoU counts: no other naming could do
    better, and a user, who has no mask, would hardly do as well. Each image has thresholds of its own, after the
    bilateral filter of `raysys data segment`.

    Parameters
    ----------
    classes
        Of the masks.
    levels
        Grey classes: 2 is Otsu's method (1979), more are multi-Otsu (Liao, Chen and Chung 2001).
    """

    def __init__(self, classes: int, levels: int) -> None:
        self.classes, self.levels = classes, levels
        self._counts = np.zeros((levels, classes), np.int64)

    def add(self, grey: np.ndarray, truth: np.ndarray) -> None:
        """Count an image float [0, 1] (H, W), denoised, with its class numbers uint8 (H, W)."""
        self._counts += counted(grey_classes(grey, self.levels), truth, self.levels, self.classes)

    def best(self) -> tuple[tuple[int, ...], Agreement]:
        """The class that each grey class is given, darkest first, and how well it then agrees."""
        namings: Iterable[tuple[int, ...]] = product(range(self.classes), repeat=self.levels)
        return max(((naming, self._named(naming)) for naming in namings), key=lambda each: each[1].mean_iou)

    def _named(self, naming: tuple[int, ...]) -> Agreement:
        counts = np.zeros((self.classes, self.classes), np.int64)
        np.add.at(counts, list(naming), self._counts)
        return Agreement(counts)


def grey_classes(grey: np.ndarray, levels: int) -> np.ndarray:
    """Numbers 0 (darkest) to levels - 1 of pixels, int64 (H, W), by Otsu's thresholds of this image.

    Where its grey values are fewer than the classes, as many as there are.
    """
    from skimage.filters import threshold_multiotsu, threshold_otsu

    if levels == 2:
        return (grey > threshold_otsu(grey)).astype(np.int64)
    try:
        return np.digitize(grey, threshold_multiotsu(grey, classes=levels), right=True)
    except ValueError:  # scikit-image's word for too few grey values
        values = np.unique(grey)
        return np.minimum(np.searchsorted(values, grey), levels - 1)
