"""Labelled images, split and ready to be trained on; the training images stay in their file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import raysys
from raysys.data.micro2d.loading import Micro2D
from raysys.data.micro2d.settings import Micro2DSettings
from raysys.data.micro2d.splits import Split, class_weights, stratified_split
from raysys.errors import RaysysError
from raysys.spacing import evenly

SAMPLED = 2048  # images from which the phase fraction is taken


class View:
    """Some images of a file, indexed like an array (N, H, W) uint8 {0, 1}, and read when they are.

    Parameters
    ----------
    store
        The file.
    indices
        (N,) int64 numbers of the images in it.
    """

    def __init__(self, store: Micro2D, indices: np.ndarray) -> None:
        self.store, self.indices = store, indices
        self.shape = (len(indices), *store.shape)
        self.dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        """Number of images."""
        return len(self.indices)

    def __getitem__(self, chosen: Any) -> np.ndarray:
        """Images (n, H, W) of a slice or of places (n,), or one image (H, W) of a place."""
        return self.store[self.indices[chosen]]

    def spread(self, count: int) -> np.ndarray:
        """At most `count` of the images, evenly over all of them."""
        return self[evenly(count, len(self))]


@dataclass(frozen=True)
class LabelledImages:
    """Images of several classes, split so that each class has its share in every part.

    Attributes
    ----------
    train, test : View
    held_out : (M, H, W) uint8 {0, 1}, validation images; neighbours are of different classes
    train_targets, held_out_targets, test_targets : int64 number of each image's class, an index into `target_names`
    train_weights : (N,) float64 of mean 1, how often each training image is to be drawn; None for all alike
    phase_fraction : of at most 2,048 training images
    provenance : where the images come from, ready for JSON
    """

    train: View
    held_out: np.ndarray
    test: View
    train_targets: np.ndarray
    held_out_targets: np.ndarray
    test_targets: np.ndarray
    target_names: tuple[str, ...]
    train_weights: np.ndarray | None
    phase_fraction: float
    provenance: dict[str, Any] = field(default_factory=dict)


def select(settings: Micro2DSettings) -> LabelledImages:
    """Open and split the file of `settings`.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the file or does not fit it.
    """
    store = Micro2D(settings.images, settings.classes)
    if store.shape != (settings.tile, settings.tile):
        height, width = store.shape
        raise RaysysError(f"{settings.images}: its images have {height} x {width} pixels, but tile is {settings.tile}")
    split = _split(store, settings)
    weights = class_weights(store.numbers[split.train], settings.balance) if settings.balance else None
    aside = _in_turns(split.validation, store.numbers[split.validation])[: settings.held_out_images]
    train = View(store, split.train)
    return LabelledImages(
        train=train,
        held_out=store[aside],
        test=View(store, split.test),
        train_targets=store.numbers[split.train],
        held_out_targets=store.numbers[aside],
        test_targets=store.numbers[split.test],
        target_names=store.classes,
        train_weights=weights,
        phase_fraction=float(train.spread(SAMPLED).mean()),
        provenance=_provenance(store, settings, split),
    )


def _split(store: Micro2D, settings: Micro2DSettings) -> Split:
    """Numbers of the first `per_class` images of each class."""
    numbers = store.numbers
    first = np.concatenate([[0], np.cumsum(list(store.counts.values()))])[numbers]
    used = np.flatnonzero(np.arange(len(numbers)) - first < (settings.per_class or len(numbers)))
    try:
        split = stratified_split(numbers[used], settings.shares, seed=settings.seed, names=store.classes)
    except RaysysError as error:
        raise RaysysError(f"{settings.images}: {error}") from None
    return Split(*(used[part] for part in (split.train, split.validation, split.test)))


def _in_turns(indices: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The first image of every class, then the second of every class, and so on."""
    turn = np.empty(len(indices), np.int64)
    for number in np.unique(numbers):
        members = np.flatnonzero(numbers == number)
        turn[members] = np.arange(len(members))
    return indices[np.lexsort((numbers, turn))]


def _provenance(store: Micro2D, settings: Micro2DSettings, split: Split) -> dict[str, Any]:
    return {
        "source": settings.images,
        "attributes": store.attributes,
        "classes": {name: int(np.sum(store.numbers[split.train] == k)) for k, name in enumerate(store.classes)},
        "images_train": len(split.train),
        "images_validation": len(split.validation),
        "images_test": len(split.test),
        "settings": settings.model_dump(mode="json"),
        "raysys_version": raysys.__version__,
    }
