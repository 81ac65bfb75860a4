"""Sets of equally large images (N, H, W) or (N, D, H, W) out of files and arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from raysys.data.files.axes import check_flat
from raysys.data.files.formats import BARE
from raysys.data.files.reading import Stored, read_images, read_stored
from raysys.data.files.source import Choice
from raysys.data.labels import in_words, label_numbers
from raysys.data.phases import ALL, SIDES, Say, binary, labels, stored_value
from raysys.data.preparation.grey import to_grey
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.spacing import Spacing

__all__ = ["Say", "Set", "binary_set", "label_set", "read_binary", "read_grey", "read_set"]


class Set(NamedTuple):
    """Images (N, ...) of one size, whole numbers; the value of the phase of interest in them; how far pixels are apart.

    `spacing` is None where the files do not say it.
    """

    images: np.ndarray
    phase: int
    spacing: Spacing | None = None


def _unheard(_: str) -> None:
    """Tell nobody."""


def read_binary(
    paths: Sequence[str], *, phase: str, dims: int = 2, choice: Choice = Choice(), say: Say = _unheard
) -> np.ndarray:
    """Read files of equally large images; grey ones are segmented at Otsu's threshold, which is said.

    Parameters
    ----------
    paths
        As `raysys.data.read_images` takes them.
    phase
        "bright", "dark", or the stored value of the phase as text.
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
    stored = (_stored(path, choice, phase, say).array for path in paths)
    parts = [
        _with_sample_axis(binary(one, phase, name=path, say=say), path, dims)
        for path, one in zip(paths, stored, strict=True)
    ]
    return _together(paths, parts)


def binary_set(images: np.ndarray, *, phase: str, name: str, dims: int = 2, say: Say = _unheard) -> np.ndarray:
    """Bring an array into the form of `read_binary`.

    Parameters
    ----------
    images
        One image or a stack of them, of any dtype; binary, grey or of labels.
    phase, dims, say
        As for `read_binary`. Images of 0 and 1 (bool or uint8) are taken as they are if the bright phase is asked for,
        even if they are all of one phase.
    name
        Of the images in sentences.

    Raises
    ------
    RaysysError
        If they have another number of axes, or one grey level.
    """
    marked = images.dtype == np.bool_ or (images.dtype == np.uint8 and images.max(initial=0) <= 1)
    if marked and phase == "bright":
        return _with_sample_axis(images, name, dims).astype(np.uint8)
    return _with_sample_axis(binary(images, phase, name=name, say=say), name, dims)


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


def read_set(
    paths: Sequence[str],
    *,
    phase: str,
    dims: int = 2,
    threshold: float | None = None,
    choice: Choice = Choice(),
    spacing: Spacing | None = None,
    say: Say = _unheard,
) -> Set:
    """Read files of equally large images, with labels as they are stored; grey ones are segmented.

    Parameters
    ----------
    paths, phase, dims, say
        As for `read_binary`; of the phase "all" every stored value is one.
    threshold
        Stored grey value above which a pixel is bright; by default Otsu's, which is said.
    choice
        Which of several images in each file is meant.
    spacing
        How far apart pixels are, instead of what the files say.

    Returns
    -------
    Set
        Labels under a stored value as phase; otherwise uint8 in {0, 1}, whose phase is 1.

    Raises
    ------
    RaysysError
        If a file cannot be read, has one grey level or no labels, or the files' images or their pixels differ in size.
    """
    of_labels = phase not in SIDES
    value = None if phase == ALL else stored_value(phase) if of_labels else 1.0
    if of_labels and threshold is not None:
        raise RaysysError(f"--threshold is for --phase bright or dark, and --phase is {phase}, a stored value")
    parts, sizes = list[np.ndarray](), list[Spacing | None]()
    for path in paths:
        found = _stored(path, choice, phase, say)
        stored = _with_sample_axis(found.array, path, dims)
        sizes.append(found.spacing)
        parts.append(
            labels(stored, value, name=path, say=say)
            if of_labels
            else binary(stored, phase, threshold=threshold, name=path, say=say)
        )
    said = _one_spacing(paths, sizes, dims) if spacing is None else spacing.of_axes(dims)
    return Set(_together(paths, parts), int(value) if value is not None and value.is_integer() else 1, said)


def read_grey(
    paths: Sequence[str], *, phase: str, dims: int = 2, choice: Choice = Choice(), say: Say = _unheard
) -> np.ndarray:
    """Read files of equally large images as grey values (N, H, W) or (N, D, H, W), float32 in [0, 1].

    Parameters
    ----------
    paths, dims, choice, say
        As for `read_binary`.
    phase
        "bright", or "dark" to reverse them.

    Raises
    ------
    RaysysError
        If a file cannot be read or has one grey level, the files' images differ in size, or the phase is a value.
    """
    if phase not in SIDES:
        raise RaysysError(f"--phase is {phase}, a stored value, and grey values have none; allowed: bright or dark")
    parts = []
    for path in paths:
        try:
            parts.append(to_grey(_with_sample_axis(_stored(path, choice, phase, say).array, path, dims)))
        except RaysysError as error:
            raise RaysysError(str(error) if path in str(error) else f"{path}: {error}") from None
    grey = _together(paths, parts)
    return grey if phase == "bright" else 1 - grey


def _stored(path: str, choice: Choice, phase: str, say: Say) -> Stored:
    """Read a file; who names a phase by its value means the numbers of a palette, and not its colours."""
    if path.lower().endswith(BARE) and None in (choice.shape, choice.dtype):
        raise RaysysError(
            f"{path} is a raw file, which does not say what it holds; give --raw-shape (slowest axis first) and "
            "--raw-dtype (uint8, >u2, ...)"
        )
    stored = read_stored(path, choice, kind="grey" if phase in SIDES else "labels")
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
                "images of one set must be of one size (cut them with `raysys data tile`)"
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
