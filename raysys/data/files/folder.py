"""A folder of pictures as one stack: which of its files are slices, and in what order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from raysys.data.files.formats import PICTURES
from raysys.errors import RaysysError

# Endings of the names of masks that lie beside their images.
MASKS = ("mask", "masks", "label", "labels", "seg", "segmentation", "gt")
_NUMBERS = re.compile(r"(\d+)")


class Slices(NamedTuple):
    """The pictures of a folder in their order, and what was decided about them in sentences."""

    files: list[Path]
    notices: tuple[str, ...]


def slices_of(folder: Path) -> Slices:
    """Pictures in the order of the numbers in their names: slice2 before slice10.

    Hidden files (.NAME, as some systems leave beside every copied file) are left out, and so are masks (NAME_mask)
    beside the images that they belong to.

    Raises
    ------
    RaysysError
        If the folder holds no picture.
    """
    found = [file for file in folder.iterdir() if file.suffix.lower() in PICTURES and not file.name.startswith(".")]
    if not found:
        raise RaysysError(f"the folder {folder} holds no picture; looked for {', '.join(f[1:] for f in PICTURES)}")
    names = {file.stem.lower() for file in found}
    masks = [file for file in found if _image_of(file.stem.lower()) in names]
    files = sorted((file for file in found if file not in masks), key=natural)
    notices = []
    if masks:
        notices.append(
            f"{len(masks)} masks beside their images in {folder}, such as {min(masks, key=natural).name}, are left out"
        )
    if files != sorted(files):
        notices.append(
            f"the {len(files)} pictures of {folder} are read in the order of the numbers in their names, "
            f"{files[0].name}, {files[1].name}, ... {files[-1].name}"
        )
    return Slices(files, tuple(notices))


def natural(file: Path) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts names as people do: numbers by their value, and names without regard to case."""
    parts = _NUMBERS.split(file.name.lower())
    return (*((1, int(part)) if part.isdecimal() else (0, part) for part in parts if part), (2, file.name))


def _image_of(stem: str) -> str | None:
    """The name of the image whose mask a file of that name would be."""
    name, mark, ending = re.sub(r"[-.\s]", "_", stem).rpartition("_")
    return stem[: len(name)] if mark and name and ending in MASKS else None
