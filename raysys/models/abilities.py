"""What models can do beside being a network: each ability is a small abstract class, and a model declares those it has.

The endpoint, the command line and the judges ask for an ability and never for a method's own class, so that a new
method is served as soon as it declares what it does. `raysys.models.GenerativeModel` is the ability to make images of
a seed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from raysys.models.generative import GenerativeModel
from raysys.models.model import Model


class Autoencodes(ABC):
    """Encodes images into latents, and decodes them again; images are arrays of the form on the model's card."""

    purpose: ClassVar[str] = "encodes and decodes images"

    @abstractmethod
    def encode(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        """Latents float32 (N, channels, *points) of images (N, *spatial)."""

    @abstractmethod
    def decode(self, latents: np.ndarray, *, grey: bool = False, batch: int = 16) -> np.ndarray:
        """Images of latents; `grey` returns the values before the threshold of a binary model."""

    @abstractmethod
    def autoencode(self, images: np.ndarray, *, grey: bool = False, batch: int = 16) -> np.ndarray:
        """Images decoded from their own latents."""

    @abstractmethod
    def interpolate(self, first: np.ndarray, second: np.ndarray, steps: int, *, grey: bool = False) -> np.ndarray:
        """Images (steps, *spatial) on the way between the latents of two images, both ends included."""


class Classifies(ABC):
    """Says of which class an image is."""

    purpose: ClassVar[str] = "classifies images"

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""

    @abstractmethod
    def probabilities(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        """How likely each class is, float32 (N, classes)."""

    @abstractmethod
    def classify(self, images: np.ndarray, *, batch: int = 16) -> np.ndarray:
        """Number of the likeliest class, int64 (N,)."""


class Segments(ABC):
    """Says of which class every pixel of an image is."""

    purpose: ClassVar[str] = "segments images"

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""

    @abstractmethod
    def segment(
        self,
        images: np.ndarray,
        *,
        overlap: int | None = None,
        tile: int | None = None,
        batch: int = 8,
        limits: tuple[float, float] | None = None,
    ) -> np.ndarray:
        """Number of the likeliest class of every pixel, uint8 (N, H, W)."""


class FindsCodes(ABC):
    """Finds the code of an example, with which more of its kind can be asked for."""

    purpose: ClassVar[str] = "finds codes of examples"

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of the codes that can be asked for by name."""

    @abstractmethod
    def encode(self, images: np.ndarray) -> np.ndarray:
        """Codes float32 (N, values) of images (N, *spatial) of the form on the model's card."""


ABILITIES: dict[str, type] = {
    "samples": GenerativeModel,
    "autoencodes": Autoencodes,
    "classifies": Classifies,
    "segments": Segments,
    "finds codes": FindsCodes,
}


def abilities(model: Model) -> tuple[str, ...]:
    """Names of what a model can do, as the endpoint lists them: keys of ABILITIES."""
    return tuple(name for name, ability in ABILITIES.items() if isinstance(model, ability))
