"""A prepared image, what is known of it, and how it is cut into tiles; the image is in memory or mapped from a file."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import raysys
from raysys.data.files.axes import check_flat
from raysys.data.files.shipped import LICENCES
from raysys.data.phases import Decision
from raysys.data.preparation.cut_tiles import CutTiles
from raysys.data.preparation.places import Side, placed, window_count
from raysys.data.preparation.tiling import Tiles, tiles_at
from raysys.data.settings import DataSettings
from raysys.data.shapes import spelled
from raysys.errors import RaysysError
from raysys.spacing import Spacing, evenly

IN_MEMORY = 512 << 20  # bytes of training tiles of a large image; more are cut when they are asked for
HELD_OUT = 256 << 20  # bytes of held-out tiles then; of more, evenly spaced ones are taken


@dataclass(frozen=True)
class ImageFacts:
    """What is known of a prepared image, ready for JSON.

    Attributes
    ----------
    sha256 : of the file that it comes from
    shape_stored, dtype_stored : as the file has them
    phase_fraction, phase_fraction_before, phase_fractions : as in `Tiles`
    in_windows : whether the image is a large one, which was prepared in windows
    decision : how the phase of interest was told from the rest; None where there is none, or several
    notices : what was decided on the user's behalf, in sentences
    spacing : how far apart the pixels of the file are, as it says or the user does; None where neither does
    """

    sha256: str
    shape_stored: tuple[int, ...]
    dtype_stored: str
    phase_fraction: float
    phase_fraction_before: float
    phase_fractions: dict[str, float] = field(default_factory=dict)
    in_windows: bool = False
    decision: Decision | None = None
    notices: tuple[str, ...] = ()
    spacing: Spacing | None = None


@dataclass(frozen=True)
class PreparedImage:
    """An image after all preparation, before it is cut.

    Attributes
    ----------
    image : (H, W) or (D, H, W), with a further axis of three for colours; mapped, if it lies in a file
    facts : what is known of it
    grey : as in `Tiles`
    path : the file that it is mapped from
    """

    image: np.ndarray
    facts: ImageFacts
    grey: np.ndarray | None = None
    path: Path | None = None


def cut(prepared: PreparedImage, settings: DataSettings, *, mapped: bool = False) -> Tiles:
    """Training and held-out tiles of an image.

    Parameters
    ----------
    prepared
        The image.
    settings
        How it is cut; `provenance` says them all.
    mapped
        Whether training tiles are cut when they are asked for, even if all of them would fit into memory.

    Returns
    -------
    Tiles
        The same ones whatever `mapped` is.

    Raises
    ------
    RaysysError
        If an image has too few axes, or either side of the cut is smaller than one tile.
    """
    image, facts = prepared.image, prepared.facts
    shape = image.shape[: image.ndim - settings.colour]
    dims = tile_axes(settings, shape)
    tile, stride = settings.tile_in(dims), settings.stride_in(dims)
    try:
        near, far = placed(shape, tile, stride, held_out=settings.held_out, dims=dims)
    except RaysysError as error:
        raise RaysysError(f"{settings.images}: {error}") from None
    at_hand = not facts.in_windows or window_count(shape, tile, stride) * math.prod(tile) <= IN_MEMORY
    if not at_hand:
        far = far.taken(evenly(max(1, HELD_OUT // math.prod(tile)), len(far.origins)))
    train, held_out = (
        CutTiles(image, side.origins, tile, colour=settings.colour, at_hand=at_hand) for side in (near, far)
    )
    return tiles_at(
        image,
        train if mapped or not at_hand else train[:],
        held_out[:],
        (near, far),
        grey=prepared.grey,
        phase_fraction=facts.phase_fraction,
        phase_fraction_before=facts.phase_fraction_before,
        phase_fractions=facts.phase_fractions,
        provenance=_provenance(prepared, settings, shape, near, far),
    )


def tile_axes(settings: DataSettings, shape: tuple[int, ...]) -> int:
    """Axes of a tile: what the settings say, or else as many as an image of that shape has.

    Raises
    ------
    RaysysError
        If the image has fewer, or more than three.
    """
    said = settings.dims or (None if isinstance(settings.tile, int) else len(settings.tile))
    if len(shape) > 3 or (said or len(shape)) > len(shape):
        raise RaysysError(
            f"{settings.images} holds an array of {len(shape)} axes {shape}, and dims is {said}; "
            "tiles are cut from one image (H, W), or one volume or stack (D, H, W)"
        )
    if said != 3 and not settings.colour:
        check_flat(settings.images, shape)
    return said or len(shape)


def check_form(tiles: Tiles, settings: DataSettings) -> None:
    """Raise a RaysysError if tiles have other axes than the settings say, for whose form networks are made."""
    found, wanted = tiles.train.shape[1:], settings.form.array_shape(1)[1:]
    if found != wanted:
        raise RaysysError(
            f"{settings.images} gives tiles of {spelled(found)} pixels and the recipe asks for {spelled(wanted)}; "
            "set data.dims to 3 for tiles of a volume, or to 2 for flat ones of its slices"
        )


def _provenance(
    prepared: PreparedImage, settings: DataSettings, shape: tuple[int, ...], near: Side, far: Side
) -> dict[str, Any]:
    facts = prepared.facts
    windowed = {"segmented": str(prepared.path)} if facts.in_windows else {}
    told = {"decision": asdict(facts.decision)} if facts.decision else {}
    # Of what was cut: a shrunk pixel is as much larger. Flat tiles of a stack have no third axis.
    axes = tile_axes(settings, shape)
    sized = {"spacing": asdict(facts.spacing.of_axes(axes).times(settings.downscale))} if facts.spacing else {}
    licence = {"licence": LICENCES[settings.images]} if settings.images in LICENCES else {}
    labelled = {"phase_fractions": facts.phase_fractions} if facts.phase_fractions else {}
    return {
        "source": settings.images,
        **licence,
        "sha256": facts.sha256,
        "shape_stored": list(facts.shape_stored),
        "dtype_stored": facts.dtype_stored,
        "shape": list(shape),
        **sized,
        **windowed,
        **told,
        "phase_fraction": facts.phase_fraction,
        "phase_fraction_before": facts.phase_fraction_before,
        **labelled,
        "tiles_train": len(near.origins),
        "tiles_held_out": len(far.origins),
        "settings": settings.model_dump(mode="json"),
        "raysys_version": raysys.__version__,
    }
