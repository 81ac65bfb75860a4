"""What a recipe's data section gives: images to train on and held-out ones, with targets where there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
from pydantic import Discriminator, Tag

from raysys.data import DataSettings, prepare
from raysys.data.micro2d import Micro2DSettings, select
from raysys.data.pairs import PairsSettings, pair
from raysys.data.preparation.window import SHIPPED, window_in_pixels
from raysys.spacing import evenly

SOURCES: dict[str, Any] = {"micrograph": DataSettings, "micro2d": Micro2DSettings, "pairs": PairsSettings}


class Images(Protocol):
    """An array (N, *tile) of uint8 {0, 1} or float32 [0, 1], in memory or behind a file."""

    shape: tuple[int, ...]

    def __len__(self) -> int:
        """Number of images."""

    def __getitem__(self, chosen: Any, /) -> np.ndarray:
        """Images of a slice or of places (n,) int64."""


class TrainingData(Protocol):
    """What the loop needs of `Tiles`, of `LabelledImages`, and of whatever else a recipe may name.

    Targets are class numbers (N,) int64 or label images (N, *tile) uint8, named by `target_names`; weights (N,) say how
    often an image is to be drawn.
    """

    @property
    def train(self) -> Images:
        """Training images."""

    @property
    def held_out(self) -> np.ndarray:
        """Images that are validated with, none of which is trained on."""

    @property
    def train_targets(self) -> np.ndarray | Images | None:
        """Of the training images; label images may be cut when they are asked for."""

    @property
    def held_out_targets(self) -> np.ndarray | None:
        """Of the held-out images."""

    @property
    def target_names(self) -> tuple[str, ...]:
        """What the values of the targets mean."""

    @property
    def train_weights(self) -> np.ndarray | None:
        """How often each training image is to be drawn, relative to the others."""

    @property
    def phase_fraction(self) -> float:
        """Share of phase 1, or the mean grey value."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the images come from, ready for JSON."""


def _source(section: Any) -> str:
    found = section.get("source", "micrograph") if isinstance(section, dict) else getattr(section, "source", None)
    return str(found)


AnyDataSettings = Annotated[
    Annotated[DataSettings, Tag("micrograph")]
    | Annotated[Micro2DSettings, Tag("micro2d")]
    | Annotated[PairsSettings, Tag("pairs")],
    Discriminator(_source),
]


def training_data(settings: DataSettings | Micro2DSettings | PairsSettings) -> TrainingData:
    """Read and split what a recipe's data section names.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the files or does not fit them.
    """
    if isinstance(settings, PairsSettings):
        return pair(settings)
    return select(settings) if isinstance(settings, Micro2DSettings) else prepare(settings)


def located_data(
    settings: DataSettings | Micro2DSettings | PairsSettings, *, say: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """{field: value} of what another machine, or a later day, must not find otherwise.

    Files get their whole paths, and a window that is to be representative becomes a number of pixels, so that the image
    is looked at once; `say` is told which.
    """
    found: dict[str, Any] = {}
    if not settings.images.startswith(SHIPPED):
        found["images"] = str(Path(settings.images).resolve())
    if isinstance(settings, PairsSettings) and settings.masks is not None:
        found["masks"] = str(Path(settings.masks).resolve())
    if isinstance(settings, DataSettings) and settings.window == "res":
        found["window"] = window_in_pixels(settings, say=say)
    return found


def batch_of(data: TrainingData, places: np.ndarray, seeds: Sequence[tuple[int, int]]) -> dict[str, np.ndarray]:
    """What is seen of the training images at `places` (n,): a source that has a method `batch` draws it by itself.

    Parameters
    ----------
    data
        Whose images.
    places
        int64 (n,).
    seeds
        One for each image, of whatever is drawn for it, such as where it is cropped: (recipe's seed, its place in the
        endless row of images), so that it is the same for any number of workers.

    Returns
    -------
    dict
        "images" and, where there are any, "targets"; "others", which are images too; anything else as it is.
    """
    draw = getattr(data, "batch", None)
    if draw is not None:
        drawn: dict[str, np.ndarray] = draw(places, seeds)
        return drawn
    images = {"images": data.train[places]}
    return images if data.train_targets is None else images | {"targets": data.train_targets[places]}


def some(images: Images, count: int) -> np.ndarray:
    """At most `count` of the images, evenly over all of them."""
    if len(images) <= count:
        return images[:]
    return images[evenly(count, len(images))]
