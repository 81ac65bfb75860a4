"""One image, edited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from raysys import farm
from raysys.errors import RaysysError
from raysys.farm.patience import Patience
from raysys.features.recognition import Recogniser, recogniser
from raysys.synthesis.editing.change import Change
from raysys.synthesis.editing.plan import EditPlan
from raysys.synthesis.editing.presets import BORDER, EDIT_PRESETS, HOLES, PUBLISHED_SIDE, EditWeights
from raysys.synthesis.exemplar import Exemplar, Kind, as_pixels, resized
from raysys.synthesis.extractor import WeightsMissingError, extractor
from raysys.synthesis.guidance import Guidance
from raysys.synthesis.order import SynthesisOrder
from raysys.synthesis.presets import Preset, preset_named
from raysys.synthesis.sources import Copies
from raysys.synthesis.synthesis import Synthesis

__all__ = ["edit", "edit_order"]

METHOD = "guided-correspondence"
CLASSIFIER_TERMS = ("classification", "moments")
NOTHING = EditWeights(0.0, 0.0, 0.0, 0.0, 0.0)
UNREACHABLE = "the published form of editing is not reachable here"


def edit(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    target: np.ndarray | None = None,
    shift: tuple[float, float] | None = None,
    scale: float | None = None,
    copy: bool = False,
    kind: Kind | None = None,
    preset: str | Preset = "fast",
    seed: int = 0,
    copies: Copies | None = None,
    border: int | None = None,
    without: Collection[str] = (),
    weights: str | Sequence[str] | None = None,
    classifier: str | Recogniser | None = None,
    progress: Callable[[farm.Progress], None] | None = None,
    checkpoint_folder: str | Path | None = None,
) -> Synthesis:
    """Move, scale, repeat or redraw an object of an image; or fill a hole in it with what is around.

    Parameters
    ----------
    image
        (H, W) uint8 in {0, 1}, (H, W) float in [0, 1], or (H, W, 3) float in [0, 1].
    mask
        (H, W), not 0 where the object is. Without `target`, `shift` and `scale`: where the image is to be filled; all
        other pixels then stay as they are, and of a binary image its phase fraction.
    target
        (H, W), not 0 where the object is wanted.
    shift, scale
        Instead of a target: pixels to the right and downwards, and how many times as large.
    copy
        Whether the object also stays where it was.
    kind
        What the values mean; by default three axes are colour, and uint8 of 0 and 1 is binary.
    preset
        "fast": the image itself, the object where it is wanted, the rest quilted, then 100 steps. "published": normal
        noise, 500 steps at each of four scales, every image brought to 224 x 224 (of a hole at its own size).
    seed
        What is drawn is a function of it.
    copies
        Of the image, flipped or turned, that patches are taken from as well; none by default.
    border
        Pixels around what changes that may change too; all else stays. By default 16 of the fast preset, and of the
        published one anything may change.
    without
        Terms that are left out: "correspondence", "classification", "moments", "variation", "norm".
    weights
        Sources of VGG-19's weights, as of `raysys.features.pretrained`. Where they are missing, the fast preset ends
        with the image that it begins with, and says so.
    classifier
        As of `raysys.features.recogniser`. Where none is at hand, its two terms are left out, and that is said.
    progress, checkpoint_folder
        As of `raysys.synthesis.synthesise`.

    Raises
    ------
    RaysysError
        If the image or a mask is not what it may be, or weights that are needed are missing.

    References
    ----------
    Zhou et al. 2023 (CVPR), "Neural Texture Synthesis with Guided Correspondence", supplement, appendix C, and its
    code; Wang et al. 2021 (CVPR), "IMAGINE".
    """
    order = edit_order(
        image,
        mask,
        target=target,
        shift=shift,
        scale=scale,
        copy=copy,
        kind=kind,
        preset=preset,
        seed=seed,
        copies=copies,
        border=border,
        without=without,
        weights=weights,
        classifier=classifier,
    )
    often = Patience(checkpoint=2.0)
    return farm.run(order, 1, checkpoint_folder=checkpoint_folder, progress=progress, patience=often)[0]


def edit_order(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    target: np.ndarray | None = None,
    shift: tuple[float, float] | None = None,
    scale: float | None = None,
    copy: bool = False,
    kind: Kind | None = None,
    preset: str | Preset = "fast",
    seed: int = 0,
    copies: Copies | None = None,
    border: int | None = None,
    without: Collection[str] = (),
    weights: str | Sequence[str] | None = None,
    classifier: str | Recogniser | None = None,
    threads: int | None = None,
) -> SynthesisOrder:
    """What a farm is asked to make edits by, which differ by their number only; its plan has notices.

    Parameters
    ----------
    threads
        Of one edit; by default as many as torch uses. The others: see `edit`.
    """
    asked, exemplar = preset_named(preset, EDIT_PRESETS), Exemplar.of(image, kind)
    if border is not None and border < 0:
        raise RaysysError(f"a border of {border} pixels; allowed: 0 and more")
    change = Change.of(mask, exemplar.size, target=target, shift=shift, scale=scale, copy=copy)
    terms = (HOLES if change.hole else EditWeights()).without(without)
    network, sentences = _classifier(classifier, terms, asked, change, without)
    if network is None:
        terms = replace(terms, **dict.fromkeys(CLASSIFIER_TERMS, 0.0))
    if asked.name == "published" and not change.hole:
        exemplar, change, said = _published_size(exemplar, change)
        sentences += said
    if asked.name == "fast" and border is None:
        border = BORDER
    # A classifier sees the whole image; patches far from what changes have nothing to say.
    window = (0, 0, *exemplar.size) if terms.classification or terms.moments else change.window(border)
    top, left, bottom, right = window
    wanted, held = change.annotation()
    guidance = Guidance(annotation=(wanted[top:bottom, left:right], held), weights={"annotation": change.weight})
    size = (bottom - top, right - left)
    plan = EditPlan(
        exemplar,
        size,
        METHOD,
        asked,
        seed,
        False,
        guidance=guidance.fitted(size, exemplar.image),
        copies=copies or Copies(),
        change=change,
        window=window,
        border=border,
        weights=terms,
        recogniser=network,
        said=tuple(sentences),
    )
    return SynthesisOrder(_with_kernels(plan, weights), torch.get_num_threads() if threads is None else threads)


def _classifier(
    asked: str | Recogniser | None, terms: EditWeights, preset: Preset, change: Change, without: Collection[str]
) -> tuple[Recogniser | None, list[str]]:
    """The network whose terms count, and sentences where it is not the published one."""
    if not (terms.classification or terms.moments):
        if asked is not None:
            why = "filling a hole" if change.hole else "an edit without its terms"
            raise RaysysError(f"a classifier for {why}, which has no use for it; allowed: none")
        return None, []
    found, missing = (asked, "") if isinstance(asked, Recogniser) else recogniser(asked)
    if found is None:
        if preset.name == "published":
            raise RaysysError(f"{UNREACHABLE}: {missing}; or the rest of it, without {' and '.join(CLASSIFIER_TERMS)}")
        return None, [f"the terms {' and '.join(CLASSIFIER_TERMS)} are left out: {missing}"]
    if preset.name == "published" and not found.is_resnet50:
        return found, [f"{UNREACHABLE}, which has ResNet-50: {found.title} serves in its place"]
    return found, []


def _published_size(exemplar: Exemplar, change: Change) -> tuple[Exemplar, Change, list[str]]:
    size = (PUBLISHED_SIDE, PUBLISHED_SIDE)
    if exemplar.size == size:
        return exemplar, change, []
    smaller = Exemplar(exemplar.image, "grey" if exemplar.kind == "binary" else exemplar.kind)
    pixels = resized(as_pixels(exemplar.image), size).clamp(0, 1)
    said = f"the image, {exemplar.size[0]} x {exemplar.size[1]} pixels, is brought to 224 x 224, as published"
    return Exemplar(smaller.image_of(pixels), smaller.kind), change.at(size), [said]


def _with_kernels(plan: EditPlan, weights: str | Sequence[str] | None) -> EditPlan:
    """The plan with VGG-19's weights, if it needs them; where they are missing it ends with its start, and says so."""
    deepest = max(layer for _, layers in plan.scales for layer in layers)  # names sort as layers do
    if not plan.weights.correspondence:
        return plan
    try:
        return replace(plan, kernels=extractor(weights, deepest))
    except WeightsMissingError as error:
        if plan.preset.name == "published":
            raise RaysysError(f"{UNREACHABLE}: {error}") from None
        said = f"the image is quilted only, for want of the term correspondence: {error}"
        return replace(plan, method="quilting", weights=NOTHING, recogniser=None, said=(said,))
