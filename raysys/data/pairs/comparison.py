"""Labels of a network and of Otsu's thresholds against the same masks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from raysys.data.pairs.confusion import Agreement, agreement
from raysys.data.pairs.settings import UNLABELLED
from raysys.data.pairs.thresholds import LARGEST, Thresholded
from raysys.data.preparation.bilateral import denoise
from raysys.data.preparation.grey import to_grey
from raysys.errors import RaysysError

SIGMA_COLOR, SIGMA_SPATIAL = 0.15, 2.0  # of the bilateral filter, as in `DataSettings`


class Judged(NamedTuple):
    """One way of segmenting, and how well it agrees with the masks over all images together."""

    title: str
    how: str
    agreement: Agreement


class Comparison:
    """A network beside Otsu and multi-Otsu, on the same images.

    Parameters
    ----------
    names
        Of the classes.
    title
        What the network is called in the answer.
    """

    def __init__(self, names: tuple[str, ...], title: str = "U-Net") -> None:
        self.names, self.title = names, title
        self._network = np.zeros((len(names), len(names)), np.int64)
        levels = (2, min(max(3, len(names)), LARGEST))
        self._thresholds = [Thresholded(len(names), each) for each in levels]

    def add(self, stored: np.ndarray, labels: np.ndarray, truth: np.ndarray) -> Agreement:
        """Count an image as stored (H, W), its labels and its mask, class numbers; returns the agreement on it.

        Raises
        ------
        RaysysError
            If shapes differ, or the mask has class numbers beyond the names.
        """
        if ((truth >= len(self.names)) & (truth != UNLABELLED)).any():
            raise RaysysError(f"a mask has class {truth.max()}; classes are {', '.join(self.names)}, from 0 on")
        found = agreement(labels, truth, len(self.names))
        self._network += found.counts
        smooth = denoise(to_grey(stored), sigma_color=SIGMA_COLOR, sigma_spatial=SIGMA_SPATIAL)
        for each in self._thresholds:
            each.add(smooth, truth)
        return found

    def judged(self) -> list[Judged]:
        """The network first, then Otsu, then multi-Otsu, whose grey classes are named as well as can be."""
        found = [Judged(self.title, "", Agreement(self._network))]
        for each in self._thresholds:
            naming, best = each.best()
            title = "Otsu" if each.levels == 2 else f"multi-Otsu ({each.levels} levels)"
            found.append(Judged(title, "dark to bright: " + ", ".join(self.names[k] for k in naming), best))
        return found
