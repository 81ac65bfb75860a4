"""Images and masks, split by specimen and ready to be trained on."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import raysys
from raysys.data.pairs.files import Pair, find_pairs, split_specimens
from raysys.data.pairs.reading import read_pair
from raysys.data.pairs.settings import UNLABELLED, PairsSettings
from raysys.data.pairs.tiles import TileView, tile_places
from raysys.errors import RaysysError
from raysys.grey_levels import grey_limits, on_grey_scale
from raysys.spacing import evenly

FEW = 32  # tiles; a network of few tiles knows them by heart


@dataclass(frozen=True)
class PairedImages:
    """Tiles of images with the class numbers of their pixels; no specimen is in both parts.

    Attributes
    ----------
    train : (N, tile, tile) float32 in [0, 1], cut when asked for
    train_targets : (N, tile, tile) uint8 class numbers of the same pixels; 255 where nobody has labelled
    held_out, held_out_targets : (M, tile, tile), of the specimens that are held out; tiles that share no pixel
    target_names : of the classes
    train_weights : (N,) float64 of mean 1, how often each tile is to be drawn; None for all alike
    class_shares : (K,) float64, of the labelled pixels of the training images
    train_pairs, held_out_pairs : files and specimens
    phase_fraction : mean grey value of the training images
    provenance : where the images come from, ready for JSON
    """

    train: TileView
    held_out: np.ndarray
    train_targets: TileView
    held_out_targets: np.ndarray
    target_names: tuple[str, ...]
    train_weights: np.ndarray | None
    class_shares: np.ndarray
    train_pairs: list[Pair]
    held_out_pairs: list[Pair]
    phase_fraction: float
    provenance: dict[str, Any] = field(default_factory=dict)


def pair(settings: PairsSettings) -> PairedImages:
    """Read, check and split what `settings` name.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the files or does not fit them.

    Warns
    -----
    UserWarning
        If there are fewer than 32 training tiles.
    """
    pairs = find_pairs(settings)
    aside = split_specimens([one.specimen for one in pairs], settings)
    kept = [one for one in pairs if one.specimen not in aside]
    held = [one for one in pairs if one.specimen in aside]
    train, train_targets = _tiles(kept, settings, settings.stride)
    held_out, held_out_targets = _tiles(held, settings, settings.tile)
    shares = _shares(train_targets, settings)
    if len(train) < FEW:
        warnings.warn(
            f"{settings.images} gives {len(train)} training tiles of {settings.tile} pixels, fewer than {FEW}: a "
            "network will know them by heart; use a smaller data.tile or data.stride, or more images",
            stacklevel=2,
        )
    labelled = _labelled(held_out_targets, held, settings)
    chosen = labelled[evenly(settings.held_out_images, len(labelled))]
    return PairedImages(
        train=train,
        held_out=held_out[chosen],
        train_targets=train_targets,
        held_out_targets=held_out_targets[chosen],
        target_names=settings.names,
        train_weights=_weights(train_targets, shares, settings.balance) if settings.balance else None,
        class_shares=shares,
        train_pairs=kept,
        held_out_pairs=held,
        phase_fraction=float(np.mean([image.mean(dtype=np.float64) for image in train.arrays])),
        provenance=_provenance(settings, kept, held, shares, len(train), len(held_out)),
    )


def _tiles(pairs: list[Pair], settings: PairsSettings, stride: int) -> tuple[TileView, TileView]:
    images, masks = [], []
    for one in pairs:
        stored, labels = read_pair(
            one.image, one.mask, settings.classes, unlabelled=settings.unlabelled, dataset=settings.dataset
        )
        if min(stored.shape) < settings.tile:
            raise RaysysError(
                f"image {one.image} has {stored.shape[0]} x {stored.shape[1]} pixels, less than one tile of "
                f"{settings.tile}; use a smaller data.tile"
            )
        images.append(on_grey_scale(stored, grey_limits(stored, settings.grey)))
        masks.append(labels)
    places = tile_places([image.shape for image in images], settings.tile, stride)
    return TileView(images, places, settings.tile), TileView(masks, places, settings.tile)


def _shares(targets: TileView, settings: PairsSettings) -> np.ndarray:
    counts = np.sum([np.bincount(mask.ravel(), minlength=UNLABELLED + 1) for mask in targets.arrays], 0)
    counts = counts[: len(settings.classes)]
    missing = [name for name, count in zip(settings.names, counts, strict=True) if not count]
    if missing:
        raise RaysysError(
            f"no training mask of {settings.images} holds the class {' or '.join(missing)}; hold out other specimens, "
            "or leave the class out of data.classes"
        )
    return counts / counts.sum()


def _labelled(targets: TileView, held: list[Pair], settings: PairsSettings) -> np.ndarray:
    """Places (n,) int64 of the tiles that have a labelled pixel: the others say nothing of how good labels are."""
    places = [place for place in range(len(targets)) if (targets[place] != UNLABELLED).any()]
    if not places:
        raise RaysysError(
            f"nothing is labelled in the held-out specimens of {settings.images} "
            f"({', '.join(sorted({one.specimen for one in held}))}), so labels cannot be validated; hold out others "
            "(data.held_out), or label some of their pixels"
        )
    return np.array(places, np.int64)


def _weights(targets: TileView, shares: np.ndarray, balance: float) -> np.ndarray:
    """Weights of mean 1: an even part, and one by how much a tile holds of each class, over the class's share."""
    tiles = (targets[place] for place in range(len(targets)))  # one by one: all of them may not fit into memory
    held = np.array([np.bincount(tile.ravel(), minlength=UNLABELLED + 1)[: len(shares)] for tile in tiles])
    mean = held.mean(0)
    rich = (held / np.where(mean, mean, 1)).mean(1)
    return (1 - balance) + balance * rich / rich.mean()


def _provenance(
    settings: PairsSettings, kept: list[Pair], held: list[Pair], shares: np.ndarray, train: int, aside: int
) -> dict[str, Any]:
    digest = hashlib.sha256()
    for one in sorted([*kept, *held]):
        digest.update(one.image.read_bytes())
        digest.update(one.mask.read_bytes())
    return {
        "source": settings.images,
        "sha256": digest.hexdigest(),
        "class_shares": dict(zip(settings.names, shares.tolist(), strict=True)),
        "specimens_train": sorted({one.specimen for one in kept}),
        "specimens_held_out": sorted({one.specimen for one in held}),
        "images_train": [one.image.name for one in kept],
        "images_held_out": [one.image.name for one in held],
        "tiles_train": train,
        "tiles_held_out": aside,
        "settings": settings.model_dump(mode="json"),
        "raysys_version": raysys.__version__,
    }
