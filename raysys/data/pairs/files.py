"""Which file is an image, which is its mask, and of which specimen it is."""

from __future__ import annotations

import glob
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from raysys.data.files.formats import PICTURES
from raysys.data.pairs.settings import PairsSettings
from raysys.errors import RaysysError

FORMATS = (*PICTURES, ".npy", ".npz", ".h5", ".hdf5")
LISTED = 8


class Pair(NamedTuple):
    """An image, its mask, and the specimen that it shows."""

    image: Path
    mask: Path
    specimen: str


def find_pairs(settings: PairsSettings) -> list[Pair]:
    """The pairs of a data section, in the order of the images' paths.

    Raises
    ------
    RaysysError
        If there is no image, an image has no mask or several, or its name does not say its specimen.
    """
    images = _images(settings)
    found = [Pair(image, mask_of(image, settings), _specimen(image, settings.specimen)) for image in images]
    if not found:
        raise RaysysError(
            f"{settings.images} holds no image; looked for {', '.join(f[1:] for f in FORMATS)} whose names do not end "
            f"with {settings.mask_suffix!r}"
        )
    return found


def mask_of(image: Path, settings: PairsSettings) -> Path:
    """The mask that belongs to an image."""
    folder = Path(settings.masks) if settings.masks else image.parent
    if not folder.is_dir():
        raise RaysysError(f"there is no folder of masks {folder}; masks names one, or is left out")
    stems = [image.stem + settings.mask_suffix, *([image.stem] if settings.masks else [])]
    files = [folder / f"{stem}{format}" for stem in stems for format in FORMATS]
    found = [file for file in files if file.is_file() and file != image]
    if not found:
        raise RaysysError(
            f"image {image} has no mask: looked in {folder} for {' and '.join(dict.fromkeys(stems))} with the endings "
            f"{', '.join(f[1:] for f in FORMATS)}"
        )
    if len(found) > 1:
        raise RaysysError(f"image {image} has {len(found)} masks, {' and '.join(f.name for f in found)}; keep one")
    return found[0]


def split_specimens(specimens: list[str], settings: PairsSettings) -> set[str]:
    """Names of the specimens that are held out; some are left to train on.

    Raises
    ------
    RaysysError
        If there is one only, a name is unknown, or none is left.
    """
    names = sorted(set(specimens))
    shown = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
    if len(names) < 2:
        raise RaysysError(
            f"all {len(specimens)} images of {settings.images} are of one specimen ({shown}); two or more are needed, "
            "one to train on and one held out; what names a specimen is data.specimen"
        )
    if not isinstance(settings.held_out, tuple):
        return _drawn(specimens, settings.held_out, settings.seed)
    aside = set(settings.held_out)
    if not aside or (unknown := sorted(aside - set(names))):
        raise RaysysError(f"held_out names {', '.join(unknown) if aside else 'no specimen'}; there are: {shown}")
    if aside == set(names):
        raise RaysysError(f"held_out names all {len(names)} specimens ({shown}); one or more must be left to train on")
    return aside


def _drawn(specimens: list[str], share: float, seed: int) -> set[str]:
    """Whole specimens in random order, while they take no more than the share of the images; the least if none."""
    counts = Counter(specimens)
    drawn = [str(name) for name in np.random.default_rng(seed).permutation(sorted(counts))]
    aside: set[str] = set()
    for name in drawn:
        if sum(counts[one] for one in aside | {name}) <= share * len(specimens):
            aside.add(name)
    return aside or {min(drawn, key=counts.__getitem__)}


def _images(settings: PairsSettings) -> list[Path]:
    named = Path(settings.images)
    if named.is_dir():
        files = list(named.iterdir())
    elif any(sign in settings.images for sign in "*?["):
        files = [Path(file) for file in glob.glob(settings.images, recursive=True)]
    else:
        raise RaysysError(f"{settings.images} is no folder of images, and no pattern such as scans/*.tif")
    # Hidden files (.NAME) are what some systems leave beside every copied file.
    kept = [
        file for file in files if file.is_file() and file.suffix.lower() in FORMATS and not file.name.startswith(".")
    ]
    return sorted(file for file in kept if not file.stem.endswith(settings.mask_suffix))


def _specimen(image: Path, rule: str | int | None) -> str:
    if rule is None:
        return image.stem
    if isinstance(rule, int):
        return image.stem[:rule]
    match = re.match(rule, image.stem)
    named = (match[1] if match.re.groups else match[0]) if match else None
    if not named:
        raise RaysysError(f"the name of image {image} does not begin with the specimen {rule!r}; change data.specimen")
    return named
