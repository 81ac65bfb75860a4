"""Sets of equally large images (N, H, W) or (N, D, H, W) out of files and arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from raysys.data.files.reading import read_images
from raysys.data.files.source import Choice
from raysys.data.image_set import Reading, Set, middle_slice
from raysys.data.labels import in_words, label_numbers
from raysys.data.phases import ALL, MANY, SIDES, Decision, Say, labels, stored_value, told
from raysys.data.preparation.grey import to_grey
from raysys.data.set_parts import (
    Part,
    cropped,
    one_spacing,
    read_part,
    resampled,
    seen,
    set_of,
    together,
    with_sample_axis,
)
from raysys.errors import RaysysError
from raysys.spacing import Spacing

__all__ = [
    "Reading",
    "Say",
    "Set",
    "binary_set",
    "label_set",
    "middle_slice",
    "read_binary",
    "read_grey",
    "read_marked",
    "read_set",
    "read_sets",
]


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
        found = read_part(path, choice, phase, say)
        marked, by = told(found.array, phase, threshold=threshold, name=path, say=say)
        images = with_sample_axis(marked, path, dims)
        original = None if by.threshold is None else seen(with_sample_axis(found.array, path, dims))
        parts.append(Part(path, images, found.spacing, by, original))
    if resample:
        parts = [resampled(part, spacing, dims, say) for part in parts]
        spacing = None  # each part has its own by now
    together(paths, [part.images[:1] for part in parts])
    return set_of(parts, 1, spacing, dims)


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
        return Set(with_sample_axis(images, name, dims).astype(np.uint8), 1, spacing)
    found, by = told(images, phase, threshold=threshold, name=name, say=say)
    original = None if by.threshold is None else seen(with_sample_axis(images, name, dims))
    return set_of([Part(name, with_sample_axis(found, name, dims), spacing, by, original)], 1, spacing, dims)


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

    return with_sample_axis(label_numbers(stored, phases, refuse=refuse), name, dims)


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
        together(list(paths), [found[0].images, found[1].images])
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
        parts = [resampled(part, spacing, dims, say) for part in parts]
        spacing = None  # each part has its own by now
    if crop:
        parts = cropped(parts, say)
    groups: dict[tuple[int, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(part.images.shape[1:], []).append(part)
    number = int(value) if value is not None and value.is_integer() else 1
    return [set_of(group, number, spacing, dims) for group in groups.values()]


def _part(
    path: str,
    phase: str | None,
    value: float | None,
    of_labels: bool,
    threshold: float | None,
    choice: Choice,
    dims: int,
    say: Say,
) -> Part:
    found = read_part(path, choice, phase, say)
    stored = with_sample_axis(found.array, path, dims)
    if of_labels:
        by = None if value is None else Decision(f"{value:g}", "stored value")
        return Part(path, labels(stored, value, name=path, say=say), found.spacing, by, None)
    marked, by = told(stored, phase, threshold=threshold, name=path, say=say)
    return Part(path, marked, found.spacing, by, None if by.threshold is None else seen(stored))


def _require_occurring(parts: Sequence[Part], value: float) -> None:
    if not any((part.images == value).any() for part in parts):
        held = f"{parts[0].path} holds" if len(parts) == 1 else f"the {len(parts)} files hold"
        values = sorted({int(level) for part in parts for level in np.unique(part.images)[: MANY + 1]})
        listed = f"{', '.join(map(str, values[:MANY]))}{', ...' if len(values) > MANY else ''}"
        raise RaysysError(f"phase {value:g} does not occur: {held} the values {listed}")


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
            stored = read_part(path, choice, phase, say)
            parts.append(Part(path, to_grey(with_sample_axis(stored.array, path, dims)), stored.spacing, None, None))
        except RaysysError as error:
            raise RaysysError(str(error) if path in str(error) else f"{path}: {error}") from None
    grey = together(paths, [part.images for part in parts])
    said = one_spacing(paths, [part.spacing for part in parts], dims) if spacing is None else spacing.of_axes(dims)
    return 1 - grey if phase == "dark" else grey, said
