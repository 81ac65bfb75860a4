"""The classifier as a model: images to probabilities of its classes."""

from __future__ import annotations

import numpy as np
import torch

from raysys.errors import RaysysError
from raysys.methods.classifier.network import Classifier
from raysys.models.abilities import Classifies
from raysys.models.model import Model


class ClassifierModel(Model, Classifies):
    """Which of its classes an image looks like; parameters as of `Model`."""

    purpose = "tells classes of images apart"
    Network = Classifier
    network: Classifier

    @property
    def native_size(self) -> tuple[int, ...]:
        """Pixels per axis of the training images."""
        return (self.network.size,) * 2

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the probabilities."""
        return self.network.classes

    @torch.inference_mode()
    def probabilities(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        """How likely each class is.

        Parameters
        ----------
        images
            (N, H, W) in [0, 1], of any size from `2**(depth - 1)` pixels on.
        batch
            Images per pass on an accelerator; on a CPU each passes by itself, so that its bits depend on no other.

        Returns
        -------
        float32 (N, classes), rows that add up to 1

        Raises
        ------
        RaysysError
            If there are no images, they have another number of axes, values outside [0, 1], or are too small.
        """
        self._check_images(images)
        batch = 1 if self.device.type == "cpu" else batch
        parts = [
            self.network(torch.from_numpy(images[first : first + batch, None].astype(np.float32)).to(self.device))
            for first in range(0, len(images), batch)
        ]
        found: np.ndarray = torch.cat(parts).float().softmax(1).cpu().numpy()
        return found

    def classify(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        """Number of the likeliest class, int64 (N,), an index into `classes`; as `probabilities` otherwise."""
        return self.probabilities(images, batch=batch).argmax(1)

    def _check_images(self, images: np.ndarray) -> None:
        if images.ndim != 3 or not images.size:
            raise RaysysError(
                f"images of shape {images.shape} cannot be classified by model {self.name!r}; "
                "allowed: (N, pixels, pixels), one image or more"
            )
        if not (images.min() >= 0 and images.max() <= 1):
            raise RaysysError(
                f"images with values from {images.min():g} to {images.max():g} cannot be classified by model "
                f"{self.name!r}; allowed: 0 to 1"
            )


MODEL = ClassifierModel
