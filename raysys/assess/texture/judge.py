"""Pictures of a texture measured against their source in one call."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from raysys.assess.listener import Listener, Progress, Say, unheard, unseen
from raysys.assess.texture.copying import copying
from raysys.assess.texture.descriptors import DESCRIPTORS, FEWEST, TILE, SourceTiles
from raysys.assess.texture.nearest import PATCH
from raysys.assess.texture.patches import Nearness, SourcePatches
from raysys.assess.texture.scores import PictureScores, TextureScores
from raysys.assess.texture.seams import seam
from raysys.assess.texture.vectors import as_colour, colours, seen_by
from raysys.errors import RaysysError
from raysys.features.perceptual import SMALLEST, PatchDistance, perceptual_distance
from raysys.form import RED_GREEN_BLUE

__all__ = ["PATCHES", "SIDES", "textures"]

SIDES = (64, 128)  # pixels, as published
PATCHES = 1000


def textures(
    source: np.ndarray,
    made: np.ndarray | Mapping[str, np.ndarray],
    *,
    sides: Sequence[int] = SIDES,
    patches: int = PATCHES,
    patch: int = PATCH,
    stride: int | None = None,
    seed: int = 0,
    weights: str | Sequence[str] | None = None,
    linear: str | None = None,
    descriptors: Sequence[str] = DESCRIPTORS,
    tile: int = TILE,
    say: Say = unheard,
    progress: Progress = unseen,
) -> TextureScores:
    """Judge pictures of a texture: nearness, copying, coverage, seams, and the descriptors of binary ones.

    Parameters
    ----------
    source
        The image that the pictures continue: (H, W, 3) or (H, W) float in [0, 1], or (H, W) uint8 in {0, 1}.
    made
        A picture of the same kind, or several by name.
    sides
        Of the patches whose least distances are averaged, in pixels; those that do not fit are left out, with a notice.
    patches
        Of the source and of each picture that are compared, all pairs; 1,000 as published.
    patch, stride
        Of the map of nearest patches, see `raysys.assess.texture.nearest.nearest_map`.
    seed
        Of the patches' places.
    weights, linear
        Of the network that sees the patches, see `raysys.features.perceptual_distance`; without any, distances are of
        colours only.
    descriptors, tile
        Of binary pictures: names out of `raysys.stats.KNOWN`, and the side of their disjoint tiles.
    say, progress
        Are told what was decided, and how far it is.

    Raises
    ------
    RaysysError
        If an image is none, or of another kind than the source, or too small for `patch`.

    References
    ----------
    Zhou et al. 2023, Neural Texture Synthesis with Guided Correspondence, supplement, appendix E; Zhang et al. 2018.
    """
    pictures = {"made": made} if isinstance(made, np.ndarray) else dict(made)
    checked = _checked("the source", source)
    images = {name: _checked(name, one) for name, one in pictures.items()}
    _check_together(checked, images, patch, patches)
    notices: list[str] = []

    def note(sentence: str) -> None:
        notices.append(sentence)
        say(sentence)

    distance, notice = perceptual_distance(weights, linear)
    if notice:
        note(notice)
    fitting = _fitting(checked, images, sides, note)
    judge = _Judge(checked, fitting, patches, seed, distance, Listener(say, progress))
    for side, floor in judge.colour_floors.items():
        if not floor.patches:
            note(f"no two of the source's patches of {side} pixels lie apart: there is no disjoint floor at that size")
    tiles = _tiles(checked, images, descriptors, tile, note)
    found = {name: judge.scores(name, image, patch, stride, tiles) for name, image in images.items()}
    return TextureScores(
        checked,
        found,
        "" if distance is None else distance.name,
        "" if distance is None else distance.weights,
        judge.floors,
        judge.colour_floors,
        patches,
        seed,
        tuple(notices),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """The source's patches of one size: their colours, and how a network sees them."""

    colour: SourcePatches
    seen: SourcePatches | None


class _Judge:
    """The source, prepared once for all pictures."""

    def __init__(
        self,
        source: np.ndarray,
        sides: Sequence[int],
        patches: int,
        seed: int,
        distance: PatchDistance | None,
        listener: Listener,
    ) -> None:
        self.source, self.listener = source, listener
        shown, self.sides = as_colour(source), {}
        for side in sides:
            told = listener.counting(f"source at {side} px", "patches")
            colour = SourcePatches(shown, side, patches, seed, colours)
            seen = None
            if distance is not None and side >= SMALLEST:
                seen = SourcePatches(shown, side, patches, seed, seen_by(distance), told)
            self.sides[side] = _Side(colour, seen)
        self.floors = {side: one.seen.floor() for side, one in self.sides.items() if one.seen is not None}
        self.colour_floors = {side: _rooted(one.colour.floor()) for side, one in self.sides.items()}

    def scores(
        self, name: str, image: np.ndarray, patch: int, stride: int | None, tiles: SourceTiles | None
    ) -> PictureScores:
        """All that is measured of a picture."""
        begun, shown = time.monotonic(), as_colour(image)
        seen, colour = {}, {}
        for side, one in self.sides.items():
            if side > min(image.shape[:2]):
                continue
            colour[side] = _rooted(one.colour.nearness(shown))
            if one.seen is not None:
                seen[side] = one.seen.nearness(shown, self.listener.counting(f"{name} at {side} px", "patches"))
        self.listener.progress(f"{name}: nearest patches", 0, 1, "maps")
        copied, mapped = copying(image, self.source, patch=patch, stride=stride)
        self.listener.progress(f"{name}: nearest patches", 1, 1, "maps")
        judged = tiles.scores(image) if tiles is not None and min(image.shape) >= tiles.side else {}
        return PictureScores(image, seen, colour, copied, mapped, seam(image), judged, seconds=time.monotonic() - begun)


def _rooted(one: Nearness) -> Nearness:
    return Nearness(math.sqrt(one.mean), one.patches)


def _checked(name: str, image: np.ndarray) -> np.ndarray:
    """The image as uint8 in {0, 1} or float32 in [0, 1]."""
    array = np.asarray(image)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != RED_GREEN_BLUE) or array.size == 0:
        raise RaysysError(f"{name} has shape {array.shape}; allowed: one image (H, W) or (H, W, 3)")
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise RaysysError(f"{name} has values of {array.dtype} from {array.min()} to {array.max()}; allowed: 0 to 1")
    binary = array.ndim == 2 and array.dtype.kind in "biu"
    return array.astype(np.uint8 if binary else np.float32)


def _check_together(source: np.ndarray, images: Mapping[str, np.ndarray], patch: int, patches: int) -> None:
    if not images:
        raise RaysysError("no picture was given to judge; allowed: one or more")
    if patches < 1 or patch < 1:
        raise RaysysError(f"{patches} patches, of {patch} pixels for the map; allowed: 1 and more")
    for name, image in images.items():
        if image.ndim != source.ndim:
            words = {2: "grey", 3: "colour"}
            raise RaysysError(
                f"{name} is {words[image.ndim]} and the source {words[source.ndim]}; allowed: both of one kind"
            )
    for name, image in {"the source": source, **images}.items():
        if min(image.shape[:2]) < patch:
            raise RaysysError(
                f"{name} has {image.shape[0]} x {image.shape[1]} pixels; allowed: {patch} a side and more"
            )


def _fitting(source: np.ndarray, images: Mapping[str, np.ndarray], sides: Sequence[int], note: Say) -> list[int]:
    """The sides that fit into the source and into some picture."""
    largest = min(min(source.shape[:2]), max(min(image.shape[:2]) for image in images.values()))
    wrong = [side for side in sides if side < 1]
    if wrong:
        raise RaysysError(f"patches of {wrong[0]} pixels; allowed: 1 and more")
    left_out = [str(side) for side in sides if side > largest]
    if left_out:
        words = " and ".join(left_out)
        note(f"patches of {words} pixels do not fit into the images and are left out; up to {largest} do")
    return [side for side in sides if side <= largest]


def _tiles(
    source: np.ndarray, images: Mapping[str, np.ndarray], names: Sequence[str], tile: int, note: Say
) -> SourceTiles | None:
    if source.dtype != np.uint8 or any(image.dtype != np.uint8 for image in images.values()) or not names:
        return None
    if min(source.shape) < tile:
        note(f"the source has no tile of {tile} pixels: descriptors are left out")
        return None
    found = SourceTiles(source, names, tile)
    if found.tiles < FEWEST:
        note(f"the source has {found.tiles} tiles of {tile} pixels: of fewer than {FEWEST} there is no band")
    return found
