"""What single files give to a set of images: read, given a sample axis, brought to one size, and put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from raysys.data.files.axes import check_flat
from raysys.data.files.formats import BARE
from raysys.data.files.reading import Stored, read_stored
from raysys.data.files.source import Choice
from raysys.data.image_set import Set, middle_slice
from raysys.data.phases import SIDES, Decision, Say
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import Spacing

__all__ = [
    "Part",
    "cropped",
    "equally_long",
    "one_spacing",
    "read_part",
    "resampled",
    "seen",
    "set_of",
    "together",
    "with_sample_axis",
]


class Part(NamedTuple):
    """What one file gives to a set."""

    path: str
    images: np.ndarray
    spacing: Spacing | None
    by: Decision | None
    original: np.ndarray | None


def read_part(path: str, choice: Choice, phase: str | None, say: Say) -> Stored:
    """Read a file; who names a phase by its value means the numbers of a palette, and not its colours."""
    if path.lower().endswith(BARE) and None in (choice.shape, choice.dtype):
        raise RaysysError(
            f"{path} is a raw file, which does not say what it holds; give --raw-shape (slowest axis first) and "
            "--raw-dtype (uint8, >u2, ...)"
        )
    stored = read_stored(path, choice, kind="grey" if phase in (None, *SIDES) else "labels")
    for notice in stored.notices:
        say(notice)
    return stored


def with_sample_axis(image: np.ndarray, name: str, dims: int) -> np.ndarray:
    """One image of `dims` axes, or a stack of them, as (N, *spatial); RaysysError, which tells the name, for others."""
    if image.ndim == dims:
        return image[None]
    if image.ndim == dims + 1:
        if dims == 2:
            check_flat(name, image.shape)
        return image
    raise RaysysError(
        f"{name} holds an array of {by(image.shape)}, and --dims is {dims}; allowed: one image of {dims} axes, or a "
        "stack of them"
    )


def seen(stored: np.ndarray) -> np.ndarray:
    """The first image of a file, or the middle slice of the first volume, as it was before it was segmented."""
    return np.array(middle_slice(stored[0]))


def resampled(part: Part, spacing: Spacing | None, dims: int, say: Say) -> Part:
    """The images on a grid of equal sides."""
    said = part.spacing if spacing is None else spacing
    images, equal = equally_long(part.images, None if said is None else said.of_axes(dims), part.path, say)
    return part._replace(images=images, spacing=equal)


def equally_long(images: np.ndarray, spacing: Spacing | None, name: str, say: Say) -> tuple[np.ndarray, Spacing]:
    """Images (N, ...) of phases on pixels of the shortest length along every axis, each of the nearest one's phase.

    Raises
    ------
    RaysysError
        If it is not known how far apart pixels are along all axes.
    """
    dims = images.ndim - 1
    if spacing is None or len(spacing.sizes) < dims:
        raise RaysysError(f"--resample needs to know how far apart the pixels of {name} are; give --pixel-size")
    if spacing.isotropic:
        return images, spacing
    side = min(spacing.sizes)
    for axis, size in enumerate(spacing.sizes, start=1):
        count = max(1, round(images.shape[axis] * size / side))
        nearest = np.minimum(((np.arange(count) + 0.5) * side / size).astype(np.int64), images.shape[axis] - 1)
        images = images.take(nearest, axis)
    say(f"{name}: pixels of {spacing} became {by(images.shape[1:])} pixels of {side:.6g} {spacing.unit}")
    return images, Spacing((side,) * dims, spacing.unit)


def cropped(parts: Sequence[Part], say: Say) -> list[Part]:
    """All images cut in their middle to the size that all of them hold, which is said where one is larger."""
    common = tuple(int(side) for side in np.min([part.images.shape[1:] for part in parts], axis=0))
    cut = [part for part in parts if part.images.shape[1:] != common]
    if cut:
        say(f"{len(cut)} of {len(parts)} files hold larger images, of which the middle {by(common)} pixels are taken")
    return [part._replace(images=_middle(part.images, common)) for part in parts]


def _middle(images: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    starts = [(have - want) // 2 for have, want in zip(images.shape[1:], shape, strict=True)]
    return images[(slice(None), *(slice(start, start + want) for start, want in zip(starts, shape, strict=True)))]


def set_of(parts: Sequence[Part], phase: int, spacing: Spacing | None, dims: int) -> Set:
    """Parts of one size as a set; what is asked for as the size of pixels overrules what their files say."""
    paths, images = [part.path for part in parts], [part.images for part in parts]
    said = one_spacing(paths, [part.spacing for part in parts], dims) if spacing is None else spacing.of_axes(dims)
    files = tuple(part.path for part in parts for _ in part.images)
    decisions = {part.path: part.by for part in parts if part.by is not None}
    originals = {part.path: part.original for part in parts if part.original is not None}
    return Set(np.concatenate(images) if len(images) > 1 else images[0], phase, said, files, decisions, originals)


def one_spacing(paths: Sequence[str], sizes: Sequence[Spacing | None], dims: int) -> Spacing | None:
    """What all files say; a set is of one scale."""
    said = [None if one is None else one.of_axes(dims) for one in sizes]
    for path, one in zip(paths, said, strict=True):
        if one != said[0]:
            raise RaysysError(
                f"{path} has pixels of {one or 'no size that it says'}, but {paths[0]} of "
                f"{said[0] or 'no size that it says'}; give the size of all with --pixel-size"
            )
    return said[0]


def together(paths: Sequence[str], parts: list[np.ndarray]) -> np.ndarray:
    """Images (N, *spatial) of several files in one array; RaysysError if they are of several sizes."""
    for path, part in zip(paths, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            raise RaysysError(
                f"{path} has images of {by(part.shape[1:])} pixels but {paths[0]} of {by(parts[0].shape[1:])}; "
                "images of one set must be of one size (raysys stats --crop cuts them to one)"
            )
    return np.concatenate(parts) if len(parts) > 1 else parts[0]
