"""Textures, photographs or rocks ready to be trained on: pairs of pieces that belong together."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

import raysys
from raysys.data.textures import rocks, six
from raysys.data.textures.crops import Crops, drawn_pair, spread_places
from raysys.data.textures.near_duplicates import near_duplicates
from raysys.data.textures.reading import Read, read_textures
from raysys.data.textures.settings import ROCKS, SIX, TexturesSettings
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import Spacing, common_spacing

EACH, HELD_OUT = 64, 16  # pieces of every texture that stand for it where images are compared
LICENCES = {SIX: six.LICENCE, ROCKS: rocks.LICENCE}
SAMPLED = 256  # pieces from which the mean is taken
SHOWN = 3  # pairs of near-duplicates that a sentence names


@dataclass(frozen=True)
class Textures:
    """Pieces of textures; training draws its own pairs by `batch`.

    Attributes
    ----------
    train : Crops, EACH pieces of every texture at places drawn by chance, texture after texture in turns
    held_out : (M, *tile), of the parts that are not trained on; empty where there are none
    train_targets, held_out_targets : int64, number of each piece's texture, or photograph
    target_names : of the textures, or photographs
    belongs : (A,) int64, number of the texture of each array of `train`
    window : side of the window that holds both pieces of a pair; None where they lie anywhere in the texture
    phase_fraction : mean of the training pieces
    train_weights : of mean 1, so that a texture of several images is drawn no more often; None where all have as many
    provenance : where the images come from, ready for JSON
    """

    train: Crops
    held_out: np.ndarray
    train_targets: np.ndarray
    held_out_targets: np.ndarray
    target_names: tuple[str, ...]
    belongs: np.ndarray
    window: int | None
    phase_fraction: float
    train_weights: np.ndarray | None
    provenance: dict[str, Any] = field(default_factory=dict)

    def batch(self, places: np.ndarray, seeds: Sequence[tuple[int, int]]) -> dict[str, np.ndarray]:
        """Two pieces of one texture for each place, cut by its own seed: "images", "others" and "targets"."""
        crops, pairs = self.train, []
        for place, seed in zip(places.tolist(), seeds, strict=True):
            chance = np.random.default_rng(seed)
            numbers = np.flatnonzero(self.belongs == self.train_targets[place])
            number = int(numbers[chance.integers(len(numbers))])
            origins = drawn_pair(chance, crops.arrays[number].shape[: crops.dims], crops.tile, self.window)
            pairs.append([crops.cut(number, origin) for origin in origins])
        images, others = (np.stack(pieces) for pieces in zip(*pairs, strict=True))
        return {"images": images, "others": others, "targets": self.train_targets[places]}


def textures(settings: TexturesSettings) -> Textures:
    """Read, check and split what `settings` name.

    Raises
    ------
    RaysysError
        One sentence for whatever is wrong with the files or does not fit them.

    Warns
    -----
    UserWarning
        If two textures are nearly the same picture.
    """
    read = read_textures(settings)
    if settings.pairs == "texture" and len(read) < 2:
        raise RaysysError(
            f"data.images {settings.images} holds one texture, {next(iter(read))}; allowed: two or more, or "
            "data.pairs=window, which learns the many textures inside photographs"
        )
    spacing = common_spacing({name: one.spacing for name, images in read.items() for one in images})
    if settings.pairs == "texture":
        _warn_of_duplicates(read, settings)
    near, far = _split(read, settings)
    belongs = np.array([number for number, arrays in enumerate(near) for _ in arrays], np.int64)
    train = _crops(near, settings, EACH, seed=0)
    held = _crops(far, settings, HELD_OUT, seed=1) if settings.held_out else None
    some = train[np.linspace(0, len(train) - 1, min(SAMPLED, len(train))).astype(np.int64)]
    return Textures(
        train=train,
        held_out=np.empty((0, *train.shape[1:]), train.dtype) if held is None else held[:],
        train_targets=belongs[train.places[:, 0]],
        held_out_targets=np.empty(0, np.int64) if held is None else belongs[held.places[:, 0]],
        target_names=tuple(read),
        belongs=belongs,
        window=settings.window if settings.pairs == "window" else None,
        phase_fraction=float(some.mean()),
        train_weights=_weights(belongs[train.places[:, 0]]),
        provenance=_provenance(read, settings, spacing),
    )


def _weights(targets: np.ndarray) -> np.ndarray | None:
    counts = np.bincount(targets)
    if counts.min() == counts.max():
        return None
    each: np.ndarray = (1 / counts)[targets]
    return each / each.mean()


def _crops(arrays: list[list[np.ndarray]], settings: TexturesSettings, each: int, *, seed: int) -> Crops:
    flat = [array for images in arrays for array in images]
    shapes = [array.shape[: settings.dims] for array in flat]
    return Crops(flat, spread_places(shapes, settings.tile, each, seed), settings.tile, settings.dims)


def _split(
    read: dict[str, list[Read]], settings: TexturesSettings
) -> tuple[list[list[np.ndarray]], list[list[np.ndarray]]]:
    """Both parts of every image, cut across its longest axis; the far ones are empty where nothing is held out."""
    near: list[list[np.ndarray]] = []
    far: list[list[np.ndarray]] = []
    for name, images in read.items():
        parts = [_cut(one.array, name, settings) for one in images]
        near.append([one for one, _ in parts])
        far.append([other for _, other in parts if other is not None])
    return near, far


def _cut(array: np.ndarray, name: str, settings: TexturesSettings) -> tuple[np.ndarray, np.ndarray | None]:
    shape = array.shape[: settings.dims]
    if not settings.held_out:
        _check(shape, name, settings, settings.needed, "")
        return array, None
    axis = int(np.argmax(shape))
    at = round(shape[axis] * (1 - settings.held_out))
    near, far = np.split(array, [at], axis)
    said = f", of which data.held_out {settings.held_out:g} keeps a part away"
    _check(near.shape[: settings.dims], name, settings, settings.needed, said)
    _check(far.shape[: settings.dims], name, settings, settings.tile, said)
    return near, far


def _check(shape: Sequence[int], name: str, settings: TexturesSettings, needed: int, said: str) -> None:
    if min(shape) >= needed:
        return
    small = f" at data.downscale {settings.downscale:g}" if settings.downscale > 1 else ""
    raise RaysysError(
        f"{name} in {settings.images} has {by(shape)} pixels{small}{said}, and "
        f"{'windows' if needed > settings.tile else 'pieces'} have {needed} a side; use a smaller data.tile"
        f"{' or data.held_out' if said else ''}"
    )


def _warn_of_duplicates(read: dict[str, list[Read]], settings: TexturesSettings) -> None:
    first = {name: images[0].array for name, images in read.items()}
    grey = {name: array.mean(-1) if settings.coloured else array for name, array in first.items()}
    pairs = near_duplicates(grey)
    if pairs:
        named = ", ".join(f"{one} and {other}" for one, other in pairs[:SHOWN])
        more = f" and {len(pairs) - SHOWN} more pairs" if len(pairs) > SHOWN else ""
        warnings.warn(
            f"{settings.images} holds textures that are nearly the same picture: {named}{more}; leave one of each out, "
            "since scores count them as different textures",
            stacklevel=3,
        )


def _provenance(read: dict[str, list[Read]], settings: TexturesSettings, spacing: Spacing | None) -> dict[str, Any]:
    digest = hashlib.sha256()
    for images in read.values():
        for one in images:
            digest.update(one.sha256.encode() or np.ascontiguousarray(one.array).tobytes())
    return {
        "source": settings.images,
        **({"licence": LICENCES[settings.images]} if settings.images in LICENCES else {}),
        "sha256": digest.hexdigest(),
        "textures": {name: [list(one.array.shape[: settings.dims]) for one in images] for name, images in read.items()},
        **({} if spacing is None else {"spacing": asdict(spacing)}),
        "settings": settings.model_dump(mode="json"),
        "raysys_version": raysys.__version__,
    }
