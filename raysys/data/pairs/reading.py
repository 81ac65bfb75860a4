"""Reading an image and its mask: grey values as stored, and class numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from raysys.data.files.image_file import ImageFile
from raysys.data.files.source import Choice
from raysys.data.files.values import Kind
from raysys.data.labels import in_words, label_numbers
from raysys.data.pairs.settings import Classes
from raysys.errors import RaysysError
from raysys.spacing import Spacing


def read_image(file: Path, *, choice: Choice = Choice()) -> np.ndarray:
    """A grey image (H, W) as stored; `choice` says which of several in the file.

    Raises
    ------
    RaysysError
        If it cannot be read, is in colour or no flat image, or has one grey level only.
    """
    return read_sized_image(file, choice=choice)[0]


def read_sized_image(file: Path, *, choice: Choice = Choice()) -> tuple[np.ndarray, Spacing | None]:
    """The image that `read_image` reads, and how far its pixels are apart, where the file says so."""
    stored, spacing = _stored(file, choice, "grey")
    image = _grey(stored, file, "image")
    if image.min() == image.max():
        raise RaysysError(f"image {file} has one grey level only ({image.min()}), so it shows nothing to segment")
    return image, spacing


def read_mask(file: Path, classes: Classes, *, unlabelled: int | None = None, dataset: str | None = None) -> np.ndarray:
    """Class numbers uint8 (H, W) of a mask; 255 where nobody has labelled.

    Label images with one value per class; a PNG file with a palette counts by its indices; probabilities (H, W, K), as
    ilastik exports them, by the largest, in the order of `classes`.

    Raises
    ------
    RaysysError
        If it cannot be read, is in colour, or holds values that no class names.
    """
    array, _ = _stored(file, Choice(dataset), "labels", channels=len(classes))
    if array.ndim == 3 and array.dtype.kind == "f" and array.shape[-1] == len(classes):
        return array.argmax(-1).astype(np.uint8)

    def refuse(foreign: str) -> RaysysError:
        return RaysysError(
            f"mask {file} holds values that no class names: {foreign}; classes are {in_words(classes)}; give every "
            "class its values, as in {ground: 0, crack: 7}, and say which value is unlabelled"
        )

    return label_numbers(_grey(array, file, "mask"), classes, refuse=refuse, unlabelled=unlabelled)


def read_pair(
    image: Path, mask: Path, classes: Classes, *, unlabelled: int | None = None, dataset: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Grey values as stored and class numbers uint8, both (H, W).

    Raises
    ------
    RaysysError
        As `read_image` and `read_mask` do, and if the two differ in size.
    """
    grey = read_image(image, choice=Choice(dataset))
    labels = read_mask(mask, classes, unlabelled=unlabelled, dataset=dataset)
    if grey.shape != labels.shape:
        raise RaysysError(
            f"mask {mask} has {labels.shape[0]} x {labels.shape[1]} pixels, but its image {image.name} has "
            f"{grey.shape[0]} x {grey.shape[1]}; both must be of one size"
        )
    return grey, labels


def _stored(file: Path, choice: Choice, kind: Kind, *, channels: int = 0) -> tuple[np.ndarray, Spacing | None]:
    """Numbers of an image; probabilities (H, W, channels) keep the axis of their channels, if that is what they are."""
    if not file.is_file():
        raise RaysysError(f"{file} does not exist")
    with ImageFile(file, choice, kind, channels=channels) as image:
        if image.in_hue:
            what, wanted = ("image", "a grey one") if kind == "grey" else ("mask", "one of class numbers")
            raise RaysysError(f"{what} {file} is a colour picture, and its channels differ; save it as {wanted}")
        return image.read(), image.spacing


def _grey(array: np.ndarray, file: Path, what: str) -> np.ndarray:
    if array.ndim != 2:
        raise RaysysError(f"{what} {file} holds {array.dtype} of shape {array.shape}; allowed: flat images (H, W)")
    return array
