"""The real images of `raysys compare`: tiles that its models were not trained on, where a model's card says which."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.images import read_binary
from raysys.cli.parts.terminal import by
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.data import DataSettings, Tiles
    from raysys.models import GenerativeModel
    from raysys.stats import Baseline

SPLITS = "settings"  # under "data" in a card's provenance: how the image was prepared, split included
MOST = 2048  # training tiles that the band is taken from


@dataclass(frozen=True)
class Given:
    """What the user said of REAL herself; None where she did not."""

    phase: str | None = None
    tile: int | None = None
    stride: int | None = None
    dims: int = 2

    @property
    def anything(self) -> bool:
        """Whether REAL is to be prepared by the options, whatever a model's card says."""
        return any(one is not None for one in (self.phase, self.tile, self.stride))


@dataclass(frozen=True)
class Real:
    """The reference.

    Attributes
    ----------
    images
        (N, ...) uint8 {0, 1}.
    groups
        (N,) region of each; None if they have no pixel in common.
    others, other_groups
        Tiles of another part of the same image, from which the band is taken where there are any.
    training, aside
        The images, two-dimensional or volumes, that the first model's tiles were cut from, and what was held out of
        them; None where that is not known.
    strangers
        Models whose cards do not say that they were trained on the same images as the first.
    notes
        Sentences about where they come from.
    """

    images: np.ndarray
    groups: np.ndarray | None = None
    others: np.ndarray | None = None
    other_groups: np.ndarray | None = None
    training: list[np.ndarray] | None = None
    aside: list[np.ndarray] | None = None
    strangers: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)


def reference(real: str, given: Given, models: dict[str, GenerativeModel], side: int | None) -> Real:
    """Held-out tiles of `real`, if the first model's card says how it was prepared; otherwise its own tiles.

    Parameters
    ----------
    real
        A file or folder, or skimage:NAME.
    given
        Options.
    models
        By name.
    side
        Of the tiles that one large image is cut into, unless the options say another.

    Raises
    ------
    RaysysError
        If the file cannot be read, is grey without a phase, or is smaller than a tile.
    """
    cards = {name: settings for name, model in models.items() if (settings := _settings(real, model))}
    if not cards or given.anything:
        unknown = "the models' cards" if models else "no model"
        why = "the options say so" if given.anything else f"{unknown} say nothing of its preparation"
        return _own(real, given, side, why)
    (first, settings), *others = cards.items()
    from raysys.data import prepare

    tiles = prepare(settings)
    notes = [f"{name} was prepared otherwise than {first}, whose held-out tiles are the reference: it may have been "
             "trained on some of them." for name, one in others if one != settings]  # fmt: skip
    training, aside = _both_sides(tiles, settings)
    notes += [f"The card of {name} does not say that it was trained on {real}." for name in models if name not in cards]
    strangers = frozenset(name for name in models if cards.get(name) != settings)
    if not len(tiles.held_out):
        notes.append(f"No tile was held out of the training of {first}: the reference is what it was trained on.")
        own = _distinct(tiles.train, tiles.train_groups)
        return Real(*own, training=training, aside=aside, strangers=strangers, notes=notes)
    told = (
        f"Reference: {len(tiles.held_out)} tiles of {by(tiles.held_out.shape[1:])} pixels of {real}, prepared as for "
        f"{first}, from the part held out of its training."
    )
    chosen = tiles.train_inside.nonzero()[0]
    chosen = chosen[:: -(-len(chosen) // MOST)] if len(chosen) else chosen
    return Real(
        *_distinct(tiles.held_out, tiles.held_out_groups),
        others=tiles.train[chosen] if len(chosen) else None,
        other_groups=tiles.train_groups[chosen] if len(chosen) else None,
        training=training,
        aside=aside,
        strangers=strangers,
        notes=[told, *notes],
    )


def _both_sides(tiles: Tiles, settings: DataSettings) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The part of the image that training tiles were cut from, and the part held out: slices of a stack one by one."""
    import numpy as np

    from raysys.data.preparation.tiling import cut_of

    axis, cut = cut_of(tiles.image.shape, settings.held_out)
    flat = tiles.image.ndim - (tiles.train.ndim - 1)
    sides = []
    for part in (slice(0, cut), slice(cut, None)):
        one = tiles.image[(slice(None),) * axis + (part,)]
        sides.append([one[place] for place in np.ndindex(one.shape[:flat])] if one.size else [])
    return sides[0], sides[1]


def band(real: Real, names: tuple[str, ...], options: dict[str, Any]) -> tuple[dict[str, Baseline] | None, str]:
    """How far two sets of real tiles are apart, sets as large as the reference where possible; and how it was taken."""
    from raysys.stats import KNOWN, characterise

    curves = tuple(name for name in names if name in KNOWN)
    images, groups, where = real.images, real.groups, "the reference"
    if real.others is not None and len(real.others) >= len(real.images):
        images, groups, where = real.others, real.other_groups, "the training part of the image"
    groups = None if groups is None or len(set(groups.tolist())) < 2 else groups
    if len(images) < 4:
        return None, "There is no real-against-real band: it takes four real images at least."
    measured = characterise(images, curves, **options)
    size = min(len(real.images), len(images) // 2)
    found, dealt = _split(measured, groups, size)
    of = "tiles" if groups is None else f"tiles of {len(set(groups.tolist()))} regions"
    return found, f"Band: two sets of {dealt} out of {len(images)} {of} of {where}, 200 splits, median and 95 %."


def _split(measured: Any, groups: np.ndarray | None, size: int) -> tuple[dict[str, Baseline], str]:
    """Sets of that size; of as many as both sides have where regions are too unequal for it."""
    from raysys.stats import real_against_real

    try:
        return real_against_real(measured, groups=groups, size=size), f"{size} each"
    except RaysysError:
        return real_against_real(measured, groups=groups), "equal count"


def _settings(real: str, model: GenerativeModel) -> DataSettings | None:
    """How the model's tiles were cut out of this very image; None where its card does not say, or says another."""
    from pydantic import ValidationError

    from raysys.data import DataSettings
    from raysys.data.files.reading import fingerprint

    data = model.card.provenance.get("data", {})
    held = data.get(SPLITS) if isinstance(data, dict) else None
    if not isinstance(held, dict) or held.get("source") != "micrograph":
        return None
    if not real.startswith("skimage:") and not Path(real).exists():
        raise RaysysError(f"{real} does not exist")
    if fingerprint(real) != data.get("sha256"):
        return None
    try:
        return DataSettings(**{**held, "images": real})
    except ValidationError:  # written by another raysys, whose fields were others
        return None


def _own(real: str, given: Given, side: int | None, why: str) -> Real:
    """REAL's own tiles: images of a stack as they are; windows of one large image, or where a tile is asked for."""
    import numpy as np

    from raysys.data import split_by_region, windows

    images = _phases(real, given)
    tile = given.tile or (side if len(images) == 1 else None)
    told = f"Reference: {{}} of {real}; {why}, so a model may have been trained on them."
    if tile is None or tile == images.shape[1] == images.shape[-1]:
        count = f"{len(images)} images of {by(images.shape[1:])} pixels"
        return Real(images, notes=[told.format(count)])
    if tile > min(images.shape[1:]):
        raise RaysysError(f"{real} has images of {by(images.shape[1:])} pixels, smaller than a tile of {tile}")
    stride = given.stride or tile
    if len(images) == 1:
        tiles = split_by_region(images[0], tile, stride, held_out=0)
        cut, groups = tiles.train, tiles.train_groups
    else:
        parts = [windows(image, tile, stride) for image in images]
        cut, groups = np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    count = f"{len(cut)} tiles of {by(cut.shape[1:])} pixels, one every {stride},"
    return Real(*_distinct(cut, groups), notes=[told.format(count)])


def _phases(real: str, given: Given) -> np.ndarray:
    """(N, ...) uint8 {0, 1}; which side of a grey image is the phase has to be said."""
    from raysys.data import is_binary, read_images

    if given.phase is None and not is_binary(read_images(real)):
        raise RaysysError(
            f"{real} is grey, and nobody says which of its phases is compared; add --phase bright or dark (segmented "
            "at Otsu's threshold), or the value of a label"
        )
    return read_binary([real], phase=given.phase or "bright", dims=given.dims)


def _distinct(images: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Tiles with their regions, which say nothing where there is only one."""
    return images, groups if len(set(groups.tolist())) > 1 else None
