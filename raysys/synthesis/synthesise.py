"""One picture, or several, of the texture that an image shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from raysys import farm
from raysys.errors import RaysysError
from raysys.farm.patience import Patience
from raysys.features.vgg import Kernels
from raysys.synthesis.descent import Plan
from raysys.synthesis.exemplar import Exemplar, Kind
from raysys.synthesis.extractor import WeightsMissingError, extractor
from raysys.synthesis.guidance import Guidance
from raysys.synthesis.order import SynthesisOrder
from raysys.synthesis.presets import Preset, method_named, preset_named
from raysys.synthesis.sources import Copies, published_copies
from raysys.synthesis.synthesis import Synthesis

__all__ = ["order_of", "synthesise"]

DEFAULT = "guided-correspondence"
IN_CONTEXT = (DEFAULT, "cnnmrf")
TURNED = 24  # copies that matches are turned to: every 15 degrees


def synthesise(
    exemplar: np.ndarray | Sequence[np.ndarray],
    size: int | Sequence[int],
    *,
    kind: Kind | None = None,
    method: str = DEFAULT,
    preset: str | Preset = "fast",
    seed: int = 0,
    periodic: bool = False,
    weights: str | Sequence[str] | None = None,
    guidance: Guidance | None = None,
    copies: Copies | None = None,
    local_context: int = 0,
    rotate_matches: bool = False,
    progress: Callable[[farm.Progress], None] | None = None,
    checkpoint_folder: str | Path | None = None,
) -> Synthesis:
    """Make a picture of the texture that an exemplar shows.

    Parameters
    ----------
    exemplar
        (H, W) uint8 in {0, 1}, (H, W) float in [0, 1], or (H, W, 3) float in [0, 1]; or several such of one kind, of
        any sizes: patches may then come from any of them.
    size
        Rows and columns wanted, or one number for both.
    kind
        What the values mean; by default three axes are colour, and uint8 of 0 and 1 is binary.
    method
        "guided-correspondence" (which becomes "quilting" where VGG-19's weights are missing, and says so),
        "contextual", "cnnmrf", "gram", "sliced-wasserstein", "quilting" or "patch-match".
    preset
        "fast": a quilt at half size, then 100 steps. "published": noise, then 500 steps at each of four scales.
    seed
        What is drawn is a function of it. Several pictures of one seed: `order_of` and `raysys.farm.run`.
    periodic
        Whether opposite edges are to continue each other.
    weights
        Sources of VGG-19's weights, as of `raysys.features.pretrained`; see `raysys.synthesis.extractor`.
    guidance
        Maps that say what the picture is to show where.
    copies
        Of the exemplar, flipped or turned; by default those that the published code takes with such maps: 8 rotations
        where lines have an orientation, flips with a progression alone, none otherwise.
    local_context
        Cells of features around where the matches of a patch's neighbours point, in which its own match is looked for;
        0 looks everywhere.
    rotate_matches
        Take matches from the copy that turns them to the orientation asked for; copies are then turned by 15 degrees
        each, unless others are asked for, and the context is one step of patches at least.
    progress
        Called after each checkpoint.
    checkpoint_folder
        Where the picture is kept on its way; the same call with the same folder goes on with it, to the same image.

    Raises
    ------
    RaysysError
        If the exemplar, the size or a name is not what it may be, or there are no weights for the method.
    """
    order, notice = order_of(
        exemplar,
        size,
        kind=kind,
        method=method,
        preset=preset,
        seed=seed,
        periodic=periodic,
        weights=weights,
        guidance=guidance,
        copies=copies,
        local_context=local_context,
        rotate_matches=rotate_matches,
    )
    if checkpoint_folder is None and progress is None:
        job = order.begin(0)
        job.advance(float("inf"))
        made = job.result()
    else:
        often = Patience(checkpoint=2.0)
        made = farm.run(order, 1, checkpoint_folder=checkpoint_folder, progress=progress, patience=often)[0]
    return replace(made, notices=(*([notice] if notice else []), *made.notices))


def order_of(
    exemplar: np.ndarray | Sequence[np.ndarray],
    size: int | Sequence[int],
    *,
    kind: Kind | None = None,
    method: str = DEFAULT,
    preset: str | Preset = "fast",
    seed: int = 0,
    periodic: bool = False,
    weights: str | Sequence[str] | None = None,
    guidance: Guidance | None = None,
    copies: Copies | None = None,
    local_context: int = 0,
    rotate_matches: bool = False,
    threads: int | None = None,
    kernels: Kernels | None = None,
    keep: int = 0,
) -> tuple[SynthesisOrder, str]:
    """What a farm is asked to make pictures by, and a notice where quilting serves instead.

    Parameters
    ----------
    threads
        Of one picture; by default as many as torch uses. The others: see `synthesise`.
    keep
        Also keep each picture after every so many steps (`Synthesis.kept`); 0 keeps none.
    kernels
        VGG-19's where they were read before; those of `weights` by default.
    """
    sides = (size, size) if isinstance(size, int) else tuple(size)
    names = frozenset() if guidance is None else guidance.names
    if copies is None:
        usual = Copies() if method == "patch-match" else published_copies(names)  # which knows none
        copies = Copies(rotations=TURNED) if rotate_matches else usual
    chosen = preset_named(preset)
    if local_context or rotate_matches:
        chosen = _in_context(chosen, method, local_context, copies if rotate_matches else None, names)
    whole = (int(sides[0]), int(sides[1]))
    checked, *others = (Exemplar.of(one, kind) for one in _several(exemplar))
    plan = Plan(
        checked,
        whole,
        method_named(method),
        chosen,
        seed,
        periodic,
        guidance=None if guidance is None else guidance.fitted(whole, checked.image),
        copies=copies,
        others=tuple(others),
    )
    notice = ""
    if plan.scales:
        deepest = max(layer for _, layers in plan.scales for layer in layers)  # names sort as layers do
        try:
            held = kernels if kernels is not None and deepest in kernels.layers else extractor(weights, deepest)
            plan = replace(plan, kernels=held)
        except WeightsMissingError as error:
            if method != DEFAULT:
                raise
            plan, notice = replace(plan, method="quilting"), f"the method is quilting now: {error}"
    return SynthesisOrder(plan, torch.get_num_threads() if threads is None else threads, keep), notice


def _several(exemplar: np.ndarray | Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    if isinstance(exemplar, np.ndarray):
        return [exemplar]
    if not exemplar:
        raise RaysysError("no exemplar; allowed: one image, or several")
    return exemplar


def _in_context(preset: Preset, method: str, radius: int, turned: Copies | None, names: frozenset[str]) -> Preset:
    """The preset with its matches looked for near those of neighbours, and turned where copies to turn to are given."""
    if method not in IN_CONTEXT:
        raise RaysysError(
            f"local_context and rotate_matches of {method}; allowed: of {' and '.join(IN_CONTEXT)}, which look for "
            "the nearest of each patch"
        )
    if turned is not None and ("orientation" not in names or turned.rotations == 1 or turned.flips):
        raise RaysysError(
            "rotate_matches turns matches to an orientation; allowed: with a map of it, and copies of the exemplar "
            "that are turned and not flipped"
        )
    context = max(radius, preset.patches.stride) if turned is not None else radius
    return replace(preset, patches=replace(preset.patches, context=context, turned=turned is not None))
