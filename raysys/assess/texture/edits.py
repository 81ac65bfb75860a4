"""How good an edit is: near the image inside and outside of the mask, of its class, as asked, and no copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch

from raysys.assess.texture.copying import EXACT
from raysys.assess.texture.nearest import PATCH, Map, nearest_map
from raysys.assess.texture.patches import cut
from raysys.assess.texture.vectors import as_colour, seen_by
from raysys.data.textures.masks import checked_mask
from raysys.errors import RaysysError
from raysys.features.perceptual import SMALLEST, PatchDistance, perceptual_distance
from raysys.features.recognition import Recogniser, recogniser
from raysys.shapes import by

__all__ = ["EditScores", "edit"]

FAR = 4.0  # of values in [0, 1]: pixels of a hole, to which no patch is near
SIDE = 32  # pixels of the patches that a network sees


@dataclass(frozen=True)
class EditScores:
    """An edit in numbers.

    Inside is where the object is wanted, or the hole; outside is all else. A cell is a pixel, or one on a thinner grid
    where the image is large, with its patch of 7 x 7 pixels; its nearest source is the patch of the image with the
    least squared difference, out of all that show nothing of the hole.

    Attributes
    ----------
    inside, outside
        Root mean squared difference of cells and nearest sources, mean over the cells, in units of the values' range.
    seen_inside, seen_outside
        The same of patches of 32 pixels as a network sees them; None without its weights.
    distance, weights
        What that distance may be called ("LPIPS", or "patch distance"), and which files served.
    overlap
        Cells whose nearest source is of the object and which are wanted to be, over those that are either; 1 is what
        was asked. None of a hole. Turned copies are not searched.
    largest_piece
        Largest connected region of one offset to the image, as a share of the cells inside: 1 for a copy.
    exact
        Share of the cells inside that the image has within a thousandth of the range.
    kept
        Share of the pixels that neither the object has nor is to have, or outside the hole, that are as they were.
    recognised
        The class that the image is recognised as; empty without a classifier.
    probability, probability_before
        Of that class, of the edit and of the image; None without a classifier.
    classifier
        Which one served.
    """

    inside: float
    outside: float
    seen_inside: float | None
    seen_outside: float | None
    distance: str
    weights: str
    overlap: float | None
    largest_piece: float
    exact: float
    kept: float
    recognised: str
    probability: float | None
    probability_before: float | None
    classifier: str

    def as_dict(self) -> dict[str, object]:
        """All of it, ready for JSON."""
        return asdict(self)


def edit(
    image: np.ndarray,
    made: np.ndarray,
    mask: np.ndarray,
    target: np.ndarray | None = None,
    *,
    patches: int = 100,
    stride: int | None = None,
    seed: int = 0,
    weights: str | None = None,
    linear: str | None = None,
    classifier: str | Recogniser | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> EditScores:
    """Measure an edit.

    Parameters
    ----------
    image, made
        Before and after: (H, W) or (H, W, 3), float32 in [0, 1] or uint8 in {0, 1}.
    mask, target
        Where the object was and where it was wanted; without a target the mask is a hole that was filled.
    patches
        That a network sees, inside and outside, and of the image; drawn by `seed`.
    stride
        Pixels from cell to cell; by default as few as are quick.
    weights, linear
        As of `raysys.features.perceptual_distance`.
    classifier
        As of `raysys.features.recogniser`.
    say
        Is told what was decided.

    Raises
    ------
    RaysysError
        If the images or the masks do not belong together.
    """
    if image.shape != made.shape:
        raise RaysysError(
            f"the edit has {by(made.shape)} values, and the image {by(image.shape)}; allowed: the same, as of the "
            "published preset the image at 224 x 224"
        )
    if min(image.shape[:2]) < PATCH:
        raise RaysysError(f"an edit of {by(image.shape[:2])} pixels; allowed: {PATCH} a side and more")
    size = image.shape[:2]
    source = checked_mask("the hole" if target is None else "the source mask", mask, size)
    wanted = source if target is None else checked_mask("the target mask", target, size)
    hole = source if target is None else np.zeros_like(source)
    shown = np.where(hole.reshape(*size, *[1] * (image.ndim - 2)), FAR, image.astype(np.float32))
    found = nearest_map(made.astype(np.float32), shown, stride=stride)
    inside = _at_centres(found.picture, wanted, found.patch)
    if not inside.any() or inside.all():
        raise RaysysError(f"the mask leaves no patch of {PATCH} pixels inside or outside; allowed: another one")
    distance, notice = perceptual_distance(weights, linear)
    if notice:
        say(notice)
    seen = (None, None) if distance is None else _seen(distance, image, made, wanted, hole, patches, seed)
    return EditScores(
        inside=float(found.distance[inside].mean()),
        outside=float(found.distance[~inside].mean()),
        seen_inside=seen[0],
        seen_outside=seen[1],
        distance="" if distance is None else distance.name,
        weights="" if distance is None else distance.weights,
        overlap=None if target is None else _overlap(found, source, inside),
        largest_piece=_largest(found, inside),
        exact=float((found.distance[inside] <= EXACT).mean()),
        kept=_kept(image, made, ~(source | wanted)),
        **_recognised(image, made, classifier, say),  # type: ignore[arg-type]
    )


def _at_centres(corners: np.ndarray, mask: np.ndarray, patch: int) -> np.ndarray:
    """The mask at the middles of patches with corners (..., 2)."""
    found: np.ndarray = mask[corners[..., 0] + patch // 2, corners[..., 1] + patch // 2]
    return found


def _overlap(found: Map, source: np.ndarray, inside: np.ndarray) -> float:
    made = _at_centres(found.source, source, found.patch)
    return float((made & inside).sum() / (made | inside).sum())


def _largest(found: Map, inside: np.ndarray) -> float:
    return float(np.bincount(found.piece[inside]).max() / inside.sum())


def _kept(image: np.ndarray, made: np.ndarray, outside: np.ndarray) -> float:
    same = (image == made).reshape(*image.shape[:2], -1).all(-1)
    return float(same[outside].mean()) if outside.any() else 1.0


def _seen(
    distance: PatchDistance,
    image: np.ndarray,
    made: np.ndarray,
    wanted: np.ndarray,
    hole: np.ndarray,
    count: int,
    seed: int,
) -> tuple[float | None, float | None]:
    """Mean least distances of patches whose middle is inside, and of those outside, to patches of the image."""
    side = min(SIDE, *image.shape[:2])
    if side < SMALLEST:
        return None, None
    random = np.random.default_rng((seed, side))
    corners = np.moveaxis(np.indices([one - side + 1 for one in image.shape[:2]]), 0, -1).reshape(-1, 2)
    middles = _at_centres(corners, wanted, side)
    # Sums over windows say which patches show nothing of the hole.
    sums = np.pad(hole.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    (top, left), (bottom, right) = corners.T, corners.T + side
    clean = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] == 0
    if not clean.any():
        return None, None
    vectors = seen_by(distance)

    def of(picture: np.ndarray, at: np.ndarray) -> torch.Tensor:
        drawn = random.choice(np.flatnonzero(at), min(count, int(at.sum())), replace=False)
        return torch.from_numpy(vectors(cut(as_colour(picture), corners[drawn], side)))

    theirs = of(image, clean)
    least = [
        float(torch.cdist(of(made, at), theirs).min(1).values.square().mean()) if at.any() else None
        for at in (middles, ~middles)
    ]
    return least[0], least[1]


def _recognised(
    image: np.ndarray, made: np.ndarray, classifier: str | Recogniser | None, say: Callable[[str], None]
) -> dict[str, object]:
    found, missing = (classifier, "") if isinstance(classifier, Recogniser) else recogniser(classifier)
    if found is None:
        say(f"no class is recognised: {missing}")
        return {"recognised": "", "probability": None, "probability_before": None, "classifier": "none"}
    pixels = [np.atleast_3d(one).astype(np.float32).transpose(2, 0, 1)[None].copy() for one in (image, made)]
    with torch.inference_mode():
        before, after = (found(torch.from_numpy(one))[0].softmax(1) for one in pixels)
    number = int(before.argmax())
    return {
        "recognised": found.name_of(number),
        "probability": float(after[0, number]),
        "probability_before": float(before[0, number]),
        "classifier": found.title,
    }
