"""The real images of a comparison: tiles that its models were not trained on, where a model's card says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from raysys.assess.methods.labelling import Values
from raysys.data import DataSettings, Tiles, is_binary, prepare, split_by_region, windows
from raysys.data.files.reading import Stored, fingerprint, read_stored
from raysys.data.files.source import Choice
from raysys.data.large import is_large
from raysys.data.phases import told_decision, ways_of
from raysys.data.preparation.tiling import cut_of
from raysys.data.separation import separation
from raysys.data.set_parts import equally_long
from raysys.data.sets import Reading, Say, Set, binary_set, label_set, middle_slice
from raysys.data.settings import SHIPPED
from raysys.data.sources import Images
from raysys.errors import RaysysError
from raysys.form import Form, Kind
from raysys.shapes import by
from raysys.spacing import Spacing, known_along, told_spacing
from raysys.stats.sets.stacks import stack_of

if TYPE_CHECKING:
    from raysys.models import GenerativeModel

__all__ = ["Preparation", "Real", "Reference", "reference_of"]

Real = str | Path | np.ndarray
SPLITS = "settings"  # under "data" in a card's provenance: how the image was prepared, split included
MOST = 2048  # training tiles that the band is taken from
ARRAY = "the given images"  # what sentences call real images that come out of no file


@dataclass(frozen=True)
class Preparation:
    """How the real images are to be prepared, whatever a model's card says; None leaves it to the card.

    Attributes
    ----------
    phase
        "bright", "dark" or the stored value of the phase of interest.
    tile, stride
        Pixels of the tiles that they are cut into, and between such tiles.
    dims
        Axes of one image, where no card says it.
    phases
        Of label images, the stored values of each by name; a card's own are kept where it speaks of this very file.
    reading
        Which of several images in the file is meant, how far its pixels are apart, and where grey values are cut.
    """

    phase: str | None = None
    tile: int | None = None
    stride: int | None = None
    dims: int = 2
    phases: Values | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def anything(self) -> bool:
        """Whether anything is said that overrules a card."""
        said = (self.phase, self.tile, self.stride, self.reading.threshold)
        return any(value is not None for value in said) or self.reading.choice != Choice()


@dataclass(frozen=True)
class Reference:
    """Real images that others are compared with.

    Attributes
    ----------
    images
        (N, ...) uint8 {0, 1}, or numbers of the phases of label images.
    groups
        (N,) what belongs together: regions of one image, which share no pixel, or slices of one volume; None if every
        image stands for itself. Tiles across the borders of regions are left out of the reference.
    others, other_groups
        Tiles of another part of the same image, from which the band is taken where there are any, and their regions.
    training, aside
        The images, two-dimensional or volumes, that the first model's tiles were cut from, and what was held out of
        them; None where that is not known.
    strangers
        Models whose cards do not say that they were trained on the same images as the first.
    notes
        Sentences about where they come from.
    phases
        Names of the numbers 0, 1, ... of label images; empty for binary ones.
    spacing
        How far apart pixels are; None where it is not known along all axes.
    pictures
        By file that was segmented, a grey image as it was stored, and its phases.
    """

    images: np.ndarray
    groups: np.ndarray | None = None
    others: np.ndarray | None = None
    other_groups: np.ndarray | None = None
    training: list[np.ndarray] | None = None
    aside: list[np.ndarray] | None = None
    strangers: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    phases: tuple[str, ...] = ()
    spacing: Spacing | None = None
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def indicators(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Images like the real ones by phase, as of `raysys.form.Form`."""
        kind: Kind = "labels" if self.phases else "binary"
        return Form(kind, images.shape[1:], self.phases).indicators(images)


def reference_of(
    real: Real, preparation: Preparation, models: dict[str, GenerativeModel], side: int | None, say: Say
) -> Reference:
    """Held-out tiles of `real`, if the first model's card says how it was prepared; otherwise its own tiles.

    Parameters
    ----------
    real
        A file or folder, skimage:NAME, or an array.
    preparation
        What overrules a card.
    models
        By name.
    side
        Of the tiles that one large image is cut into, unless the preparation says another.
    say
        Is told how grey images were segmented.

    Raises
    ------
    RaysysError
        If the file cannot be read, is grey without a phase, or is smaller than a tile.
    """
    cards = {name: settings for name, model in models.items() if (settings := _settings(real, model))}
    names = tuple(preparation.phases or ())
    if cards and not preparation.anything:
        reading = preparation.reading
        found = _held_out(str(real), cards, list(models), reading.spacing, resample=reading.resample)
        return replace(found, phases=names)
    unknown = "the models' cards say nothing" if models else "no model's card says anything"
    why = "the options say so" if preparation.anything else f"{unknown} of its preparation"
    stored = next((settings.phases for settings in cards.values()), None)  # by what values this file holds
    preparation = replace(preparation, phases=stored or preparation.phases)
    return replace(_own_tiles(real, preparation, side, why, say), phases=names)


def _held_out(
    real: str, cards: dict[str, DataSettings], models: list[str], said: Spacing | None, *, resample: bool = False
) -> Reference:
    """Tiles held out of the training of the first model with a card; where there are none, those it was trained on."""
    (first, settings), *others = cards.items()
    tiles = prepare(settings)
    spacing = told_spacing(tiles.provenance.get("spacing")) if said is None else said.times(settings.downscale)
    if resample and spacing is not None and not spacing.isotropic:
        raise RaysysError(
            f"--resample: the models were trained on {real} with pixels of {spacing}, and draw such; compare as they "
            "are by descriptors that keep directions apart (--descriptors S2_axis0,S2_axis1), or train on images "
            "whose pixels are equally long"
        )
    decision = told_decision(tiles.provenance.get("decision"))
    seen: dict[str, Any] = {"spacing": known_along(spacing, tiles.train.ndim - 1)}
    # Of an image of two values nothing was decided.
    segmented = {} if decision is None or decision.threshold is None else {real: decision}
    seen["pictures"] = _pictures(real, tiles, settings) if segmented else {}
    notes = [f"{real}: {sentence}." for sentence in ways_of(segmented)]
    notes += [f"{name} was prepared otherwise than {first}, whose held-out tiles are the reference: it may have been "
             "trained on some of them." for name, other in others if other != settings]  # fmt: skip
    training, aside = _both_sides(tiles, settings)
    notes += [f"The card of {name} does not say that it was trained on {real}." for name in models if name not in cards]
    strangers = frozenset(name for name in models if cards.get(name) != settings)
    if not len(tiles.held_out):
        notes.append(f"No tile was held out of the training of {first}: the reference is what it was trained on.")
        own, groups, worth = _separated(tiles.train, tiles.train_origins, settings.form)
        return Reference(
            own, groups, training=training, aside=aside, strangers=strangers, notes=[*notes, *worth], **seen
        )
    images, groups, worth = _separated(tiles.held_out, tiles.held_out_origins, settings.form)
    trained, trained_groups, _ = _separated(tiles.train, tiles.train_origins, settings.form)
    told = (
        f"Reference: {len(images)} tiles of {by(images.shape[1:])} pixels of {real}, prepared as for {first}, from the "
        "part held out of its training."
    )
    return Reference(
        images,
        groups,
        others=trained,
        other_groups=trained_groups,
        training=training,
        aside=aside,
        strangers=strangers,
        notes=[told, *worth, *notes],
        **seen,
    )


def _pictures(real: str, tiles: Tiles, settings: DataSettings) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The image as its file holds it and its phases, if it is small enough to be shown whole."""
    if is_large(settings):
        return {}
    stored = read_stored(real, settings.choice).array
    return {real: (middle_slice(stored), middle_slice(tiles.image))}


def _both_sides(tiles: Tiles, settings: DataSettings) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The part of the image that training tiles were cut from, and the part held out: slices of a stack one by one."""
    axis, cut = cut_of(tiles.image.shape, settings.held_out)
    flat = tiles.image.ndim - (tiles.train.ndim - 1)
    sides = []
    for part in (slice(0, cut), slice(cut, None)):
        side = tiles.image[(slice(None),) * axis + (part,)]
        sides.append([side[place] for place in np.ndindex(side.shape[:flat])] if side.size else [])
    return sides[0], sides[1]


def _settings(real: Real, model: GenerativeModel) -> DataSettings | None:
    """How the model's tiles were cut out of this very image; None where its card does not say, or says another."""
    from pydantic import ValidationError

    data = model.card.provenance.get("data", {})
    written = data.get(SPLITS) if isinstance(data, dict) else None
    if isinstance(real, np.ndarray) or not isinstance(written, dict) or written.get("source") != "micrograph":
        return None
    if not str(real).startswith(SHIPPED) and not Path(real).exists():
        raise RaysysError(f"{real} does not exist")
    if fingerprint(real) != data.get("sha256"):
        return None
    try:
        settings = DataSettings(**{**_as_meant(written), "images": str(real)})
    except ValidationError:  # written by another raysys, whose fields were others
        return None
    return settings if tuple(settings.phases or ()) == model.form.phases else None


def _as_meant(written: dict[str, Any]) -> dict[str, Any]:
    """Settings of a card as they were meant: before thresholds were stored values they were grey ones, from 0 to 1."""
    before = {} if written.get("threshold") is None else {"threshold_of": "grey"}
    return before | written | {"phase": "bright" if written.get("phase") is None else written["phase"]}


def _own_tiles(real: Real, preparation: Preparation, side: int | None, why: str, say: Say) -> Reference:
    """Its own tiles: images of a stack as they are; windows of one large image, or where a tile is asked for."""
    name = ARRAY if isinstance(real, np.ndarray) else str(real)
    found = _phases(real, name, preparation, say)
    if preparation.reading.resample:
        equal, spacing = equally_long(found.images, found.spacing, name, say)
        found = found._replace(images=equal, spacing=spacing)
    images = found.images
    seen: dict[str, Any] = {"spacing": found.spacing, "pictures": found.pictures}
    decided = [f"{name}: {sentence}." for sentence in found.told]
    tile = preparation.tile or (side if len(images) == 1 else None)
    told = f"Reference: {{}} of {name}; {why}, so a model may have been trained on them."
    form = Form("labels", images.shape[1:], tuple(preparation.phases)) if preparation.phases else None
    stack = stack_of(images if form is None else (images == 0).astype(np.uint8))
    slices = [] if stack is None else [f"They {stack.words}."]
    if tile is None or tile == images.shape[1] == images.shape[-1]:
        count = f"{len(images)} images of {by(images.shape[1:])} pixels"
        of_slices = None if stack is None else stack.groups
        return Reference(images, of_slices, notes=[told.format(count), *slices, *decided], **seen)
    if tile > min(images.shape[1:]):
        raise RaysysError(f"{name} has images of {by(images.shape[1:])} pixels, smaller than a tile of {tile}")
    stride = preparation.stride or tile
    groups: np.ndarray | None
    if len(images) == 1:
        tiles = split_by_region(images[0], tile, stride, held_out=0)
        of_tiles = Form("binary" if form is None else form.kind, tiles.train.shape[1:], form.phases if form else ())
        cut, groups, slices = _separated(tiles.train, tiles.train_origins, of_tiles)
    else:
        parts = [windows(image, tile, stride) for image in images]
        labels = np.arange(len(parts)) if stack is None else stack.groups
        cut, groups = np.concatenate(parts), np.repeat(labels, [len(part) for part in parts])
    count = f"{len(cut)} tiles of {by(cut.shape[1:])} pixels, one every {stride},"
    return Reference(cut, groups, notes=[told.format(count), *slices, *decided], **seen)


def _phases(real: Real, name: str, preparation: Preparation, say: Say) -> Set:
    """(N, ...) uint8 {0, 1}, or numbers of phases; which side of a grey image is the phase has to be said."""
    dims, reading = preparation.dims, preparation.reading
    kind: Literal["grey", "labels"] = "grey" if preparation.phases is None else "labels"
    stored = Stored(real) if isinstance(real, np.ndarray) else read_stored(real, reading.choice, kind=kind)
    spacing = known_along(stored.spacing if reading.spacing is None else reading.spacing, dims)
    if preparation.phases is not None:
        return Set(label_set(stored.array, preparation.phases, name=name, dims=dims), 1, spacing)
    if preparation.phase is None and not is_binary(stored.array):
        raise RaysysError(
            f"{name} is grey, and nobody says which of its phases is compared; add --phase bright or dark (segmented "
            "at Otsu's threshold), or the value of a label"
        )
    how: dict[str, Any] = {"phase": preparation.phase or "bright", "threshold": reading.threshold, "spacing": spacing}
    return binary_set(stored.array, name=name, dims=dims, say=say, **how)


def _separated(tiles: Images, origins: np.ndarray, form: Form) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """Tiles of one image in regions that share no pixel, their regions, and what the tiles are worth, in a sentence.

    The regions are None where every tile is one.
    """
    found = separation(tiles, origins, form, most=MOST)
    count = len(np.unique(found.groups))
    regions = f"{count} region{'s' if count > 1 else ''}"
    told = [f"The {len(found.places)} tiles are of {regions}, {found.words}."] if found.words else []
    return tiles[found.places], found.groups if count < len(found.places) else None, told
