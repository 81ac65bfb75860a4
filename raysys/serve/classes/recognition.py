"""What a replica does with uploads where its model knows classes."""

from dataclasses import dataclass

import numpy as np

from raysys.models.abilities import Classifies, Segments
from raysys.serve.classes.schemas import ClassifyRequest, SegmentRequest
from raysys.serve.declared import form_of
from raysys.serve.values import phase_values


@dataclass(frozen=True)
class Segmented:
    """Class numbers uint8 (n, H, W), and the names of the numbers."""

    labels: np.ndarray
    classes: tuple[str, ...]

    @property
    def shares(self) -> np.ndarray:
        """Share of each class in every image, float64 (n, classes)."""
        places = range(len(self.classes))
        return np.stack([(self.labels == number).mean(axis=(1, 2)) for number in places], axis=1)


@dataclass(frozen=True)
class Classified:
    """How likely each class is, float32 (n, classes), in images of `shape`; and how they were segmented."""

    probabilities: np.ndarray
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    threshold: float | None


def segment(model: Segments, stored: np.ndarray, request: SegmentRequest) -> Segmented:
    """Class of every pixel of an upload (n, H, W); raises RaysysError if it does not fit."""
    # Stored values as they are: the model's own rule of brightness and contrast is the one of its training.
    return Segmented(model.segment(stored), model.classes)


def classify(model: Classifies, stored: np.ndarray, request: ClassifyRequest) -> Classified:
    """Class of each image of an upload (n, H, W); raises as `segment` does, and for images of one grey level."""
    wanted = request.values or ("binary" if form_of(model).kind == "binary" else "grey")
    images, threshold = phase_values(stored, wanted, request.phase, request.threshold)
    return Classified(model.probabilities(images), model.classes, stored.shape[1:], threshold)
