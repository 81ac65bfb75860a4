"""Sets of equally large images (N, H, W) or (N, D, H, W) out of files and arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from raysys.data.files.axes import check_flat
from raysys.data.files.formats import BARE
from raysys.data.files.reading import Stored, read_images, read_stored
from raysys.data.files.source import Choice
from raysys.data.labels import in_words, label_numbers
from raysys.data.phases import ALL, MANY, SIDES, Decision, Say, labels, stored_value, told, ways_of
from raysys.data.preparation.grey import to_grey
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import Spacing

__all__ = [
    "Reading",
    "Say",
    "Set",
    "binary_set",
    "label_set",
    "read_binary",
    "read_grey",
    "read_marked",
    "read_set",
    "read_sets",
    "read_stored_of",
]


@dataclass(frozen=True)
class Reading:
    """How files of images are read, beside their phase.

    Attributes
    ----------
    choice
        Which of several images in each file is meant.
    spacing
        How far apart pixels are, instead of what the files say.
    threshold
        Stored value above which a pixel is bright; by default Otsu's.
    """

    choice: Choice = field(default_factory=Choice)
    spacing: Spacing | None = None
    threshold: float | None = None


class Set(NamedTuple):
    """Images (N, ...) of one size, whole numbers, and the value of the phase of interest in them.

    `spacing` says how far pixels are apart, None where the files do not; `files` (N,) where each image comes from. By
    file: `decisions` tell how its phase was told from the rest, `originals` show an image before it was segmented.
    """

    images: np.ndarray
    phase: int
    spacing: Spacing | None = None
    files: tuple[str, ...] = ()
    decisions: Mapping[str, Decision] = MappingProxyType({})
    originals: Mapping[str, np.ndarray] = MappingProxyType({})

    @property
    def marked(self) -> np.ndarray:
        """The images as uint8 in {0, 1}, 1 = phase of interest."""
        if self.phase == 1 and self.images.dtype == np.uint8 and self.images.max() <= 1:
            return self.images
        return (self.images == self.phase).astype(np.uint8)

    @property
    def pictures(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By file that was segmented, one flat image as it was stored, and its phase, uint8 in {0, 1}."""
        if not self.originals:
            return {}
        shown, first = self.marked, {path: self.files.index(path) for path in self.originals}
        phases = {path: middle_slice(shown[place]) for path, place in first.items()}
        return {path: (original, phases[path]) for path, original in self.originals.items()}

    @property
    def told(self) -> list[str]:
        """How the phase of interest was told from the rest, a sentence for each way and its files."""
        return ways_of(self.decisions)


def _unheard(_: str) -> None:
    """Tell nobody."""


def read_binary(
    paths: Sequence[str], *, phase: str | None, dims: int = 2, choice: Choice = Choice(), say: Say = _unheard
) -> np.ndarray:
    """Read files of equally large images; grey ones are segmented at Otsu's threshold, which is said.

    Parameters
    ----------
    paths
        As `raysys.data.read_images` takes them.
    phase
        "bright", "dark", or the stored value of the phase as text; None is bright, but has to be said of a few values.
    dims
        Axes of one image.
    choice
        Which of several images in each file is meant.
    say
        Is told in a sentence what is decided on the user's behalf.

    Returns
    -------
    (N, H, W) or (N, D, H, W) uint8 in {0, 1}, 1 = phase of interest

    Raises
    ------
    RaysysError
        If a file cannot be read or has one grey level, or the files' images differ in size.
    """
    return read_marked(paths, phase=phase, dims=dims, choice=choice, say=say).images


def read_marked(
    paths: Sequence[str],
    *,
    phase: str | None,
    dims: int = 2,
    threshold: float | None = None,
    choice: Choice = Choice(),
    spacing: Spacing | None = None,
    resample: bool = False,
    say: Say = _unheard,
) -> Set:
    """`read_binary`, and how far pixels are apart, how the phase was told from the rest, and the grey originals.

    Parameters
    ----------
    paths, phase, dims, choice, say
        As for `read_binary`.
    threshold, spacing, resample
        As for `read_sets`.

    Returns
    -------
    Set
        Of uint8 in {0, 1}, whose phase is 1.

    Raises
    ------
    RaysysError
        As `read_binary` does, and if the files differ in the size of their pixels.
    """
    parts = []
    for path in paths:
        found = read_stored_of(path, choice, phase, say)
        marked, by = told(found.array, phase, threshold=threshold, name=path, say=say)
        images = _with_sample_axis(marked, path, dims)
        original = None if by.threshold is None else _seen(_with_sample_axis(found.array, path, dims))
        parts.append(_Part(path, images, found.spacing, by, original))
    if resample:
        parts = [_resampled(part, spacing, dims, say) for part in parts]
        spacing = None  # each part has its own by now
    _together(paths, [part.images[:1] for part in parts])
    return _set(parts, 1, spacing, dims)


def binary_set(
    images: np.ndarray,
    *,
    phase: str | None,
    name: str,
    dims: int = 2,
    threshold: float | None = None,
    spacing: Spacing | None = None,
    say: Say = _unheard,
) -> Set:
    """Bring an array into the form of `read_marked`.

    Parameters
    ----------
    images
        One image or a stack of them, of any dtype; binary, grey or of labels.
    phase, dims, say
        As for `read_binary`. Images of 0 and 1 (bool or uint8) are taken as they are if the bright phase is asked for,
        even if they are all of one phase.
    name
        Of the images in sentences.
    threshold, spacing
        As of a `Reading`.

    Raises
    ------
    RaysysError
        If they have another number of axes, or one grey level.
    """
    marked = images.dtype == np.bool_ or (images.dtype == np.uint8 and images.max(initial=0) <= 1)
    if marked and phase in (None, "bright") and threshold is None:
        return Set(_with_sample_axis(images, name, dims).astype(np.uint8), 1, spacing)
    found, by = told(images, phase, threshold=threshold, name=name, say=say)
    original = None if by.threshold is None else _seen(_with_sample_axis(images, name, dims))
    return _set([_Part(name, _with_sample_axis(found, name, dims), spacing, by, original)], 1, spacing, dims)


def label_set(
    images: np.ndarray | str | Path, phases: Mapping[str, Sequence[int]], *, name: str, dims: int = 2
) -> np.ndarray:
    """Bring label images into numbers of their phases.

    Parameters
    ----------
    images
        One image or a stack of them as they are stored, or their file or folder.
    phases
        Stored values by name; numbers follow the order of the names.
    name
        Of the images in sentences.
    dims
        Axes of one image.

    Returns
    -------
    (N, H, W) or (N, D, H, W) uint8

    Raises
    ------
    RaysysError
        If the file cannot be read, the images have another number of axes, or a value is no phase's.
    """
    stored = images if isinstance(images, np.ndarray) else read_images(images, kind="labels")

    def refuse(foreign: str) -> RaysysError:
        return RaysysError(
            f"{name} holds values that are no phase's: {foreign}; allowed: {in_words(phases)} (--phases says which "
            "values are stored, as in {pore: 0, solid: [128, 255]})"
        )

    return _with_sample_axis(label_numbers(stored, phases, refuse=refuse), name, dims)


def read_set(paths: Sequence[str], *, crop: bool = False, **how: Any) -> Set:
    """Read files of equally large images, with labels as they are stored; grey ones are segmented.

    Parameters
    ----------
    paths, how
        As `read_sets` takes them.
    crop
        Whether images of different sizes are cut to the size that all of them hold.

    Returns
    -------
    Set
        Labels under a stored value as phase; otherwise uint8 in {0, 1}, whose phase is 1.

    Raises
    ------
    RaysysError
        As `read_sets` does, and if the files' images differ in size.
    """
    found = read_sets(paths, crop=crop, **how)
    if len(found) > 1:
        _together(list(paths), [found[0].images, found[1].images])
    return found[0]


def read_sets(
    paths: Sequence[str],
    *,
    phase: str | None,
    dims: int = 2,
    threshold: float | None = None,
    choice: Choice = Choice(),
    spacing: Spacing | None = None,
    crop: bool = False,
    resample: bool = False,
    say: Say = _unheard,
) -> list[Set]:
    """Read files of images of any sizes: a set for each size, in the order in which sizes first appear.

    Parameters
    ----------
    paths, phase, dims, say
        As for `read_binary`; of the phase "all" every stored value is one.
    threshold
        Stored value above which a pixel is bright; by default Otsu's of each file, which is said.
    choice
        Which of several images in each file is meant.
    spacing
        How far apart pixels are, instead of what the files say.
    crop
        Whether all images are cut, in their middle, to the size that all of them hold.
    resample
        Whether pixels that are not equally long along all axes become so, of the shortest length: each of the phase of
        the nearest one.

    Raises
    ------
    RaysysError
        If a file cannot be read, has one grey level or no labels, or a set's files differ in the size of their pixels,
        or no image holds the phase.
    """
    of_labels = phase is not None and phase not in SIDES
    value = None if phase == ALL or phase is None else stored_value(phase) if of_labels else 1.0
    if of_labels and threshold is not None:
        raise RaysysError(f"--grey-threshold is for --phase bright or dark, and --phase is {phase}, a stored value")
    parts = [_part(path, phase, value, of_labels, threshold, choice, dims, say) for path in paths]
    if of_labels and value is not None:
        _require_occurring(parts, value)
    if resample:
        parts = [_resampled(part, spacing, dims, say) for part in parts]
        spacing = None  # each part has its own by now
    if crop:
        parts = _cropped(parts, say)
    groups: dict[tuple[int, ...], list[_Part]] = {}
    for part in parts:
        groups.setdefault(part.images.shape[1:], []).append(part)
    number = int(value) if value is not None and value.is_integer() else 1
    return [_set(group, number, spacing, dims) for group in groups.values()]


class _Part(NamedTuple):
    """What one file gives to a set."""

    path: str
    images: np.ndarray
    spacing: Spacing | None
    by: Decision | None
    original: np.ndarray | None


def _part(
    path: str,
    phase: str | None,
    value: float | None,
    of_labels: bool,
    threshold: float | None,
    choice: Choice,
    dims: int,
    say: Say,
) -> _Part:
    found = read_stored_of(path, choice, phase, say)
    stored = _with_sample_axis(found.array, path, dims)
    if of_labels:
        by = None if value is None else Decision(f"{value:g}", "stored value")
        return _Part(path, labels(stored, value, name=path, say=say), found.spacing, by, None)
    marked, by = told(stored, phase, threshold=threshold, name=path, say=say)
    return _Part(path, marked, found.spacing, by, None if by.threshold is None else _seen(stored))


def _seen(stored: np.ndarray) -> np.ndarray:
    """The first image of a file, or the middle slice of the first volume, as it was before it was segmented."""
    return np.array(middle_slice(stored[0]))


def middle_slice(image: np.ndarray) -> np.ndarray:
    """A flat image itself, of a volume or stack its middle slice."""
    return image if image.ndim == 2 else image[len(image) // 2]


def _set(parts: Sequence[_Part], phase: int, spacing: Spacing | None, dims: int) -> Set:
    paths, images = [part.path for part in parts], [part.images for part in parts]
    said = _one_spacing(paths, [part.spacing for part in parts], dims) if spacing is None else spacing.of_axes(dims)
    files = tuple(part.path for part in parts for _ in part.images)
    decisions = {part.path: part.by for part in parts if part.by is not None}
    originals = {part.path: part.original for part in parts if part.original is not None}
    return Set(np.concatenate(images) if len(images) > 1 else images[0], phase, said, files, decisions, originals)


def _require_occurring(parts: Sequence[_Part], value: float) -> None:
    if not any((part.images == value).any() for part in parts):
        held = f"{parts[0].path} holds" if len(parts) == 1 else f"the {len(parts)} files hold"
        values = sorted({int(level) for part in parts for level in np.unique(part.images)[: MANY + 1]})
        listed = f"{', '.join(map(str, values[:MANY]))}{', ...' if len(values) > MANY else ''}"
        raise RaysysError(f"phase {value:g} does not occur: {held} the values {listed}")


def _resampled(part: _Part, spacing: Spacing | None, dims: int, say: Say) -> _Part:
    """The images on a grid of equal sides."""
    said = part.spacing if spacing is None else spacing
    known = None if said is None else said.of_axes(dims)
    if known is None or len(known.sizes) < dims:
        raise RaysysError(f"--resample needs to know how far apart the pixels of {part.path} are; give --pixel-size")
    if known.isotropic:
        return part._replace(spacing=known)
    side, images = min(known.sizes), part.images
    for axis, size in enumerate(known.sizes, start=1):
        count = max(1, round(images.shape[axis] * size / side))
        nearest = np.minimum(((np.arange(count) + 0.5) * side / size).astype(np.int64), images.shape[axis] - 1)
        images = images.take(nearest, axis)
    say(f"{part.path}: pixels of {known} became {by(images.shape[1:])} pixels of {side:.6g} {known.unit}")
    return part._replace(images=images, spacing=Spacing((side,) * dims, known.unit))


def _cropped(parts: Sequence[_Part], say: Say) -> list[_Part]:
    """All images cut in their middle to the size that all of them hold, which is said where one is larger."""
    common = tuple(int(side) for side in np.min([part.images.shape[1:] for part in parts], axis=0))
    cut = [part for part in parts if part.images.shape[1:] != common]
    if cut:
        say(f"{len(cut)} of {len(parts)} files hold larger images, of which the middle {by(common)} pixels are taken")
    return [part._replace(images=_middle(part.images, common)) for part in parts]


def _middle(images: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    starts = [(have - want) // 2 for have, want in zip(images.shape[1:], shape, strict=True)]
    return images[(slice(None), *(slice(start, start + want) for start, want in zip(starts, shape, strict=True)))]


def read_grey(
    paths: Sequence[str],
    *,
    phase: str | None,
    dims: int = 2,
    choice: Choice = Choice(),
    spacing: Spacing | None = None,
    say: Say = _unheard,
) -> tuple[np.ndarray, Spacing | None]:
    """Read files of equally large images as grey values (N, H, W) or (N, D, H, W), float32 in [0, 1].

    Parameters
    ----------
    paths, dims, choice, spacing, say
        As for `read_marked`.
    phase
        "bright", or "dark" to reverse them.

    Returns
    -------
    The images, and how far their pixels are apart, None where it is not known.

    Raises
    ------
    RaysysError
        If a file cannot be read or has one grey level, the files' images or their pixels differ in size, or the phase
        is a value.
    """
    if phase not in (None, *SIDES):
        raise RaysysError(f"--phase is {phase}, a stored value, and grey values have none; allowed: bright or dark")
    parts = []
    for path in paths:
        try:
            stored = read_stored_of(path, choice, phase, say)
            parts.append(_Part(path, to_grey(_with_sample_axis(stored.array, path, dims)), stored.spacing, None, None))
        except RaysysError as error:
            raise RaysysError(str(error) if path in str(error) else f"{path}: {error}") from None
    grey = _together(paths, [part.images for part in parts])
    said = _one_spacing(paths, [part.spacing for part in parts], dims) if spacing is None else spacing.of_axes(dims)
    return 1 - grey if phase == "dark" else grey, said


def read_stored_of(path: str, choice: Choice, phase: str | None, say: Say) -> Stored:
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


def _one_spacing(paths: Sequence[str], sizes: Sequence[Spacing | None], dims: int) -> Spacing | None:
    """What all files say; a set is of one scale."""
    said = [None if one is None else one.of_axes(dims) for one in sizes]
    for path, one in zip(paths, said, strict=True):
        if one != said[0]:
            raise RaysysError(
                f"{path} has pixels of {one or 'no size that it says'}, but {paths[0]} of "
                f"{said[0] or 'no size that it says'}; give the size of all with --pixel-size"
            )
    return said[0]


def _together(paths: Sequence[str], parts: list[np.ndarray]) -> np.ndarray:
    for path, part in zip(paths, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            raise RaysysError(
                f"{path} has images of {by(part.shape[1:])} pixels but {paths[0]} of {by(parts[0].shape[1:])}; "
                "images of one set must be of one size (raysys stats --crop cuts them to one)"
            )
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _with_sample_axis(image: np.ndarray, name: str, dims: int) -> np.ndarray:
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
